// Where a person's key-points are: heat maps, their squared error, COCO's average precision (section 5.4).
#pragma once

#include <memory>
#include <utility>

#include "danas/config/config.h"
#include "danas/train/task.h"

namespace danas {

class KeypointLocalisation : public Task {
 public:
  KeypointLocalisation(KeypointsConfig keypoints, DataConfig data, int64_t seed)
      : keypoints_(std::move(keypoints)), data_(std::move(data)), seed_(seed) {}

  std::shared_ptr<const FrameMaker> Frames(const DatasetIndex& dataset, ImageUse use, int channels) const override;
  int64_t TruthFloats(int64_t outputs) const override { return 3 * outputs; }
  at::Tensor LossSum(const at::Tensor& maps_nkhw, const Batch& batch, int64_t classes, double smoothing) const override;
  at::Tensor Losses(const at::Tensor& maps_nkhw, const Batch& batch, int64_t classes) const override;
  at::Tensor CountCorrect(const at::Tensor& maps_nkhw, const Batch& batch, int64_t classes) const override;
  EvaluationResult Test(torch::nn::Module& network, const Forward& forward, Loader& loader,
                        const EvaluationOptions& options) const override;

 private:
  KeypointsConfig keypoints_;
  DataConfig data_;
  int64_t seed_;
};

}  // namespace danas
