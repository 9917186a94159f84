#include "calibration.h"

#include <ATen/ATen.h>
#include <c10/core/InferenceMode.h>

#include <algorithm>
#include <cmath>
#include <memory>
#include <optional>
#include <set>
#include <stdexcept>
#include <string>

#include "danas/core/error.h"
#include "danas/core/log.h"
#include "danas/data/dataset_index.h"
#include "danas/data/subset.h"
#include "danas/data/transform.h"
#include "danas/nn/norm.h"
#include "danas/train/loader.h"
#include "danas/train/loaders.h"
#include "graph_values.h"

namespace danas {
namespace {

constexpr int64_t kBatch = 32;
constexpr double kTolerance = 1e-3;  // of the largest logit, or of 1

void Widen(ValueRanges& ranges, const std::string& name, const at::Tensor& value) {
  const float low = value.min().item<float>(), high = value.max().item<float>();
  if (!std::isfinite(low) || !std::isfinite(high)) {
    throw NumericError("calibration: " + name + " is not finite. Check the weights and data.mean, data.std");
  }
  const auto [range, is_new] = ranges.try_emplace(name, ValueRange{low, high});
  if (!is_new) range->second = {std::min(range->second.low, low), std::max(range->second.high, high)};
}

void RequireSame(const at::Tensor& ours, const at::Tensor& theirs) {
  const double difference = (ours - theirs).abs().max().item<double>();
  const double largest = std::max(1.0, theirs.abs().max().item<double>());
  if (difference > kTolerance * largest) {
    throw std::logic_error("the exported graph's logits differ from the network's by " + std::to_string(difference));
  }
}

}  // namespace

ValueRanges Calibrate(const PlainGraph& graph, Supernet& network, const Config& config, int64_t images) {
  const SearchSpace& space = network.space();
  if (space.input().height != space.input().width) {
    throw UsageError("calibration reads square images, but the network takes " + std::to_string(space.input().height) +
                     " x " + std::to_string(space.input().width) + ": give a square --size");
  }
  DataConfig data = config.data;
  data.image_size = space.input().height;
  const auto train = std::make_shared<const DatasetIndex>(OpenTrainingSet(data));
  const Subset chosen = EvenSample(WholeSet(train), images, config.seed);
  if (chosen.size() < images) {
    log::warn("{} has only {} images to calibrate with, not {}", train->name, chosen.size(), images);
  }
  Loader loader(chosen, std::make_shared<const Transform>(data, ImageUse::kTest, config.seed, space.input_channels()),
                TestLoader(config, kBatch, Ranks()));

  const c10::InferenceMode inference;
  SetNormMode(network, NormMode::kRunning);
  network.eval();
  const GraphValues values(graph);
  const std::set<std::string> wanted(graph.quantized.begin(), graph.quantized.end());
  ValueRanges ranges;
  bool compared = false;
  loader.Start(0);
  while (const std::optional<Batch> batch = loader.Next()) {
    if (batch->size() == 0) continue;
    const at::Tensor logits = values.Run(batch->images, [&](const std::string& name, const at::Tensor& value) {
      if (wanted.contains(name)) Widen(ranges, name, value);
    });
    if (!compared) RequireSame(logits, network.forward(batch->images));
    compared = true;
  }
  if (!compared) throw DataError(train->name + ": no image to calibrate with could be read");
  return ranges;
}

}  // namespace danas
