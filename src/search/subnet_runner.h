// Sub-networks of a supernet on one batch after the other, what they share computed once for each.
#pragma once

#include <ATen/core/Tensor.h>

#include <functional>
#include <vector>

#include "danas/config/train_config.h"
#include "danas/nn/norm.h"
#include "danas/nn/supernet.h"

namespace danas {

// While it lives the supernet's norms are its own.
class SubnetRunner {
 public:
  // `networks`: sorted, without equals (score_walk.h).
  SubnetRunner(Supernet& supernet, std::vector<std::vector<size_t>> networks, const RuntimeConfig& runtime);

  // Takes a batch into the running statistics of every network, and reports each network that is done.
  void Average(const at::Tensor& image_nchw, const std::function<void(size_t network)>& done);

  // Every network's logits, normalised by the statistics that Average() took, where it was called, else by the batch's.
  void Run(const at::Tensor& image_nchw, const std::function<void(size_t network, const at::Tensor& logits_nk)>& take);

 private:
  enum class Use { kBatch, kAverage, kRunning };

  // Running statistics of a part of a network (stem, candidate or head) as the networks with one prefix have them.
  struct PartStatistics {
    std::vector<at::Tensor> mean_c, variance_c;  // of each of its norms
  };

  void Walk(const at::Tensor& image_nchw, Use use,
            const std::function<void(size_t network, const at::Tensor& features_nf)>& end);

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

}  // namespace danas
