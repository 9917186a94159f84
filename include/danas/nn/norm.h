// Batch normalisation whose handling of statistics is explicit: what moves the running statistics decides whether a
// search can be trusted (the architecture pass must not).
#pragma once

#include <ATen/core/Tensor.h>
#include <torch/nn/module.h>

#include <optional>
#include <vector>

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

  // Normalises and applies the activation, if there is one, in the memory of the normalised tensor. For backward the
  // input and, behind relu and relu6, the result are kept, nothing else of their size. The layout stays as it is.
  // Throws DataError where the batch gives one value a channel and its statistics are asked for.
  at::Tensor forward(const at::Tensor& x_nchw, std::optional<Activation> activation = std::nullopt);

  // What forward does to the running statistics in kBatch mode, and nothing in the others, from statistics that were
  // taken elsewhere: mean and biased variance [channels] over `count` values each.
  void Follow(const std::vector<double>& mean_c, const std::vector<double>& variance_c, int64_t count);

  // The next batch in kBatch mode, which this sets, replaces the running statistics, and those after it enter a
  // cumulative average with it, until the mode is set again (recalibration).
  void ResetStatistics();

  void set_mode(NormMode mode);
  NormMode mode() const { return mode_; }
  double epsilon() const { return epsilon_; }

  at::Tensor weight, bias, running_mean, running_var;

 private:
  friend class StatisticsHold;
  double NextMomentum();

  NormMode mode_ = NormMode::kBatch;
  double momentum_;
  double epsilon_;
  int64_t batches_averaged_ = -1;  // -1: moving average
};

// Throws DataError where a batch gives one value a channel, so that it has no variance.
void RequireVariance(int64_t values_per_channel);

// While it lasts, the norms below `module` that are in kBatch mode are in kBatchFrozen; then they are as before.
class StatisticsHold {
 public:
  explicit StatisticsHold(torch::nn::Module& module);
  ~StatisticsHold();
  StatisticsHold(const StatisticsHold&) = delete;
  StatisticsHold& operator=(const StatisticsHold&) = delete;

 private:
  std::vector<BatchNorm*> held_;
};

// Sets every BatchNorm below `module`, and torch's own training flag, which dropout follows: off for kRunning.
void SetNormMode(torch::nn::Module& module, NormMode mode);
void ResetNormStatistics(torch::nn::Module& module);

// activation(x) as a new tensor.
at::Tensor Activate(const at::Tensor& x, Activation activation);

}  // namespace danas
