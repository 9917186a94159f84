#include "danas/nn/pool.h"

#include <ATen/ATen.h>
#include <torch/csrc/autograd/custom_function.h>

namespace danas {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::Variable;
using torch::autograd::variable_list;

struct GlobalAverageFunction : public torch::autograd::Function<GlobalAverageFunction> {
  static Variable forward(AutogradContext* context, const Variable& x_nchw) {
    context->saved_data["sizes"] = x_nchw.sizes().vec();
    return at::mean(x_nchw, {2, 3}, /*keepdim=*/true);
  }

  static variable_list backward(AutogradContext* context, const variable_list& gradients) {
    const std::vector<int64_t> sizes = context->saved_data["sizes"].toIntVector();
    return {(gradients[0] / (sizes[2] * sizes[3])).expand(sizes)};
  }
};

}  // namespace

at::Tensor GlobalAverage(const at::Tensor& x_nchw) { return GlobalAverageFunction::apply(x_nchw); }

}  // namespace danas
