#include "danas/easiness/agreement.h"

#include <gtest/gtest.h>

#include <cmath>

#include "danas/core/json.h"
#include "danas/core/random.h"
#include "tests/support/test_support.h"

namespace danas {
namespace {

Scores Noise(size_t classes, uint64_t seed) {
  RandomStream stream(seed, "scores");
  Scores scores(classes);
  for (double& score : scores) score = stream.Normal();
  return scores;
}

TEST(Agreement, EqualsScipyOn200RandomRankings) {
  const Json cases = Json::parse(test::ReadText(test::SourcePath("tests/golden/agreement.json")));
  ASSERT_EQ(cases.size(), 200U);
  for (size_t i = 0; i < cases.size(); ++i) {
    const auto score_nc = cases[i]["scores"].get<std::vector<Scores>>();
    EXPECT_NEAR(Spearman(score_nc[0], score_nc[1]), cases[i]["spearman"].get<double>(), 1e-12) << i;
    EXPECT_NEAR(KendallTauB(score_nc[0], score_nc[1]), cases[i]["kendall"].get<double>(), 1e-12) << i;
    EXPECT_NEAR(KendallW(score_nc), cases[i]["w"].get<double>(), 1e-12) << i;
  }
}

TEST(Agreement, WithoutTiesWFollowsFromTheMeanCorrelation) {
  const std::vector<Scores> score_nc = {Noise(23, 0), Noise(23, 1), Noise(23, 2), Noise(23, 3)};
  double sum = 0;
  for (size_t a = 0; a < 4; ++a) {
    for (size_t b = a + 1; b < 4; ++b) sum += Spearman(score_nc[a], score_nc[b]);
  }
  const double m = 4;
  EXPECT_NEAR(sum / 6, (m * KendallW(score_nc) - 1) / (m - 1), 1e-12);
}

TEST(Agreement, ExtremesAndConstants) {
  const Scores up = {1, 2, 3, 4, 5}, down = {5, 4, 3, 2, 1}, flat = {2, 2, 2, 2, 2};
  EXPECT_EQ(Spearman(up, up), 1);
  EXPECT_EQ(KendallTauB(up, down), -1);
  EXPECT_EQ(KendallW({up, up, up}), 1);
  EXPECT_TRUE(std::isnan(Spearman(up, flat)));
  EXPECT_TRUE(std::isnan(KendallTauB(flat, up)));
  EXPECT_TRUE(std::isnan(KendallW({flat, flat})));
  EXPECT_TRUE(std::isnan(Pearson(flat, flat)));
}

TEST(Agreement, OverlapOfTheEasiest) {
  const Scores a = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9}, b = {9, 1, 2, 3, 4, 5, 6, 7, 8, 0};
  EXPECT_EQ(EasiestOverlap(a, a, 0.3), 1);
  EXPECT_EQ(EasiestOverlap(a, b, 0.1), 0);
  EXPECT_DOUBLE_EQ(EasiestOverlap(a, b, 0.3), 2.0 / 3);
  EXPECT_EQ(EasiestOverlap({1, 2, 3}, {1, 2, 3}, 0.1), 1);        // at least one class
  EXPECT_EQ(EasiestOverlap({1, 1, 1, 1}, {1, 1, 1, 1}, 0.5), 1);  // ties by position
}

TEST(Agreement, IntervalsHoldTheValueAndFollowTheSeed) {
  Scores near = Noise(60, 0);
  const Scores noise = Noise(60, 9);
  const Scores first = near;
  for (size_t c = 0; c < near.size(); ++c) near[c] += 0.4 * noise[c];
  const auto measure = [&](int64_t seed) {
    return MeasureAgreement({"a", "b", "c"}, {first, near, noise}, {first, noise, near}, 400, seed);
  };
  const Agreement agreement = measure(1);
  ASSERT_EQ(agreement.pairs.size(), 3U);
  for (const PairAgreement& pair : agreement.pairs) {
    for (const Estimate& estimate : {pair.spearman, pair.kendall, pair.overlap[1]}) {
      EXPECT_LT(estimate.low, estimate.value);
      EXPECT_GT(estimate.high, estimate.value);
    }
  }
  EXPECT_GT(agreement.pairs[0].spearman.low, 0.7);  // a, b
  EXPECT_LT(agreement.pairs[1].spearman.low, 0);    // a, c: unrelated
  EXPECT_EQ(agreement.score_error[0].value, 1);
  EXPECT_EQ(ToJson(agreement), ToJson(measure(1)));
  EXPECT_NE(ToJson(agreement), ToJson(measure(2)));
}

// Theory: the standard error of Spearman's ρ of independent scores is 1 / sqrt(n - 1).
TEST(Agreement, IntervalOfUnrelatedScoresIsAsWideAsTheory) {
  const Scores a = Noise(200, 4), b = Noise(200, 5);
  const Estimate estimate = MeasureAgreement({"a", "b"}, {a, b}, {a, b}, 1000, 0).pairs[0].spearman;
  EXPECT_NEAR(estimate.high - estimate.low, 2 * 1.96 / std::sqrt(199.0), 0.05);
}

TEST(Agreement, OneNetworkAgreesWithNone) {
  const Scores a = Noise(10, 4);
  const Json json = ToJson(MeasureAgreement({"a"}, {a}, {Scores(10, 0.5)}, 100, 0));
  EXPECT_TRUE(json["pairs"].empty());
  EXPECT_TRUE(json["kendall_w"]["value"].is_null());
  EXPECT_TRUE(json["score_and_error"][0]["low"].is_null());
}

}  // namespace
}  // namespace danas
