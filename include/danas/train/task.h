// What networks are trained for, as the loops over batches see it: what a network is shown, how wrong its output is,
// how much of it is right, and what a test measures. The tasks are siblings in room tasks (tasks/make_task.h).
#pragma once

#include <ATen/core/Tensor.h>
#include <torch/nn/module.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "danas/data/frame_maker.h"
#include "danas/data/transform.h"
#include "danas/train/evaluate.h"
#include "danas/train/loader.h"

namespace danas {

// images [N, channels, H, W] -> the network's output: of classes [N, classes], of key-points maps [N, K, h, w]
using Forward = std::function<at::Tensor(const at::Tensor& image_nchw)>;
using Forwards = std::vector<Forward>;

// A value made from a config. Every output below is a network's of the batch's images, in any float type; losses are in
// float32 (double for double). `classes`: the batch's targets are below it; outputs of later classes do not count.
class Task {
 public:
  virtual ~Task() = default;

  // Of samples of this dataset, which need not outlive them. Throws ConfigError where the config does not fit, or the
  // dataset is one for another task.
  virtual std::shared_ptr<const FrameMaker> Frames(const DatasetIndex& dataset, ImageUse use, int channels) const = 0;

  // FrameMaker::truth_floats() for a network with so many outputs.
  virtual int64_t TruthFloats(int64_t outputs) const = 0;

  // The sum over the batch's images, with its graph; divide by their number for the mean. `smoothing`: the recipe's
  // label smoothing.
  virtual at::Tensor LossSum(const at::Tensor& output, const Batch& batch, int64_t classes, double smoothing) const = 0;

  // Of each image, [N], without smoothing.
  virtual at::Tensor Losses(const at::Tensor& output, const Batch& batch, int64_t classes) const = 0;

  // How much of the batch is right, in images: a scalar tensor, without a copy from the device.
  virtual at::Tensor CountCorrect(const at::Tensor& output, const Batch& batch, int64_t classes) const = 0;

  // One pass in inference mode with running statistics (NormMode::kRunning) and without dropout; the network is left in
  // that mode. Over the images of all processes (EvaluationOptions::pass.ranks); the same result in each. Throws
  // NumericError and Interrupted as BatchPass does.
  virtual EvaluationResult Test(torch::nn::Module& network, const Forward& forward, Loader& loader,
                                const EvaluationOptions& options) const = 0;
};

}  // namespace danas
