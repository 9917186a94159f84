// Random blocks of a space file's own: what nn computes, with steps written over each other, halves taken together and
// chains by the fused kernels, against each step of the graph by itself in plain ATen.
#include <ATen/ATen.h>
#include <gtest/gtest.h>
#include <torch/csrc/autograd/autograd.h>

#include <array>
#include <cmath>
#include <map>
#include <optional>
#include <string>
#include <type_traits>
#include <vector>

#include "danas/arch/block_graph.h"
#include "danas/arch/space_file.h"
#include "danas/core/error.h"
#include "danas/nn/block.h"
#include "danas/nn/mixed_layer.h"
#include "danas/nn/norm.h"
#include "danas/nn/state.h"
#include "random_blocks.h"
#include "tests/nn/nn_support.h"
#include "tests/support/torch_support.h"

namespace danas {
namespace {

using Weights = std::map<std::string, at::Tensor>;

// Each step as its comment in arch/block_graph.h says, in a tensor of its own.
class PlainGraph {
 public:
  PlainGraph(const BlockGraph& graph, const Weights& weights) : graph_(graph), weights_(weights) {}

  at::Tensor Result(const at::Tensor& x) {
    maps_ = {x};
    for (const Step& step : graph_.steps) {
      std::vector<at::Tensor> inputs;
      for (const MapId map : step.inputs) inputs.push_back(maps_[map]);
      maps_.push_back(
          std::visit([&](const auto& operation) { return Of(operation, step.name, inputs); }, step.operation));
    }
    return maps_[graph_.result];
  }

 private:
  using Inputs = std::vector<at::Tensor>;

  at::Tensor Weight(const std::string& name) const {
    const auto found = weights_.find(name);
    return found == weights_.end() ? at::Tensor() : found->second;
  }

  static at::Tensor PerChannel(const at::Tensor& weight_c) { return weight_c.view({1, -1, 1, 1}); }

  at::Tensor Normalised(const at::Tensor& x, at::IntArrayRef over, double epsilon, const std::string& name) const {
    const auto [variance, mean] = at::var_mean(x, over, /*correction=*/0, /*keepdim=*/true);
    const at::Tensor y = (x - mean) / (variance + epsilon).sqrt();
    return y * PerChannel(Weight(name + ".weight")) + PerChannel(Weight(name + ".bias"));
  }

  at::Tensor BatchNormed(const at::Tensor& x, const std::string& name) const {
    return Normalised(x, {0, 2, 3}, NormSpec{}.epsilon, name);
  }

  at::Tensor Of(const ConvolutionStep& step, const std::string& name, const Inputs& x) const {
    const auto around = [&](int64_t size) -> std::array<int64_t, 2> {
      if (step.padding == Padding::kSymmetric) return {step.kernel / 2, step.kernel / 2};
      const int64_t wanted = (size + step.stride - 1) / step.stride;
      const int64_t all = std::max<int64_t>(0, (wanted - 1) * step.stride + step.kernel - size);
      return {all / 2, (all + 1) / 2};
    };
    const auto rows = around(x[0].size(2)), columns = around(x[0].size(3));
    const at::Tensor padded = at::constant_pad_nd(x[0], {columns[0], columns[1], rows[0], rows[1]});
    const std::string own = step.norm ? name + ".conv" : name;
    const std::array<int64_t, 2> stride = {step.stride, step.stride};
    const at::Tensor y = at::conv2d(padded, Weight(own + ".weight"), Weight(own + ".bias"), at::IntArrayRef(stride),
                                    at::IntArrayRef({0, 0}), {1, 1}, step.groups);
    return step.norm ? BatchNormed(y, name + ".norm") : y;
  }

  // The gradient of a convolution is one: that of a convolution of the result's size which gives the input's.
  at::Tensor Of(const DeconvolutionStep& step, const std::string& name, const Inputs& x) const {
    const std::string own = step.norm ? name + ".conv" : name;
    const int64_t k = step.kernel, s = step.stride, cut = (k - s + 1) / 2;
    const at::Tensor full =
        at::conv_transpose2d(x[0], Weight(own + ".weight"), {}, {s, s}, {0, 0}, {0, 0}, step.groups);
    // Rows and columns from `cut` on; zeros where the windows end before the size is reached.
    const int64_t height = x[0].size(2) * s, width = x[0].size(3) * s;
    at::Tensor y = at::constant_pad_nd(full, {0, s, 0, s}).slice(2, cut, cut + height).slice(3, cut, cut + width);
    if (const at::Tensor bias = Weight(own + ".bias"); bias.defined()) y = y + PerChannel(bias);
    return step.norm ? BatchNormed(y, name + ".norm") : y;
  }

  at::Tensor Of(const NormStep& step, const std::string& name, const Inputs& x) const {
    return step.norm == NormKind::kBatch ? BatchNormed(x[0], name) : Normalised(x[0], {1}, step.epsilon, name);
  }

  at::Tensor Of(const ScaleStep&, const std::string& name, const Inputs& x) const {
    return x[0] * PerChannel(Weight(name + ".weight"));
  }

  at::Tensor Of(const ActivationStep& step, const std::string&, const Inputs& x) const {
    return test::PlainlyActivated(x[0], step.activation);
  }

  at::Tensor Of(const TakeStep& step, const std::string&, const Inputs& x) const {
    const int64_t channels = x[0].size(1);
    switch (step.which) {
      case Channels::kFirstHalf:
        return x[0].slice(1, 0, channels / 2).clone();
      case Channels::kSecondHalf:
        return x[0].slice(1, channels / 2).clone();
      case Channels::kEven:
        return x[0].slice(1, 0, channels, 2).clone();
      case Channels::kOdd:
        return x[0].slice(1, 1, channels, 2).clone();
      case Channels::kListed:
        break;
    }
    throw std::logic_error("no definition lists channels");
  }

  at::Tensor Of(const PutStep&, const std::string&, const Inputs&) const {
    throw std::logic_error("no definition puts channels in places");
  }

  at::Tensor Of(const JoinStep& step, const std::string&, const Inputs& x) const {
    return step.in_turn ? at::stack(x, 2).flatten(1, 2) : at::cat(x, 1);
  }

  at::Tensor Of(const MixStep& step, const std::string&, const Inputs& x) const {
    const int64_t groups = step.groups;
    return x[0].unflatten(1, {groups, x[0].size(1) / groups}).transpose(1, 2).flatten(1, 2).clone();
  }

  at::Tensor Of(const AddStep&, const std::string&, const Inputs& x) const { return x[0] + x[1]; }
  at::Tensor Of(const MultiplyStep&, const std::string&, const Inputs& x) const { return x[0] * x[1]; }

  at::Tensor Of(const PoolStep& step, const std::string&, const Inputs& x) const {
    // Windows of an odd kernel around each pixel; of an even one side by side, the last of what is there.
    const bool even = step.kernel % 2 == 0;
    const int64_t k = step.kernel, s = step.stride, before = even ? 0 : k / 2;
    const int64_t behind_rows = even ? (s - x[0].size(2) % s) % s : k / 2;
    const int64_t behind_columns = even ? (s - x[0].size(3) % s) % s : k / 2;
    const auto windows = [&](const at::Tensor& map, double outside) {
      return at::constant_pad_nd(map, {before, behind_columns, before, behind_rows}, outside)
          .unfold(2, k, s)
          .unfold(3, k, s);
    };
    if (step.pool == Pool::kMax) return windows(x[0], -1e300).flatten(4).amax(-1);
    const at::Tensor sum = windows(x[0], 0).sum({4, 5});
    // Padding of an odd kernel counts as zeros; what an even one's last window lacks does not count.
    return even ? sum / windows(at::ones_like(x[0]), 0).sum({4, 5}) : sum / static_cast<double>(k * k);
  }

  at::Tensor Of(const GlobalAverageStep&, const std::string&, const Inputs& x) const {
    return x[0].mean({2, 3}, /*keepdim=*/true);
  }

  const BlockGraph& graph_;
  const Weights& weights_;
  std::vector<at::Tensor> maps_;
};

// The layer's only block, of a definition that the space's reader accepts; nothing for others.
std::optional<BlockSpec> Draw(RandomStream& random, const LayerShape& shape) {
  test::DefinitionDraw draw(random, shape);
  Json space = {{"name", "one"},
                {"input", {{"height", shape.input.height}, {"width", shape.input.width}}},
                {"classes", 2},
                {"stem", {{"channels", shape.in}, {"stride", 1}}},
                {"blocks", {{"drawn", draw.Definition()}}}};
  space["layers"] = Json::array({{{"in", shape.in},
                                  {"out", shape.out},
                                  {"stride", shape.stride},
                                  {"height", shape.input.height},
                                  {"width", shape.input.width},
                                  {"candidates", Json::array({draw.Candidate("drawn")})}}});
  space["head"] = {{"channels", 0}};
  try {
    return SpaceFromJson(space, "drawn").layers()[0].candidates[0];
  } catch (const ConfigError&) {
    return std::nullopt;
  }
}

Weights Randomised(torch::nn::Module& module, uint64_t seed) {
  const at::NoGradGuard no_gradient;
  module.to(at::kDouble);
  Weights weights;
  for (const auto& parameter : module.named_parameters()) {
    at::Tensor tensor = parameter.value();
    at::Tensor values = test::RandomTensor(tensor.sizes(), seed++);
    if (tensor.dim() > 1)
      values /= std::sqrt(static_cast<double>(tensor.numel()) / static_cast<double>(tensor.size(0)));
    tensor.copy_(values);
    weights[parameter.key()] = tensor;
  }
  return weights;
}

// The result, and the gradients of input and weights, of sum(result * seed).
std::vector<at::Tensor> WithGradients(const std::function<at::Tensor(const at::Tensor&)>& forward, const at::Tensor& of,
                                      const Weights& weights) {
  const at::Tensor x = of.detach().clone().requires_grad_(true);
  for (const auto& [name, weight] : weights) at::Tensor(weight).mutable_grad().reset();
  const at::Tensor y = forward(x);
  y.backward(test::RandomTensor(y.sizes(), 5));
  std::vector<at::Tensor> results = {y.detach(), x.grad()};
  for (const auto& [name, weight] : weights) {
    results.push_back(weight.grad().defined() ? weight.grad() : at::zeros_like(weight));
  }
  return results;
}

void ExpectSame(const std::vector<at::Tensor>& actual, const std::vector<at::Tensor>& expected) {
  ASSERT_EQ(actual.size(), expected.size());
  for (size_t i = 0; i < actual.size(); ++i) {
    const double scale = expected[i].abs().max().item<double>();
    test::ExpectClose(actual[i], expected[i], 1e-8 * std::max(1.0, scale));
  }
}

TEST(RandomBlocks, AreComputedAsEachStepByItself) {
  const std::vector<LayerShape> shapes = {{8, 8, 1, {6, 5}}, {8, 12, 1, {5, 5}}, {6, 12, 2, {7, 6}}, {8, 8, 2, {8, 8}}};
  constexpr uint64_t kDraws = 400;
  uint64_t accepted = 0, fused = 0;
  for (uint64_t seed = 0; seed < kDraws; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    RandomStream random(seed, "random blocks");
    const LayerShape& shape = shapes[seed % shapes.size()];
    const std::optional<BlockSpec> spec = Draw(random, shape);
    if (!spec) continue;
    ++accepted;
    const BlockGraph graph = GraphOf(*spec, shape);
    const at::Tensor x = test::RandomTensor({3, shape.in, shape.input.height, shape.input.width}, seed + 1)
                             .contiguous(at::MemoryFormat::ChannelsLast);
    std::vector<at::Tensor> mixed_by_aten;
    for (const KernelChoice kernels : {KernelChoice::kAten, KernelChoice::kFused}) {
      const std::shared_ptr<Block> block = MakeBlock(*spec, shape, NormSpec{}, /*affine=*/true, kernels);
      const Weights weights = Randomised(*block, seed);
      const auto plain =
          WithGradients([&](const at::Tensor& of) { return PlainGraph(graph, weights).Result(of); }, x, weights);
      ExpectSame(WithGradients([&](const at::Tensor& of) { return block->forward(of); }, x, weights), plain);

      // In a layer the whole block may be one call of the fused kernels.
      MixedLayer layer({shape, {*spec}}, NormSpec{}, /*affine=*/true, NnConfig{.kernels = kernels});
      const Weights in_layer = Randomised(layer, seed);
      ExpectSame(WithGradients([&](const at::Tensor& of) { return layer.forward(of, {}); }, x, in_layer), plain);

      // Beside another candidate it is one of a sum.
      MixedLayer mixed({shape, {*spec, {.op = {.kernel = 3}, .expand = 2}}}, NormSpec{}, /*affine=*/true,
                       NnConfig{.kernels = kernels});
      Weights of_mixed = Randomised(mixed, seed);
      of_mixed["p"] = at::tensor({0.3, 0.7}, at::kDouble).requires_grad_(true);
      const auto results = WithGradients(
          [&](const at::Tensor& of) { return mixed.forward(of, {.probability_c = of_mixed["p"]}); }, x, of_mixed);
      if (kernels == KernelChoice::kAten) {
        mixed_by_aten = results;
      } else {
        ExpectSame(results, mixed_by_aten);
      }
      fused += kernels == KernelChoice::kFused && layer.candidate(0).Fused().has_value();
      if (HasFailure()) return;
    }
  }
  RecordProperty("accepted", static_cast<int>(accepted));
  EXPECT_GT(accepted, kDraws / 3);
  EXPECT_GT(fused, 0U);
}

}  // namespace
}  // namespace danas
