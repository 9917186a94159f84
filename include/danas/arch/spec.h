// What a network is made of, as plain comparable values: operators, blocks, layers, stem and head (section 4.1,
// Eq. 4-5). One reader and one writer (arch/space_file.h) serve space files, best.json and checkpoints alike.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "danas/config/describe.h"

namespace danas {

enum class Activation { kRelu, kRelu6, kHardSwish, kSwish, kSigmoid, kHardSigmoid, kGelu };
template <>
struct EnumNames<Activation> {
  static constexpr std::array kNames = {"relu", "relu6", "hard_swish", "swish", "sigmoid", "hard_sigmoid", "gelu"};
};

// depthwise: one filter a channel. normal: a dense convolution on the same channels, in the depthwise's place.
enum class OperatorKind { kDepthwise, kNormal };
template <>
struct EnumNames<OperatorKind> {
  static constexpr std::array kNames = {"depthwise", "normal"};
};

struct OperatorSpec {
  OperatorKind kind = OperatorKind::kDepthwise;
  int kernel = 3;  // odd
  bool operator==(const OperatorSpec&) const = default;
};

enum class BlockKind {
  kInvertedResidual,
  kShuffleA,
  kShuffleX,
  kShuffleV1,
  kShuffleV2,
  kResidual,
  kBasic,
  kDepthwiseSeparable,
  kConvolution,
  kDeconvolution,
  kMaxPool,
  kIdentity,
  kDefined,  // by a space file: BlockSpec::defined; it has no name here
};
template <>
struct EnumNames<BlockKind> {
  static constexpr std::array kNames = {"inverted_residual", "shuffle_a",     "shuffle_x", "shuffle_v1",
                                        "shuffle_v2",        "residual",      "basic",     "depthwise_separable",
                                        "convolution",       "deconvolution", "max_pool",  "identity"};
};

class BlockDefinition;

// A kind of block that a space file defines, with values of its parameters in the order of the definition: a number, or
// an activation where the parameter is one.
struct DefinedBlock {
  using Value = std::variant<double, Activation>;
  std::shared_ptr<const BlockDefinition> definition;
  std::vector<Value> values;
  bool operator==(const DefinedBlock& other) const;  // definitions are equal where they say the same
};

// One candidate of a layer: a (block, operator) pair. s is the layer's stride, k the operator's kernel. Every
// convolution has batch norm and the activation behind it; those marked * have batch norm alone.
//
// inverted_residual (MobileNetV2, ProxylessNAS)
//   1x1 in -> e * in, left out at e = 1; operator of stride s; 1x1 -> out *. The input is added where shapes agree.
//   fused: one dense k x k in -> e * in of stride s stands for the first two.
//   squeeze_excite, behind the operator: pool; 1x1 to SqueezeChannels(in), relu; 1x1 back, sigmoid; multiply. These
//   two 1x1s have biases and no batch norm.
// shuffle_a (SPOS's Choice_3, Choice_5, Choice_7)
//   s = 1: channels 0, 2, 4... pass; 1, 3, 5... enter the branch. s = 2: all channels enter the branch, and a
//   projection (k x k depthwise of stride 2 *; 1x1) stands for those that pass. The output is both, the branch last.
//   Branch of b channels: 1x1 b -> out / 2; operator of stride s *; 1x1 -> out - b.
// shuffle_x (SPOS's Choice_x, here for any k)
//   as shuffle_a with another branch: operator of stride s *; 1x1 b -> out / 2; operator *; 1x1; operator *;
//   1x1 -> out - b.
// shuffle_v1 (ShuffleNet)
//   1x1 of `groups` groups in -> out / 4; the groups' channels are mixed: those of one go to all; operator of
//   stride s *; 1x1 of `groups` groups -> last *. s = 1: last is out, and the input is added; s = 2: last is out - in,
//   behind a 3x3 average of the input of stride 2, whose padding counts as zeros. The activation follows. dense_entry:
//   the first 1x1 is not grouped.
// shuffle_v2 (ShuffleNetV2)
//   s = 1: the first half of the channels passes, the second enters the branch. s = 2: all channels enter the branch,
//   and a projection (k x k depthwise of stride 2 *; 1x1 -> out / 2) stands for those that pass. The output takes
//   channels from both in turn. Branch: 1x1 -> out / 2; operator of stride s *; 1x1 -> out / 2.
// With the space's channel_order "kept" shuffle_a, _x and _v2 split otherwise at s = 1: arch/channel_order.h.
// residual (section 4.1 names it; reduction 2 is ours, with reduction 4 and a normal operator ResNet's bottleneck)
//   1x1 in -> out / reduction; operator of stride s; 1x1 -> out *. The input is added, through a 1x1 of stride s *
//   where shapes differ, and the activation follows.
// basic (ResNet-18 and -34)
//   k x k in -> out of stride s; k x k out -> out *. The input is added as for residual; the activation follows.
// depthwise_separable (MobileNet)
//   operator of stride s; 1x1 in -> out.
// convolution (VGG)
//   k x k in -> out of stride s with a bias and without batch norm; the activation.
// deconvolution (SimpleBaseline)
//   k x k transposed in -> out of `groups` groups, to `upsample` times the size.
// max_pool
//   the largest of each k x k window of stride s. An even k is s: windows do not overlap, and begin with the first
//   pixel.
// identity
//   the input; with `project`, where shapes differ, a 1x1 of stride s *.
//
// defined
//   the steps that a space file gives (arch/block_definition.h).
//
// The operator of basic and convolution is a normal one; of deconvolution and max_pool only the kernel counts.
struct BlockSpec {
  BlockKind kind = BlockKind::kInvertedResidual;
  OperatorSpec op = {};                        // not of identity
  Activation activation = Activation::kRelu6;  // not of identity and max_pool
  double expand = 1;                           // inverted residual: e, in (0, 64]
  bool squeeze_excite = false;                 // inverted residual
  bool fused = false;                          // inverted residual; its operator is a normal one
  int groups = 1;                              // shuffle_v1: of its 1x1s; deconvolution
  bool dense_entry = false;                    // shuffle_v1
  int reduction = 2;                           // residual
  bool project = false;                        // identity
  DefinedBlock defined = {};                   // defined
  bool operator==(const BlockSpec&) const = default;
};

// Relu6 for inverted residuals, relu for the others (the public codes' choices).
Activation DefaultActivation(BlockKind kind);

// round(e * in): the channels an inverted residual's operator runs on.
int ExpandedChannels(const BlockSpec& block, int in);

// max(8, in / 4): the narrow part of squeeze and excite.
int SqueezeChannels(int in);

// The block with the fields that its kind does not use at their defaults.
BlockSpec Canonical(const BlockSpec& block);

// A short, unique, stable name such as "ir_e3_k5", "ir_se_e6_k3", "ir_fused_e3_n3", "shuffle_a_k7", "shuffle_x_n3"
// (k: depthwise, n: normal), "shuffle_v1_g3_k3", "shuffle_v1_g3_dense_k3", "residual_k3", "residual_r4_n3",
// "deconvolution_g4_k4", "max_pool_k2", "identity"; an activation that is not the kind's default comes last, as in
// "ir_e3_k5_swish". No dots: parameter names of the supernet use it. Equal names mean equal canonical blocks.
std::string CandidateName(const BlockSpec& block);

// The block's and the operator's part of the name, for pruning by block or by operator: "ir_e3" and "k5"; identity's
// operator is "".
std::string BlockName(const BlockSpec& block);
std::string OperatorName(const BlockSpec& block);

struct Size {
  int height = 0;
  int width = 0;
  bool operator==(const Size&) const = default;
};

// The feature map of one image.
struct MapShape {
  int channels = 0;
  Size size;
  double elements() const { return double{1} * channels * size.height * size.width; }
  bool operator==(const MapShape&) const = default;
};

// ceil(size / stride): what a padded convolution of odd kernel gives, and a pooling that leaves no pixel out.
Size Downsampled(Size size, int stride);

// Where a block is placed: its channels, its stride and the size of its input. A layer that enlarges has stride 1, and
// its output has `upsample` times the input's sides.
struct LayerShape {
  int in = 0;
  int out = 0;
  int stride = 1;
  Size input;
  int upsample = 1;
  Size output() const {
    const Size size = Downsampled(input, stride);
    return {size.height * upsample, size.width * upsample};
  }
  bool operator==(const LayerShape&) const = default;
};

// "stride 2"; of a layer that enlarges "upsample 2".
std::string ScaleText(const LayerShape& shape);

// Neither stride nor upsample, and in = out: where an identity passes its input on and an inverted residual adds it.
bool KeepsShape(const LayerShape& shape);

// "" where the block makes sense somewhere, else what is wrong with it ("kernel 4 is even").
std::string WhyMalformed(const BlockSpec& block);

// "" where the block can be used there, else the reason in a few words ("a shuffle block of stride 1 needs in = out").
std::string WhyInvalid(const BlockSpec& block, const LayerShape& shape);

struct LayerSpec {
  LayerShape shape;
  std::vector<BlockSpec> candidates;  // at least one; a layer with one has nothing to search
  bool operator==(const LayerSpec&) const = default;
};

// Convolution, batch norm and activation before the first layer; channels 0: none, the first layer sees the image.
struct StemSpec {
  int channels = 16;
  int kernel = 3;
  int stride = 2;
  Activation activation = Activation::kRelu;
  bool operator==(const StemSpec&) const = default;
};

// classifier: 1x1 convolution to `channels` (0: none); average pooling to pool x pool, whose channels become features
// one after the other; then dropout and a fully connected layer to the classes. With hidden layers (VGG) first each of
// them, with the activation and dropout behind it, and no dropout before.
// heat_maps (SimpleBaseline): a 1x1 convolution with bias from the last layer's channels to a map for each key-point;
// the space's `classes` is their number. The fields of a classifier stay at their defaults.
enum class HeadKind { kClassifier, kHeatMaps };
template <>
struct EnumNames<HeadKind> {
  static constexpr std::array kNames = {"classifier", "heat_maps"};
};

struct HeadSpec {
  HeadKind kind = HeadKind::kClassifier;
  int channels = 0;
  Activation activation = Activation::kRelu;
  int pool = 1;
  std::vector<int> hidden = {};  // widths
  double dropout = 0;
  bool bias = true;  // of the last layer; hidden ones have theirs
  bool operator==(const HeadSpec&) const = default;
};

struct NormSpec {
  double momentum = 0.1;  // share of the new batch in the running statistics, as in PyTorch
  double epsilon = 1e-5;
  bool operator==(const NormSpec&) const = default;
};

// How weights begin; biases at 0, norms at weight 1.
//   he_fan_out: N(0, sqrt(2 / (k^2 * out)))      fan_in: uniform in +-1 / sqrt(in / groups * k^2), PyTorch's default
//   normal: N(0, 0.01)
// Those of deconvolutions as convolutions' or
//   small_normal: N(0, 0.001) (SimpleBaseline), as those of a head of heat maps always are
enum class ConvolutionInit { kHeFanOut, kFanIn };
template <>
struct EnumNames<ConvolutionInit> {
  static constexpr std::array kNames = {"he_fan_out", "fan_in"};
};

enum class FullyConnectedInit { kFanIn, kNormal };
template <>
struct EnumNames<FullyConnectedInit> {
  static constexpr std::array kNames = {"fan_in", "normal"};
};

enum class DeconvolutionInit { kAsConvolution, kSmallNormal };
template <>
struct EnumNames<DeconvolutionInit> {
  static constexpr std::array kNames = {"as_convolution", "small_normal"};
};

struct InitSpec {
  ConvolutionInit convolution = ConvolutionInit::kHeFanOut;
  FullyConnectedInit fully_connected = FullyConnectedInit::kFanIn;
  DeconvolutionInit deconvolution = DeconvolutionInit::kAsConvolution;
  bool operator==(const InitSpec&) const = default;
};

}  // namespace danas
