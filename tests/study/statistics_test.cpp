#include "danas/study/statistics.h"

#include <gtest/gtest.h>

#include <cmath>
#include <stdexcept>

namespace danas {
namespace {

TEST(StudyStatistics, MeanAndIntervalByHand) {
  const MeanInterval found = MeanOf({84.85, 83.37, 84.89});
  EXPECT_EQ(found.count, 3u);
  EXPECT_NEAR(found.mean, 84.37, 1e-10);
  EXPECT_NEAR(found.deviation, std::sqrt((0.48 * 0.48 + 1.0 + 0.52 * 0.52) / 2), 1e-10);
  EXPECT_NEAR(*found.half, 4.302653 * found.deviation / std::sqrt(3.0), 1e-6);
}

TEST(StudyStatistics, FewValuesHaveNoInterval) {
  EXPECT_TRUE(std::isnan(MeanOf({}).mean));
  EXPECT_FALSE(MeanOf({}).half);
  EXPECT_EQ(MeanOf({3}).mean, 3);
  EXPECT_FALSE(MeanOf({3}).half);
  EXPECT_FALSE(Compare({3}, {2}).p);
  EXPECT_FALSE(Compare({3}, {2}).detectable);
}

// The row `easy` of Fashion-MNIST in docs/easiness-study.md: with two degrees of freedom p = 1 - t / √(t² + 2).
TEST(StudyStatistics, PairedDifferenceByHand) {
  const PairedDifference found = Compare({84.85, 83.37, 84.89}, {83.95, 84.73, 84.77});
  const double mean = (0.90 - 1.36 + 0.12) / 3;
  EXPECT_NEAR(found.difference.mean, mean, 1e-10);
  const double deviation =
      std::sqrt((std::pow(0.90 - mean, 2) + std::pow(-1.36 - mean, 2) + std::pow(0.12 - mean, 2)) / 2);
  const double error = deviation / std::sqrt(3.0), t = std::abs(mean) / error;
  EXPECT_NEAR(*found.p, 1 - t / std::sqrt(t * t + 2), 1e-10);
  EXPECT_NEAR(*found.difference.half, 4.302653 * error, 1e-6);
  EXPECT_NEAR(*found.detectable, 5.653489266 * error, 1e-7);  // tests/golden/students_t.json, 2 degrees
  EXPECT_FALSE(found.p_holm);
}

TEST(StudyStatistics, EqualDifferences) {
  EXPECT_EQ(*Compare({1, 2}, {1, 2}).p, 1);
  EXPECT_EQ(*Compare({2, 3}, {1, 2}).p, 0);
  EXPECT_THROW(Compare({1}, {1, 2}), std::invalid_argument);
}

std::vector<double> Adjusted(const std::vector<double>& p) {
  std::vector<PairedDifference> family(p.size());
  std::vector<PairedDifference*> pointers;
  for (size_t i = 0; i < p.size(); ++i) {
    family[i].p = p[i];
    pointers.push_back(&family[i]);
  }
  AdjustByHolm(pointers);
  std::vector<double> adjusted;
  for (const PairedDifference& one : family) adjusted.push_back(*one.p_holm);
  return adjusted;
}

TEST(StudyStatistics, HolmByHand) {
  // Sorted: .01 · 4, .02 · 3, .03 · 2, .2 · 1; the third is raised to the second.
  const std::vector<double> adjusted = Adjusted({0.03, 0.01, 0.2, 0.02});
  EXPECT_NEAR(adjusted[0], 0.06, 1e-12);
  EXPECT_NEAR(adjusted[1], 0.04, 1e-12);
  EXPECT_NEAR(adjusted[2], 0.2, 1e-12);
  EXPECT_NEAR(adjusted[3], 0.06, 1e-12);
  EXPECT_EQ(Adjusted({0.6, 0.7}), (std::vector<double>{1, 1}));
}

TEST(StudyStatistics, HolmLeavesOutWhatHasNoP) {
  PairedDifference with, without;
  with.p = 0.04;
  AdjustByHolm({&without, &with});
  EXPECT_EQ(*with.p_holm, 0.04);
  EXPECT_FALSE(without.p_holm);
}

// Yang et al. 2020: a method at 97.5 over random at 97.0 improves by 100 · 0.5 / 97.0.
TEST(StudyStatistics, RelativeImprovementByHand) {
  const MeanInterval found = RelativeImprovement({97.5, 96}, {97, 96});
  EXPECT_NEAR(found.mean, 100 * 0.5 / 97 / 2, 1e-10);
  EXPECT_NEAR(RelativeImprovement({88}, {80}).mean, 10, 1e-10);
}

}  // namespace
}  // namespace danas
