// Batch normalisation whose handling of statistics is explicit: what moves the running statistics decides whether a
// search can be trusted (the architecture pass must not).
#pragma once

#include <ATen/core/Tensor.h>
#include <torch/nn/module.h>

#include "danas/arch/spec.h"

namespace danas {

enum class NormMode {
  kBatch,        // training: the batch's statistics normalise; running statistics follow with NormSpec::momentum
  kBatchFrozen,  // the batch's statistics normalise; running statistics stay (architecture pass, recompute)
  kRunning,      // evaluation: running statistics normalise
};

// Names as in PyTorch: weight, bias (affine only), running_mean, running_var.
class BatchNorm : public torch::nn::Module {
 public:
  BatchNorm(int64_t channels, const NormSpec& spec, bool affine);

  at::Tensor forward(const at::Tensor& x_nchw);

  // Starts a cumulative average over the batches that follow in kBatch mode (recalibration) instead of the moving one.
  void ResetStatistics();

  void set_mode(NormMode mode) { mode_ = mode; }

  at::Tensor weight, bias, running_mean, running_var;

 private:
  NormMode mode_ = NormMode::kBatch;
  double momentum_;
  double epsilon_;
  int64_t batches_averaged_ = -1;  // -1: moving average
};

// Sets every BatchNorm below `module`.
void SetNormMode(torch::nn::Module& module, NormMode mode);
void ResetNormStatistics(torch::nn::Module& module);

}  // namespace danas
