// A small task and a small network for tests of training.
#pragma once

#include <ATen/ATen.h>
#include <torch/nn/module.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "danas/arch/space.h"
#include "danas/config/config.h"
#include "danas/core/json.h"
#include "danas/core/random.h"
#include "danas/data/transform.h"
#include "danas/tasks/make_task.h"
#include "danas/train/loader.h"
#include "danas/train/weight_pass.h"
#include "tests/support/test_support.h"
#include "tests/support/torch_support.h"

namespace danas::test {

constexpr int kSide = 8;

// Pictures of noise with a bright row; which row tells the class.
class StripeImages : public ImageSource {
 public:
  StripeImages(std::vector<int> rows, uint64_t seed) : rows_(std::move(rows)), seed_(seed) {}

  Image LoadPart(int64_t index, const ChooseBox& choose) const override {
    const Box box = choose(kSide, kSide);
    RandomStream stream(seed_, "stripes", {static_cast<uint64_t>(index)});
    Image whole = BlackImage(kSide, kSide);
    for (uint8_t& value : whole.rgb) value = static_cast<uint8_t>(stream.UniformInt(120));
    for (int i = 0; i < kSide * 3; ++i) whole.Row(rows_[static_cast<size_t>(index)])[i] = 220;
    Image part = BlackImage(box.height, box.width);
    for (int y = 0; y < box.height; ++y) {
      for (int i = 0; i < box.width * 3; ++i) part.Row(y)[i] = whole.Row(box.top + y)[box.left * 3 + i];
    }
    return part;
  }
  std::string Name(int64_t index) const override { return "stripe " + std::to_string(index); }

 private:
  std::vector<int> rows_;
  uint64_t seed_;
};

inline DatasetIndex StripeSet(int images, int classes, uint64_t seed) {
  DatasetIndex set;
  set.name = "stripes";
  for (int c = 0; c < classes; ++c) set.classes.ids.push_back("row" + std::to_string(c));
  set.classes.labels = set.classes.ids;
  for (int i = 0; i < images; ++i) set.labels.push_back(i % classes);
  set.images = std::make_shared<StripeImages>(set.labels, seed);
  set.fingerprint = seed;
  return set;
}

inline DataConfig StripeData() {
  DataConfig data;
  data.image_size = kSide;
  data.test_resize = kSide;
  data.workers = 1;
  data.augment = {.crop = CropKind::kNone, .flip = 0, .brightness = 0, .contrast = 0, .saturation = 0, .hue = 0};
  return data;
}

inline const Task& StripeTask() {
  static const std::shared_ptr<const Task> task = [] {
    Config config;
    config.data = StripeData();
    return MakeTask(config);
  }();
  return *task;
}

inline Loader StripeLoader(int images, int classes, LoaderOptions options = {.batch = 8, .shuffle = true},
                           at::Device device = at::kCPU) {
  return Loader(WholeSet(std::make_shared<const DatasetIndex>(StripeSet(images, classes, 3))),
                std::make_shared<const Transform>(StripeData(), ImageUse::kTrain, 0), options, device);
}

// Two fully connected layers, in any float type.
class TinyNetwork : public torch::nn::Module {
 public:
  explicit TinyNetwork(int64_t classes, at::ScalarType type = at::kFloat) {
    first = register_parameter("first", RandomTensor({16, 3 * kSide * kSide}, 1, type) * 0.05);
    bias = register_parameter("bias", at::zeros({16}, type));
    second = register_parameter("second", RandomTensor({classes, 16}, 2, type) * 0.3);
  }

  at::Tensor forward(const at::Tensor& image_nchw) {
    const at::Tensor flat = image_nchw.contiguous().flatten(1).to(first.scalar_type());
    return at::linear(at::relu(at::linear(flat, first, bias)), second);
  }

  Forward AsForward() {
    return [this](const at::Tensor& image_nchw) { return forward(image_nchw); };
  }

  at::Tensor first, bias, second;
};

// One batch outside any loader.
inline Batch RandomBatch(int64_t images, int64_t classes, uint64_t seed) {
  return {RandomTensor({images, 3, kSide, kSide}, seed, at::kFloat).contiguous(at::MemoryFormat::ChannelsLast),
          at::arange(images).remainder(classes)};
}

inline WeightTraining MakeTraining(const TrainConfig& recipe, int64_t total_steps, const RuntimeConfig& runtime = {}) {
  return WeightTraining(recipe, runtime, /*seed=*/0, RateSchedule(recipe, 0, total_steps), at::kCPU);
}

// Two layers of inverted residuals on stripes; `candidates` of each.
inline SearchSpace StripeSpace(const std::vector<BlockSpec>& candidates, int classes) {
  const Size side{kSide, kSide};
  SpaceParts parts;
  parts.name = "stripes";
  parts.input = side;
  parts.classes = classes;
  parts.stem = {.channels = 8, .kernel = 3, .stride = 1};
  parts.layers = {{{.in = 8, .out = 8, .stride = 1, .input = side}, candidates},
                  {{.in = 8, .out = 16, .stride = 2, .input = side}, candidates}};
  parts.head = {.channels = 16};
  return SearchSpace(parts);
}

inline BlockSpec InvertedResidual(double expand, int kernel) { return {.op = {.kernel = kernel}, .expand = expand}; }

inline Json TrainGolden() { return Json::parse(ReadText(SourcePath("tests/golden/train.json"))); }

// The element-wise formula of tests/golden/train.py.
inline at::Tensor Wave(at::IntArrayRef shape, double scale, double speed) {
  const int64_t count = c10::multiply_integers(shape);
  return (at::sin((at::arange(count, at::kDouble) + 1) * speed) * scale).reshape(shape);
}

}  // namespace danas::test
