#include "danas/nn/fused_layer.h"

#include <ATen/ATen.h>
#include <torch/csrc/autograd/custom_function.h>

#include <algorithm>
#include <limits>
#include <memory>
#include <optional>
#include <utility>

#include "danas/kernels/inverted_residual.h"
#include "danas/nn/thread_pool.h"

namespace danas {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::Variable;
using torch::autograd::variable_list;

kernels::Clip ClipOf(const std::optional<Activation>& activation) {
  if (!activation) return {};
  return {.lowest = 0, .highest = *activation == Activation::kRelu6 ? 6 : std::numeric_limits<double>::infinity()};
}

// What a convolution and its norm have in a flat list of variables: the weight, and with affine norms theirs.
void AppendVariables(const ConvNorm& step, variable_list& variables) {
  variables.push_back(step.conv().weight);
  if (!step.norm().weight.defined()) return;
  variables.push_back(step.norm().weight);
  variables.push_back(step.norm().bias);
}

// What the node needs beside its variables, which come as x, then the probabilities if there are any, then each
// candidate's (AppendVariables).
struct FusedCall {
  std::vector<FusedCandidate> candidates;
  int64_t stride = 1;
  bool weighted = false;
  bool running = false;
};

// Walks the variables in the order in which they were appended.
class VariableReader {
 public:
  VariableReader(const variable_list& variables, size_t first) : variables_(variables), next_(first) {}
  const at::Tensor& Next() { return variables_[next_++]; }
  size_t position() const { return next_; }

 private:
  const variable_list& variables_;
  size_t next_;
};

template <typename T>
const T* Data(const at::Tensor& tensor) {
  return tensor.const_data_ptr<T>();
}

template <typename T>
kernels::Norm<T> ReadNorm(const ConvNorm& step, bool running, VariableReader& reader) {
  kernels::Norm<T> norm{.epsilon = step.norm().epsilon(), .clip = ClipOf(step.activation())};
  if (step.norm().weight.defined()) {
    norm.weight = Data<T>(reader.Next());
    norm.bias = Data<T>(reader.Next());
  }
  if (running) {
    norm.running_mean = Data<T>(step.norm().running_mean);
    norm.running_variance = Data<T>(step.norm().running_var);
  }
  return norm;
}

template <typename T>
kernels::Layer<T> MakeLayer(const FusedCall& call, const variable_list& variables) {
  const at::Tensor& x = variables[0];
  kernels::Layer<T> layer;
  layer.size = {.images = x.size(0),
                .height = x.size(2),
                .width = x.size(3),
                .in = x.size(1),
                .out = x.size(1),
                .stride = call.stride};
  std::vector<double> probability(call.candidates.size(), 1.0);
  if (call.weighted) {
    const at::Tensor p = variables[1].detach().to(at::kDouble).contiguous();
    std::copy_n(p.const_data_ptr<double>(), probability.size(), probability.begin());
  }
  VariableReader reader(variables, call.weighted ? 2 : 1);
  for (size_t c = 0; c < call.candidates.size(); ++c) {
    const FusedCandidate& from = call.candidates[c];
    if (from.adds_input) layer.shortcut += probability[c];
    if (!from.depthwise) continue;
    kernels::Candidate<T> candidate;
    candidate.weight = probability[c];
    if (from.expand) {
      candidate.expand = Data<T>(reader.Next());
      candidate.expand_norm = ReadNorm<T>(*from.expand, call.running, reader);
    }
    const at::Tensor& depthwise = reader.Next();
    candidate.middle = depthwise.size(0);
    candidate.kernel = depthwise.size(2);
    candidate.depthwise = Data<T>(depthwise);
    candidate.depthwise_norm = ReadNorm<T>(*from.depthwise, call.running, reader);
    const at::Tensor& project = reader.Next();
    layer.size.out = project.size(0);
    candidate.project = Data<T>(project);
    candidate.project_norm = ReadNorm<T>(*from.project, call.running, reader);
    layer.candidates.push_back(candidate);
  }
  return layer;
}

at::Tensor EmptyFeatures(const at::Tensor& x, int64_t channels, int64_t height, int64_t width) {
  return at::empty({x.size(0), channels, height, width}, x.options().memory_format(at::MemoryFormat::ChannelsLast));
}

void FollowStatistics(const FusedCall& call, const std::vector<kernels::CandidateStatistics>& statistics) {
  auto next = statistics.begin();
  for (const FusedCandidate& candidate : call.candidates) {
    if (!candidate.depthwise) continue;
    const kernels::CandidateStatistics& of_candidate = *next++;
    const auto follow = [](const ConvNorm& step, const kernels::NormStatistics& s) {
      step.norm().Follow(s.mean_c, s.variance_c, s.count);
    };
    if (candidate.expand) follow(*candidate.expand, of_candidate.expand);
    follow(*candidate.depthwise, of_candidate.depthwise);
    follow(*candidate.project, of_candidate.project);
  }
}

// Lets autograd own what the kernels keep: it goes when the node's saved variables go.
template <typename T>
at::Tensor AsTensor(const std::shared_ptr<kernels::KeptLayer<T>>& kept) {
  return at::from_blob(
      kept.get(), {1}, [kept](void*) {}, at::TensorOptions().dtype(at::kByte));
}

template <typename T>
at::Tensor ComputeForward(const FusedCall& call, const variable_list& variables, at::Tensor& kept) {
  const kernels::Layer<T> layer = MakeLayer<T>(call, variables);
  const kernels::LayerSize& size = layer.size;
  const int64_t height = (size.height + size.stride - 1) / size.stride,
                width = (size.width + size.stride - 1) / size.stride;
  at::Tensor y = EmptyFeatures(variables[0], size.out, height, width);
  if (call.running) {
    kernels::Evaluate(layer, Data<T>(variables[0]), y.mutable_data_ptr<T>());
    return y;
  }
  kernels::Forwarded<T> forwarded = kernels::Forward(layer, Data<T>(variables[0]), y.mutable_data_ptr<T>());
  FollowStatistics(call, forwarded.statistics);
  kept = AsTensor<T>(forwarded.kept);
  return y;
}

template <typename T>
variable_list ComputeBackward(AutogradContext* context, const FusedCall& call, const variable_list& variables,
                              const at::Tensor& kept, const at::Tensor& y_gradient) {
  const kernels::Layer<T> layer = MakeLayer<T>(call, variables);
  variable_list result(variables.size());
  kernels::Gradients<T> gradients;
  const auto allocate = [&](size_t i) -> T* {
    if (!context->needs_input_grad(i)) return nullptr;
    result[i] = at::empty_like(variables[i]);
    return result[i].template mutable_data_ptr<T>();
  };
  gradients.x = allocate(0);
  gradients.shortcut_wanted =
      call.weighted && std::ranges::any_of(call.candidates, [](const FusedCandidate& c) { return c.adds_input; });
  VariableReader reader(variables, call.weighted ? 2 : 1);
  bool any = false;
  for (const FusedCandidate& candidate : call.candidates) {
    if (!candidate.depthwise) continue;
    kernels::CandidateGradients<T> to;
    const auto read_norm = [&](const ConvNorm& step, size_t which) {
      if (!step.norm().weight.defined()) return;
      to.norm_weight[which] = allocate(reader.position());
      reader.Next();
      to.norm_bias[which] = allocate(reader.position());
      reader.Next();
      any |= to.norm_weight[which] || to.norm_bias[which];
    };
    const auto read = [&](const ConvNorm& step, T*& weight, size_t which) {
      weight = allocate(reader.position());
      reader.Next();
      any |= weight != nullptr;
      read_norm(step, which);
    };
    if (candidate.expand) read(*candidate.expand, to.expand, 0);
    read(*candidate.depthwise, to.depthwise, 1);
    read(*candidate.project, to.project, 2);
    gradients.candidates.push_back(to);
  }
  if (!any) gradients.candidates.clear();
  kernels::Backward(*static_cast<kernels::KeptLayer<T>*>(kept.mutable_data_ptr()), layer, Data<T>(variables[0]),
                    Data<T>(y_gradient), gradients);
  if (!call.weighted || !context->needs_input_grad(1)) return result;
  at::Tensor of_probability = at::zeros(variables[1].sizes(), at::kDouble);
  size_t next = 0;
  for (size_t c = 0; c < call.candidates.size(); ++c) {
    double sum = call.candidates[c].depthwise ? gradients.weight_c[next++] : 0;
    if (call.candidates[c].adds_input) sum += gradients.shortcut;
    of_probability[static_cast<int64_t>(c)] = sum;
  }
  result[1] = of_probability.to(variables[1].options());
  return result;
}

struct FusedFunction : public torch::autograd::Function<FusedFunction> {
  static Variable forward(AutogradContext* context, at::TensorList variables, const FusedCall& call) {
    const variable_list all = variables.vec();
    at::Tensor kept;
    const at::Tensor y = all[0].scalar_type() == at::kDouble ? ComputeForward<double>(call, all, kept)
                                                             : ComputeForward<float>(call, all, kept);
    if (!call.running) {
      variable_list saved = all;
      saved.push_back(kept);
      context->save_for_backward(std::move(saved));
      context->saved_data["call"] = c10::IValue::make_capsule(c10::make_intrusive<HeldCall>(call));
    }
    return y;
  }

  static variable_list backward(AutogradContext* context, const variable_list& gradients) {
    variable_list variables = context->get_saved_variables();
    const at::Tensor kept = variables.back();
    variables.pop_back();
    const auto capsule = context->saved_data["call"].toCapsule();
    const FusedCall& call = static_cast<HeldCall&>(*capsule).call;
    const at::Tensor y_gradient = gradients[0].contiguous(at::MemoryFormat::ChannelsLast);
    variable_list result = variables[0].scalar_type() == at::kDouble
                               ? ComputeBackward<double>(context, call, variables, kept, y_gradient)
                               : ComputeBackward<float>(context, call, variables, kept, y_gradient);
    result.emplace_back();  // of `call`
    return result;
  }

  struct HeldCall : torch::CustomClassHolder {
    explicit HeldCall(const FusedCall& held) : call(held) {}
    FusedCall call;
  };
};

}  // namespace

at::Tensor FusedForward(const at::Tensor& x_nchw, const std::vector<FusedCandidate>& candidates,
                        const at::Tensor& probability_c) {
  LendThreadPool();
  FusedCall call{.candidates = candidates, .weighted = probability_c.defined()};
  variable_list variables{x_nchw.contiguous(at::MemoryFormat::ChannelsLast)};
  if (call.weighted) variables.push_back(probability_c);
  for (const FusedCandidate& candidate : candidates) {
    for (const ConvNorm* step : candidate.Steps()) {
      AppendVariables(*step, variables);
      call.running = step->norm().mode() == NormMode::kRunning;
    }
    if (!candidate.depthwise) continue;
    call.stride = candidate.depthwise->conv().shape().stride;
    if (!call.running) {
      const int64_t stride = call.stride, rows = (x_nchw.size(2) + stride - 1) / stride,
                    columns = (x_nchw.size(3) + stride - 1) / stride;
      RequireVariance(x_nchw.size(0) * rows * columns);
    }
  }
  return FusedFunction::apply(at::TensorList(variables), call);
}

at::Tensor ForwardUnit(KernelChoice choice, const at::Tensor& x_nchw, const FusedCandidate& unit) {
  if (TakesFused(choice, x_nchw, {unit}, {})) return FusedForward(x_nchw, {unit}, {});
  at::Tensor y = x_nchw;
  for (ConvNorm* step : unit.Steps()) y = step->forward(y);
  return y;
}

}  // namespace danas
