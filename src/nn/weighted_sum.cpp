#include <ATen/ATen.h>
#include <torch/csrc/autograd/custom_function.h>

#include <stdexcept>

#include "danas/nn/mixed_layer.h"

namespace danas {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::Variable;
using torch::autograd::variable_list;

// The weights of a sum: plain numbers where that needs no wait for a device.
class Weights {
 public:
  explicit Weights(const at::Tensor& probability_c) : probability_c_(probability_c) {}

  at::Tensor Times(const at::Tensor& x, size_t c) const {
    return OnCpu() ? at::mul(x, Number(c)) : at::mul(x, probability_c_[static_cast<int64_t>(c)]);
  }
  void AddTo(at::Tensor& sum, const at::Tensor& x, size_t c) const {
    if (OnCpu()) {
      sum.add_(x, Number(c));
    } else {
      sum.addcmul_(x, probability_c_[static_cast<int64_t>(c)]);
    }
  }

 private:
  bool OnCpu() const { return probability_c_.is_cpu(); }
  double Number(size_t c) const { return probability_c_[static_cast<int64_t>(c)].item<double>(); }

  at::Tensor probability_c_;
};

// <a, b> over two tensors of one layout, in float32 at least.
at::Tensor InnerProduct(const at::Tensor& a, const at::Tensor& b) {
  const bool half = a.scalar_type() == at::kHalf || a.scalar_type() == at::kBFloat16;
  if (half) return at::sum(a.to(at::kFloat).mul_(b));
  const int64_t size = a.numel();
  return at::dot(a.as_strided({size}, {1}), b.as_strided({size}, {1}));
}

struct WeightedSumFunction : public torch::autograd::Function<WeightedSumFunction> {
  static Variable forward(AutogradContext* context, const Variable& probability_c, at::TensorList outputs) {
    const Weights weights(probability_c);
    at::Tensor sum = weights.Times(outputs[0], 0);
    for (size_t c = 1; c < outputs.size(); ++c) weights.AddTo(sum, outputs[c], c);
    variable_list saved{probability_c};
    if (probability_c.requires_grad()) saved.insert(saved.end(), outputs.begin(), outputs.end());
    context->save_for_backward(std::move(saved));
    context->saved_data["count"] = static_cast<int64_t>(outputs.size());
    context->saved_data["layout"] = sum.suggest_memory_format();
    return sum;
  }

  static variable_list backward(AutogradContext* context, const variable_list& gradients) {
    const variable_list saved = context->get_saved_variables();
    const at::Tensor gradient = gradients[0].contiguous(context->saved_data["layout"].toMemoryFormat());
    const auto count = static_cast<size_t>(context->saved_data["count"].toInt());
    variable_list result(1 + count);
    if (context->needs_input_grad(0)) {
      std::vector<at::Tensor> products;
      for (size_t c = 0; c < count; ++c) {
        products.push_back(InnerProduct(gradient, saved[1 + c].contiguous(gradient.suggest_memory_format())));
      }
      result[0] = at::stack(products).to(saved[0].options());
    }
    const Weights weights(saved[0]);
    for (size_t c = 0; c < count; ++c) {
      if (context->needs_input_grad(1 + c)) result[1 + c] = weights.Times(gradient, c);
    }
    return result;
  }
};

}  // namespace

at::Tensor WeightedSum(const at::Tensor& probability_c, const std::vector<at::Tensor>& outputs) {
  if (outputs.empty() || probability_c.dim() != 1 || probability_c.size(0) != static_cast<int64_t>(outputs.size())) {
    throw std::invalid_argument("a weighted sum needs one probability for each of its outputs");
  }
  return WeightedSumFunction::apply(probability_c,
                                    at::TensorList(outputs));  // autograd sees the tensors of this list type alone
}

}  // namespace danas
