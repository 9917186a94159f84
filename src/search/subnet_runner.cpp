#include "subnet_runner.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include <optional>
#include <utility>

#include "danas/core/interrupt.h"

namespace danas {

SubnetRunner::SubnetRunner(Supernet& supernet, std::vector<std::vector<size_t>> networks, const RuntimeConfig& runtime)
    : supernet_(supernet), networks_(std::move(networks)), runtime_(runtime), kept_(supernet) {
  SetNormMode(supernet_, NormMode::kBatchFrozen);
  supernet_.eval();  // no dropout
}

SubnetRunner::Walk SubnetRunner::Average(const at::Tensor& image_nchw) {
  return Walk(*this, image_nchw, Use::kAverage);
}

SubnetRunner::Walk SubnetRunner::Run(const at::Tensor& image_nchw) {
  return Walk(*this, image_nchw, batches_averaged_ > 0 ? Use::kRunning : Use::kBatch);
}

SubnetRunner::Walk::Walk(SubnetRunner& runner, const at::Tensor& image_nchw, Use use)
    : runner_(runner),
      use_(use),
      autocast_(runner.runtime_.amp, image_nchw.device().type()),
      walk_(runner.networks_, runner.RunStem(image_nchw, use)) {}

bool SubnetRunner::Walk::Next() {
  features_nf_ = at::Tensor();
  if (!walk_.NextNetwork()) {
    if (use_ == Use::kAverage) ++runner_.batches_averaged_;
    return false;
  }
  while (const std::optional<NetworkWalk::Step> step = walk_.NextStep()) {
    MixedLayer& layer = runner_.supernet_.layer(step->layer);
    walk_.Give(runner_.RunPart(layer.candidate(step->candidate), use_,
                               [&] { return layer.forward(step->x, {.path = step->candidate}); }));
  }
  ThrowIfInterrupted();
  features_nf_ =
      runner_.RunPart(runner_.supernet_.head(), use_, [&] { return runner_.supernet_.Pool(walk_.output()); });
  return true;
}

at::Tensor SubnetRunner::RunStem(const at::Tensor& image_nchw, Use use) {
  next_part_ = 0;
  ConvNorm* stem = supernet_.stem();
  return stem != nullptr ? RunPart(*stem, use, [&] { return supernet_.Stem(image_nchw); }) : image_nchw;
}

at::Tensor SubnetRunner::RunPart(torch::nn::Module& part, Use use, const std::function<at::Tensor()>& forward) {
  if (use == Use::kBatch) return forward();
  const std::vector<BatchNorm*> norms = NormsOf(part);
  const size_t number = next_part_++;
  const bool first = number == statistics_.size();
  if (first) statistics_.emplace_back();
  PartStatistics& statistics = statistics_[number];
  for (size_t i = 0; i < norms.size(); ++i) {
    if (!first) {
      norms[i]->running_mean.copy_(statistics.mean_c[i]);
      norms[i]->running_var.copy_(statistics.variance_c[i]);
    }
    use == Use::kRunning ? norms[i]->set_mode(NormMode::kRunning) : norms[i]->ContinueStatistics(batches_averaged_);
  }
  at::Tensor y = forward();
  if (use == Use::kRunning) return y;
  statistics.mean_c.clear();
  statistics.variance_c.clear();
  for (const BatchNorm* norm : norms) {
    statistics.mean_c.push_back(norm->running_mean.clone());
    statistics.variance_c.push_back(norm->running_var.clone());
  }
  return y;
}

}  // namespace danas
