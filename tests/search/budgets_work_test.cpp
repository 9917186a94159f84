// What several budgets in one search compute, score with and say of it: the parts around scoring, a branch each.
#include <gmock/gmock.h>

#include <algorithm>
#include <cmath>
#include <filesystem>

#include "danas/cost/band_count.h"
#include "danas/search/budget_band.h"
#include "danas/search/budgets.h"
#include "danas/search/forward_macs.h"
#include "danas/search/make_plan.h"
#include "danas/search/saved_state.h"
#include "danas/search/score.h"
#include "danas/search/search_loop.h"
#include "tests/search/search_support.h"
#include "tests/search/space_support.h"
#include "tests/support/test_support.h"

namespace danas {
namespace {

namespace fs = std::filesystem;

// The class is a mean colour under noise.
void DrawColour(int label, RandomStream& random, Image& image) {
  for (uint8_t& level : image.rgb) {
    level = static_cast<uint8_t>(std::clamp(100 + 20 * label + 30 * random.Normal(), 0.0, 255.0));
  }
}

SearchSpace Space() {
  return test::MakeSpace({test::DistinctBlocks(4), test::DistinctBlocks(4), test::DistinctBlocks(1)}, 4, 16, 4);
}

CostTable Costs() { return MakeCostTable(*MakeMacsModel(), Space()); }

// Two bands with networks in both, and a batch that divides the images of every class.
Config ConfigOfTwo() {
  Config config = test::SmallConfig();
  config.train.batch = 24;
  config.schedule.epochs_per_step = 1;
  config.search.budgets = {{Costs().OfNetwork({0, 1, 0})}, {Costs().OfNetwork({2, 3, 0})}};
  config.search.pruning.ratio = 0;
  return config;
}

Config ByScores() {
  Config config = ConfigOfTwo();
  config.search.paths = WeightPathKind::kUniform;
  config.search.pruning = {.ratio = 0.3, .score = PruningScore::kPaths, .paths = 16, .budget = PruningBudget::kAware};
  config.search.scoring = {.images = 24, .batch = 12};
  config.search.final = FinalChoiceKind::kScored;
  config.search.finalists = 2;
  config.search.finalist_images = 24;
  config.search.finalist_scoring_images = 24;
  return config;
}

SearchInputs Inputs(const Config& config) {
  return test::MakeInputs(config, Space(), test::MakeDataset(4, 40, 16, 1, DrawColour));
}

// Shares of the run's work that were shown.
class Shares : public ProgressSink {
 public:
  bool Due() override { return true; }
  void Show(const Progress& progress) override { shares.push_back(progress.run_share_done); }

  std::vector<double> shares;
};

test::KeptEvents Search(const Config& config, const fs::path& folder = {}, ProgressSink* progress = nullptr) {
  test::KeptEvents events;
  RunSearch(Inputs(config), {.metrics = &events, .progress = progress, .folder = folder});
  return events;
}

double Macs(const test::KeptEvents& events, const char* part) {
  return events.Named("search_end").at(0).fields.at("macs_passed").at(part).get<double>();
}

TEST(SlowSeveralBudgetsWork, OfMixturesIsThatOfEachPass) {
  const Config config = ConfigOfTwo();
  Config one = config;
  one.search.budgets.pop_back();
  for (const AlphaPass pass : {AlphaPass::kPerEpoch, AlphaPass::kEveryK}) {
    Config two = config;
    two.search.alpha_pass = one.search.alpha_pass = pass;
    two.search.alpha_every = one.search.alpha_every = 2;
    const test::KeptEvents of_two = Search(two), of_one = Search(one);
    EXPECT_EQ(Macs(of_two, "weights"), Macs(of_one, "weights")) << NameOf(pass);
    EXPECT_EQ(Macs(of_two, "architecture"), 2 * Macs(of_one, "architecture")) << NameOf(pass);
    EXPECT_GT(Macs(of_two, "architecture"), 0);
  }
}

// After prunings, too: the branches' candidates are counted as theirs.
TEST(SeveralBudgetsWork, OfPathsIsTheirOwn) {
  const test::KeptEvents run = Search(ByScores());
  double macs = 0;
  for (const Event& epoch : run.Named("epoch")) {  // each path of a step sees its 24 images
    const Json& paths = epoch.fields.at("paths");
    macs += 24 * paths.at("count").get<double>() * paths.at("mean_cost").get<double>();
  }
  EXPECT_NEAR(Macs(run, "weights"), macs, 1e-9 * macs);
  EXPECT_EQ(Macs(run, "architecture"), 0);
  EXPECT_GT(Macs(run, "scoring"), 0);
  EXPECT_GT(Macs(run, "finalists"), 0);
}

// All of the space's networks for both budgets are scored once; mixtures are each budget's own.
TEST(SlowSeveralBudgetsWork, OfPruningsIsSharedWherePathsAre) {
  for (const PruningScore score : {PruningScore::kPaths, PruningScore::kPerturbation}) {
    Config config = ConfigOfTwo();
    config.search.pruning.score = score;
    config.search.pruning.paths = 16;
    config.search.scoring.images = 24;
    const double of_two = Macs(Search(config), "scoring");
    config.search.budgets.pop_back();
    EXPECT_EQ(of_two, (score == PruningScore::kPaths ? 1 : 2) * Macs(Search(config), "scoring")) << NameOf(score);
  }
}

// A band within the other: what the first has scored and trained, the second takes.
TEST(SeveralBudgetsWork, OfLastChoicesIsSharedToo) {
  Config config = ByScores();
  config.search.pruning.ratio = 0;
  config.search.pruning.score = PruningScore::kAlpha;
  const double budget = Costs().OfNetwork({2, 3, 0});
  config.search.budgets = {{budget}, {budget + 1}};
  const CostBand first = BandOf(WithBudget(config.search, budget)),
                 second = BandOf(WithBudget(config.search, budget + 1));
  ASSERT_EQ(AllNetworks(Costs(), first, 100), AllNetworks(Costs(), second, 100));
  const test::KeptEvents of_two = Search(config);
  EXPECT_EQ(of_two.Named("final_scores").at(0).fields["best"], of_two.Named("final_scores").at(1).fields["best"]);
  const double networks = of_two.Named("final_scores").at(0).fields["scored"].get<double>();
  const double scoring = Macs(of_two, "scoring"), finalists = Macs(of_two, "finalists");
  EXPECT_LE(scoring, networks * 24 * Costs().Most());
  EXPECT_LE(finalists, 2 * (24 + 24) * Costs().Most());
  EXPECT_GE(finalists, 2 * (24 + 24) * Costs().Least());
}

TEST(SeveralBudgetsWork, AveragedWeightsScoreEveryBranch) {
  Config config = ByScores();
  config.search.pruning.paths = 6;
  config.search.pruning.score = PruningScore::kPerturbation;
  config.search.scoring.ema = 0.9;
  config.search.finalist_images = 0;
  const test::TempDir folder;
  const test::KeptEvents events = Search(config, folder.path());
  const SearchInputs inputs = Inputs(config);
  const Split split = SplitTrainingSet(inputs.training_set, config.data, config.seed);
  const std::vector<int> order = inputs.ranking.Positions(inputs.training_set->classes.ids);
  const ScoringSets sets{.validation = EasiestClasses(split.architecture, order, 4),
                         .training = EasiestClasses(split.weights, order, 4),
                         .classes = 4};
  const SavedState newest = ListSavedStates(folder.path(), config.schedule).front();
  for (size_t b = 0; b < 2; ++b) {
    const Genotype best = ReadGenotype(folder / WithBranchName("best", BranchNames(config.search)[b], ".json"));
    const auto network = NetworkIn(best.network, std::vector<size_t>(3, 0), newest.space);
    ASSERT_TRUE(network);
    const Json finalist = events.Named("final_scores").at(b).fields["finalists"][0];
    for (const double decay : {0.9, 0.0}) {
      config.search.scoring.ema = decay;
      const SubnetScorer scorer(LoadState(newest, config, at::kCPU).supernet, sets, config, at::kCPU);
      const double loss = scorer.Score({*network}).front().loss;
      const double apart = std::abs(finalist["loss"].get<double>() - loss);
      const bool averaged = decay > 0, same = apart < 1e-6;
      EXPECT_EQ(same, averaged) << "budget " << b << ", decay " << decay << ": " << apart;
    }
  }
}

TEST(SeveralBudgetsWork, PairsAreFittedForEachBranch) {
  Config config = ByScores();
  config.search.pruning.effects = PathEffects::kPairs;
  const std::vector<Event> prunings = Search(config).Named("pruning");
  ASSERT_EQ(prunings.size(), 6u);
  for (const Event& pruning : prunings) EXPECT_TRUE(pruning.fields.contains("pair_deviation"));
}

TEST(SeveralBudgetsWork, SharesOfTheRunNeverFall) {
  for (Config config : {ByScores(), ConfigOfTwo()}) {
    config.search.final = FinalChoiceKind::kScored;
    Shares shown;
    Search(config, {}, &shown);
    EXPECT_TRUE(std::ranges::is_sorted(shown.shares));
    ASSERT_GT(shown.shares.size(), 30u);
    EXPECT_GE(shown.shares.front(), 0);
    EXPECT_LE(shown.shares.back(), 1 + 1e-9);
    EXPECT_GT(shown.shares.back(), 0.95);
  }
}

TEST(SeveralBudgetsWork, PlanTellsScoringOfAllTogether) {
  Config config = ByScores();
  config.search.pruning.effects = PathEffects::kPairs;
  config.search.scoring.ema = 0.9;
  const ClassCounts counts{.weights = std::vector<int64_t>(4, 100), .architecture = std::vector<int64_t>(4, 40)};
  const auto plan = [&](const Config& of) {
    return MakeSearchPlan(of, Space(), *MakeMacsModel(), counts, at::kCPU, StepTimes{0.5, 0.25});
  };
  const SearchPlan together = plan(config);
  Config one = config;
  one.search.budgets.pop_back();
  const SearchPlan first = plan(one);
  one.search.budgets = {config.search.budgets[1]};
  const SearchPlan second = plan(one);
  const PhasePlan &all = together.phases[1], &alone = first.phases[1];
  EXPECT_EQ(all.scored, 2 * alone.scored);
  EXPECT_EQ(all.pair_effects, 2 * alone.pair_effects);
  EXPECT_EQ(FewPathsText(all).empty(), FewPathsText(alone).empty());
  EXPECT_DOUBLE_EQ(all.scoring_seconds, 2 * alone.scoring_seconds);
  EXPECT_GE(all.scoring_memory_bytes, alone.scoring_memory_bytes);
  EXPECT_EQ(together.final.networks, first.final.networks + second.final.networks);
  EXPECT_EQ(together.final.finalist_macs, first.final.finalist_macs + second.final.finalist_macs);
  EXPECT_GT(together.final.finalist_seconds, 0);
  EXPECT_GE(together.final.memory_bytes, std::max(first.final.memory_bytes, second.final.memory_bytes));
  EXPECT_LE(together.final.parameters, together.phases[0].parameters);
}

}  // namespace
}  // namespace danas
