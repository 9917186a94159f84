#include "subnet_runner.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include <utility>

#include "danas/core/interrupt.h"
#include "danas/search/score_walk.h"
#include "danas/train/amp.h"

namespace danas {

SubnetRunner::SubnetRunner(Supernet& supernet, std::vector<std::vector<size_t>> networks, const RuntimeConfig& runtime)
    : supernet_(supernet), networks_(std::move(networks)), runtime_(runtime), kept_(supernet) {
  SetNormMode(supernet_, NormMode::kBatchFrozen);
  supernet_.eval();  // no dropout
}

void SubnetRunner::Average(const at::Tensor& image_nchw, const std::function<void(size_t network)>& done) {
  Walk(image_nchw, Use::kAverage, [&](size_t network, const at::Tensor&) { done(network); });
  ++batches_averaged_;
}

void SubnetRunner::Run(const at::Tensor& image_nchw,
                       const std::function<void(size_t network, const at::Tensor& logits_nk)>& take) {
  Walk(image_nchw, batches_averaged_ > 0 ? Use::kRunning : Use::kBatch,
       [&](size_t network, const at::Tensor& features_nf) { take(network, supernet_.Classify(features_nf)); });
}

void SubnetRunner::Walk(const at::Tensor& image_nchw, Use use,
                        const std::function<void(size_t network, const at::Tensor& features_nf)>& end) {
  const at::NoGradGuard no_gradient;
  const AutocastScope autocast(runtime_.amp, image_nchw.device().type());
  next_part_ = 0;
  at::Tensor x = image_nchw;
  if (ConvNorm* stem = supernet_.stem()) x = RunPart(*stem, use, [&] { return supernet_.Stem(image_nchw); });
  WalkNetworks(networks_, x,
               {.step =
                    [&](size_t l, size_t c, const at::Tensor& in) {
                      MixedLayer& layer = supernet_.layer(l);
                      return RunPart(layer.candidate(c), use, [&] { return layer.forward(in, {.path = c}); });
                    },
                .end =
                    [&](size_t network, const at::Tensor& y) {
                      ThrowIfInterrupted();
                      end(network, RunPart(supernet_.head(), use, [&] { return supernet_.Pool(y); }));
                    }});
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
