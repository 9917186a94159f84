#include "danas/nn/block.h"

#include <ATen/ATen.h>

#include <optional>
#include <tuple>
#include <utility>
#include <vector>

#include "danas/core/error.h"
#include "danas/nn/convolution.h"
#include "danas/nn/pool.h"

namespace danas {
namespace {

// What every block is built from.
struct Site {
  const BlockSpec& spec;
  const LayerShape& shape;
  const NormSpec& norm;
  bool affine;
  KernelChoice kernels;

  std::shared_ptr<ConvNorm> Conv(const ConvolutionShape& conv, std::optional<Activation> activation) const {
    return std::make_shared<ConvNorm>(conv, norm, affine, activation);
  }
  std::shared_ptr<ConvNorm> Pointwise(int64_t in, int64_t out, std::optional<Activation> activation,
                                      int64_t stride = 1) const {
    return Conv({.in = in, .out = out, .stride = stride}, activation);
  }
  std::shared_ptr<ConvNorm> Operator(int64_t channels, int64_t stride, std::optional<Activation> activation) const {
    return Conv(OperatorShape(spec.op, channels, stride), activation);
  }
  bool KeepsShape() const { return shape.stride == 1 && shape.in == shape.out; }
};

// Hu et al., "Squeeze-and-Excitation Networks", CVPR 2018.
class SqueezeExcite : public torch::nn::Module {
 public:
  SqueezeExcite(int64_t channels, int64_t squeezed) {
    reduce_ = register_module("reduce", std::make_shared<Convolution>(ConvolutionShape{channels, squeezed}, true));
    expand_ = register_module("expand", std::make_shared<Convolution>(ConvolutionShape{squeezed, channels}, true));
  }

  at::Tensor forward(const at::Tensor& x_nchw) {
    return x_nchw * at::sigmoid(expand_->forward(at::relu(reduce_->forward(GlobalAverage(x_nchw)))));
  }

 private:
  std::shared_ptr<Convolution> reduce_, expand_;
};

class InvertedResidual : public Block {
 public:
  explicit InvertedResidual(const Site& site) : residual_(site.KeepsShape()), fusible_(IsFusible(site.spec)) {
    const BlockSpec& spec = site.spec;
    const int64_t in = site.shape.in, stride = site.shape.stride, middle = ExpandedChannels(spec, site.shape.in);
    if (spec.fused) {
      op_ = site.Conv({.in = in, .out = middle, .kernel = spec.op.kernel, .stride = stride}, spec.activation);
    } else {
      if (spec.expand != 1) expand_ = register_module("expand", site.Pointwise(in, middle, spec.activation));
      op_ = site.Operator(middle, stride, spec.activation);
    }
    register_module("op", op_);
    if (spec.squeeze_excite) {
      squeeze_excite_ = register_module("se", std::make_shared<SqueezeExcite>(middle, SqueezeChannels(site.shape.in)));
    }
    project_ = register_module("project", site.Pointwise(middle, site.shape.out, std::nullopt));
  }

  at::Tensor forward(const at::Tensor& x_nchw) override {
    at::Tensor y = op_->forward(expand_ ? expand_->forward(x_nchw) : x_nchw);
    if (squeeze_excite_) y = squeeze_excite_->forward(y);
    y = project_->forward(y);
    return residual_ ? y.add_(x_nchw) : y;
  }

  std::optional<FusedCandidate> Fused() const override {
    if (!fusible_) return std::nullopt;
    return FusedCandidate{expand_.get(), op_.get(), project_.get(), residual_};
  }

 private:
  bool residual_, fusible_;
  std::shared_ptr<ConvNorm> expand_, op_, project_;
  std::shared_ptr<SqueezeExcite> squeeze_excite_;
};

// Views. Their gradients come together in one channels_last tensor; those of two slices would be two of zeros, in NCHW.
std::pair<at::Tensor, at::Tensor> EvenAndOddChannels(const at::Tensor& x_nchw) {
  const std::vector<at::Tensor> halves_nhwc = x_nchw.permute({0, 2, 3, 1}).unflatten(3, {-1, 2}).unbind(4);
  return {halves_nhwc[0].permute({0, 3, 1, 2}), halves_nhwc[1].permute({0, 3, 1, 2})};
}

// Both shuffle blocks: half of the channels, or a projection of all, beside a branch. The next block's split into even
// and odd channels is what mixes the two.
class Shuffle : public Block {
 public:
  explicit Shuffle(const Site& site)
      : splits_(site.shape.stride == 1), kernels_(IsFusibleInParts(site.spec) ? site.kernels : KernelChoice::kAten) {
    const int64_t in = site.shape.in, stride = site.shape.stride, out = site.shape.out;
    const int64_t entering = splits_ ? in / 2 : in;
    const Activation activation = site.spec.activation;
    branch_ = register_module("branch", std::make_shared<torch::nn::Module>());
    if (site.spec.kind == BlockKind::kShuffleA) {
      Append("expand", site.Pointwise(entering, out / 2, activation));
      Append("op", site.Operator(out / 2, stride, std::nullopt));
      Append("project", site.Pointwise(out / 2, out - entering, activation));
      units_ = {{steps_[0].get(), steps_[1].get(), steps_[2].get()}};
    } else {
      Append("op1", site.Operator(entering, stride, std::nullopt));
      Append("conv1", site.Pointwise(entering, out / 2, activation));
      Append("op2", site.Operator(out / 2, 1, std::nullopt));
      Append("conv2", site.Pointwise(out / 2, out / 2, activation));
      Append("op3", site.Operator(out / 2, 1, std::nullopt));
      Append("conv3", site.Pointwise(out / 2, out - entering, activation));
      for (size_t i = 0; i < steps_.size(); i += 2) units_.push_back({nullptr, steps_[i].get(), steps_[i + 1].get()});
    }
    if (splits_) return;
    const OperatorSpec depthwise{OperatorKind::kDepthwise, site.spec.op.kernel};
    shortcut_op_ = register_module("shortcut_op", site.Conv(OperatorShape(depthwise, in, stride), std::nullopt));
    shortcut_conv_ = register_module("shortcut_conv", site.Pointwise(in, in, activation));
  }

  at::Tensor forward(const at::Tensor& x_nchw) override {
    at::Tensor pass, y;
    if (splits_) {
      std::tie(pass, y) = EvenAndOddChannels(x_nchw);
      y = y.contiguous(x_nchw.suggest_memory_format());
    } else {
      const FusedCandidate shortcut{nullptr, shortcut_op_.get(), shortcut_conv_.get()};
      pass = TakesFused(kernels_, x_nchw, {shortcut}, {}) ? FusedForward(x_nchw, {shortcut}, {})
                                                          : shortcut_conv_->forward(shortcut_op_->forward(x_nchw));
      y = x_nchw;
    }
    if (TakesFused(kernels_, y, units_, {})) {
      for (const FusedCandidate& unit : units_) y = FusedForward(y, {unit}, {});
    } else {
      for (const auto& step : steps_) y = step->forward(y);
    }
    return at::cat({pass, y}, 1);
  }

 private:
  void Append(const std::string& name, const std::shared_ptr<ConvNorm>& step) {
    steps_.push_back(branch_->register_module(name, step));
  }

  bool splits_;
  KernelChoice kernels_;
  std::shared_ptr<torch::nn::Module> branch_;
  std::vector<std::shared_ptr<ConvNorm>> steps_;
  std::vector<FusedCandidate> units_;  // the steps, as the kernels take them
  std::shared_ptr<ConvNorm> shortcut_op_, shortcut_conv_;
};

class Residual : public Block {
 public:
  explicit Residual(const Site& site) : activation_(site.spec.activation) {
    const int64_t in = site.shape.in, stride = site.shape.stride, out = site.shape.out;
    reduce_ = register_module("reduce", site.Pointwise(in, out / 2, activation_));
    op_ = register_module("op", site.Operator(out / 2, stride, activation_));
    expand_ = register_module("expand", site.Pointwise(out / 2, out, std::nullopt));
    if (!site.KeepsShape()) shortcut_ = register_module("shortcut", site.Pointwise(in, out, std::nullopt, stride));
  }

  at::Tensor forward(const at::Tensor& x_nchw) override {
    at::Tensor y = expand_->forward(op_->forward(reduce_->forward(x_nchw)));
    y.add_(shortcut_ ? shortcut_->forward(x_nchw) : x_nchw);
    return Activate(y, activation_);
  }

 private:
  Activation activation_;
  std::shared_ptr<ConvNorm> reduce_, op_, expand_, shortcut_;
};

class Identity : public Block {
 public:
  explicit Identity(const Site& site) {
    if (site.KeepsShape()) return;
    project_ =
        register_module("project", site.Pointwise(site.shape.in, site.shape.out, std::nullopt, site.shape.stride));
  }

  at::Tensor forward(const at::Tensor& x_nchw) override { return project_ ? project_->forward(x_nchw) : x_nchw; }

  std::optional<FusedCandidate> Fused() const override {
    return project_ ? std::nullopt : std::optional(FusedCandidate{.adds_input = true});
  }

 private:
  std::shared_ptr<ConvNorm> project_;
};

}  // namespace

std::shared_ptr<Block> MakeBlock(const BlockSpec& spec, const LayerShape& shape, const NormSpec& norm, bool affine,
                                 KernelChoice kernels) {
  if (const std::string why = WhyInvalid(spec, shape); !why.empty()) {
    throw ConfigError(CandidateName(spec) + " cannot stand between " + std::to_string(shape.in) + " and " +
                      std::to_string(shape.out) + " channels at stride " + std::to_string(shape.stride) + ": " + why);
  }
  const Site site{spec, shape, norm, affine, kernels};
  switch (spec.kind) {
    case BlockKind::kInvertedResidual:
      return std::make_shared<InvertedResidual>(site);
    case BlockKind::kShuffleA:
    case BlockKind::kShuffleX:
      return std::make_shared<Shuffle>(site);
    case BlockKind::kResidual:
      return std::make_shared<Residual>(site);
    case BlockKind::kIdentity:
      return std::make_shared<Identity>(site);
  }
  throw std::invalid_argument("unknown block kind");
}

}  // namespace danas
