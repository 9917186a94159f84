#include "danas/data/subset.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "tests/data/data_support.h"
#include "tests/support/test_support.h"

namespace danas {
namespace {

using test::ColourDataset;
using test::ExpectErrorContains;

std::vector<int> CountTargets(const Subset& subset, int classes) {
  std::vector<int> counts(static_cast<size_t>(classes));
  for (const int target : subset.targets) ++counts[static_cast<size_t>(target)];
  return counts;
}

TEST(SplitTrainingSet, IsStratifiedDisjointAndComplete) {
  DataConfig config;
  config.validation_per_class = 3;
  const Split split = SplitTrainingSet(ColourDataset(50, 5), config, 7);
  EXPECT_EQ(CountTargets(split.architecture, 5), std::vector<int>(5, 3));
  EXPECT_EQ(CountTargets(split.weights, 5), std::vector<int>(5, 7));
  std::set<int64_t> all(split.weights.images.begin(), split.weights.images.end());
  all.insert(split.architecture.images.begin(), split.architecture.images.end());
  EXPECT_EQ(all.size(), 50u);
}

TEST(SplitTrainingSet, FollowsTheSeedAlone) {
  DataConfig config;
  config.validation_fraction = 0.2;
  const auto dataset = ColourDataset(100, 5);
  EXPECT_EQ(SplitTrainingSet(dataset, config, 1).architecture.images,
            SplitTrainingSet(dataset, config, 1).architecture.images);
  EXPECT_NE(SplitTrainingSet(dataset, config, 1).architecture.images,
            SplitTrainingSet(dataset, config, 2).architecture.images);
  EXPECT_EQ(SplitTrainingSet(dataset, config, 1).architecture.size(), 20);
}

TEST(SplitTrainingSet, ASearchOnPartOfTheImagesIsStratifiedToo) {
  DataConfig config;
  config.search_images_per_class = 8;
  config.validation_fraction = 0.25;
  const Split split = SplitTrainingSet(ColourDataset(100, 5), config, 7);
  EXPECT_EQ(CountTargets(split.architecture, 5), std::vector<int>(5, 2));
  EXPECT_EQ(CountTargets(split.weights, 5), std::vector<int>(5, 6));
  config.search_images_per_class = 1000;  // more than there are: all
  EXPECT_EQ(SplitTrainingSet(ColourDataset(100, 5), config, 7).weights.size(), 75);
}

// 40 images, of which every second one has nobody and the others have two persons.
std::shared_ptr<const DatasetIndex> PersonsOfImages() {
  PersonSet set;
  for (int64_t i = 0; i < 40; ++i) set.images.push_back({.id = i, .file = "", .height = 9, .width = 9});
  for (int64_t i = 0; i < 40; ++i) {
    set.persons.emplace_back();
    set.persons.back().image = i / 2 * 2;
  }
  auto dataset = std::make_shared<DatasetIndex>();
  dataset->name = "persons";
  dataset->classes.ids = {"person"};
  dataset->labels.assign(set.persons.size(), 0);
  dataset->persons = std::make_shared<PersonSet>(std::move(set));
  return dataset;
}

std::set<int64_t> ImagesOf(const Subset& subset) {
  std::set<int64_t> images;
  for (const int64_t person : subset.images) {
    images.insert(subset.dataset->persons->persons[static_cast<size_t>(person)].image);
  }
  return images;
}

TEST(SplitOfPersons, GoesByTheImage) {
  DataConfig config;
  config.validation_per_class = 0;
  config.validation_images = 20;
  const auto dataset = PersonsOfImages();
  const Split split = SplitTrainingSet(dataset, config, 3);
  EXPECT_EQ(split.weights.size() + split.architecture.size(), 40);
  const std::set<int64_t> of_weights = ImagesOf(split.weights);
  for (const int64_t image : ImagesOf(split.architecture)) EXPECT_FALSE(of_weights.contains(image)) << image;
  // Images are drawn from all that are listed: about half of the 20 have persons.
  EXPECT_GT(ImagesOf(split.architecture).size(), 4U);
  EXPECT_LT(ImagesOf(split.architecture).size(), 16U);
  EXPECT_EQ(split.architecture.targets, std::vector<int>(static_cast<size_t>(split.architecture.size()), 0));
  EXPECT_EQ(SplitTrainingSet(dataset, config, 3).architecture.images, split.architecture.images);
  EXPECT_NE(SplitTrainingSet(dataset, config, 4).architecture.images, split.architecture.images);
}

TEST(SplitOfPersons, TakesASharesImagesFromThoseWithPersons) {
  DataConfig config;
  config.validation_fraction = 0.25;
  EXPECT_EQ(ImagesOf(SplitTrainingSet(PersonsOfImages(), config, 3).architecture).size(), 5U);
  config.validation_fraction = 0;
  config.validation_per_class = 3;
  EXPECT_EQ(ImagesOf(SplitTrainingSet(PersonsOfImages(), config, 3).architecture).size(), 3U);
  config.search_images_per_class = 10;
  EXPECT_EQ(ImagesOf(SplitTrainingSet(PersonsOfImages(), config, 3).weights).size(), 7U);
}

TEST(SplitOfPersons, Errors) {
  DataConfig config;
  config.validation_images = 40;
  ExpectErrorContains<DataError>([&] { SplitTrainingSet(PersonsOfImages(), config, 0); },
                                 {"persons: 40 images are there for the search", "lower data.validation_images"});
  config.validation_images = 2;
  ExpectErrorContains<ConfigError>([&] { SplitTrainingSet(ColourDataset(24, 5), config, 0); },
                                   {"data.validation_images is for persons with key-points"});
}

TEST(SplitTrainingSet, AClassWithTooFewImagesIsNamed) {
  DataConfig config;
  config.validation_per_class = 4;  // class4 has 4 of 24 images, the others 5
  ExpectErrorContains<DataError>([&] { SplitTrainingSet(ColourDataset(24, 5), config, 0); },
                                 {"class4", "4 images for the search", "data.validation_per_class"});
  config.validation_per_class = 0;
  ExpectErrorContains<ConfigError>([&] { SplitTrainingSet(ColourDataset(24, 5), config, 0); }, {"both 0"});
}

TEST(EasiestClasses, KeepsTheFirstOfTheRankingAndNumbersThemByIt) {
  const Subset easiest = EasiestClasses(WholeSet(ColourDataset(20, 4)), {2, 0, 3, 1}, 2);
  EXPECT_EQ(easiest.size(), 10);
  for (size_t i = 0; i < easiest.images.size(); ++i) {
    EXPECT_EQ(easiest.images[i] % 4, easiest.targets[i] == 0 ? 2 : 0);
  }
}

TEST(EvenSample, TakesAsManyOfEachClassAsCanBe) {
  const Subset all = WholeSet(ColourDataset(24, 5));  // class4 has 4 of 24 images, the others 5
  for (int64_t count = 0; count <= 26; ++count) {
    const Subset sample = EvenSample(all, count, 3);
    ASSERT_EQ(sample.size(), std::min<int64_t>(count, 24));
    std::vector<int> counts = CountTargets(sample, 5);
    const int least = *std::ranges::min_element(counts), most = *std::ranges::max_element(counts);
    EXPECT_LE(most - least, 1) << count;
    EXPECT_EQ(std::set<int64_t>(sample.images.begin(), sample.images.end()).size(), sample.images.size());
    for (size_t i = 0; i < sample.images.size(); ++i) {
      EXPECT_EQ(sample.targets[i], all.dataset->labels[static_cast<size_t>(sample.images[i])]);
    }
  }
  // A class that has few gives all it has.
  Subset uneven = all;
  std::erase_if(uneven.images, [&](int64_t image) { return all.dataset->labels[static_cast<size_t>(image)] == 2; });
  uneven.images.push_back(2);  // of class 2
  uneven.targets.clear();
  for (const int64_t image : uneven.images) uneven.targets.push_back(all.dataset->labels[static_cast<size_t>(image)]);
  EXPECT_EQ(CountTargets(EvenSample(uneven, 13, 0), 5), (std::vector<int>{3, 3, 1, 3, 3}));
}

// A batch's statistics want every class in every batch.
TEST(EvenSample, EveryStretchIsEven) {
  const Subset sample = EvenSample(WholeSet(ColourDataset(100, 5)), 100, 0);
  for (size_t first = 0; first + 20 <= 100; first += 7) {
    std::vector<int> counts(5);
    for (size_t i = first; i < first + 20; ++i) ++counts[static_cast<size_t>(sample.targets[i])];
    EXPECT_EQ(counts, std::vector<int>(5, 4)) << first;
  }
}

TEST(EvenSample, FewerAreTheFirstOfMoreAndFollowTheSeed) {
  const Subset all = WholeSet(ColourDataset(100, 5));
  const Subset many = EvenSample(all, 60, 1), few = EvenSample(all, 17, 1);
  EXPECT_EQ(few.images, std::vector<int64_t>(many.images.begin(), many.images.begin() + 17));
  EXPECT_NE(EvenSample(all, 60, 2).images, many.images);
}

}  // namespace
}  // namespace danas
