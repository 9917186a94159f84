#include "danas/data/subset.h"

#include <algorithm>
#include <cmath>
#include <map>

#include "danas/core/error.h"
#include "danas/core/random.h"

namespace danas {
namespace {

Subset Select(const std::shared_ptr<const DatasetIndex>& dataset, std::vector<int64_t> images) {
  std::sort(images.begin(), images.end());
  Subset subset{.dataset = dataset, .images = std::move(images), .targets = {}};
  for (const int64_t image : subset.images) subset.targets.push_back(dataset->labels[static_cast<size_t>(image)]);
  return subset;
}

// Positions in PersonSet::images, those drawn for the architecture weights first.
struct ImageSplit {
  std::vector<int64_t> images;
  int64_t carved = 0;
};

ImageSplit DrawImages(const DatasetIndex& dataset, const DataConfig& config, int64_t seed) {
  const PersonSet& set = *dataset.persons;
  std::vector<bool> used(set.images.size(), config.validation_images > 0);
  for (const Person& person : set.persons) used[static_cast<size_t>(person.image)] = true;
  ImageSplit split;
  for (size_t i = 0; i < used.size(); ++i) {
    if (used[i]) split.images.push_back(static_cast<int64_t>(i));
  }
  RandomStream(static_cast<uint64_t>(seed), "split", {0}).Shuffle(split.images);
  if (config.search_images_per_class > 0) {
    split.images.resize(std::min(split.images.size(), static_cast<size_t>(config.search_images_per_class)));
  }
  const int64_t count = std::ssize(split.images);
  split.carved = config.validation_images > 0 ? config.validation_images : ImagesForArchitecture(config, count);
  if (split.carved >= count) {
    throw DataError(dataset.name + ": " + std::to_string(count) + " images are there for the search; the split takes " +
                    std::to_string(split.carved) + " for the architecture weights and must leave one; lower " +
                    (config.validation_images > 0 ? "data.validation_images" : "data.validation_per_class") +
                    " or raise data.search_images_per_class where it is set");
  }
  return split;
}

Split SplitByImage(const std::shared_ptr<const DatasetIndex>& dataset, const DataConfig& config, int64_t seed) {
  const ImageSplit split = DrawImages(*dataset, config, seed);
  enum class Use : uint8_t { kNone, kWeights, kArchitecture };
  std::vector<Use> use(dataset->persons->images.size(), Use::kNone);
  for (size_t i = 0; i < split.images.size(); ++i) {
    use[static_cast<size_t>(split.images[i])] =
        static_cast<int64_t>(i) < split.carved ? Use::kArchitecture : Use::kWeights;
  }
  std::vector<int64_t> weights;
  std::vector<int64_t> architecture;
  for (size_t i = 0; i < dataset->persons->persons.size(); ++i) {
    const Use of_image = use[static_cast<size_t>(dataset->persons->persons[i].image)];
    if (of_image == Use::kWeights) weights.push_back(static_cast<int64_t>(i));
    if (of_image == Use::kArchitecture) architecture.push_back(static_cast<int64_t>(i));
  }
  if (weights.empty() || architecture.empty()) {
    throw DataError(dataset->name + ": no person is in the images for " +
                    (weights.empty() ? "the weights" : "the architecture weights") + " (" +
                    std::to_string(split.carved) + " of " + std::to_string(split.images.size()) +
                    " images are for the architecture weights); change data.validation_images");
  }
  return {.weights = Select(dataset, std::move(weights)), .architecture = Select(dataset, std::move(architecture))};
}

}  // namespace

int64_t ImagesForArchitecture(const DataConfig& config, int64_t count) {
  if (config.validation_fraction == 0) return config.validation_per_class;
  return std::max<int64_t>(1, std::llround(config.validation_fraction * static_cast<double>(count)));
}

Subset WholeSet(std::shared_ptr<const DatasetIndex> dataset) {
  Subset subset;
  subset.targets = dataset->labels;
  subset.images.resize(subset.targets.size());
  for (size_t i = 0; i < subset.images.size(); ++i) subset.images[i] = static_cast<int64_t>(i);
  subset.dataset = std::move(dataset);
  return subset;
}

Split SplitTrainingSet(std::shared_ptr<const DatasetIndex> dataset, const DataConfig& config, int64_t seed) {
  if (config.validation_images > 0 && dataset->persons == nullptr) {
    throw ConfigError("data.validation_images is for persons with key-points, but " + dataset->name +
                      " has images of classes; set data.validation_per_class or data.validation_fraction");
  }
  if (config.validation_fraction == 0 && config.validation_per_class == 0 && config.validation_images == 0) {
    throw ConfigError(
        "data.validation_per_class and data.validation_fraction are both 0: no images are left for the "
        "architecture weights");
  }
  if (dataset->persons != nullptr) return SplitByImage(dataset, config, seed);
  std::vector<std::vector<int64_t>> members(dataset->classes.ids.size());
  for (size_t i = 0; i < dataset->labels.size(); ++i) {
    members[static_cast<size_t>(dataset->labels[i])].push_back(static_cast<int64_t>(i));
  }
  std::vector<int64_t> weights;
  std::vector<int64_t> architecture;
  for (size_t label = 0; label < members.size(); ++label) {
    std::vector<int64_t>& images = members[label];
    RandomStream(static_cast<uint64_t>(seed), "split", {label}).Shuffle(images);
    if (config.search_images_per_class > 0) {
      images.resize(std::min(images.size(), static_cast<size_t>(config.search_images_per_class)));
    }
    const int64_t count = static_cast<int64_t>(images.size());
    const int64_t carved = ImagesForArchitecture(config, count);
    if (carved >= count) {
      throw DataError(
          dataset->name + ": the class '" + dataset->classes.ids[label] + "' has " + std::to_string(count) +
          " images for the search; the split takes " + std::to_string(carved) +
          " of each class for the architecture weights and must leave one; lower data.validation_per_class, "
          "set data.validation_fraction or raise data.search_images_per_class where it is set");
    }
    architecture.insert(architecture.end(), images.begin(), images.begin() + carved);
    weights.insert(weights.end(), images.begin() + carved, images.end());
  }
  return {.weights = Select(dataset, std::move(weights)), .architecture = Select(dataset, std::move(architecture))};
}

Subset EvenSample(const Subset& subset, int64_t count, int64_t seed) {
  std::map<int, std::vector<size_t>> entries_of;  // target -> entries of the subset
  for (size_t entry = 0; entry < subset.images.size(); ++entry) entries_of[subset.targets[entry]].push_back(entry);
  std::vector<int> turns;
  for (auto& [target, entries] : entries_of) {
    const auto label = static_cast<uint64_t>(subset.dataset->labels[static_cast<size_t>(subset.images[entries[0]])]);
    RandomStream(static_cast<uint64_t>(seed), "even_sample", {label}).Shuffle(entries);
    turns.push_back(target);
  }
  RandomStream(static_cast<uint64_t>(seed), "even_sample").Shuffle(turns);
  Subset sample{.dataset = subset.dataset, .images = {}, .targets = {}};
  const int64_t wanted = std::min(count, subset.size());
  for (size_t round = 0; sample.size() < wanted; ++round) {
    for (const int target : turns) {
      const std::vector<size_t>& entries = entries_of[target];
      if (round >= entries.size() || sample.size() == wanted) continue;
      sample.images.push_back(subset.images[entries[round]]);
      sample.targets.push_back(target);
    }
  }
  return sample;
}

Subset EasiestClasses(const Subset& subset, const std::vector<int>& order, int classes) {
  std::vector<int> target_of(subset.dataset->classes.ids.size(), -1);
  for (int i = 0; i < classes; ++i) {
    target_of[static_cast<size_t>(order.at(static_cast<size_t>(i)))] = i;
  }
  Subset view{.dataset = subset.dataset, .images = {}, .targets = {}};
  for (const int64_t image : subset.images) {
    const int target = target_of[static_cast<size_t>(subset.dataset->labels[static_cast<size_t>(image)])];
    if (target < 0) continue;
    view.images.push_back(image);
    view.targets.push_back(target);
  }
  return view;
}

}  // namespace danas
