#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include <cmath>
#include <functional>
#include <set>
#include <string>
#include <vector>

#include "danas/core/random.h"
#include "danas/kernels/parallel.h"
#include "danas/nn/graph_modules.h"
#include "danas/nn/supernet.h"
#include "danas/nn/thread_pool.h"

namespace danas {
namespace {

constexpr double kSmall = 0.001;  // DeconvolutionInit::kSmallNormal

// The weights that begin at N(0, kSmall).
std::set<std::string> SmallWeights(const Supernet& network) {
  std::set<std::string> names;
  if (network.space().has_heat_maps()) names.insert("head.heat_maps.weight");
  if (network.space().init().deconvolution != DeconvolutionInit::kSmallNormal) return names;
  for (const auto& item : network.named_modules()) {
    if (dynamic_cast<const Deconvolution*>(item.value().get())) names.insert(item.key() + ".weight");
  }
  return names;
}

// What a tensor starts as, drawn element by element in the order of its axes; a bias as zeros.
at::Tensor InitialValues(const std::string& name, at::IntArrayRef sizes, const InitSpec& init, bool small,
                         int64_t seed) {
  at::Tensor values = at::zeros(sizes, at::kDouble);
  double* value = values.mutable_data_ptr<double>();
  RandomStream stream(static_cast<uint64_t>(seed), "weights/" + name);
  const auto normal = [&](double deviation) {
    for (int64_t i = 0; i < values.numel(); ++i) value[i] = deviation * stream.Normal();
  };
  const auto uniform = [&](double bound) {
    for (int64_t i = 0; i < values.numel(); ++i) value[i] = stream.Uniform(-bound, bound);
  };
  if (small) {
    normal(kSmall);
  } else if (sizes.size() == 4) {
    const auto area = static_cast<double>(sizes[2] * sizes[3]);
    if (init.convolution == ConvolutionInit::kHeFanOut) normal(std::sqrt(2 / (area * static_cast<double>(sizes[0]))));
    if (init.convolution == ConvolutionInit::kFanIn) uniform(1 / std::sqrt(area * static_cast<double>(sizes[1])));
  } else if (sizes.size() == 2) {
    if (init.fully_connected == FullyConnectedInit::kFanIn) uniform(1 / std::sqrt(static_cast<double>(sizes[1])));
    if (init.fully_connected == FullyConnectedInit::kNormal) normal(0.01);
  }
  return values;
}

}  // namespace

void InitializeWeights(Supernet& network, int64_t seed) {
  const at::NoGradGuard no_gradient;
  const auto parameters = network.named_parameters().pairs();
  const std::set<std::string> small = SmallWeights(network);
  LendThreadPool();
  kernels::ForEachRange(
      "initialise", static_cast<int64_t>(parameters.size()), [&](int64_t begin, int64_t end, int64_t) {
        const at::NoGradGuard no_gradient_in_thread;
        for (int64_t i = begin; i < end; ++i) {
          const auto& [name, parameter] = parameters[static_cast<size_t>(i)];
          at::Tensor(parameter).copy_(
              InitialValues(name, parameter.sizes(), network.space().init(), small.contains(name), seed));
        }
      });
  for (const auto& child : network.modules()) {
    if (const auto* norm = dynamic_cast<BatchNorm*>(child.get())) {
      if (norm->weight.defined()) norm->weight.fill_(1);
      norm->running_mean.zero_();
      norm->running_var.fill_(1);
    } else if (const auto* layer_norm = dynamic_cast<LayerNorm*>(child.get())) {
      if (layer_norm->weight.defined()) layer_norm->weight.fill_(1);
    } else if (const auto* scale = dynamic_cast<ChannelScale*>(child.get())) {
      scale->weight.fill_(scale->initial());
    }
  }
}

}  // namespace danas
