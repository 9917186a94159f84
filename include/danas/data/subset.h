// Views of a dataset: the split of train for the architecture weights (section 5.1), and the classes learnt so far.
#pragma once

#include <cstdint>
#include <vector>

#include "danas/data/dataset_index.h"

namespace danas {

// Images of a dataset (positions in it), with the label the network is to give each of them.
struct Subset {
  std::shared_ptr<const DatasetIndex> dataset;
  std::vector<int64_t> images;
  std::vector<int> targets;  // of each entry of `images`

  int64_t size() const { return static_cast<int64_t>(images.size()); }
};

Subset WholeSet(std::shared_ptr<const DatasetIndex> dataset);

struct Split {
  Subset weights;       // Eq. 9
  Subset architecture;  // Eq. 10; disjoint from `weights`
};

// How many of a class's `count` images go to the architecture weights.
int64_t ImagesForArchitecture(const DataConfig& config, int64_t count);

// Stratified: the same number (or share) of images of each class, drawn by the stream "split". Persons with key-points
// go by their image, so that nobody in a picture is for the weights and another for the architecture: with
// data.validation_images (COCO's minival) from all images that the annotations list, else from those with persons.
// Throws DataError naming a class with too few images (at least one must stay for the weights), and ConfigError for
// data.validation_images without persons.
Split SplitTrainingSet(std::shared_ptr<const DatasetIndex> dataset, const DataConfig& config, int64_t seed);

// `count` images of the subset (all if it has fewer), as many of each target as can be: each in turn gives one, until
// enough are there or it has no more. So every stretch of them is even too, and a smaller count takes the first of a
// larger one's. Which images, and the order of the turns, by the stream "even_sample" of the seed.
Subset EvenSample(const Subset& subset, int64_t count, int64_t seed);

// The images of the first `classes` classes of `order` (positions in dataset.classes, easiest first); the target of
// order[i] is i, so that the classifier grows at its end.
Subset EasiestClasses(const Subset& subset, const std::vector<int>& order, int classes);

}  // namespace danas
