#include "danas/nn/block.h"

#include <ATen/ATen.h>

#include <optional>

#include "block_site.h"
#include "danas/core/error.h"
#include "danas/nn/pool.h"

namespace danas {
namespace {

// Hu et al., "Squeeze-and-Excitation Networks", CVPR 2018.
class SqueezeExcite : public torch::nn::Module {
 public:
  SqueezeExcite(int64_t channels, int64_t squeezed) {
    reduce_ = register_module("reduce", std::make_shared<Convolution>(ConvolutionShape{channels, squeezed}, true));
    expand_ = register_module("expand", std::make_shared<Convolution>(ConvolutionShape{squeezed, channels}, true));
  }

  at::Tensor forward(const at::Tensor& x_nchw) {
    return x_nchw * at::sigmoid(expand_->forward(Activate(reduce_->forward(GlobalAverage(x_nchw)), Activation::kRelu)));
  }

 private:
  std::shared_ptr<Convolution> reduce_, expand_;
};

class InvertedResidual : public Block {
 public:
  explicit InvertedResidual(const BlockSite& site)
      : residual_(site.KeepsShape()), fusible_(IsFusible(site.spec, site.shape.stride)) {
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

class Identity : public Block {
 public:
  explicit Identity(const BlockSite& site) {
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
                                 KernelChoice kernels, std::optional<int> stage_place) {
  if (const std::string why = WhyInvalid(spec, shape); !why.empty()) {
    throw ConfigError(CandidateName(spec) + " cannot be used between " + std::to_string(shape.in) + " and " +
                      std::to_string(shape.out) + " channels at stride " + std::to_string(shape.stride) + ": " + why);
  }
  const BlockSite site{spec, shape, norm, affine, kernels, stage_place};
  switch (spec.kind) {
    case BlockKind::kInvertedResidual:
      return std::make_shared<InvertedResidual>(site);
    case BlockKind::kShuffleA:
    case BlockKind::kShuffleX:
      return MakeShuffle(site);
    case BlockKind::kShuffleV1:
      return MakeShuffleV1(site);
    case BlockKind::kShuffleV2:
      return MakeShuffleV2(site);
    case BlockKind::kResidual:
      return MakeResidual(site);
    case BlockKind::kBasic:
      return MakeBasic(site);
    case BlockKind::kDepthwiseSeparable:
      return MakeDepthwiseSeparable(site);
    case BlockKind::kConvolution:
      return MakePlainConvolution(site);
    case BlockKind::kMaxPool:
      return MakeMaxPool(site);
    case BlockKind::kIdentity:
      return std::make_shared<Identity>(site);
  }
  throw std::invalid_argument("unknown block kind");
}

}  // namespace danas
