#include "src/search/measured_scores.h"

#include <ATen/ATen.h>
#include <gmock/gmock.h>

#include <algorithm>
#include <numeric>
#include <set>

#include "danas/cost/band_count.h"
#include "danas/search/budget_band.h"
#include "danas/search/score.h"
#include "src/search/search_setup.h"
#include "tests/search/search_support.h"
#include "tests/search/space_support.h"

namespace danas {
namespace {

using Networks = std::vector<std::vector<size_t>>;

CostTable CostsOf(const std::vector<size_t>& counts) {
  CostTable costs{.unit = "MACs", .fixed = 0, .candidates_lc = {}};
  for (const size_t count : counts) {
    costs.candidates_lc.emplace_back(count);
    std::iota(costs.candidates_lc.back().begin(), costs.candidates_lc.back().end(), 1.0);
  }
  return costs;
}

SearchConfig PathsConfig(int64_t paths, PruningBudget budget, double low, double high) {
  SearchConfig config;
  config.pruning.paths = paths;
  config.pruning.budget = budget;
  config.budget_min.value = low;
  config.budget.value = high;
  config.budget_max.value = high;
  return config;
}

TEST(DrawPaths, GivesDifferentNetworksOfTheWholeSpace) {
  const CostTable costs = CostsOf({4, 5, 1, 6});
  const SearchConfig config = PathsConfig(50, PruningBudget::kBlind, 4, 5);
  const Networks networks = DrawPaths(costs, config, 1, 1);
  EXPECT_EQ(networks.size(), 50u);
  EXPECT_TRUE(std::ranges::is_sorted(networks));
  EXPECT_EQ(std::set(networks.begin(), networks.end()).size(), 50u);
  EXPECT_TRUE(std::ranges::any_of(networks, [&](const auto& n) { return costs.OfNetwork(n) > 5; }));
  EXPECT_EQ(networks, DrawPaths(costs, config, 1, 1));
  EXPECT_NE(networks, DrawPaths(costs, config, 2, 1));
  EXPECT_NE(networks, DrawPaths(costs, config, 1, 2));
}

TEST(DrawPaths, KeepTheBandWherePruningKnowsIt) {
  const CostTable costs = CostsOf({4, 5, 1, 6});
  const SearchConfig config = PathsConfig(15, PruningBudget::kAware, 8, 9);
  const Networks networks = DrawPaths(costs, config, 1, 1);
  EXPECT_EQ(networks.size(), 15u);
  for (const auto& network : networks) EXPECT_TRUE(BandOf(config).Holds(costs.OfNetwork(network)));
}

TEST(DrawPaths, AreAllWhereThereAreNoMore) {
  const CostTable costs = CostsOf({3, 2, 2});
  EXPECT_EQ(DrawPaths(costs, PathsConfig(12, PruningBudget::kBlind, 3, 4), 1, 1).size(), 12u);
  EXPECT_EQ(DrawPaths(costs, PathsConfig(13, PruningBudget::kBlind, 3, 4), 1, 1).size(), 12u);
  const SearchConfig aware = PathsConfig(13, PruningBudget::kAware, 3, 4);
  EXPECT_EQ(DrawPaths(costs, aware, 1, 1), AllNetworks(costs, BandOf(aware), 100));
}

class MeasureCandidatesTest : public testing::Test {
 protected:
  MeasureCandidatesTest() {
    config_.search.budget.value = 300e3;
    config_.search.scoring.images = 40;
  }

  void Make(const std::vector<size_t>& counts) {
    const auto dataset = test::MakeDataset(4, 40, 16, 1, [](int label, RandomStream& random, Image& image) {
      for (uint8_t& level : image.rgb)
        level = static_cast<uint8_t>(std::clamp(100 + 20 * label + 30 * random.Normal(), 0.0, 255.0));
    });
    std::vector<std::vector<BlockSpec>> candidates;
    for (const size_t count : counts) candidates.push_back(test::DistinctBlocks(count));
    inputs_.emplace(test::MakeInputs(config_, test::MakeSpace(candidates, 4, 16, 4), dataset));
    course_.emplace(PlanCourse(*inputs_));
    run_.emplace(MakeRun(*inputs_, *course_));
    run_->position.phase = 1;
  }

  const PhasePlan& plan() const { return course_->plan.phases[1]; }
  CandidateScores Measure() { return MeasureCandidates(*inputs_, *course_, plan(), *run_, nullptr).front(); }

  std::vector<SubnetScore> Score(const Networks& networks) {
    const int classes = plan().phase.classes;
    const ScoringSets sets{.validation = EasiestClasses(course_->split.architecture, course_->order, classes),
                           .training = EasiestClasses(course_->split.weights, course_->order, classes),
                           .classes = classes};
    return SubnetScorer(run_->state.supernet, sets, config_, at::kCPU).Score(networks, {.losses = ImageLosses::kGive});
  }

  Config config_ = test::SmallConfig();
  std::optional<SearchInputs> inputs_;
  std::optional<SearchCourse> course_;
  std::optional<SearchRun> run_;
};

TEST_F(MeasureCandidatesTest, WithoutOneOfTwoTheOtherIsAlone) {
  config_.search.pruning.score = PruningScore::kPerturbation;
  Make({2, 1});
  const CandidateScores scores = Measure();
  const std::vector<SubnetScore> alone = Score({{0, 0}, {1, 0}});
  ASSERT_EQ(scores.value_lc.size(), 2u);
  // Masking 0 leaves 1.
  EXPECT_NEAR(scores.value_lc[0][0] - scores.value_lc[0][1], alone[1].loss - alone[0].loss, 1e-5);
  EXPECT_EQ(scores.value_lc[1], std::vector<double>{0});
  EXPECT_NE(scores.value_lc[0][0], 0);
  EXPECT_NE(scores.z({{0, 0, 1}}), 0);
}

TEST_F(MeasureCandidatesTest, PathsOfOneLayerAreTheirLosses) {
  config_.search.pruning.score = PruningScore::kPaths;
  Make({4});
  const CandidateScores scores = Measure();
  const std::vector<SubnetScore> networks = Score({{0}, {1}, {2}, {3}});
  for (size_t c = 1; c < 4; ++c) {
    EXPECT_NEAR(scores.value_lc[0][c] - scores.value_lc[0][0], networks[0].loss - networks[c].loss, 1e-5) << c;
  }
  EXPECT_EQ(scores.z({{0, 0, 1}}), 0);  // four networks for a mean and three effects
}

TEST_F(MeasureCandidatesTest, TakeTheAverageOfTheWeights) {
  const auto measure_moved = [&](double decay) {
    config_.search.scoring.ema = decay;
    Make({3, 2});
    const at::NoGradGuard no_gradient;
    for (const at::Tensor& weight : run_->state.supernet->parameters()) weight.mul_(1.5).add_(0.1);
    return Measure().value_lc;
  };
  for (const PruningScore score : {PruningScore::kPerturbation, PruningScore::kPaths}) {
    config_.search.pruning.score = score;
    config_.search.scoring.ema = 0;
    Make({3, 2});
    const std::vector<std::vector<double>> of_first_weights = Measure().value_lc;
    EXPECT_EQ(measure_moved(0.5), of_first_weights) << NameOf(score);  // no step has told the average of the move
    EXPECT_NE(measure_moved(0), of_first_weights) << NameOf(score);
  }
}

TEST_F(MeasureCandidatesTest, MoveNothing) {
  for (const PruningScore score : {PruningScore::kPerturbation, PruningScore::kPaths}) {
    config_.search.pruning.score = score;
    Make({3, 3});
    const std::vector<std::vector<double>> alpha = run_->state.branches[0].alpha.Values();
    const CandidateScores once = Measure();
    EXPECT_EQ(Measure().value_lc, once.value_lc) << NameOf(score);
    EXPECT_EQ(run_->state.branches[0].alpha.Values(), alpha);
    EXPECT_EQ(run_->state.draws, 0);
  }
}

}  // namespace
}  // namespace danas
