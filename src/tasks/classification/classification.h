// Which class a picture shows: cross-entropy, accuracy among the first one and five.
#pragma once

#include <memory>

#include "danas/config/data_config.h"
#include "danas/train/task.h"

namespace danas {

class Classification : public Task {
 public:
  Classification(DataConfig data, int64_t seed) : data_(std::move(data)), seed_(seed) {}

  std::shared_ptr<const FrameMaker> Frames(const DatasetIndex& dataset, ImageUse use, int channels) const override;
  int64_t TruthFloats(int64_t /*outputs*/) const override { return 0; }
  at::Tensor LossSum(const at::Tensor& logits_nk, const Batch& batch, int64_t classes, double smoothing) const override;
  at::Tensor Losses(const at::Tensor& logits_nk, const Batch& batch, int64_t classes) const override;
  at::Tensor CountCorrect(const at::Tensor& logits_nk, const Batch& batch, int64_t classes) const override;
  EvaluationResult Test(torch::nn::Module& network, const Forward& forward, Loader& loader,
                        const EvaluationOptions& options) const override;

 private:
  DataConfig data_;
  int64_t seed_;
};

}  // namespace danas
