#include "danas/tasks/keypoints/oks.h"

#include <gtest/gtest.h>

#include <cmath>

#include "danas/core/error.h"

namespace danas {
namespace {

const std::vector<double> kSigmas{0.05, 0.1};

Person MakePerson(std::vector<Keypoint> keypoints) {
  return {.box = {.left = 10, .top = 20, .width = 30, .height = 40}, .area = 100, .keypoints = std::move(keypoints)};
}

TEST(KeypointSimilarity, IsTheMeanOverLabelledKeypoints) {
  const Person truth = MakePerson({{.x = 5, .y = 6, .visibility = 2}, {.x = 7, .y = 8, .visibility = 1}});
  const std::vector<FoundKeypoint> found{{.x = 6, .y = 8}, {.x = 7, .y = 8}};
  const double expected = (std::exp(-5 / 0.01 / 100 / 2) + 1) / 2;  // d² = 5, (2σ)² = 0.01
  EXPECT_NEAR(KeypointSimilarity(truth, found, kSigmas), expected, 1e-14);
}

TEST(KeypointSimilarity, PassesOverKeypointsWithoutLabel) {
  const Person truth = MakePerson({{.x = 5, .y = 6, .visibility = 2}, {.x = 0, .y = 0, .visibility = 0}});
  const std::vector<FoundKeypoint> found{{.x = 5, .y = 6}, {.x = 900, .y = 900}};
  EXPECT_EQ(KeypointSimilarity(truth, found, kSigmas), 1.0);
}

// The box [10, 40] x [20, 60] reaches to [-20, 70] x [-20, 100].
TEST(KeypointSimilarity, MeasuresFromTheWiderBoxWhereNothingIsLabelled) {
  const Person truth = MakePerson({{}, {}});
  EXPECT_EQ(KeypointSimilarity(truth, std::vector<FoundKeypoint>{{.x = -20, .y = 100}, {.x = 70, .y = -20}}, kSigmas),
            1.0);
  const double expected = (std::exp(-4 / 0.01 / 100 / 2) + std::exp(-9 / 0.04 / 100 / 2)) / 2;
  EXPECT_NEAR(KeypointSimilarity(truth, std::vector<FoundKeypoint>{{.x = -22, .y = 0}, {.x = 0, .y = 103}}, kSigmas),
              expected, 1e-14);
}

TEST(KeypointSigmas, MustBeOneForEachKeypoint) {
  const KeypointLayout layout{.category = "hand", .names = {"thumb", "palm"}, .skeleton = {}};
  EXPECT_NO_THROW(RequireSigmas(kSigmas, layout, "data.sigmas"));
  try {
    RequireSigmas(CocoPersonSigmas(), layout, "data.sigmas");
    FAIL() << "17 numbers were taken for 2 key-points";
  } catch (const ConfigError& error) {
    EXPECT_STREQ(error.what(),
                 "data.sigmas: σ of another length: 17 numbers for the 2 key-points of 'hand'; give one for each, in "
                 "their order");
  }
  EXPECT_THROW(RequireSigmas(std::vector<double>{0.1, 0}, layout, "x"), ConfigError);
  EXPECT_THROW(RequireSigmas(std::vector<double>{0.1, std::nan("")}, layout, "x"), ConfigError);
}

}  // namespace
}  // namespace danas
