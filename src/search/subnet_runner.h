// Sub-networks of a supernet on one batch after the other, what they share computed once for each.
#pragma once

#include <ATen/core/Tensor.h>
#include <ATen/core/grad_mode.h>

#include <functional>
#include <vector>

#include "danas/config/train_config.h"
#include "danas/nn/norm.h"
#include "danas/nn/supernet.h"
#include "danas/search/score_walk.h"
#include "danas/train/amp.h"

namespace danas {

// While it lives the supernet's norms are its own.
class SubnetRunner {
 public:
  // `networks`: sorted, without equals (score_walk.h).
  SubnetRunner(Supernet& supernet, std::vector<std::vector<size_t>> networks, const RuntimeConfig& runtime);

  // Every network on one batch, to be taken to the end before the next begins:
  //   for (SubnetRunner::Walk walk = runner.Run(images); walk.Next();) { ... walk.Logits() of walk.network() ... }
  // While it lives, there is no gradient, and products run in the precision of runtime.amp.
  class Walk;

  // Takes the batch into the running statistics of every network.
  Walk Average(const at::Tensor& image_nchw);

  // Logits, normalised by the statistics that Average() took, where it was called, else by the batch's.
  Walk Run(const at::Tensor& image_nchw);

 private:
  enum class Use { kBatch, kAverage, kRunning };

  // Running statistics of a part of a network (stem, candidate or head) as the networks with one prefix have them.
  struct PartStatistics {
    std::vector<at::Tensor> mean_c, variance_c;  // of each of its norms
  };

  // Begins a walk.
  at::Tensor RunStem(const at::Tensor& image_nchw, Use use);

  // Calls `forward` with the norms of `part` set for `use`.
  at::Tensor RunPart(torch::nn::Module& part, Use use, const std::function<at::Tensor()>& forward);

  Supernet& supernet_;
  std::vector<std::vector<size_t>> networks_;
  RuntimeConfig runtime_;
  KeptNorms kept_;
  int64_t batches_averaged_ = 0;
  std::vector<PartStatistics> statistics_;  // in the order of the walk, which is always the same
  size_t next_part_ = 0;
};

class SubnetRunner::Walk {
 public:
  Walk(SubnetRunner& runner, const at::Tensor& image_nchw, Use use);
  Walk(const Walk&) = delete;
  Walk& operator=(const Walk&) = delete;

  // Computes the next network's features; false after the last. Throws Interrupted.
  bool Next();
  size_t network() const { return walk_.network(); }
  at::Tensor Logits() const { return runner_.supernet_.Predict(features_nf_); }

 private:
  SubnetRunner& runner_;
  Use use_;
  at::NoGradGuard no_gradient_;
  AutocastScope autocast_;
  NetworkWalk walk_;
  at::Tensor features_nf_;
};

}  // namespace danas
