// All between annotations and average precision but the network, on real persons from the folder that DANAS_TEST_DATA
// names: heat maps made of the true key-points are decoded, and judged as a network's.
#include <gtest/gtest.h>

#include "danas/data/dataset_index.h"
#include "danas/data/person_transform.h"
#include "danas/tasks/keypoints/average_precision.h"
#include "danas/tasks/keypoints/decode.h"
#include "danas/tasks/keypoints/suppression.h"
#include "tests/support/test_support.h"
#include "tests/support/torch_support.h"

namespace danas::test {
namespace {

constexpr MapSize kFrame = {.height = 256, .width = 192};
constexpr MapSize kMap = {.height = 64, .width = 48};

// Of person `position`: what a network would find whose maps are the targets; in its mirror image too, with `flip`.
FoundPerson FromTargets(const DatasetIndex& set, const PersonTransform& transform, int64_t position, bool flip) {
  const Person& person = set.persons->persons[static_cast<size_t>(position)];
  const PersonImage& image = set.persons->images[static_cast<size_t>(person.image)];
  std::vector<float> truth(static_cast<size_t>(transform.truth_floats()));
  transform.WriteTruth(person, image, transform.Place(person, image, {}, ""), truth);
  at::Tensor at_nk3 = at::tensor(truth).view({1, -1, 3});
  at::Tensor maps = HeatMapTargets(at_nk3, kFrame, kMap, 2).maps_nkhw;
  if (flip) {
    at_nk3.select(2, 0).neg_().add_(kFrame.width - 1);
    const auto& pairs = transform.scheme().flip_pairs;
    const at::Tensor swapped = FlipBack(at_nk3.unsqueeze(-1), pairs, false).squeeze(-1);  // of the key-points alone
    maps = (maps + FlipBack(HeatMapTargets(swapped, kFrame, kMap, 2).maps_nkhw, pairs, true)) / 2;
  }
  const PersonView view = ViewOfPerson(person, image, 0.75, 1.25, "");
  FoundPerson found{.image = person.image, .box_area = AreaOf(view), .keypoints = DecodeHeatMaps(maps, {&view, 1})[0]};
  found.score = PersonScore(1, found.keypoints);
  found.area = AreaOfKeypoints(found.keypoints);
  return found;
}

TEST(RealFrames, TargetsDecodedAreNearlyTheTruth) {
  DANAS_TEST_DATA_OR_SKIP(folder, "coco-mini");
  DataConfig data;
  data.root = folder.string();
  const DatasetIndex set = OpenDataset(data).test;
  const PersonTransform transform({}, data, set.persons->layout, {.height = 256, .width = 192}, ImageUse::kTest, 0);
  for (const bool flip : {false, true}) {
    std::vector<FoundPerson> found;
    for (int64_t i = 0; i < set.size(); ++i) found.push_back(FromTargets(set, transform, i, flip));
    const PersonPrecision precision = AveragePrecision(*set.annotated, found, CocoPersonSigmas());
    EXPECT_GT(precision.ap, 0.97) << flip;  // not 1: key-points are found to a quarter pixel of the maps at best
    EXPECT_EQ(precision.ap75, 1) << flip;
  }
}

}  // namespace
}  // namespace danas::test
