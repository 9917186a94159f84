#include "danas/tasks/keypoints/sigmas.h"

#include <gtest/gtest.h>

#include "danas/core/error.h"
#include "danas/data/keypoint_scheme.h"
#include "danas/tasks/keypoints/oks.h"
#include "tests/support/test_support.h"

namespace danas::test {
namespace {

TEST(SigmasOf, AreTheConfigsOrCocos) {
  const KeypointLayout coco = {.names = CocoKeypointNames(), .skeleton = {}};
  const KeypointLayout hand = {.category = "hand", .names = {"wrist", "thumb"}, .skeleton = {}};
  KeypointsConfig config;
  EXPECT_EQ(SigmasOf(config, coco), CocoPersonSigmas());
  ExpectErrorContains<ConfigError>([&] { SigmasOf(config, hand); }, {"keypoints.sigmas", "'hand'", "each of 2"});
  config.sigmas = {0.1, 0.2};
  EXPECT_EQ(SigmasOf(config, hand), config.sigmas);
  ExpectErrorContains<ConfigError>([&] { SigmasOf(config, coco); }, {"keypoints.sigmas", "another length"});
}

}  // namespace
}  // namespace danas::test
