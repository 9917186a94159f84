#include "danas/easiness/class_easiness.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "danas/core/error.h"
#include "danas/easiness/easiness_ranking.h"
#include "tests/easiness/judgement_support.h"
#include "tests/support/test_support.h"

namespace danas {
namespace {

using test::ClassNames;
using test::LabelledLogits;

constexpr int kClasses = 7;

std::vector<NetworkJudgement> ThreeJudgements() {
  std::vector<NetworkJudgement> judgements;
  for (uint64_t seed = 0; seed < 3; ++seed) {
    judgements.push_back(test::Judge("net" + std::to_string(seed), test::RandomLogits(kClasses, 700, seed), kClasses));
    for (int epoch = 0; epoch < 20; ++epoch) {
      std::vector<double> accuracy_c;
      for (int c = 0; c < kClasses; ++c) accuracy_c.push_back(0.9 - 0.05 * c + (epoch % 2 == 0 ? 0.01 : -0.01) * c);
      judgements.back().accuracy_ec.push_back(accuracy_c);
    }
  }
  return judgements;
}

EasinessConfig OfKind(EasinessKind kind) {
  EasinessConfig config;
  config.kind = kind;
  return config;
}

TEST(ClassEasiness, ScoreIsWithinHalfABinOfTheMeanEntropy) {
  for (const int64_t bins : {2, 50, 333}) {
    const NetworkJudgement judgement = test::Judge("net", test::RandomLogits(kClasses, 700, 1), kClasses, bins);
    const std::vector<double> score_c = ScoreClasses(judgement, EasinessConfig());
    const double half_bin = std::log(static_cast<double>(kClasses)) / static_cast<double>(bins) / 2;
    for (size_t c = 0; c < kClasses; ++c) EXPECT_LE(std::abs(score_c[c] - judgement.mean_entropy_c[c]), half_bin);
  }
}

TEST(ClassEasiness, AveragedHistogramsHaveMassOneAndGiveTheScore) {
  const ClassEasiness easiness = RankClasses(ThreeJudgements(), ClassNames(kClasses), EasinessConfig());
  const double width = std::log(static_cast<double>(kClasses)) / 50;
  for (size_t c = 0; c < kClasses; ++c) {
    double mass = 0, mean = 0;
    for (size_t b = 0; b < 50; ++b) {
      mass += easiness.histogram_cb[c][b];
      mean += easiness.histogram_cb[c][b] * (static_cast<double>(b) + 0.5) * width;
      EXPECT_GE(easiness.variance_cb[c][b], 0);
    }
    EXPECT_NEAR(mass, 1, 1e-12);
    EXPECT_NEAR(mean, easiness.score_c[c], 1e-12);
  }
}

TEST(ClassEasiness, VarianceIsOverNetworksAndUnbiased) {
  std::vector<NetworkJudgement> judgements = {test::Judge("a", test::RandomLogits(2, 40, 1), 2, 2),
                                              test::Judge("b", test::RandomLogits(2, 40, 2), 2, 2)};
  const ClassEasiness easiness = RankClasses(judgements, ClassNames(2), EasinessConfig());
  const double a = static_cast<double>(judgements[0].histogram_cb[1][0]) / 20;
  const double b = static_cast<double>(judgements[1].histogram_cb[1][0]) / 20;
  EXPECT_NE(a, b);
  EXPECT_NEAR(easiness.variance_cb[1][0], (a - b) * (a - b) / 2, 1e-15);
  judgements.pop_back();
  EXPECT_TRUE(RankClasses(judgements, ClassNames(2), EasinessConfig()).variance_cb.empty());
}

class EveryKind : public testing::TestWithParam<EasinessKind> {};

TEST_P(EveryKind, RanksThePlantedOrder) {
  const ClassEasiness easiness = RankClasses(ThreeJudgements(), ClassNames(kClasses), OfKind(GetParam()));
  if (GetParam() == EasinessKind::kAccuracyVariance)
    return;  // the curves' variance is no monotone function of the class
  std::vector<int> planted(kClasses);
  std::iota(planted.begin(), planted.end(), 0);
  EXPECT_EQ(easiness.order, planted);
}

TEST_P(EveryKind, PermutingTheClassesPermutesTheRanking) {
  const std::vector<NetworkJudgement> judgements = ThreeJudgements();
  const std::vector<int> from = {3, 0, 6, 1, 5, 2, 4};  // new position -> old
  const auto permute = [&](const auto& values) {
    auto permuted = values;
    for (size_t c = 0; c < from.size(); ++c) permuted[c] = values[static_cast<size_t>(from[c])];
    return permuted;
  };
  std::vector<NetworkJudgement> permuted = judgements;
  for (NetworkJudgement& judgement : permuted) {
    judgement.images_c = permute(judgement.images_c);
    judgement.histogram_cb = permute(judgement.histogram_cb);
    judgement.mean_entropy_c = permute(judgement.mean_entropy_c);
    judgement.median_entropy_c = permute(judgement.median_entropy_c);
    judgement.cross_entropy_c = permute(judgement.cross_entropy_c);
    judgement.confusion_cc = permute(judgement.confusion_cc);
    for (auto& row : judgement.confusion_cc) row = permute(row);
    for (auto& row : judgement.accuracy_ec) row = permute(row);
  }
  for (const EasinessAggregation aggregation : {EasinessAggregation::kMeanHistogram, EasinessAggregation::kBorda}) {
    EasinessConfig config = OfKind(GetParam());
    config.aggregation = aggregation;
    const auto ids = [](const ClassEasiness& easiness) {
      std::vector<std::string> ordered;
      for (const int c : easiness.order) ordered.push_back(easiness.class_ids[static_cast<size_t>(c)]);
      return ordered;
    };
    EXPECT_EQ(ids(RankClasses(judgements, ClassNames(kClasses), config)),
              ids(RankClasses(permuted, permute(ClassNames(kClasses)), config)));
  }
}

INSTANTIATE_TEST_SUITE_P(Kinds, EveryKind,
                         testing::Values(EasinessKind::kEntropyHistogram, EasinessKind::kMeanEntropy,
                                         EasinessKind::kMedianEntropy, EasinessKind::kCrossEntropy,
                                         EasinessKind::kEarlyAccuracy, EasinessKind::kAccuracyVariance,
                                         EasinessKind::kConfusionDiagonal),
                         [](const auto& kind) { return std::string(NameOf(kind.param)); });

TEST(ClassEasiness, TakesAccuraciesFromTraining) {
  NetworkJudgement judgement = test::Judge("net", test::RandomLogits(2, 10, 0), 2);
  test::ExpectErrorContains<ConfigError>([&] { ScoreClasses(judgement, OfKind(EasinessKind::kEarlyAccuracy)); },
                                         {"early_accuracy", "net", "at least 1 epoch"});
  judgement.accuracy_ec = {{0.25, 1}};
  test::ExpectErrorContains<ConfigError>([&] { ScoreClasses(judgement, OfKind(EasinessKind::kAccuracyVariance)); },
                                         {"accuracy_variance", "at least 2 epochs"});
  judgement.accuracy_ec.push_back({0.75, 1});
  EXPECT_EQ(ScoreClasses(judgement, OfKind(EasinessKind::kAccuracyVariance)), (std::vector<double>{0.0625, 0}));
  EXPECT_EQ(ScoreClasses(judgement, OfKind(EasinessKind::kEarlyAccuracy)), (std::vector<double>{0.75, 0}));
}

TEST(ClassEasiness, BordaIsTheMeanRank) {
  std::vector<NetworkJudgement> judgements;
  for (const std::vector<double>& entropies : {std::vector<double>{0.1, 0.2, 1.0}, {0.3, 0.2, 0.3}}) {
    judgements.push_back(test::Judge("net", test::RandomLogits(3, 30, 0), 3));
    judgements.back().mean_entropy_c = entropies;
  }
  EasinessConfig config = OfKind(EasinessKind::kMeanEntropy);
  config.aggregation = EasinessAggregation::kBorda;
  const ClassEasiness easiness = RankClasses(judgements, ClassNames(3), config);
  EXPECT_EQ(easiness.score_c, (std::vector<double>{1.75, 1.5, 2.75}));
  EXPECT_EQ(easiness.order, (std::vector<int>{1, 0, 2}));
}

TEST(ClassEasiness, TiesGoByClassId) {
  std::vector<NetworkJudgement> judgements = {test::Judge("net", test::RandomLogits(4, 40, 0), 4)};
  judgements[0].mean_entropy_c = {0.5, 0.5, 0.1, 0.5};
  const ClassEasiness easiness =
      RankClasses(judgements, {"dog", "ant", "zebra", "cat"}, OfKind(EasinessKind::kMeanEntropy));
  EXPECT_EQ(easiness.order, (std::vector<int>{2, 1, 3, 0}));
}

TEST(ClassEasiness, TheFileIsReadBackByASearch) {
  const std::vector<NetworkJudgement> judgements = ThreeJudgements();
  const ClassEasiness easiness = RankClasses(judgements, ClassNames(kClasses), EasinessConfig());
  const Json json =
      RankingJson(easiness, judgements,
                  {.dataset = "made up", .fingerprint = "00000000000000ff", .class_labels = ClassNames(kClasses)});
  EXPECT_EQ(json["networks"].size(), 3U);
  EXPECT_EQ(json["networks"][1]["scores"].get<std::vector<double>>(), easiness.score_nc[1]);
  EXPECT_EQ(json["networks"][1]["histograms"].get<std::vector<std::vector<int64_t>>>(), judgements[1].histogram_cb);
  EXPECT_EQ(json["networks"][1]["images"].get<std::vector<int64_t>>(), judgements[1].images_c);

  const test::TempDir folder;
  ScheduleConfig config;
  config.ranking = test::WriteText(folder / "ranking.json", JsonText(json, 1)).string();
  EXPECT_EQ(MakeRanking(config, 0, ClassNames(kClasses), 0xff).Positions(ClassNames(kClasses)), easiness.order);
}

}  // namespace
}  // namespace danas
