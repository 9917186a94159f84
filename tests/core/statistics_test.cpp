#include "danas/core/statistics.h"

#include <gtest/gtest.h>

#include <cmath>

namespace danas {
namespace {

TEST(Statistics, MedianOfOddAndEvenCounts) {
  EXPECT_EQ(Median({3}), 3);
  EXPECT_EQ(Median({9, 1, 2}), 2);
  EXPECT_EQ(Median({4, 1, 3, 2}), 2.5);
}

TEST(Statistics, ARatioWithoutSpreadHasAnIntervalOfNoWidth) {
  const RatioInterval interval = RatioOfMedians({6, 6, 6}, {2, 2, 2});
  EXPECT_EQ(interval.ratio, 3);
  EXPECT_EQ(interval.low, 3);
  EXPECT_EQ(interval.high, 3);
}

// A slow round slows both; resampled in pairs it leaves the ratio alone.
TEST(Statistics, RoundsAreResampledInPairs) {
  const RatioInterval interval = RatioOfMedians({2, 4, 20, 6, 8}, {1, 2, 10, 3, 4});
  EXPECT_EQ(interval.low, 2);
  EXPECT_EQ(interval.high, 2);
}

// One round of three stands alone in 1 of 27 resamplings, more than the 2.5 % left out on either side.
TEST(Statistics, TheIntervalReachesOverTheRounds) {
  const RatioInterval interval = RatioOfMedians({1, 2, 4}, {1, 1, 1});
  EXPECT_EQ(interval.ratio, 2);
  EXPECT_EQ(interval.low, 1);
  EXPECT_EQ(interval.high, 4);
}

TEST(Statistics, AMediansIntervalIsOfOrderStatistics) {
  std::vector<double> values;
  for (int i = 100; i >= 1; --i) values.push_back(i);
  const MedianInterval interval = IntervalOfMedian(values);
  EXPECT_EQ(interval.median, 50.5);
  EXPECT_EQ(interval.low, 41);  // (100 - 1.96 * 10) / 2 = 40.2 values lie below
  EXPECT_EQ(interval.high, 60);
  const MedianInterval of_few = IntervalOfMedian({3, 1, 2});
  EXPECT_EQ(of_few.low, 1);
  EXPECT_EQ(of_few.median, 2);
  EXPECT_EQ(of_few.high, 3);
}

TEST(Statistics, ARatioThatIsNowhereDefinedHasNoInterval) {
  const RatioInterval interval = RatioOfMedians({0, 0}, {0, 0});
  EXPECT_TRUE(std::isnan(interval.ratio));
  EXPECT_TRUE(std::isnan(interval.low));
  EXPECT_TRUE(std::isnan(interval.high));
}

}  // namespace
}  // namespace danas
