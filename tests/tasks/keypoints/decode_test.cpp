#include "danas/tasks/keypoints/decode.h"

#include <gtest/gtest.h>

#include "danas/tasks/keypoints/suppression.h"
#include "tests/tasks/keypoints/pose_golden.h"

namespace danas::test {
namespace {

std::vector<std::array<int, 2>> Pairs(const Json& golden) {
  return golden["pairs"].get<std::vector<std::array<int, 2>>>();
}

TEST(RefinedMaximaOf, EqualSimpleBaselines) {
  const Json golden = PoseGolden("decode.json");
  for (const at::ScalarType type : {at::kFloat, at::kDouble}) {
    const MapMaxima maxima = RefinedMaximaOf(TensorOf(golden["output"]).to(type));
    ExpectClose(maxima.places_nk2, TensorOf(golden["places"]), 0);
    ExpectClose(maxima.values_nk, TensorOf(golden["values"]), 1e-7);
  }
}

TEST(FlipBack, AveragesAsSimpleBaseline) {
  const Json golden = PoseGolden("decode.json");
  const at::Tensor output = TensorOf(golden["output"]);
  const at::Tensor mirrored = TensorOf(golden["mirrored"]);
  ExpectClose((output + FlipBack(mirrored, Pairs(golden), true)) * 0.5, TensorOf(golden["averaged"]), 1e-7);
  ExpectClose((output + FlipBack(mirrored, Pairs(golden), false)).narrow(0, 0, 1) * 0.5,
              TensorOf(golden["averaged_unshifted"]), 1e-7);
}

TEST(FlipBack, TwiceIsNothingWithoutAShift) {
  const at::Tensor maps = RandomTensor({2, 3, 4, 5}, 1);
  const std::vector<std::array<int, 2>> pairs = {{0, 2}};
  ExpectClose(FlipBack(FlipBack(maps, pairs, false), pairs, false), maps, 0);
}

TEST(DecodeHeatMaps, FindsSimpleBaselinesPersons) {
  const Json golden = PoseGolden("decode.json");
  const Json& persons = golden["persons"];
  std::vector<PersonView> views;
  for (const Json& person : persons) {
    const auto box = person["box"].get<std::array<double, 4>>();
    views.push_back(ViewOfBox({.left = box[0], .top = box[1], .width = box[2], .height = box[3]}, 0.75, 1.25));
    EXPECT_NEAR(AreaOf(views.back()), person["area"].get<double>(), 1e-6 * person["area"].get<double>());
    const Affine affine = FromFrame(views.back(), 0, {.height = 16, .width = 12});
    for (size_t i = 0; i < 6; ++i) EXPECT_NEAR(affine.m[i], person["matrix"][i].get<double>(), 1e-9);
  }
  const auto found = DecodeHeatMaps(TensorOf(golden["output"]).to(at::kFloat), views);
  ASSERT_EQ(found.size(), persons.size());
  for (size_t n = 0; n < found.size(); ++n) {
    ASSERT_EQ(found[n].size(), 5U);
    for (size_t k = 0; k < 5; ++k) {
      EXPECT_NEAR(found[n][k].x, persons[n]["points"][k][0].get<double>(), 1e-5) << n << ' ' << k;
      EXPECT_NEAR(found[n][k].y, persons[n]["points"][k][1].get<double>(), 1e-5) << n << ' ' << k;
    }
    EXPECT_NEAR(PersonScore(persons[n]["score"].get<double>(), found[n], 0.2), persons[n]["person_score"].get<double>(),
                1e-7);
  }
}

// A mirrored frame's map shows what it shows one pixel to the left, since frames are mirrored around pixels' centres
// and maps are a quarter of their size: that is what the shift is for.
TEST(FlipBack, ShiftedMapsOfAMirroredFrameAreThoseOfTheFrame) {
  constexpr MapSize kFrame = {.height = 64, .width = 48}, kMap = {.height = 16, .width = 12};
  const std::vector<std::array<int, 2>> pairs = {{0, 1}};
  const at::Tensor truth = at::tensor({20.0, 12.0, 1.0, 32.0, 40.0, 1.0}).view({1, 2, 3});
  at::Tensor mirrored = truth.index_select(1, at::tensor({1, 0}, at::kLong));
  mirrored.select(2, 0).neg_().add_(47);
  const at::Tensor maps = HeatMapTargets(mirrored, kFrame, kMap, 1).maps_nkhw;
  ExpectClose(FlipBack(maps, pairs, true), HeatMapTargets(truth, kFrame, kMap, 1).maps_nkhw, 0);
}

// The whole way: a person's frame, its key-points as maps, and back to the picture.
TEST(DecodeHeatMaps, FindsTheKeypointsThatTargetsWereMadeOf) {
  constexpr MapSize kMap = {.height = 64, .width = 48};
  const PersonTransform transform({}, {}, CocoLayout(), {.height = 256, .width = 192}, ImageUse::kTest, 0);
  const Image picture = PoseImage("picture-0.png");
  const Json cases = PoseGolden("frames.json");
  for (const size_t i : {0U, 1U, 3U}) {
    const DatasetIndex dataset = OnePerson(picture, PersonOf(cases[i]));
    const Person& person = dataset.persons->persons[0];
    std::vector<float> pixels(256 * 192 * 3), truth(51);
    transform.Make(dataset, 0, 0, pixels, truth);
    const HeatMaps maps = HeatMapTargets(at::tensor(truth).view({1, 17, 3}), {.height = 256, .width = 192}, kMap, 2);
    const PersonView view = ViewOfPerson(person, dataset.persons->images[0], 0.75, 1.25, "picture");
    const std::vector<FoundKeypoint> found = DecodeHeatMaps(maps.maps_nkhw, std::vector{view})[0];
    const double half_pixel = view.scale_y * 200 / 64 / 2;
    int compared = 0;
    for (size_t k = 0; k < 17; ++k) {
      const bool inside = truth[3 * k] > 2 && truth[3 * k] < 189 && truth[3 * k + 1] > 2 && truth[3 * k + 1] < 253;
      if (person.keypoints[k].visibility == 0 || !inside) continue;
      EXPECT_NEAR(found[k].x, person.keypoints[k].x, half_pixel + 1e-3) << i << ' ' << k;
      EXPECT_NEAR(found[k].y, person.keypoints[k].y, half_pixel + 1e-3) << i << ' ' << k;
      EXPECT_EQ(found[k].score, 1);
      ++compared;
    }
    EXPECT_GT(compared, 5) << i;
  }
}

}  // namespace
}  // namespace danas::test
