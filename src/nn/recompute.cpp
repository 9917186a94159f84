#include "danas/nn/recompute.h"

#include <ATen/ATen.h>
#include <ATen/autocast_mode.h>
#include <torch/csrc/autograd/autograd.h>
#include <torch/csrc/autograd/custom_function.h>

#include <memory>
#include <utility>

#include "danas/nn/norm.h"

namespace danas {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::Variable;
using torch::autograd::variable_list;

struct AutocastSettings {
  explicit AutocastSettings(at::DeviceType on)
      : device(on), enabled(at::autocast::is_autocast_enabled(on)), type(at::autocast::get_autocast_dtype(on)) {}
  void Apply() const {
    at::autocast::set_autocast_enabled(device, enabled);
    at::autocast::set_autocast_dtype(device, type);
  }
  at::DeviceType device;
  bool enabled;
  at::ScalarType type;
};

// The forward's settings while it lasts.
class AutocastAsBefore {
 public:
  explicit AutocastAsBefore(const AutocastSettings& settings) : now_(settings.device) { settings.Apply(); }
  ~AutocastAsBefore() {
    at::autocast::clear_cache();
    now_.Apply();
  }
  AutocastAsBefore(const AutocastAsBefore&) = delete;
  AutocastAsBefore& operator=(const AutocastAsBefore&) = delete;

 private:
  AutocastSettings now_;
};

struct Call : torch::CustomClassHolder {
  Call(torch::nn::Module& called, size_t count, const ModuleFunction& called_function, at::DeviceType device)
      : module(&called), inputs(count), function(called_function), autocast(device) {}
  torch::nn::Module* module;
  size_t inputs;
  ModuleFunction function;
  AutocastSettings autocast;
};

struct RecomputeFunction : public torch::autograd::Function<RecomputeFunction> {
  // variables: the inputs, then the module's parameters.
  static Variable forward(AutogradContext* context, at::TensorList variables, const c10::intrusive_ptr<Call>& call) {
    const variable_list all = variables.vec();
    context->save_for_backward(all);
    context->saved_data["call"] = c10::IValue::make_capsule(call);
    return call->function(variable_list(all.begin(), all.begin() + static_cast<int64_t>(call->inputs)));
  }

  static variable_list backward(AutogradContext* context, const variable_list& gradients) {
    const variable_list saved = context->get_saved_variables();
    const auto capsule = context->saved_data["call"].toCapsule();
    const auto& call = static_cast<const Call&>(*capsule);
    variable_list inputs, wanted;
    std::vector<size_t> places;
    for (size_t i = 0; i < saved.size(); ++i) {
      const bool wants = context->needs_input_grad(i);
      at::Tensor variable = saved[i];
      if (i < call.inputs) inputs.push_back(variable = variable.detach().requires_grad_(wants));
      if (!wants) continue;
      wanted.push_back(variable);
      places.push_back(i);
    }
    const StatisticsHold hold(*call.module);
    const AutocastAsBefore autocast(call.autocast);
    variable_list result(saved.size() + 1);  // the last one of `call`
    at::Tensor y;
    {
      const at::AutoGradMode with_gradient(true);
      y = call.function(inputs);
    }
    if (!y.requires_grad()) return result;  // a layer with one candidate does not look at its probability
    variable_list found = torch::autograd::grad({y}, wanted, {gradients[0]}, /*retain_graph=*/false,
                                                /*create_graph=*/false, /*allow_unused=*/true);
    for (size_t i = 0; i < places.size(); ++i) result[places[i]] = std::move(found[i]);
    return result;
  }
};

}  // namespace

at::Tensor Recomputed(torch::nn::Module& module, const std::vector<at::Tensor>& inputs,
                      const ModuleFunction& function) {
  variable_list variables = inputs;
  for (const at::Tensor& parameter : module.parameters()) variables.push_back(parameter);
  const auto call = c10::make_intrusive<Call>(module, inputs.size(), function, inputs.front().device().type());
  return RecomputeFunction::apply(at::TensorList(variables), call);
}

}  // namespace danas
