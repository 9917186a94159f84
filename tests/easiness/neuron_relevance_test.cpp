#include "danas/easiness/neuron_relevance.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "danas/core/error.h"
#include "danas/core/random.h"
#include "tests/support/test_support.h"

namespace danas {
namespace {

constexpr size_t kClasses = 12;
constexpr size_t kNeurons = 40;

std::vector<int> Targets(int images) {
  std::vector<int> targets;
  for (int i = 0; i < images; ++i) targets.push_back(i % static_cast<int>(kClasses));
  return targets;
}

std::vector<int> InOrder() {
  std::vector<int> rows;
  for (size_t c = 0; c < kClasses; ++c) rows.push_back(static_cast<int>(c));
  return rows;
}

// Neuron k answers to class k % kClasses by `strength`, above noise; the last neuron is dead.
RelevanceSnapshot Snapshot(int64_t epoch, double strength, uint64_t noise) {
  const std::vector<int> targets = Targets(600);
  RelevanceTally tally(targets, kClasses, kNeurons, 0);
  RandomStream stream(noise, "features");
  for (size_t i = 0; i < targets.size(); ++i) {
    std::array<float, kNeurons> features{};
    for (size_t k = 0; k + 1 < kNeurons; ++k) {
      const bool own = static_cast<size_t>(targets[i]) == k % kClasses;
      features[k] = static_cast<float>(std::max(0.0, stream.Normal() + (own ? strength : 0)));
    }
    tally.Add(static_cast<int64_t>(i), features);
  }
  return {.epoch = epoch,
          .relevance = tally.Relevance(RelevanceKind::kResponse),
          .permuted = tally.Permuted(RelevanceKind::kResponse)};
}

TEST(ActivationTally, ResponseByHand) {
  ActivationTally tally(2, 1);
  for (const float value : {1.0F, 3.0F}) tally.Add(0, std::array{value});
  for (const float value : {0.0F, 0.0F, 3.0F}) tally.Add(1, std::array{value});
  EXPECT_EQ(tally.Means(), (Matrix{{2}, {1}}));
  const double expected = (2 - 1) / std::sqrt((1.0 + 2.0) / 2 + 1e-8);
  EXPECT_NEAR(tally.Response()[0][0], expected, 1e-12);
  EXPECT_NEAR(tally.Response()[1][0], -expected, 1e-12);
  test::ExpectErrorContains<DataError>([] { ActivationTally(2, 1).Response(); }, {"class number 0", "two of each"});
}

TEST(NeuronRelevance, PlantedNeuronsAreFoundAndPermutedLabelsFindNone) {
  const RelevanceStudy study = StudyRelevance("net", RelevanceKind::kResponse, InOrder(),
                                              {Snapshot(1, 0, 1), Snapshot(10, 1, 2), Snapshot(20, 3, 3)});
  ASSERT_EQ(study.states.size(), 3U);
  EXPECT_EQ(study.columns.size(), kNeurons - 1);  // without the dead one
  EXPECT_GT(study.states[2].diagonality, 0.99);
  EXPECT_GT(study.states[1].diagonality, 0.7);
  EXPECT_LT(std::abs(study.states[0].diagonality), 0.5);
  for (const RelevanceState& state : study.states) EXPECT_LT(std::abs(state.permuted), 0.5);
  for (size_t block = 0; block < 3; ++block) {
    EXPECT_NEAR(study.states[2].convergence[block], 1, 1e-12);
    EXPECT_GT(study.states[1].convergence[block], study.states[0].convergence[block]);
  }
}

TEST(NeuronRelevance, RowsAndColumnsFollowTheOrder) {
  std::vector<int> rows = InOrder();
  std::reverse(rows.begin(), rows.end());
  const RelevanceSnapshot end = Snapshot(5, 4, 1);
  const RelevanceStudy study = StudyRelevance("net", RelevanceKind::kResponse, rows, {end});
  EXPECT_EQ(study.columns.front() % static_cast<int>(kClasses), 11);
  EXPECT_EQ(study.columns.back() % static_cast<int>(kClasses), 0);
  EXPECT_EQ(study.states[0].relevance[0][0], end.relevance.measured[11][static_cast<size_t>(study.columns.front())]);
}

TEST(NeuronRelevance, LrpWeighsTheMeans) {
  EXPECT_EQ(LayerwiseRelevance({{1, 2}, {3, 4}}, {{10, -1}, {0, 2}}), (Matrix{{10, -2}, {0, 8}}));
  EXPECT_THROW(LayerwiseRelevance({{1, 2}}, {{1}}), std::invalid_argument);
}

TEST(NeuronRelevance, BlocksAreThirds) {
  EXPECT_EQ(BlockBounds(9), (std::array<size_t, 4>{0, 3, 6, 9}));
  EXPECT_EQ(BlockBounds(10), (std::array<size_t, 4>{0, 3, 7, 10}));
  EXPECT_EQ(BlockBounds(1000), (std::array<size_t, 4>{0, 333, 667, 1000}));
}

}  // namespace
}  // namespace danas
