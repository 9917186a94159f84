// Blocks whose halves or groups of channels are mixed by their order.
#include <ATen/ATen.h>

#include <optional>
#include <tuple>
#include <vector>

#include "block_site.h"
#include "channel_moves.h"

namespace danas {
namespace {

// Where a block that splits its channels and keeps their order finds those of its branch; nothing for others.
std::optional<BranchPlaces> PlacesOf(const BlockSite& site) {
  if (!site.stage_place || site.shape.stride != 1) return std::nullopt;
  return BranchPlaces(site.spec.kind, site.shape.in, *site.stage_place);
}

// Both shuffle blocks: half of the channels, or a projection of all, beside a branch. The next block's split into even
// and odd channels is what mixes the two; where the order is kept, its split into others than this one's.
class ShuffleAX : public Block {
 public:
  explicit ShuffleAX(const BlockSite& site)
      : splits_(site.shape.stride == 1), places_(PlacesOf(site)), kernels_(site.KernelsOfParts()) {
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
    if (places_) return places_->Put(x_nchw, Branch(places_->Take(x_nchw)));
    at::Tensor pass, y;
    if (splits_) {
      std::tie(pass, y) = EvenAndOddChannels(x_nchw);
      y = y.contiguous(x_nchw.suggest_memory_format());
    } else {
      pass = ForwardUnit(kernels_, x_nchw, {nullptr, shortcut_op_.get(), shortcut_conv_.get()});
      y = x_nchw;
    }
    return at::cat({pass, Branch(y)}, 1);
  }

 private:
  at::Tensor Branch(at::Tensor y_nchw) const {
    for (const FusedCandidate& unit : units_) y_nchw = ForwardUnit(kernels_, y_nchw, unit);
    return y_nchw;
  }

  void Append(const std::string& name, const std::shared_ptr<ConvNorm>& step) {
    steps_.push_back(branch_->register_module(name, step));
  }

  bool splits_;
  std::optional<BranchPlaces> places_;
  KernelChoice kernels_;
  std::shared_ptr<torch::nn::Module> branch_;
  std::vector<std::shared_ptr<ConvNorm>> steps_;
  std::vector<FusedCandidate> units_;  // the steps, as the kernels take them
  std::shared_ptr<ConvNorm> shortcut_op_, shortcut_conv_;
};

class ShuffleV1 : public Block {
 public:
  explicit ShuffleV1(const BlockSite& site)
      : halves_(site.shape.stride == 2), groups_(site.spec.groups), activation_(site.spec.activation) {
    const int64_t in = site.shape.in, out = site.shape.out, middle = out / 4;
    const int64_t entry_groups = site.spec.dense_entry ? 1 : groups_;
    entry_ = register_module("entry", site.Conv({.in = in, .out = middle, .groups = entry_groups}, activation_));
    op_ = register_module("op", site.Operator(middle, site.shape.stride, std::nullopt));
    project_ = register_module(
        "project", site.Conv({.in = middle, .out = halves_ ? out - in : out, .groups = groups_}, std::nullopt));
  }

  at::Tensor forward(const at::Tensor& x_nchw) override {
    at::Tensor y = entry_->forward(x_nchw);
    if (groups_ > 1) y = MixGroups(y, groups_);
    y = project_->forward(op_->forward(y));
    if (halves_) return Activate(at::cat({at::avg_pool2d(x_nchw, {3, 3}, {2, 2}, {1, 1}), y}, 1), activation_);
    return Activate(y.add_(x_nchw), activation_);
  }

 private:
  bool halves_;
  int64_t groups_;
  Activation activation_;
  std::shared_ptr<ConvNorm> entry_, op_, project_;
};

class ShuffleV2 : public Block {
 public:
  explicit ShuffleV2(const BlockSite& site)
      : splits_(site.shape.stride == 1), places_(PlacesOf(site)), kernels_(site.KernelsOfParts()) {
    const int64_t in = site.shape.in, stride = site.shape.stride, half = site.shape.out / 2;
    const Activation activation = site.spec.activation;
    if (!splits_) {
      const OperatorSpec depthwise{OperatorKind::kDepthwise, site.spec.op.kernel};
      shortcut_op_ = register_module("shortcut_op", site.Conv(OperatorShape(depthwise, in, stride), std::nullopt));
      shortcut_conv_ = register_module("shortcut_conv", site.Pointwise(in, half, activation));
    }
    expand_ = register_module("expand", site.Pointwise(splits_ ? half : in, half, activation));
    op_ = register_module("op", site.Operator(half, stride, std::nullopt));
    project_ = register_module("project", site.Pointwise(half, half, activation));
  }

  at::Tensor forward(const at::Tensor& x_nchw) override {
    if (places_) return places_->Put(x_nchw, Branch(places_->Take(x_nchw)));
    at::Tensor pass, y;
    if (splits_) {
      std::tie(pass, y) = HalvesOfChannels(x_nchw);
      y = y.contiguous(x_nchw.suggest_memory_format());
    } else {
      pass = ForwardUnit(kernels_, x_nchw, {nullptr, shortcut_op_.get(), shortcut_conv_.get()});
      y = x_nchw;
    }
    return Interleaved(pass, Branch(y));
  }

 private:
  at::Tensor Branch(const at::Tensor& y_nchw) const {
    return ForwardUnit(kernels_, y_nchw, {expand_.get(), op_.get(), project_.get()});
  }

  bool splits_;
  std::optional<BranchPlaces> places_;
  KernelChoice kernels_;
  std::shared_ptr<ConvNorm> shortcut_op_, shortcut_conv_, expand_, op_, project_;
};

}  // namespace

std::shared_ptr<Block> MakeShuffle(const BlockSite& site) { return std::make_shared<ShuffleAX>(site); }

std::shared_ptr<Block> MakeShuffleV1(const BlockSite& site) { return std::make_shared<ShuffleV1>(site); }

std::shared_ptr<Block> MakeShuffleV2(const BlockSite& site) { return std::make_shared<ShuffleV2>(site); }

}  // namespace danas
