// Batch normalisation whose handling of statistics is explicit: what moves the running statistics decides whether a
// search can be trusted (the architecture pass must not).
#pragma once

#include <ATen/core/Tensor.h>
#include <torch/nn/module.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "danas/arch/spec.h"

namespace danas {

enum class NormMode {
  kBatch,        // training: the batch's statistics normalise; running statistics follow with NormSpec::momentum
  kBatchFrozen,  // the batch's statistics normalise; running statistics stay (architecture pass, recompute)
  kRunning,      // evaluation: running statistics normalise
};

// Sums values over the processes of a run.
class StatisticsExchange {
 public:
  virtual ~StatisticsExchange() = default;
  virtual int rank() const = 0;
  virtual int count() const = 0;
  virtual void Sum(const at::Tensor& values) const = 0;  // in place; every process calls it in the same order
};

// Which images a batch's statistics are taken over, where it is not all of one process's.
struct NormSharing {
  std::shared_ptr<const StatisticsExchange> exchange = {};  // those of all processes together
  int64_t groups = 1;          // those of each of so many parts of the batch, in order, by itself
  bool first_moves = true;     // groups: the running statistics follow the first part; else the mean over the parts

  bool any() const { return exchange || groups > 1; }
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

  // The same with `batches` of the average in the running statistics already.
  void ContinueStatistics(int64_t batches);

  void set_mode(NormMode mode);
  NormMode mode() const { return mode_; }
  double epsilon() const { return epsilon_; }
  void set_sharing(const NormSharing& sharing) { sharing_ = sharing; }
  bool shares() const { return sharing_.any(); }

  at::Tensor weight, bias, running_mean, running_var;

 private:
  friend class StatisticsHold;
  friend class KeptNorms;
  double NextMomentum();
  at::Tensor ForwardGroups(const at::Tensor& x_nchw);
  at::Tensor ForwardTogether(const at::Tensor& x_nchw);

  NormSharing sharing_;
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

// While it lasts, the norms below `module` may be used at will, by this process alone: they share no statistics. Then
// modes, running statistics, sharing and torch's training flag are as they were.
class KeptNorms {
 public:
  explicit KeptNorms(torch::nn::Module& module);
  ~KeptNorms();
  KeptNorms(const KeptNorms&) = delete;
  KeptNorms& operator=(const KeptNorms&) = delete;

 private:
  struct Kept {
    BatchNorm* norm;
    NormMode mode;
    int64_t batches_averaged;
    NormSharing sharing;
    at::Tensor running_mean, running_var;
  };
  torch::nn::Module& module_;
  bool training_;
  std::vector<Kept> kept_;
};

// Every BatchNorm below `module`, in the module's order.
std::vector<BatchNorm*> NormsOf(torch::nn::Module& module);

// Sets every BatchNorm below `module`, and torch's own training flag, which dropout follows: off for kRunning.
void SetNormMode(torch::nn::Module& module, NormMode mode);
void ResetNormStatistics(torch::nn::Module& module);
void SetNormSharing(torch::nn::Module& module, const NormSharing& sharing);

// activation(x) as a new tensor.
at::Tensor Activate(const at::Tensor& x, Activation activation);

// While it lives, `watch` sees what every activation of modules in this thread gives, [N, ...]; not those of fused
// kernels (KernelChoice::kAten has none), nor those in inference mode with running statistics.
class ActivationWatch {
 public:
  explicit ActivationWatch(std::function<void(const at::Tensor& y)> watch);
  ~ActivationWatch();
  ActivationWatch(const ActivationWatch&) = delete;
  ActivationWatch& operator=(const ActivationWatch&) = delete;

  static at::Tensor Seen(at::Tensor y);  // y, shown to the watch of this thread if there is one

 private:
  std::function<void(const at::Tensor& y)> watch_;
};

}  // namespace danas
