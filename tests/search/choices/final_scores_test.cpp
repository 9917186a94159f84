#include "danas/search/choices/final_scores.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <optional>

#include "danas/cost/band_count.h"
#include "danas/nn/safetensors.h"
#include "danas/search/budget_band.h"
#include "danas/search/choices/scored_field.h"
#include "danas/search/score.h"
#include "tests/search/mean_colours.h"
#include "tests/search/search_support.h"
#include "tests/search/space_support.h"
#include "tests/support/rank_threads.h"
#include "tests/support/test_support.h"

namespace danas::test {
namespace {

SearchSpace Space() { return MakeSpace({DistinctBlocks(4), DistinctBlocks(4), DistinctBlocks(1)}, 4, 16, 4); }

CostTable Costs() { return MakeCostTable(*MakeMacsModel(), Space()); }

// Nothing is pruned, so that the final choice has all sixteen networks before it.
Config ScoredConfig() {
  Config config = SmallConfig();
  config.search.budget.value = Costs().Mean();
  config.search.budget_min.value = 0.5 * Costs().Mean();
  config.search.budget_max.value = 1.2 * Costs().Mean();
  config.search.pruning.ratio = 0;
  config.search.final = FinalChoiceKind::kScored;
  config.search.finalists = 3;
  config.search.scoring.images = 40;
  config.search.finalist_scoring_images = 60;
  config.schedule.epochs_per_step = 1;
  return config;
}

struct Searched {
  SearchResult result;
  KeptEvents events;

  Json scores() const { return events.Named("final_scores").at(0).fields; }
};

struct Where {
  std::filesystem::path folder = {};
  bool resume = false;
  ProgressSink* progress = nullptr;
  Ranks ranks = {};
};

Searched Search(const Config& config, const Where& where = {}) {
  SearchInputs inputs = MakeInputs(config, Space(), MakeDataset(4, 40, 16, 1, test::DrawMeanColour));
  inputs.ranks = where.ranks;
  KeptEvents events;
  SearchOutputs outputs;
  if (where.ranks.first()) {
    outputs = {.metrics = &events, .progress = where.progress, .folder = where.folder, .resume = where.resume};
  }
  const SearchResult result = RunSearch(inputs, outputs);
  return {result, events};
}

TEST(ScoredField, IsTheBandWhereItIsSmallEnough) {
  SearchConfig search = ScoredConfig().search;
  const CostTable costs = Costs();
  const double inside = CountNetworks(costs, BandOf(search));
  ASSERT_GT(inside, 4);
  search.final_networks = static_cast<int64_t>(inside);
  EXPECT_EQ(FieldOf(search, costs, true).source, ScoredSource::kWholeBand);
  EXPECT_EQ(FieldOf(search, costs, true).networks, inside);
  search.final_networks -= 1;
  EXPECT_EQ(FieldOf(search, costs, true).source, ScoredSource::kBest);
  EXPECT_EQ(FieldOf(search, costs, false).source, ScoredSource::kEvolution);
  search.final_source = FinalSource::kEvolution;
  EXPECT_EQ(FieldOf(search, costs, true).source, ScoredSource::kEvolution);
  search.final_source = FinalSource::kBest;
  EXPECT_EQ(FieldOf(search, costs, false).source, ScoredSource::kBest);
  search.final_source = FinalSource::kRandom;
  EXPECT_EQ(FieldOf(search, costs, true).source, ScoredSource::kRandom);
  search.final_networks = static_cast<int64_t>(inside);
  EXPECT_EQ(FieldOf(search, costs, true).source, ScoredSource::kWholeBand);
}

TEST(ScoredField, ReachesDownWhereNothingIsLeftInTheBand) {
  SearchConfig search = ScoredConfig().search;
  const CostTable costs{"MACs", 10, {{1, 2}, {1, 3}}};
  search.budget.value = 100;
  search.budget_min.value = 90;
  search.budget_max.value = 110;
  const ScoredField field = FieldOf(search, costs, true);
  EXPECT_EQ(field.band.low, 12);
  EXPECT_EQ(field.band.high, 110);
  EXPECT_EQ(field.networks, 4);
}

TEST(FinalScores, TheMarginIsPaired) {
  FinalScores scores;
  scores.finalists = {{0}, {1}, {2}};
  scores.finalist_accuracies = {0.5, 0.75, 0.25};
  // Means 2.5, 2 and 4; the difference of the first two is 0, 1, 0, 1 image by image.
  scores.finalist_loss_fn = at::tensor({1, 3, 2, 4, 1, 2, 2, 3, 4, 4, 4, 4}, at::kFloat).view({3, 4});
  const FinalScores::Margin margin = scores.MarginOfBest();
  EXPECT_NEAR(margin.loss, 0.5, 1e-12);
  EXPECT_NEAR(margin.standard_error, std::sqrt(1.0 / 3) / 2, 1e-12);
  const auto ranked = scores.RankedFinalists({"MACs", 0, {{5, 6, 7}}});
  EXPECT_EQ(ranked[0].choice, (std::vector<size_t>{1}));
  EXPECT_EQ(ranked[0].cost, 6);
  EXPECT_EQ(ranked[0].accuracy, 0.75);
  EXPECT_EQ(ranked[2].loss, 4);
}

// Either layer's candidates add 1, 2 or 4 to the loss, but {0, 0} was unlucky and {2, 2} lucky.
FinalScores NearlyAdditive() {
  FinalScores scores;
  for (size_t a = 0; a < 3; ++a) {
    for (size_t b = 0; b < 3; ++b) {
      scores.networks.push_back({a, b});
      scores.losses.push_back(std::exp2(a) + std::exp2(b));
      scores.accuracies.push_back(0.5);
    }
  }
  scores.losses.front() += 2.5;
  scores.losses.back() -= 5.2;
  return scores;
}

TEST(FinalScores, AFitTakesOffWhatOneNetworkWasLuckyWith) {
  const CostTable costs{"MACs", 0, {{1, 2, 3}, {10, 20, 30}}};
  const FinalScores scores = NearlyAdditive();
  const ScoredRanking by_loss = scores.Ranked(costs, FinalEffects::kNone);
  EXPECT_EQ(by_loss.networks.front().choice, (std::vector<size_t>{2, 2}));
  EXPECT_EQ(by_loss.effects, FinalEffects::kNone);
  const ScoredRanking ranking = scores.Ranked(costs, FinalEffects::kMain);
  EXPECT_EQ(ranking.effects, FinalEffects::kMain);
  ASSERT_EQ(ranking.networks.size(), 9u);
  EXPECT_EQ(ranking.networks.front().choice, (std::vector<size_t>{0, 0}));
  EXPECT_EQ(ranking.networks.front().cost, 11);
  EXPECT_EQ(ranking.networks.front().loss, 4.5);
  EXPECT_GT(ranking.z, 0);
}

// Of all 27 networks of three layers those with candidate 2 of the first two are better than either alone lets expect.
TEST(FinalScores, PairsRankWhatMainEffectsMiss) {
  const CostTable costs{"MACs", 0, {{1, 2, 3}, {10, 20, 30}, {100, 200, 300}}};
  FinalScores scores;
  for (size_t n = 0; n < 27; ++n) {
    const std::vector<size_t> network = {n / 9, n / 3 % 3, n % 3};
    const double together = network[0] == 2 && network[1] == 2 ? 4 : 0;
    scores.networks.push_back(network);
    scores.losses.push_back(9 + static_cast<double>(network[0] + network[1] + network[2]) - together +
                            0.01 * std::sin(7.0 * static_cast<double>(n)));
    scores.accuracies.push_back(0.5);
  }
  EXPECT_EQ(scores.Ranked(costs, FinalEffects::kPairs).networks.front().choice, (std::vector<size_t>{2, 2, 0}));
  EXPECT_NE(scores.Ranked(costs, FinalEffects::kMain).networks.front().choice, (std::vector<size_t>{2, 2, 0}));
}

// Where every network is there once, the means of rows and columns are the least-squares fit.
TEST(FinalScores, TheFitIsThatOfTwoWayMeans) {
  const CostTable costs{"MACs", 0, {{1, 2, 3}, {10, 20, 30}}};
  const FinalScores scores = NearlyAdditive();
  const auto loss = [&](size_t a, size_t b) { return scores.losses[3 * a + b]; };
  double mean = 0, row[3] = {}, column[3] = {};
  for (size_t a = 0; a < 3; ++a) {
    for (size_t b = 0; b < 3; ++b) {
      mean += loss(a, b) / 9;
      row[a] += loss(a, b) / 3;
      column[b] += loss(a, b) / 3;
    }
  }
  for (const ScoredNetwork& network : scores.Ranked(costs, FinalEffects::kMain).networks) {
    const size_t a = network.choice[0], b = network.choice[1];
    EXPECT_NEAR(network.fitted, row[a] + column[b] - mean, 1e-6);
  }
}

TEST(FinalScores, NoFitToAsManyNetworksAsEffects) {
  const CostTable costs{"MACs", 0, {{1, 2, 3}, {10, 20, 30}}};
  EXPECT_EQ(MainEffects(costs), 5u);
  FinalScores scores = NearlyAdditive();
  for (auto* list : {&scores.losses, &scores.accuracies}) list->resize(5);
  scores.networks.resize(5);
  const ScoredRanking ranking = scores.Ranked(costs, FinalEffects::kMain);
  EXPECT_EQ(ranking.effects, FinalEffects::kNone);
  EXPECT_EQ(ranking.networks.front().choice, (std::vector<size_t>{0, 1}));
}

TEST(FinalScores, HowManyFinalistsThereAre) {
  SearchConfig search;
  EXPECT_EQ(FinalistsOf(search, /*fitted=*/false), 8);
  EXPECT_EQ(FinalistsOf(search, /*fitted=*/true), 1);
  search.finalists = 3;
  EXPECT_EQ(FinalistsOf(search, false), 3);
  EXPECT_EQ(FinalistsOf(search, true), 3);
}

// Against a scorer of this test's own, on the weights that the search left.
TEST(ScoredChoice, IsTheLowestLossOfTheBand) {
  const TempDir folder;
  Config config = ScoredConfig();
  config.search.finalists = 1;
  const Searched run = Search(config, {.folder = folder.path()});
  auto supernet = std::make_shared<Supernet>(Space(), SupernetOptions{.how = config.nn});
  LoadState(*supernet, ReadSafetensors(folder / "weights.safetensors").tensors, "the supernet");
  const SearchInputs inputs = MakeInputs(config, Space(), MakeDataset(4, 40, 16, 1, test::DrawMeanColour));
  const Split split = SplitTrainingSet(inputs.training_set, config.data, config.seed);
  const std::vector<int> order = inputs.ranking.Positions(inputs.training_set->classes.ids);
  const SubnetScorer scorer(supernet,
                            {.validation = EasiestClasses(split.architecture, order, 4),
                             .training = EasiestClasses(split.weights, order, 4),
                             .classes = 4},
                            config, at::kCPU);
  const auto networks = AllNetworks(Costs(), BandOf(config.search), 1000);
  const std::vector<SubnetScore> scores = scorer.Score(networks);
  const auto best = std::ranges::min_element(scores, {}, &SubnetScore::loss);
  EXPECT_EQ(run.result.first().best.network, Space().Select(networks[static_cast<size_t>(best - scores.begin())]));
  EXPECT_EQ(run.scores()["source"], "band");
  EXPECT_EQ(run.scores()["scored"], networks.size());
  EXPECT_EQ(run.scores()["best"][0]["loss"], best->loss);
  EXPECT_EQ(run.scores()["best"][0]["accuracy"], best->accuracy);
  Json told = run.scores();
  EXPECT_EQ(told["all"]["loss"].size(), networks.size());
  told.erase("all");
  EXPECT_EQ(run.result.first().best.origin["scored"], told);
  EXPECT_EQ(run.events.Named("search_end")[0].fields["chosen_by"], "scores");
}

TEST(ScoredChoice, AFitMayRankTheNetworks) {
  Config config = ScoredConfig();
  config.search.final_effects = FinalEffects::kMain;
  config.search.budget_min.value = Costs().Least();
  config.search.budget_max.value = Costs().Most();
  config.search.finalists = 0;
  const Searched run = Search(config);
  const Json scores = run.scores();
  EXPECT_EQ(scores["effects"], "main");
  EXPECT_EQ(scores["scored"], 16);
  EXPECT_EQ(scores["finalists"].size(), 1u);
  EXPECT_EQ(run.events.Named("search_end")[0].fields["network"], scores["best"][0]["network"]);
  double last = -1;
  for (const Json& network : scores["best"]) {
    EXPECT_GE(network["fitted_loss"].get<double>(), last);
    last = network["fitted_loss"];
  }
}

TEST(ScoredChoice, WithTooFewNetworksForAFitTheirLossesChooseFinalists) {
  Config config = ScoredConfig();
  config.search.final_effects = FinalEffects::kMain;
  config.search.budget.value = config.search.budget_max.value = 0.9 * Costs().Mean();
  config.search.budget_min.value = 0.7 * Costs().Mean();
  config.search.finalists = 0;
  const double networks = CountNetworks(Costs(), BandOf(config.search));
  ASSERT_GT(networks, 1);
  ASSERT_LE(networks, static_cast<double>(MainEffects(Costs())));
  const Json scores = Search(config).scores();
  EXPECT_EQ(scores["effects"], "none");
  EXPECT_FALSE(scores.contains("z"));
  EXPECT_EQ(static_cast<double>(scores["finalists"].size()), networks);
}

TEST(SlowSampledChoice, IsDrawnByTheSeedWithinTheBudget) {
  Config config = ScoredConfig();
  config.search.final = FinalChoiceKind::kSampled;
  config.search.pruning.score = PruningScore::kAlpha;
  int likeliest = 0;
  const auto found = [&](int64_t seed) {
    config.seed = seed;
    const Searched run = Search(config);
    const Json end = run.events.Named("search_end")[0].fields;
    EXPECT_EQ(end["chosen_by"], "sample");
    EXPECT_GT(end["alpha_steps"], 0);
    EXPECT_LE(run.result.first().cost, LargestCost(config.search));
    likeliest += end["network"] == end["argmax"] ? 1 : 0;
    return end["network"];
  };
  EXPECT_EQ(found(1), found(1));
  for (const int64_t seed : {2, 3, 4, 5}) found(seed);
  EXPECT_LT(likeliest, 6);  // of six
}

TEST(ScoredChoice, FinalistsAreScoredAgain) {
  const Searched untrained = Search(ScoredConfig());
  Config config = ScoredConfig();
  config.search.finalist_images = 150;  // more than the 96 there are: a second pass
  const Searched trained = Search(config);
  for (const Searched* run : {&untrained, &trained}) {
    const Json scores = run->scores();
    ASSERT_EQ(scores["finalists"].size(), 3u);
    EXPECT_EQ(scores["finalist_scoring_images"], 60);
    EXPECT_EQ(run->events.Named("search_end")[0].fields["network"], scores["finalists"][0]["network"]);
    EXPECT_GE(scores["margin"].get<double>(), 0);
    EXPECT_NEAR(scores["margin"].get<double>(),
                scores["finalists"][1]["loss"].get<double>() - scores["finalists"][0]["loss"].get<double>(), 1e-9);
  }
  EXPECT_EQ(trained.scores()["best"], untrained.scores()["best"]);
  EXPECT_LT(trained.scores()["finalists"][0]["loss"], untrained.scores()["finalists"][0]["loss"]);
}

TEST(ScoredChoice, OtherSourcesStayInTheBand) {
  for (const FinalSource source : {FinalSource::kBest, FinalSource::kEvolution, FinalSource::kRandom}) {
    Config config = ScoredConfig();
    config.search.final_networks = 5;
    config.search.final_source = source;
    config.search.evolution = {.generations = 2, .population = 3, .parents = 2, .mutants = 1, .crossovers = 1};
    const Searched run = Search(config);
    EXPECT_EQ(run.scores()["source"], NameOf(source));
    EXPECT_EQ(run.scores()["scored"], source == FinalSource::kEvolution ? 6 : 5);
    EXPECT_TRUE(BandOf(config.search).Holds(run.result.first().cost));
  }
}

// Asks for every line, and stops the run at the given one of the final choice.
class Stop : public ProgressSink {
 public:
  explicit Stop(int at) : left_(at) {}
  bool Due() override { return true; }
  void Show(const Progress& progress) override {
    const bool last_choice = progress.label.starts_with("scoring") || progress.label.starts_with("evolution") ||
                             progress.label.starts_with("finalist");
    if (last_choice && left_-- == 0) throw Interrupted("the test stops here");
  }

 private:
  int left_;
};

class Shares : public ProgressSink {
 public:
  bool Due() override { return true; }
  void Show(const Progress& progress) override {
    EXPECT_GE(progress.run_share_done, last) << progress.label;
    if (progress.label.starts_with("scoring") || progress.label.starts_with("evolution"))
      most_scoring = progress.run_share_done;
    last = progress.run_share_done;
  }
  double last = 0, most_scoring = 0;
};

TEST(SlowScoredChoice, CountsInTheRunsShare) {
  for (const int64_t training_images : {0, 150}) {
    for (const FinalSource source : {FinalSource::kAuto, FinalSource::kEvolution, FinalSource::kRandom}) {
      Config config = ScoredConfig();
      config.search.finalist_images = training_images;
      config.search.final_source = source;
      config.search.final_networks = source == FinalSource::kAuto ? 1000 : 5;
      config.search.evolution = {.generations = 2, .population = 3, .parents = 2, .mutants = 1, .crossovers = 1};
      Shares shares;
      Search(config, {.progress = &shares});
      EXPECT_NEAR(shares.last, 1, 1e-9);
      EXPECT_LT(shares.most_scoring, 0.99);
      EXPECT_GT(shares.most_scoring, 0);
    }
  }
}

// Stopped at each of these lines of the final choice, it ends as it would have. Returns what the whole search told.
Json StopAndGoOn(const Config& config, const std::vector<int>& stops) {
  const TempDir whole_folder;
  const Searched whole = Search(config, {.folder = whole_folder.path()});
  for (const int at : stops) {
    const TempDir folder;
    Stop stop(at);
    EXPECT_THROW(Search(config, {.folder = folder.path(), .progress = &stop}), Interrupted) << "stop " << at;
    const Searched rest = Search(config, {.folder = folder.path(), .resume = true});
    EXPECT_EQ(rest.scores(), whole.scores()) << "stop " << at;
    EXPECT_EQ(ReadText(folder / "best.json"), ReadText(whole_folder / "best.json")) << "stop " << at;
  }
  return whole.scores();
}

TEST(SlowScoredChoice, GoesOnToTheBit) {
  for (const FinalSource source : {FinalSource::kAuto, FinalSource::kEvolution, FinalSource::kRandom}) {
    Config config = ScoredConfig();
    config.checkpoint.every = 1e-9;
    config.search.finalist_images = 64;
    config.search.final_networks = source == FinalSource::kAuto ? 1000 : 5;
    config.search.final_source = source;
    config.search.evolution = {.generations = 3, .population = 3, .parents = 2, .mutants = 1, .crossovers = 1};
    const std::vector<int> stops = source == FinalSource::kRandom ? std::vector{0, 3, 6} : std::vector{0, 3, 7, 12};
    const Json scores = StopAndGoOn(config, stops);
    EXPECT_EQ(scores["source"], source == FinalSource::kAuto ? "band" : NameOf(source));
  }
}

TEST(SlowScoredChoice, GoesOnToTheBitWithAFit) {
  Config config = ScoredConfig();
  config.checkpoint.every = 1e-9;
  config.search.final_effects = FinalEffects::kMain;
  config.search.budget_min.value = Costs().Least();
  config.search.budget_max.value = Costs().Most();
  config.search.finalists = 2;
  EXPECT_EQ(StopAndGoOn(config, {1, 17})["effects"], "main");
}

// What a finished run's last checkpoint holds is of its own settings: a fork with others must not take it for its own.
TEST(SlowScoredChoice, OtherSettingsScoreAnew) {
  Config config = ScoredConfig();
  config.checkpoint.every = 1e-9;  // the last one is written within the final choice
  const TempDir folder, whole_folder;
  Search(config, {.folder = folder.path()});
  config.search.scoring.images = 24;
  config.search.budget_max.value = 1.1 * Costs().Mean();
  const Searched rest = Search(config, {.folder = folder.path(), .resume = true});
  const Searched whole = Search(config, {.folder = whole_folder.path()});
  EXPECT_TRUE(BandOf(config.search).Holds(rest.result.first().cost));
  EXPECT_EQ(rest.scores()["scored"], CountNetworks(Costs(), BandOf(config.search)));
  for (const char* key : {"scored", "networks_in_band", "finalist_scoring_images", "band"}) {
    EXPECT_EQ(rest.scores()[key], whole.scores()[key]) << key;
  }
}

class SlowRanksOfAScoredChoice : public testing::TestWithParam<FinalEffects> {};

TEST_P(SlowRanksOfAScoredChoice, Agree) {
  Config config = ScoredConfig();
  config.runtime.precision = Precision::kFloat64;
  config.train.sync_bn = true;
  config.search.finalist_images = 64;
  config.search.final_effects = GetParam();
  config.search.budget_min.value = Costs().Least();
  config.search.budget_max.value = Costs().Most();
  const Searched alone = Search(config);
  std::optional<Searched> first;
  std::vector<std::string> networks(2);
  OnRankThreads(2, [&](const Ranks& ranks) {
    Searched searched = Search(config, {.ranks = ranks});
    networks[static_cast<size_t>(ranks.rank())] = ToJson(searched.result.first().best).dump();
    if (ranks.first()) first = std::move(searched);
  });
  EXPECT_EQ(networks[0], networks[1]);
  EXPECT_EQ(first->scores()["effects"], NameOf(GetParam()));
  EXPECT_EQ(first->scores()["finalists"][0]["network"], alone.scores()["finalists"][0]["network"]);
  EXPECT_NEAR(first->scores()["finalists"][0]["loss"].get<double>(),
              alone.scores()["finalists"][0]["loss"].get<double>(), 1e-6);
}

INSTANTIATE_TEST_SUITE_P(Effects, SlowRanksOfAScoredChoice, testing::Values(FinalEffects::kNone, FinalEffects::kMain),
                         [](const auto& tested) { return std::string(NameOf(tested.param)); });

}  // namespace
}  // namespace danas::test
