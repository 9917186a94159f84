// Steps that only blocks of a space file have, against ATen's functions, and their gradients against differences.
#include <ATen/ATen.h>
#include <gmock/gmock.h>

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "danas/nn/block.h"
#include "danas/nn/norm.h"
#include "tests/arch/own_block.h"
#include "tests/nn/nn_support.h"

namespace danas {
namespace {

using test::ExpectClose;

constexpr NormSpec kNorm{.momentum = 0.1, .epsilon = 1e-3};

class DefinedSteps : public ::testing::Test {
 protected:
  using Formula = std::function<at::Tensor(const at::Tensor& x)>;

  // What the steps compute in this layer, and its gradients, of the input and of all parameters.
  void ExpectComputes(const std::string& steps, const LayerShape& shape, const Formula& formula) {
    SCOPED_TRACE(steps);
    block_ = MakeBlock(test::OwnBlock("steps:\n" + steps), shape, kNorm, /*affine=*/true);
    block_->to(at::kDouble);
    test::RandomiseState(*block_, 3);
    SetNormMode(*block_, NormMode::kBatchFrozen);
    const Size size = shape.input;
    for (const at::MemoryFormat layout : {at::MemoryFormat::Contiguous, at::MemoryFormat::ChannelsLast}) {
      const at::Tensor x =
          test::RandomTensor({2, shape.in, size.height, size.width}, 7, at::kDouble).contiguous(layout);
      ExpectClose(block_->forward(x), formula(x), 1e-12);
      ExpectGradients(x);
    }
  }

  at::Tensor Weight(const std::string& name) { return block_->named_parameters()[name]; }

  std::shared_ptr<Block> block_;

 private:
  // d sum(factor * block(x)) / d each element of x and of the parameters, which are moved in place.
  void ExpectGradients(const at::Tensor& x_nchw) {
    const at::Tensor x = x_nchw.clone().requires_grad_(true);
    std::vector<at::Tensor> leaves = block_->parameters();
    leaves.push_back(x);
    const at::Tensor factor = test::RandomTensor(block_->forward(x).sizes(), 11);
    const auto sum = [&] { return (block_->forward(x) * factor).sum(); };
    const auto gradients = torch::autograd::grad({sum()}, leaves);
    const at::NoGradGuard no_gradient;
    constexpr double kStep = 1e-5;
    for (size_t i = 0; i < leaves.size(); ++i) {
      const at::Tensor numeric = at::empty_like(gradients[i], at::MemoryFormat::Contiguous);
      for (int64_t e = 0; e < leaves[i].numel(); ++e) {
        // Where element e is, whatever the layout.
        at::Tensor element = leaves[i].data();
        int64_t rest = e;
        for (int64_t left = leaves[i].numel(); element.dim() > 0;) {
          left /= element.size(0);
          element = element[rest / left];
          rest %= left;
        }
        const double before = element.item<double>();
        element.fill_(before + kStep);
        const double above = sum().item<double>();
        element.fill_(before - kStep);
        const double below = sum().item<double>();
        element.fill_(before);
        numeric.view(-1)[e] = (above - below) / (2 * kStep);
      }
      ExpectClose(gradients[i], numeric, 1e-7, 1e-7);
    }
  }
};

at::Tensor LayerNorm(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias, double epsilon) {
  const at::Tensor mean = x.mean(1, true), centred = x - mean;
  const at::Tensor y = centred / (centred.square().mean(1, true) + epsilon).sqrt();
  return y * weight.view({1, -1, 1, 1}) + bias.view({1, -1, 1, 1});
}

TEST_F(DefinedSteps, LayerNormIsOverTheChannelsOfAPixel) {
  ExpectComputes("- {step: norm, name: n, kind: layer}\n", {5, 5, 1, {3, 2}},
                 [&](const at::Tensor& x) { return LayerNorm(x, Weight("n.weight"), Weight("n.bias"), 1e-6); });
  ExpectComputes("- {step: norm, name: n, kind: layer, epsilon: 0.1}\n", {4, 4, 1, {2, 3}},
                 [&](const at::Tensor& x) { return LayerNorm(x, Weight("n.weight"), Weight("n.bias"), 0.1); });
  // Behind a convolution, and with an activation behind it.
  ExpectComputes(
      "- {step: convolution, name: c, norm: none}\n- {step: norm, name: n, kind: layer}\n"
      "- {step: activation, kind: gelu}\n",
      {4, 4, 1, {2, 3}}, [&](const at::Tensor& x) {
        const at::Tensor y = at::conv2d(x, Weight("c.weight"), Weight("c.bias"));
        return at::gelu(LayerNorm(y, Weight("n.weight"), Weight("n.bias"), 1e-6));
      });
}

TEST_F(DefinedSteps, BatchNormStandsAlone) {
  ExpectComputes("- {step: norm, name: n}\n", {3, 3, 1, {3, 2}}, [&](const at::Tensor& x) {
    return at::batch_norm(x, Weight("n.weight"), Weight("n.bias"), {}, {}, true, kNorm.momentum, kNorm.epsilon, false);
  });
}

TEST_F(DefinedSteps, ScalesEachChannel) {
  ExpectComputes("- {step: scale, name: s, initial: 0.5}\n", {5, 5, 1, {3, 2}}, [&](const at::Tensor& x) {
    return x * Weight("s.weight").view({1, -1, 1, 1});
  });
  // What is scaled is read again.
  ExpectComputes("- {step: convolution, name: c, norm: none}\n- {step: scale, name: s}\n- {step: add, from: [s, c]}\n",
                 {3, 3, 1, {3, 2}}, [&](const at::Tensor& x) {
                   const at::Tensor y = at::conv2d(x, Weight("c.weight"), Weight("c.bias"));
                   return y * Weight("s.weight").view({1, -1, 1, 1}) + y;
                 });
}

TEST_F(DefinedSteps, BiasesStandBeforeNormsToo) {
  for (const char* kind : {"convolution", "deconvolution"}) {
    const bool transposed = kind == std::string("deconvolution");
    const std::string steps =
        "- {step: " + std::string(kind) +
        ", name: c, kernel: 3, stride: 1, bias: true}\n- {step: activation, kind: hard_sigmoid}\n";
    ExpectComputes(steps, {3, 3, 1, {3, 2}}, [&](const at::Tensor& x) {
      const at::Tensor weight = Weight("c.conv.weight"), bias = Weight("c.conv.bias");
      const at::Tensor y = transposed ? at::conv_transpose2d(x, weight, bias, 1, 1) : at::conv2d(x, weight, bias, 1, 1);
      return at::hardsigmoid(at::batch_norm(y, Weight("c.norm.weight"), Weight("c.norm.bias"), {}, {}, true,
                                            kNorm.momentum, kNorm.epsilon, false));
    });
  }
}

// A convolution behind it brings the map back to its size; it sees all of it.
TEST_F(DefinedSteps, DeconvolutionGivesStrideTimesTheSize) {
  struct Case {
    int64_t kernel, stride, groups;
  };
  for (const auto& [kernel, stride, groups] :
       {Case{4, 2, 1}, Case{3, 2, 1}, Case{2, 2, 1}, Case{5, 2, 1}, Case{4, 2, 2}, Case{3, 2, 4}, Case{3, 1, 1},
        Case{3, 3, 2}, Case{7, 4, 1}}) {
    const std::string k = std::to_string(kernel), s = std::to_string(stride), g = std::to_string(groups);
    for (const bool norm : {false, true}) {
      const std::string steps = "- {step: deconvolution, name: up, channels: 8, kernel: " + k + ", stride: " + s +
                                ", groups: " + g + (norm ? "" : ", norm: none") +
                                "}\n- {step: convolution, name: down, channels: out, kernel: " + s + ", stride: " + s +
                                ", padding: same, norm: none}\n";
      const int64_t padding = (kernel - stride + 1) / 2, output_padding = 2 * padding - (kernel - stride);
      ExpectComputes(steps, {4, 4, 1, {2, 3}}, [&](const at::Tensor& x) {
        const std::string up = norm ? "up.conv" : "up";
        at::Tensor y = at::conv_transpose2d(x, Weight(up + ".weight"), norm ? at::Tensor() : Weight("up.bias"), stride,
                                            padding, output_padding, groups);
        EXPECT_EQ(y.sizes(), at::IntArrayRef({2, 8, 2 * stride, 3 * stride}));
        if (norm) {
          y = at::batch_norm(y, Weight("up.norm.weight"), Weight("up.norm.bias"), {}, {}, true, kNorm.momentum,
                             kNorm.epsilon, false);
        }
        return at::conv2d(y, Weight("down.weight"), Weight("down.bias"), stride);
      });
    }
  }
}

// As in TensorFlow: where the zeros are odd in number, one more behind.
TEST_F(DefinedSteps, SamePaddingMayBeUneven) {
  struct Case {
    int64_t kernel, stride, before, behind;  // of a side of 5 pixels
  };
  for (const auto& [kernel, stride, before, behind] :
       {Case{2, 1, 0, 1}, Case{4, 1, 1, 2}, Case{2, 2, 0, 1}, Case{3, 2, 1, 1}, Case{4, 2, 1, 2}, Case{5, 4, 2, 2},
        Case{4, 4, 1, 2}, Case{3, 3, 0, 1}, Case{1, 2, 0, 0}, Case{2, 5, 0, 0}}) {
    const std::string steps = "- {step: convolution, name: c, channels: out, kernel: " + std::to_string(kernel) +
                              ", stride: stride, padding: same, norm: none, bias: false}\n";
    ExpectComputes(steps, {2, 3, static_cast<int>(stride), {5, 5}}, [&](const at::Tensor& x) {
      return at::conv2d(at::constant_pad_nd(x, {before, behind, before, behind}), Weight("c.weight"), {}, stride);
    });
  }
}

TEST_F(DefinedSteps, ProductsOfMapsOfOneShape) {
  ExpectComputes(
      "- {step: convolution, name: a, norm: none}\n- {step: activation, name: g, kind: sigmoid}\n"
      "- {step: multiply, from: [a, g]}\n",
      {3, 3, 1, {3, 2}}, [&](const at::Tensor& x) {
        const at::Tensor a = at::conv2d(x, Weight("a.weight"), Weight("a.bias"));
        return a * at::sigmoid(a);
      });
}

// Steps that are left out pass on what they would have read.
TEST_F(DefinedSteps, LeftOutStepsPassTheirInputOn) {
  ExpectComputes(
      "- {step: convolution, name: a, when: stride == 2}\n- {step: scale, name: s, when: in > 2}\n"
      "- {step: norm, name: n, kind: layer, from: a, when: 0}\n- {step: add, from: [s, n]}\n",
      {3, 3, 1, {3, 2}}, [&](const at::Tensor& x) {
        return x * Weight("s.weight").view({1, -1, 1, 1}) + x;
      });
}

}  // namespace
}  // namespace danas
