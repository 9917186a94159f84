#include "danas/nn/norm.h"

#include <ATen/ATen.h>
#include <torch/csrc/autograd/custom_function.h>

#include <array>

#include "danas/core/error.h"
#include "danas/core/rank_part.h"

namespace danas {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::Variable;
using torch::autograd::variable_list;

// The activations whose gradient can be computed from their result.
enum class Clip { kNone, kRelu, kRelu6 };

Clip ClipOf(std::optional<Activation> activation) {
  if (activation == Activation::kRelu) return Clip::kRelu;
  return activation == Activation::kRelu6 ? Clip::kRelu6 : Clip::kNone;
}

struct NormCall {
  at::Tensor running_mean, running_var;  // undefined: neither read nor moved
  bool use_batch = true;
  double momentum = 0;
  double epsilon = 0;
  Clip clip = Clip::kNone;
};

void ClipInPlace(at::Tensor& x, Clip clip) {
  if (clip == Clip::kRelu) at::relu_(x);
  if (clip == Clip::kRelu6) at::hardtanh_(x, 0, 6);
}

// Where the result is at a bound, the input was at or beyond it, and the gradient is zero: as ATen's own backward gives
// from the input.
at::Tensor ClipBackward(const at::Tensor& gradient, const at::Tensor& result, Clip clip) {
  return clip == Clip::kRelu ? at::threshold_backward(gradient, result, 0)
                             : at::hardtanh_backward(gradient, result, 0, 6);
}

// Batch norm and activation as one autograd node. ATen's in-place activations would copy their input first, since
// autograd wants it back.
struct NormFunction : public torch::autograd::Function<NormFunction> {
  // Without affine batch norm `weight` and `bias` are empty, and x is the only input that autograd sees.
  static Variable forward(AutogradContext* context, const Variable& x, const std::optional<at::Tensor>& weight,
                          const std::optional<at::Tensor>& bias, const NormCall& call) {
    auto [y, mean, inverse_deviation, reserve, implementation] =
        at::_batch_norm_impl_index(x, weight, bias, call.running_mean, call.running_var, call.use_batch, call.momentum,
                                   call.epsilon, /*cudnn_enabled=*/true);
    ClipInPlace(y, call.clip);
    // Running statistics count in backward only where they normalise; elsewhere the next forward may move them first.
    context->save_for_backward({x, weight.value_or(at::Tensor()), call.use_batch ? at::Tensor() : call.running_mean,
                                call.use_batch ? at::Tensor() : call.running_var, mean, inverse_deviation, reserve,
                                call.clip == Clip::kNone ? at::Tensor() : y});
    context->saved_data["implementation"] = implementation;
    context->saved_data["use_batch"] = call.use_batch;
    context->saved_data["epsilon"] = call.epsilon;
    context->saved_data["clip"] = static_cast<int64_t>(call.clip);
    return y;
  }

  static variable_list backward(AutogradContext* context, const variable_list& gradients) {
    const variable_list saved = context->get_saved_variables();
    const at::Tensor& x = saved[0];
    const at::Tensor& y = saved[7];
    at::Tensor gradient = gradients[0].contiguous(x.suggest_memory_format());
    if (y.defined()) gradient = ClipBackward(gradient, y, static_cast<Clip>(context->saved_data["clip"].toInt()));
    const bool affine = saved[1].defined();
    const std::array<bool, 3> wanted = {context->needs_input_grad(0), affine && context->needs_input_grad(1),
                                        affine && context->needs_input_grad(2)};
    auto [dx, dweight, dbias] = at::_batch_norm_impl_index_backward(
        context->saved_data["implementation"].toInt(), x, gradient, saved[1], saved[2], saved[3], saved[4], saved[5],
        context->saved_data["use_batch"].toBool(), context->saved_data["epsilon"].toDouble(), wanted, saved[6]);
    // On a GPU ATen gives some of them unasked, and autograd takes none for what is not an input.
    if (!wanted[1]) dweight.reset();
    if (!wanted[2]) dbias.reset();
    return {dx, dweight, dbias, Variable()};
  }
};

// Statistics of a batch that is spread over several processes: [C] each, in at least float32.
struct BatchMoments {
  at::Tensor mean_c, variance_c;
  int64_t count = 0;  // values of a channel
};

at::Tensor PerChannel(const at::Tensor& values_c, const at::Tensor& like) {
  std::vector<int64_t> shape(static_cast<size_t>(like.dim()), 1);
  shape[1] = values_c.numel();
  return values_c.view(shape);
}

// Every process has the moments of its own values; they are combined as Chan, Golub and LeVeque do, in the order of the
// processes, so that all get the same bits.
BatchMoments CombinedMoments(const at::Tensor& x, const StatisticsExchange& exchange) {
  const int64_t channels = x.size(1);
  const auto [variance_c, mean_c] =
      at::var_mean(x.transpose(0, 1).reshape({channels, -1}), at::OptionalIntArrayRef({1}),
                   /*correction=*/at::Scalar(0));
  // Counts in double: float32 holds none above 2^24.
  const at::Tensor rows = at::zeros({exchange.count(), 2 * channels + 1}, mean_c.options().dtype(at::kDouble));
  const at::Tensor own = rows[exchange.rank()];
  own.narrow(0, 0, channels).copy_(mean_c);
  own.narrow(0, channels, channels).copy_(variance_c);
  own[2 * channels] = static_cast<double>(x.numel() / channels);
  exchange.Sum(rows);
  const at::Tensor counts_r = rows.select(1, 2 * channels).unsqueeze(1);
  const at::Tensor total = counts_r.sum();
  const at::Tensor means_rc = rows.narrow(1, 0, channels);
  const at::Tensor mean = (counts_r * means_rc).sum(0) / total;
  const at::Tensor spread_rc = rows.narrow(1, channels, channels) + (means_rc - mean).square();
  return {mean.to(mean_c.scalar_type()), ((counts_r * spread_rc).sum(0) / total).to(mean_c.scalar_type()),
          static_cast<int64_t>(total.item<double>())};
}

struct ExchangeHolder : torch::CustomClassHolder {
  explicit ExchangeHolder(std::shared_ptr<const StatisticsExchange> held) : exchange(std::move(held)) {}
  std::shared_ptr<const StatisticsExchange> exchange;
};

// Batch norm over the values of all processes. With g the gradient of the result, x^ = (x - mean) / s and means over
// all values of a channel:  dx = weight / s * (g - mean(g) - x^ * mean(g x^)).
struct TogetherFunction : public torch::autograd::Function<TogetherFunction> {
  static Variable forward(AutogradContext* context, const Variable& x, const std::optional<at::Tensor>& weight,
                          const std::optional<at::Tensor>& bias, const BatchMoments& moments, double epsilon,
                          const std::shared_ptr<const StatisticsExchange>& exchange) {
    const at::Tensor inverse_c = (moments.variance_c + epsilon).rsqrt();
    context->save_for_backward({x, weight.value_or(at::Tensor()), moments.mean_c, inverse_c});
    context->saved_data["exchange"] = c10::IValue::make_capsule(c10::make_intrusive<ExchangeHolder>(exchange));
    context->saved_data["count"] = moments.count;
    const at::Tensor scale_c = weight ? inverse_c * weight->to(inverse_c.scalar_type()) : inverse_c;
    at::Tensor y = (x.to(inverse_c.scalar_type()) - PerChannel(moments.mean_c, x)) * PerChannel(scale_c, x);
    if (bias) y += PerChannel(bias->to(y.scalar_type()), x);
    return y.to(x.scalar_type());
  }

  static variable_list backward(AutogradContext* context, const variable_list& gradients) {
    const variable_list saved = context->get_saved_variables();
    const at::Tensor &x = saved[0], &weight = saved[1], &inverse_c = saved[3];
    const auto holder = context->saved_data["exchange"].toCapsule();
    const StatisticsExchange& exchange = *static_cast<const ExchangeHolder&>(*holder).exchange;
    const auto count = static_cast<double>(context->saved_data["count"].toInt());
    const at::Tensor gradient = gradients[0].to(inverse_c.scalar_type());
    const at::Tensor normed = (x.to(inverse_c.scalar_type()) - PerChannel(saved[2], x)) * PerChannel(inverse_c, x);
    std::vector<int64_t> axes = {0};
    for (int64_t d = 2; d < x.dim(); ++d) axes.push_back(d);
    const at::Tensor own = at::stack({gradient.sum(axes), (gradient * normed).sum(axes)});
    at::Tensor dx;
    if (context->needs_input_grad(0)) {
      const at::Tensor all = own.clone();
      exchange.Sum(all);
      const at::Tensor scale_c = weight.defined() ? inverse_c * weight.to(inverse_c.scalar_type()) : inverse_c;
      dx = (gradient - PerChannel(all[0] / count, x) - normed * PerChannel(all[1] / count, x)) * PerChannel(scale_c, x);
      dx = dx.to(x.scalar_type());
    }
    if (!weight.defined()) return {dx, at::Tensor(), at::Tensor(), Variable(), Variable(), Variable()};
    return {dx, own[1].to(weight.scalar_type()), own[0].to(weight.scalar_type()), Variable(), Variable(), Variable()};
  }
};

std::optional<at::Tensor> Given(const at::Tensor& tensor) {
  return tensor.defined() ? std::optional(tensor) : std::nullopt;
}

bool IsHalf(const at::Tensor& x) { return x.scalar_type() == at::kHalf || x.scalar_type() == at::kBFloat16; }

// Of this thread.
thread_local const std::function<void(const at::Tensor& y)>* watching = nullptr;

template <typename Action>
void ForEachNorm(torch::nn::Module& module, const Action& action) {
  for (const auto& child : module.modules()) {
    if (auto* norm = dynamic_cast<BatchNorm*>(child.get())) action(*norm);
  }
}

}  // namespace

BatchNorm::BatchNorm(int64_t channels, const NormSpec& spec, bool affine)
    : momentum_(spec.momentum), epsilon_(spec.epsilon) {
  if (affine) {
    weight = register_parameter("weight", at::ones({channels}));
    bias = register_parameter("bias", at::zeros({channels}));
  }
  running_mean = register_buffer("running_mean", at::zeros({channels}));
  running_var = register_buffer("running_var", at::ones({channels}));
}

at::Tensor BatchNorm::forward(const at::Tensor& x_nchw, std::optional<Activation> activation) {
  const bool use_batch = mode_ != NormMode::kRunning;
  if (use_batch && sharing_.any()) {
    const at::Tensor y = sharing_.exchange ? ForwardTogether(x_nchw) : ForwardGroups(x_nchw);
    return activation ? Activate(y, *activation) : y;
  }
  if (use_batch) RequireVariance(x_nchw.numel() / x_nchw.size(1));
  NormCall call;
  call.use_batch = use_batch;
  call.epsilon = epsilon_;
  call.clip = ClipOf(activation);

  if (mode_ == NormMode::kBatch) call.momentum = NextMomentum();
  if (mode_ != NormMode::kBatchFrozen) {
    call.running_mean = running_mean;
    call.running_var = running_var;
  } else if (IsHalf(x_nchw)) {
    // ATen takes the type in which it keeps the batch's statistics from these: half precision without them.
    call.running_mean = running_mean.clone();
    call.running_var = running_var.clone();
  }
  const at::Tensor y = NormFunction::apply(x_nchw, Given(weight), Given(bias), call);
  if (!activation) return y;
  return call.clip == Clip::kNone ? Activate(y, *activation) : ActivationWatch::Seen(y);
}

at::Tensor BatchNorm::ForwardGroups(const at::Tensor& x_nchw) {
  const bool moves = mode_ == NormMode::kBatch;
  const double momentum = moves ? NextMomentum() : 0;
  const int64_t groups = sharing_.groups;
  std::vector<at::Tensor> parts, means, variances;
  for (int64_t g = 0; g < groups; ++g) {
    const auto [first, last] = PartOfRank(x_nchw.size(0), g, groups);
    const at::Tensor part = x_nchw.narrow(0, first, last - first);
    RequireVariance(part.numel() / part.size(1));
    // Each moves a copy of its own.
    means.push_back(running_mean.clone());
    variances.push_back(running_var.clone());
    const NormCall call{
        .running_mean = means.back(), .running_var = variances.back(), .momentum = momentum, .epsilon = epsilon_};
    parts.push_back(NormFunction::apply(part, Given(weight), Given(bias), call));
  }
  if (moves) {
    const at::NoGradGuard no_grad;
    running_mean.copy_(sharing_.first_moves ? means[0] : at::stack(means).mean(0));
    running_var.copy_(sharing_.first_moves ? variances[0] : at::stack(variances).mean(0));
  }
  return at::cat(parts).contiguous(x_nchw.suggest_memory_format());
}

at::Tensor BatchNorm::ForwardTogether(const at::Tensor& x_nchw) {
  BatchMoments moments;
  {
    const at::NoGradGuard no_grad;
    moments = CombinedMoments(IsHalf(x_nchw) ? x_nchw.to(at::kFloat) : x_nchw, *sharing_.exchange);
    RequireVariance(moments.count);
    if (mode_ == NormMode::kBatch) {
      const double momentum = NextMomentum();
      const double unbiased = static_cast<double>(moments.count) / static_cast<double>(moments.count - 1);
      running_mean.mul_(1 - momentum).add_(moments.mean_c, momentum);
      running_var.mul_(1 - momentum).add_(moments.variance_c, momentum * unbiased);
    }
  }
  return TogetherFunction::apply(x_nchw, Given(weight), Given(bias), moments, epsilon_, sharing_.exchange);
}

void BatchNorm::Follow(const std::vector<double>& mean_c, const std::vector<double>& variance_c, int64_t count) {
  if (mode_ != NormMode::kBatch) return;
  const double momentum = NextMomentum();
  const double unbiased = static_cast<double>(count) / static_cast<double>(count - 1);
  const auto follow = [&](at::Tensor& running, const std::vector<double>& batch_c, double factor) {
    const at::Tensor batch = at::tensor(batch_c, at::kDouble).mul_(factor).to(running.options());
    running.mul_(1 - momentum).add_(batch, momentum);
  };
  follow(running_mean, mean_c, 1);
  follow(running_var, variance_c, unbiased);
}

void RequireVariance(int64_t values_per_channel) {
  if (values_per_channel > 1) return;
  throw DataError(
      "batch norm has no variance over a batch of one image at 1x1. Use batches and sets of two images "
      "or more, larger images or smaller strides");
}

double BatchNorm::NextMomentum() {
  if (batches_averaged_ < 0) return momentum_;
  if (batches_averaged_ == 0) {  // what was there may be NaN, which no momentum forgets
    running_mean.zero_();
    running_var.fill_(1);
  }
  return 1.0 / static_cast<double>(++batches_averaged_);
}

void BatchNorm::ResetStatistics() { ContinueStatistics(0); }

void BatchNorm::ContinueStatistics(int64_t batches) {
  mode_ = NormMode::kBatch;
  batches_averaged_ = batches;
}

void BatchNorm::set_mode(NormMode mode) {
  mode_ = mode;
  batches_averaged_ = -1;
}

StatisticsHold::StatisticsHold(torch::nn::Module& module) {
  ForEachNorm(module, [this](BatchNorm& norm) {
    if (norm.mode_ != NormMode::kBatch) return;
    norm.mode_ = NormMode::kBatchFrozen;
    held_.push_back(&norm);
  });
}

StatisticsHold::~StatisticsHold() {
  for (BatchNorm* norm : held_) norm->mode_ = NormMode::kBatch;
}

KeptNorms::KeptNorms(torch::nn::Module& module) : module_(module), training_(module.is_training()) {
  for (BatchNorm* norm : NormsOf(module)) {
    kept_.push_back({norm, norm->mode_, norm->batches_averaged_, norm->sharing_, norm->running_mean.clone(),
                     norm->running_var.clone()});
    norm->set_sharing({});
  }
}

KeptNorms::~KeptNorms() {
  const at::NoGradGuard no_gradient;
  for (const Kept& kept : kept_) {
    kept.norm->mode_ = kept.mode;
    kept.norm->batches_averaged_ = kept.batches_averaged;
    kept.norm->sharing_ = kept.sharing;
    kept.norm->running_mean.copy_(kept.running_mean);
    kept.norm->running_var.copy_(kept.running_var);
  }
  module_.train(training_);
}

std::vector<BatchNorm*> NormsOf(torch::nn::Module& module) {
  std::vector<BatchNorm*> norms;
  ForEachNorm(module, [&](BatchNorm& norm) { norms.push_back(&norm); });
  return norms;
}

void SetNormMode(torch::nn::Module& module, NormMode mode) {
  ForEachNorm(module, [mode](BatchNorm& norm) { norm.set_mode(mode); });
  module.train(mode != NormMode::kRunning);
}

void ResetNormStatistics(torch::nn::Module& module) {
  ForEachNorm(module, [](BatchNorm& norm) { norm.ResetStatistics(); });
}

void SetNormSharing(torch::nn::Module& module, const NormSharing& sharing) {
  ForEachNorm(module, [&](BatchNorm& norm) { norm.set_sharing(sharing); });
}

at::Tensor Activate(const at::Tensor& x, Activation activation) {
  switch (activation) {
    case Activation::kRelu:
      return ActivationWatch::Seen(at::relu(x));
    case Activation::kRelu6:
      return ActivationWatch::Seen(at::hardtanh(x, 0, 6));
    case Activation::kHardSwish:
      return ActivationWatch::Seen(at::hardswish(x));
    case Activation::kSwish:
      return ActivationWatch::Seen(at::silu(x));
    case Activation::kSigmoid:
      return at::sigmoid(x);  // a gate: it says nothing by being 0
    case Activation::kHardSigmoid:
      return at::hardsigmoid(x);
    case Activation::kGelu:
      return ActivationWatch::Seen(at::gelu(x));
  }
  throw std::invalid_argument("unknown activation");
}

ActivationWatch::ActivationWatch(std::function<void(const at::Tensor& y)> watch) : watch_(std::move(watch)) {
  if (watching != nullptr) throw std::logic_error("two watches of activations in one thread");
  watching = &watch_;
}

ActivationWatch::~ActivationWatch() { watching = nullptr; }

at::Tensor ActivationWatch::Seen(at::Tensor y) {
  if (watching != nullptr) (*watching)(y);
  return y;
}

}  // namespace danas
