#include "danas/tasks/keypoints/decode.h"

#include <gtest/gtest.h>

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
    EXPECT_NEAR(PersonScore(found[n], persons[n]["score"].get<double>(), 0.2), persons[n]["person_score"].get<double>(),
                1e-7);
  }
}

TEST(DecodeHeatMaps, FindsTheKeypointsThatTargetsWereMadeOf) {
  const PersonView view = ViewOfBox({.left = 30, .top = 40, .width = 150, .height = 200}, 0.75, 1.25);
  const Affine to_frame = ToFrame(view, 0, {.height = 256, .width = 192});
  const Point true_place = {.x = 101.5, .y = 133.25};
  const Point at = to_frame(true_place);
  const at::Tensor truth = at::tensor({at.x, at.y, 1.0}).view({1, 1, 3});
  const HeatMaps maps = HeatMapTargets(truth, {.height = 256, .width = 192}, {.height = 64, .width = 48}, 2);
  const auto found = DecodeHeatMaps(maps.maps_nkhw, std::vector{view});
  EXPECT_NEAR(found[0][0].x, true_place.x, 250.0 / 64 / 2);  // half a pixel of the map
  EXPECT_NEAR(found[0][0].y, true_place.y, 250.0 / 64 / 2);
  EXPECT_EQ(found[0][0].score, 1);
}

TEST(PersonScore, CountsKeypointsAboveTheThreshold) {
  const std::vector<FoundKeypoint> keypoints = {{.score = 0.9}, {.score = 0.2}, {.score = 0.5}, {.score = -1}};
  EXPECT_DOUBLE_EQ(PersonScore(keypoints, 0.5, 0.2), 0.35);
  EXPECT_EQ(PersonScore(keypoints, 0.5, 0.95), 0);
  EXPECT_EQ(PersonScore({}, 1, 0.2), 0);
}

}  // namespace
}  // namespace danas::test
