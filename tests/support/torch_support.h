// What tests of the rooms that know torch share: random tensors from a seed, comparison that shows the first
// difference, and numeric Jacobians for every gradient that danas writes itself.
#pragma once

#include <ATen/ATen.h>
#include <gtest/gtest.h>
#include <torch/csrc/autograd/autograd.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <sstream>
#include <string>
#include <vector>

namespace danas::test {

// Standard normal, the same for the same seed.
inline at::Tensor RandomTensor(at::IntArrayRef sizes, uint64_t seed, at::ScalarType type = at::kDouble) {
  at::Generator generator = at::detail::createCPUGenerator(seed);
  return at::randn(sizes, generator, at::TensorOptions().dtype(at::kDouble)).to(type);
}

// Every element of `actual` lies within `absolute` + `relative` * |expected|; NaN equals NaN only where both have it.
inline void ExpectClose(const at::Tensor& actual, const at::Tensor& expected, double absolute, double relative = 0) {
  ASSERT_TRUE(actual.defined());
  ASSERT_TRUE(expected.defined());
  ASSERT_EQ(actual.sizes(), expected.sizes());
  const at::Tensor a = actual.detach().cpu().to(at::kDouble).contiguous().flatten();
  const at::Tensor e = expected.detach().cpu().to(at::kDouble).contiguous().flatten();
  const at::Tensor bad = at::isclose(a, e, relative, absolute, /*equal_nan=*/true).logical_not();
  if (!bad.any().item<bool>()) return;
  const int64_t first = bad.to(at::kInt).argmax().item<int64_t>();
  ADD_FAILURE() << bad.sum().item<int64_t>() << " of " << a.numel() << " elements differ, the first at " << first
                << ": " << a[first].item<double>() << " instead of " << e[first].item<double>()
                << "; largest difference " << (a - e).abs().max().item<double>();
}

// The same type, shape and values to the bit.
inline void ExpectSameBits(const at::Tensor& actual, const at::Tensor& expected) {
  ASSERT_EQ(actual.scalar_type(), expected.scalar_type());
  ExpectClose(actual, expected, 0, 0);
}

using TensorFunction = std::function<at::Tensor(const std::vector<at::Tensor>&)>;

// Compares the whole Jacobian that autograd gives with central differences, for every element of every input, in
// double. `inputs` are made leaves here. `step` is the difference's half width; `tolerance` is absolute for entries up
// to 1 and relative above. Inputs within `step` of a kink (relu at 0) have no derivative: do not put them there.
inline void ExpectGradientsMatch(const TensorFunction& function, std::vector<at::Tensor> inputs,
                                 double tolerance = 1e-6, double step = 1e-6) {
  for (at::Tensor& input : inputs) {
    ASSERT_EQ(input.scalar_type(), at::kDouble) << "numeric derivatives need double";
    input = input.detach().clone().requires_grad_(true);
  }
  const at::Tensor output = function(inputs);
  ASSERT_EQ(output.scalar_type(), at::kDouble);
  ASSERT_TRUE(output.requires_grad()) << "the output depends on no input";
  const int64_t outputs = output.numel();

  std::vector<at::Tensor> analytic;  // [outputs, elements of the input]
  for (const at::Tensor& input : inputs) analytic.push_back(at::zeros({outputs, input.numel()}, at::kDouble));
  for (int64_t o = 0; o < outputs; ++o) {
    at::Tensor pick = at::zeros({outputs}, at::kDouble);
    pick[o] = 1;
    const auto gradients = torch::autograd::grad({output}, inputs, {pick.view(output.sizes())}, /*retain_graph=*/true,
                                                 /*create_graph=*/false, /*allow_unused=*/true);
    for (size_t i = 0; i < inputs.size(); ++i) {
      if (gradients[i].defined()) analytic[i][o].copy_(gradients[i].contiguous().flatten());
    }
  }

  for (size_t i = 0; i < inputs.size(); ++i) {
    for (int64_t e = 0; e < inputs[i].numel(); ++e) {
      const auto at_offset = [&](double offset) {
        std::vector<at::Tensor> moved;
        for (const at::Tensor& input : inputs) moved.push_back(input.detach().contiguous().clone());
        moved[i].view(-1)[e] += offset;
        moved[i] = moved[i].to(inputs[i].options(), false, true, inputs[i].suggest_memory_format());
        for (at::Tensor& input : moved) input.requires_grad_(true);
        return function(moved).detach().contiguous().flatten();
      };
      const at::Tensor numeric = (at_offset(step) - at_offset(-step)) / (2 * step);
      const at::Tensor column = analytic[i].select(1, e);
      const at::Tensor allowed = numeric.abs().clamp_min(1) * tolerance;
      const at::Tensor bad = ((column - numeric).abs() <= allowed).logical_not();
      if (!bad.any().item<bool>()) continue;
      const int64_t first = bad.to(at::kInt).argmax().item<int64_t>();
      ADD_FAILURE() << "d output[" << first << "] / d input " << i << "[" << e << "] is "
                    << column[first].item<double>() << " by autograd, " << numeric[first].item<double>()
                    << " numerically";
      return;
    }
  }
}

}  // namespace danas::test
