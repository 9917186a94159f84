// Blocks whose halves or groups of channels are mixed by their order.
#include <ATen/ATen.h>

#include <tuple>
#include <utility>
#include <vector>

#include "block_site.h"

namespace danas {
namespace {

bool IsChannelsLast(const at::Tensor& x_nchw) {
  return x_nchw.suggest_memory_format() == at::MemoryFormat::ChannelsLast;
}

// Views. Their gradients come together in one tensor of the layout of x; those of two slices would be two of zeros, in
// NCHW.
std::pair<at::Tensor, at::Tensor> EvenAndOddChannels(const at::Tensor& x_nchw) {
  if (!IsChannelsLast(x_nchw)) {
    const std::vector<at::Tensor> halves = x_nchw.unflatten(1, {-1, 2}).unbind(2);
    return {halves[0], halves[1]};
  }
  const std::vector<at::Tensor> halves_nhwc = x_nchw.permute({0, 2, 3, 1}).unflatten(3, {-1, 2}).unbind(4);
  return {halves_nhwc[0].permute({0, 3, 1, 2}), halves_nhwc[1].permute({0, 3, 1, 2})};
}

// Both shuffle blocks: half of the channels, or a projection of all, beside a branch. The next block's split into even
// and odd channels is what mixes the two.
class ShuffleAX : public Block {
 public:
  explicit ShuffleAX(const BlockSite& site)
      : splits_(site.shape.stride == 1), kernels_(site.KernelsOfParts()) {
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
      pass = ForwardUnit(kernels_, x_nchw, {nullptr, shortcut_op_.get(), shortcut_conv_.get()});
      y = x_nchw;
    }
    for (const FusedCandidate& unit : units_) y = ForwardUnit(kernels_, y, unit);
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

// [N, C, H, W] -> [N * H * W, C]; of channels_last images, or of some of their channels, a view.
at::Tensor Pixels(const at::Tensor& x_nchw) { return x_nchw.permute({0, 2, 3, 1}).flatten(0, 2); }

// Back to the size of `like` in all but the channels; channels_last.
at::Tensor ImagesOf(const at::Tensor& pixels, const at::Tensor& like_nchw) {
  return pixels.view({like_nchw.size(0), like_nchw.size(2), like_nchw.size(3), -1}).permute({0, 3, 1, 2});
}

// Channel j of group i becomes channel i of group j.
at::Tensor MixGroups(const at::Tensor& x_nchw, int64_t groups) {
  if (!IsChannelsLast(x_nchw)) return x_nchw.unflatten(1, {groups, -1}).transpose(1, 2).flatten(1, 2);
  return ImagesOf(Pixels(x_nchw).unflatten(1, {groups, -1}).transpose(1, 2).flatten(1), x_nchw);
}

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

// Views of the first and the second half of the channels; as EvenAndOddChannels().
std::pair<at::Tensor, at::Tensor> HalvesOfChannels(const at::Tensor& x_nchw) {
  if (!IsChannelsLast(x_nchw)) {
    const std::vector<at::Tensor> halves = x_nchw.unflatten(1, {2, -1}).unbind(1);
    return {halves[0], halves[1]};
  }
  const std::vector<at::Tensor> halves = Pixels(x_nchw).unflatten(1, {2, -1}).unbind(1);
  return {ImagesOf(halves[0], x_nchw), ImagesOf(halves[1], x_nchw)};
}

// Channels a0, b0, a1, b1 ...
at::Tensor Interleaved(const at::Tensor& a_nchw, const at::Tensor& b_nchw) {
  if (!IsChannelsLast(b_nchw)) return at::stack({a_nchw, b_nchw}, 2).flatten(1, 2);
  return ImagesOf(at::stack({Pixels(a_nchw), Pixels(b_nchw)}, 2).flatten(1), a_nchw);
}

class ShuffleV2 : public Block {
 public:
  explicit ShuffleV2(const BlockSite& site)
      : splits_(site.shape.stride == 1), kernels_(site.KernelsOfParts()) {
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
    at::Tensor pass, y;
    if (splits_) {
      std::tie(pass, y) = HalvesOfChannels(x_nchw);
      y = y.contiguous(x_nchw.suggest_memory_format());
    } else {
      pass = ForwardUnit(kernels_, x_nchw, {nullptr, shortcut_op_.get(), shortcut_conv_.get()});
      y = x_nchw;
    }
    return Interleaved(pass, ForwardUnit(kernels_, y, {expand_.get(), op_.get(), project_.get()}));
  }

 private:
  bool splits_;
  KernelChoice kernels_;
  std::shared_ptr<ConvNorm> shortcut_op_, shortcut_conv_, expand_, op_, project_;
};

}  // namespace

std::shared_ptr<Block> MakeShuffle(const BlockSite& site) { return std::make_shared<ShuffleAX>(site); }

std::shared_ptr<Block> MakeShuffleV1(const BlockSite& site) { return std::make_shared<ShuffleV1>(site); }

std::shared_ptr<Block> MakeShuffleV2(const BlockSite& site) { return std::make_shared<ShuffleV2>(site); }

}  // namespace danas
