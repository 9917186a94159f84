// How long an image takes a network: a few steps on grey images.
#include <ATen/ATen.h>
#include <c10/core/InferenceMode.h>

#include <algorithm>
#include <chrono>
#include <functional>

#include "danas/core/seconds_since.h"
#include "danas/judge/easiness.h"
#include "danas/nn/norm.h"
#include "danas/run/device.h"
#include "danas/tasks/classification/class_loss.h"

namespace danas {
namespace {

constexpr int64_t kFewImages = 2;     // batch norm needs two
constexpr double kLongEnough = 0.25;  // seconds

double SecondsOf(const std::function<void()>& work, const at::Tensor& result_on_device) {
  const auto start = std::chrono::steady_clock::now();
  work();
  if (!result_on_device.is_cpu()) result_on_device.sum().item<float>();  // waits for the device
  return SecondsSince(start);
}

// Of one image. Few images take longer each than many: their number grows until a step is long enough, or is `most`.
double SecondsPerImage(int64_t most, const std::function<double(int64_t images)>& seconds) {
  int64_t images = kFewImages;
  seconds(images);  // allocates, chooses algorithms
  double taken = seconds(images);
  while (taken < kLongEnough && images < most) {
    images = std::min(4 * images, most);
    taken = seconds(images);
  }
  return taken / static_cast<double>(images);
}

}  // namespace

ImageSeconds ProbeNetwork(const ZooTraining& training) {
  const Config& config = training.config;
  const auto network = MakeNetwork(MakeZooGenotype(training).network, config.nn);
  InitializeWeights(*network, config.seed);
  MoveTo(*network, training.device, config.runtime);
  const TrainConfig& recipe = config.zoo.train;
  const int64_t most = recipe.micro_batch > 0 ? recipe.micro_batch : recipe.batch;
  const int64_t side = config.data.image_size;
  const auto images_of = [&](int64_t count) {
    return InLayout(at::full({count, network->space().input_channels(), side, side}, 0.5)
                        .contiguous(at::MemoryFormat::ChannelsLast)
                        .to(training.device),
                    config.runtime);
  };
  ImageSeconds times;
  SetNormMode(*network, NormMode::kBatch);
  times.training = SecondsPerImage(most, [&](int64_t count) {
    const at::Tensor image_nchw = images_of(count);
    const at::Tensor targets = at::zeros({count}, image_nchw.options().dtype(at::kLong));
    return SecondsOf(
        [&] { ClassLossSum(network->forward(image_nchw), targets, network->space().classes(), 0).backward(); },
        image_nchw);
  });
  const c10::InferenceMode inference;
  SetNormMode(*network, NormMode::kRunning);
  times.judging = SecondsPerImage(config.easiness.batch, [&](int64_t count) {
    const at::Tensor image_nchw = images_of(count);
    return SecondsOf([&] { network->forward(image_nchw); }, image_nchw);
  });
  return times;
}

}  // namespace danas
