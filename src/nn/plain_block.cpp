// Blocks of one path: ResNet's, MobileNet's, VGG's.
#include <ATen/ATen.h>
#include <c10/core/InferenceMode.h>

#include "block_site.h"

namespace danas {
namespace {

// activation(y + shortcut); y may be overwritten.
at::Tensor AddAndActivate(at::Tensor y, const at::Tensor& shortcut, Activation activation) {
  // One pass over memory instead of two; autograd does not know this operator.
  if (c10::InferenceMode::is_enabled() && activation == Activation::kRelu && y.is_cpu()) {
    return at::_add_relu_(y, shortcut);
  }
  return Activate(y.add_(shortcut), activation);
}

class Residual : public Block {
 public:
  explicit Residual(const BlockSite& site) : activation_(site.spec.activation) {
    const int64_t in = site.shape.in, stride = site.shape.stride, out = site.shape.out;
    const int64_t middle = out / site.spec.reduction;
    reduce_ = register_module("reduce", site.Pointwise(in, middle, activation_));
    op_ = register_module("op", site.Operator(middle, stride, activation_));
    expand_ = register_module("expand", site.Pointwise(middle, out, std::nullopt));
    if (!site.KeepsShape()) shortcut_ = register_module("shortcut", site.Pointwise(in, out, std::nullopt, stride));
  }

  at::Tensor forward(const at::Tensor& x_nchw) override {
    const at::Tensor y = expand_->forward(op_->forward(reduce_->forward(x_nchw)));
    return AddAndActivate(y, shortcut_ ? shortcut_->forward(x_nchw) : x_nchw, activation_);
  }

 private:
  Activation activation_;
  std::shared_ptr<ConvNorm> reduce_, op_, expand_, shortcut_;
};

class Basic : public Block {
 public:
  explicit Basic(const BlockSite& site) : activation_(site.spec.activation) {
    const int64_t in = site.shape.in, stride = site.shape.stride, out = site.shape.out, kernel = site.spec.op.kernel;
    first_ =
        register_module("first", site.Conv({.in = in, .out = out, .kernel = kernel, .stride = stride}, activation_));
    second_ = register_module("second", site.Conv({.in = out, .out = out, .kernel = kernel}, std::nullopt));
    if (!site.KeepsShape()) shortcut_ = register_module("shortcut", site.Pointwise(in, out, std::nullopt, stride));
  }

  at::Tensor forward(const at::Tensor& x_nchw) override {
    const at::Tensor y = second_->forward(first_->forward(x_nchw));
    return AddAndActivate(y, shortcut_ ? shortcut_->forward(x_nchw) : x_nchw, activation_);
  }

 private:
  Activation activation_;
  std::shared_ptr<ConvNorm> first_, second_, shortcut_;
};

class DepthwiseSeparable : public Block {
 public:
  explicit DepthwiseSeparable(const BlockSite& site)
      : kernels_(site.KernelsOfParts()) {
    op_ = register_module("op", site.Operator(site.shape.in, site.shape.stride, site.spec.activation));
    conv_ = register_module("conv", site.Pointwise(site.shape.in, site.shape.out, site.spec.activation));
  }

  at::Tensor forward(const at::Tensor& x_nchw) override {
    return ForwardUnit(kernels_, x_nchw, {nullptr, op_.get(), conv_.get()});
  }

 private:
  KernelChoice kernels_;
  std::shared_ptr<ConvNorm> op_, conv_;
};

class PlainConvolution : public Block {
 public:
  explicit PlainConvolution(const BlockSite& site) : activation_(site.spec.activation) {
    const ConvolutionShape shape{.in = site.shape.in,
                                 .out = site.shape.out,
                                 .kernel = site.spec.op.kernel,
                                 .stride = site.shape.stride};
    conv_ = register_module("conv", std::make_shared<Convolution>(shape, /*with_bias=*/true));
  }

  at::Tensor forward(const at::Tensor& x_nchw) override {
    at::Tensor y = conv_->forward(x_nchw);
    // ATen's convolution does not need its result again.
    return activation_ == Activation::kRelu ? ActivationWatch::Seen(at::relu_(y)) : Activate(y, activation_);
  }

 private:
  Activation activation_;
  std::shared_ptr<Convolution> conv_;
};

class MaxPool : public Block {
 public:
  explicit MaxPool(const BlockSite& site) : kernel_(site.spec.op.kernel), stride_(site.shape.stride) {}

  at::Tensor forward(const at::Tensor& x_nchw) override {
    // An odd kernel's padding reaches the last pixel as it is. Windows of an even one begin with the first pixel, and
    // the last may reach beyond the last.
    const bool even = kernel_ % 2 == 0;
    const int64_t padding = even ? 0 : kernel_ / 2;
    return at::max_pool2d(x_nchw, {kernel_, kernel_}, {stride_, stride_}, {padding, padding}, {1, 1},
                          /*ceil_mode=*/even);
  }

 private:
  int64_t kernel_, stride_;
};

}  // namespace

std::shared_ptr<Block> MakeResidual(const BlockSite& site) { return std::make_shared<Residual>(site); }

std::shared_ptr<Block> MakeBasic(const BlockSite& site) { return std::make_shared<Basic>(site); }

std::shared_ptr<Block> MakeDepthwiseSeparable(const BlockSite& site) {
  return std::make_shared<DepthwiseSeparable>(site);
}

std::shared_ptr<Block> MakePlainConvolution(const BlockSite& site) { return std::make_shared<PlainConvolution>(site); }

std::shared_ptr<Block> MakeMaxPool(const BlockSite& site) { return std::make_shared<MaxPool>(site); }

}  // namespace danas
