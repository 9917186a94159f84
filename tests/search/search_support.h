// A search on pictures that a test makes up: dataset in memory, small config, and a sink that keeps every event.
#pragma once

#include <algorithm>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "danas/config/config.h"
#include "danas/core/random.h"
#include "danas/cost/cost_model.h"
#include "danas/data/dataset_index.h"
#include "danas/events/event.h"
#include "danas/search/search_loop.h"

namespace danas::test {

using Draw8Bit = std::function<void(int label, RandomStream& random, Image& image)>;

// Pictures that are drawn from (seed, index) each time they are asked for.
class DrawnImages : public ImageSource {
 public:
  DrawnImages(std::vector<int> labels, int size, uint64_t seed, Draw8Bit draw)
      : labels_(std::move(labels)), size_(size), seed_(seed), draw_(std::move(draw)) {}

  Image LoadPart(int64_t index, const ChooseBox& choose) const override {
    Image whole = BlackImage(size_, size_);
    RandomStream random(seed_, "picture", {static_cast<uint64_t>(index)});
    draw_(labels_[static_cast<size_t>(index)], random, whole);
    const Box box = choose(size_, size_);
    Image part = BlackImage(box.height, box.width);
    for (int y = 0; y < box.height; ++y) {
      const uint8_t* from = whole.Row(box.top + y) + 3 * box.left;
      std::copy(from, from + 3 * box.width, part.Row(y));
    }
    return part;
  }
  std::string Name(int64_t index) const override { return "drawn picture " + std::to_string(index); }

 private:
  std::vector<int> labels_;
  int size_;
  uint64_t seed_;
  Draw8Bit draw_;
};

// `per_class` pictures of each class. With `shuffle_labels` the labels that are told have nothing to do with the
// pictures.
inline std::shared_ptr<const DatasetIndex> MakeDataset(int classes, int per_class, int size, uint64_t seed,
                                                       Draw8Bit draw, bool shuffle_labels = false) {
  std::vector<int> labels;
  for (int i = 0; i < classes * per_class; ++i) labels.push_back(i % classes);
  auto index = std::make_shared<DatasetIndex>();
  index->name = "drawn";
  for (int c = 0; c < classes; ++c) index->classes.ids.push_back("class" + std::to_string(c));
  index->classes.labels = index->classes.ids;
  index->images = std::make_shared<DrawnImages>(labels, size, seed, std::move(draw));
  if (shuffle_labels) RandomStream(seed, "labels").Shuffle(labels);
  index->labels = labels;
  index->fingerprint = seed;
  return index;
}

class KeptEvents : public MetricSink {
 public:
  void Record(const Event& event) override {
    events.push_back(event);
    events.back().fields.erase("timing");
  }
  std::vector<Event> Named(const std::string& name) const {
    std::vector<Event> found;
    for (const Event& event : events) {
      if (event.name == name) found.push_back(event);
    }
    return found;
  }
  std::string Text() const {
    std::string text;
    for (const Event& event : events) text += event.name + " " + event.fields.dump() + "\n";
    return text;
  }

  std::vector<Event> events;
};

// 16 x 16 pixels, no augmentation, two threads.
inline Config SmallConfig() {
  Config config;
  config.runtime.threads = 2;
  config.data.image_size = 16;
  config.data.test_resize = 16;
  config.data.mean = {0.5, 0.5, 0.5};
  config.data.std = {0.25, 0.25, 0.25};
  config.data.augment = {.crop = CropKind::kNone, .flip = 0, .brightness = 0, .contrast = 0, .saturation = 0, .hue = 0};
  config.data.validation_per_class = 0;
  config.data.validation_fraction = 0.4;
  config.data.workers = 1;
  config.schedule.ranking = "listed";
  config.schedule.classes = {2, 3, 4, 4};
  config.schedule.warmup_epochs = 1;
  config.schedule.epochs_per_step = 2;
  config.train.batch = 16;
  config.train.lr = 0.05;
  config.train.label_smoothing = 0.1;
  config.search.alpha_lr = 0.05;
  return config;
}

inline SearchInputs MakeInputs(const Config& config, const SearchSpace& space,
                               const std::shared_ptr<const DatasetIndex>& dataset) {
  return {.config = config,
          .space = space,
          .cost = MakeCostModel(config.search),
          .training_set = dataset,
          .ranking = MakeRanking(config.schedule, config.seed, dataset->classes.ids, dataset->fingerprint)};
}

}  // namespace danas::test
