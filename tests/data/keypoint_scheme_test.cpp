#include "danas/data/keypoint_scheme.h"

#include <gtest/gtest.h>

#include "danas/core/error.h"
#include "tests/support/test_support.h"

namespace danas {
namespace {

using test::ExpectErrorContains;

KeypointLayout Hand() { return {.category = "hand", .names = {"wrist", "thumb", "finger"}, .skeleton = {}}; }

KeypointsConfig ForHands() {
  KeypointsConfig config;
  config.flip_pairs = {"thumb", "finger"};
  return config;
}

TEST(KeypointScheme, KnowsCocosByTheirNames) {
  const KeypointLayout coco = {.names = CocoKeypointNames(), .skeleton = {}};
  const KeypointScheme scheme = SchemeOf({}, coco);
  ASSERT_EQ(scheme.flip_pairs.size(), 8U);
  EXPECT_EQ(scheme.flip_pairs.front(), (std::array{1, 2}));
  EXPECT_EQ(scheme.flip_pairs.back(), (std::array{15, 16}));
  ASSERT_EQ(scheme.upper_body.size(), 17U);
  for (size_t k = 0; k < 17; ++k) EXPECT_EQ(scheme.upper_body[k], k < 11) << k;
  EXPECT_EQ(scheme.weights, std::vector<double>(17, 1));
  EXPECT_EQ(coco.names[9], "left_wrist");
  EXPECT_TRUE(IsCoco(coco));
  EXPECT_FALSE(IsCoco(Hand()));
}

TEST(KeypointScheme, TakesOthersFromTheConfig) {
  KeypointsConfig config = ForHands();
  config.upper_body = {"finger"};
  config.joint_weights = {1, 2, 0.5};
  const KeypointScheme scheme = SchemeOf(config, Hand());
  EXPECT_EQ(scheme.flip_pairs, (std::vector<std::array<int, 2>>{{1, 2}}));
  EXPECT_EQ(scheme.upper_body, (std::vector<bool>{false, false, true}));
  EXPECT_EQ(scheme.weights, config.joint_weights);
  config.joint_weights = {3};
  EXPECT_EQ(SchemeOf(config, Hand()).weights, (std::vector<double>{3, 3, 3}));
}

TEST(KeypointScheme, OthersMustSayWhatIsUsed) {
  ExpectErrorContains<ConfigError>([] { SchemeOf({}, Hand()); },
                                   {"keypoints.flip_pairs", "hand", "keypoints.augment.flip"});
  KeypointsConfig config;
  config.augment.flip = 0;
  config.test.flip = false;
  EXPECT_TRUE(SchemeOf(config, Hand()).flip_pairs.empty());
  config.augment.half_body = 0.3;
  ExpectErrorContains<ConfigError>([&] { SchemeOf(config, Hand()); }, {"keypoints.upper_body", "half_body to 0"});
}

TEST(KeypointScheme, SaysWhatDoesNotFitTheLayout) {
  const auto expect = [](auto&& change, std::initializer_list<std::string_view> words) {
    KeypointsConfig config = ForHands();
    change(config);
    ExpectErrorContains<ConfigError>([&] { SchemeOf(config, Hand()); }, words);
  };
  expect([](KeypointsConfig& c) { c.flip_pairs = {"thumb", "toe"}; }, {"flip_pairs", "'toe'", "wrist, thumb, finger"});
  expect([](KeypointsConfig& c) { c.flip_pairs = {"thumb", "thumb"}; }, {"flip_pairs", "'thumb' twice"});
  expect([](KeypointsConfig& c) { c.flip_pairs = {"thumb"}; }, {"flip_pairs", "1 names", "pair"});
  expect([](KeypointsConfig& c) { c.upper_body = {"head"}; }, {"upper_body", "'head'"});
  expect([](KeypointsConfig& c) { c.joint_weights = {1, 2}; }, {"joint_weights", "2 numbers for 3"});
  expect([](KeypointsConfig& c) { c.names = {"wrist", "thumb"}; }, {"names", "2 key-points", "has 3"});
  expect([](KeypointsConfig& c) { c.names = {"wrist", "finger", "thumb"}; }, {"key-point 2", "'finger'", "'thumb'"});
}

}  // namespace
}  // namespace danas
