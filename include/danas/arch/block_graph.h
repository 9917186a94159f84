// A block as a small graph of steps with all numbers known: what its costs, modules, weights' names and exports are
// made from. Each kind of block has its graph in a file of src/arch/blocks/.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "danas/arch/spec.h"

namespace danas {

// "96 x 16 x 12": channels, height, width.
std::string ToText(const MapShape& shape);

// A map in a graph: 0 is the block's input, i + 1 the result of step i.
using MapId = size_t;

// Zeros around a map, such that k x k windows at stride s give ceil(size / s) results.
//   symmetric: k / 2 at each side, for an odd k (PyTorch's public codes).
//   same: as few as do, (ceil(size / s) - 1) * s + k - size in all, and where that is odd one more behind than before
//   (TensorFlow's SAME, timm's "same").
enum class Padding { kSymmetric, kSame };
template <>
struct EnumNames<Padding> {
  static constexpr std::array kNames = {"symmetric", "same"};
};

// k x k, `groups` groups; the output's size is ceil(input / stride). With `norm` an affine batch norm follows, whose
// weights are "<name>.norm", and the convolution's "<name>.conv"; without it they are "<name>".
struct ConvolutionStep {
  int out = 0;
  int kernel = 1;
  int stride = 1;
  int groups = 1;
  bool norm = true;
  bool bias = false;
  Padding padding = Padding::kSymmetric;
  bool operator==(const ConvolutionStep&) const = default;
};

// A transposed convolution; kernel >= stride; the output's size is input * stride. Norm and names as a convolution's.
struct DeconvolutionStep {
  int out = 0;
  int kernel = 4;
  int stride = 2;
  int groups = 1;
  bool norm = true;
  bool bias = false;
  bool operator==(const DeconvolutionStep&) const = default;
};

// batch: as behind a convolution. layer: over the channels of each pixel (ConvNeXt), with `epsilon` of its own. Weight
// and bias a channel; in a supernet none, as behind convolutions.
enum class NormKind { kBatch, kLayer };
template <>
struct EnumNames<NormKind> {
  static constexpr std::array kNames = {"batch", "layer"};
};
struct NormStep {
  NormKind norm = NormKind::kBatch;
  double epsilon = 1e-6;  // kLayer
  bool operator==(const NormStep&) const = default;
};

// Each channel times a weight, "<name>.weight", which begins at `initial` (ConvNeXt's layer scale).
struct ScaleStep {
  double initial = 1;
  bool operator==(const ScaleStep&) const = default;
};

struct ActivationStep {
  Activation activation = Activation::kRelu;
  bool operator==(const ActivationStep&) const = default;
};

// Some of the channels, in order: the first or second half; 0, 2, 4 ... or 1, 3, 5 ...; or those of a list.
enum class Channels { kFirstHalf, kSecondHalf, kEven, kOdd, kListed };
struct TakeStep {
  Channels which = Channels::kFirstHalf;
  std::vector<int64_t> places = {};  // kListed
  bool operator==(const TakeStep&) const = default;
};

// The first map with the second in the places of these channels.
struct PutStep {
  std::vector<int64_t> places;
  bool operator==(const PutStep&) const = default;
};

// The channels of all maps: one map's after the other's, or one of each in turn, which then have as many each.
struct JoinStep {
  bool in_turn = false;
  bool operator==(const JoinStep&) const = default;
};

// Channel j of group i becomes channel i of group j.
struct MixStep {
  int groups = 1;
  bool operator==(const MixStep&) const = default;
};

// The sum of two maps of one shape.
struct AddStep {
  bool operator==(const AddStep&) const = default;
};

// The product of a map and another of its shape, or of one pixel, which then counts for all.
struct MultiplyStep {
  bool operator==(const MultiplyStep&) const = default;
};

// Of each k x k window. An odd kernel has padding as a convolution has, which counts as zeros in an average and as
// nothing in a maximum. An even one's windows begin with the first pixel, and the last may reach beyond the last.
enum class Pool { kMax, kAverage };
struct PoolStep {
  Pool pool = Pool::kMax;
  int kernel = 2;
  int stride = 2;
  bool operator==(const PoolStep&) const = default;
};

// The mean of each channel: a map of one pixel.
struct GlobalAverageStep {
  bool operator==(const GlobalAverageStep&) const = default;
};

using Operation = std::variant<ConvolutionStep, DeconvolutionStep, NormStep, ScaleStep, ActivationStep, TakeStep,
                               PutStep, JoinStep, MixStep, AddStep, MultiplyStep, PoolStep, GlobalAverageStep>;

struct Step {
  std::string name;  // of a step with weights: of these, as in "branch.expand"
  Operation operation;
  std::vector<MapId> inputs;
  MapShape output;
  bool operator==(const Step&) const = default;
};

// Steps in the order in which they are computed; each reads the input and results of those before it.
struct BlockGraph {
  MapShape input;
  std::vector<Step> steps = {};
  MapId result = 0;
  // Parameters are in the order of steps, but for those of this module, "branch", which come first; "": none do.
  std::string weights_first = {};

  const MapShape& shape(MapId map) const { return map == 0 ? input : steps[map - 1].output; }
  bool operator==(const BlockGraph&) const = default;
};

// The graph of a block that can be used there (WhyInvalid). `stage_place`: SearchSpace::StagePlace, for blocks that
// keep the order of channels; nothing: they shuffle it.
BlockGraph GraphOf(const BlockSpec& block, const LayerShape& shape, std::optional<int> stage_place = {});

}  // namespace danas
