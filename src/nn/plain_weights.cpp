#include "danas/nn/plain_weights.h"

#include <ATen/ATen.h>

#include "danas/nn/state.h"

namespace danas {

PlainWeights PlainWeightsOf(const Supernet& network) {
  PlainWeights weights;
  for (const auto& [name, tensor] : StateOf(network)) {
    const at::Tensor whole = tensor.detach().to(at::kFloat).contiguous();
    const float* values = whole.const_data_ptr<float>();
    weights[name] = {whole.sizes().vec(), std::vector<float>(values, values + whole.numel())};
  }
  return weights;
}

}  // namespace danas
