// Searches whose weights are trained by single paths, and the other settings of the two passes.
#include <gmock/gmock.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <initializer_list>
#include <utility>

#include "danas/core/error.h"
#include "danas/search/search_loop.h"
#include "danas/train/lr_schedule.h"
#include "tests/search/mean_colours.h"
#include "tests/search/resumed_searches.h"
#include "tests/search/search_support.h"
#include "tests/search/space_support.h"
#include "tests/support/test_support.h"

namespace danas {
namespace {

SearchSpace Space() {
  return test::MakeSpace({test::DistinctBlocks(6), test::DistinctBlocks(6), test::DistinctBlocks(1)}, 4, 16, 4);
}

CostTable Costs() { return MakeCostTable(*MakeMacsModel(), Space()); }

// The budget is the even mix's cost, in a wide band: strictly fair groups are there at first.
Config PathConfig(WeightPathKind paths) {
  Config config = test::SmallConfig();
  config.search.paths = paths;
  config.search.budget.value = Costs().Mean();
  config.search.budget_min.value = 0.6 * Costs().Mean();
  config.search.budget_max.value = 1.4 * Costs().Mean();
  return config;
}

struct Searched {
  SearchResult result;
  test::KeptEvents events;
};

Searched Search(const Config& config, const std::filesystem::path& folder = {}, bool resume = false) {
  test::KeptEvents events;
  const SearchResult result = RunSearch(test::MakeInputs(config, Space(), test::MeanColours()),
                                        {.metrics = &events, .folder = folder, .resume = resume});
  return {result, events};
}

void RunInto(const Config& config, const std::filesystem::path& folder, bool resume, test::KeptEvents& events) {
  RunSearch(test::MakeInputs(config, Space(), test::MeanColours()),
            {.metrics = &events, .folder = folder, .resume = resume});
}

constexpr std::initializer_list<WeightPathKind> kSinglePaths = {WeightPathKind::kUniform, WeightPathKind::kFair,
                                                                WeightPathKind::kBinned, WeightPathKind::kBinarised};

// Memory is the greatest of the layers': every part of a search keeps to its band.
TEST(SlowSearchPaths, ASearchForMemoryEndsWithinItsBand) {
  std::vector<BlockSpec> blocks = {{.kind = BlockKind::kIdentity}};
  for (const double expand : {1.0, 3.0, 6.0}) blocks.push_back({.expand = expand});
  const SearchSpace space = test::MakeSpace({blocks, blocks, {blocks[1]}}, 4, 16, 4);
  // 4 x 16 x 16 inputs: the input, and what the operator reads and writes; without expansion the sum's three tensors.
  const std::vector<double> levels = {4.0 * 1024 * 3, 4.0 * 1024 * (1 + 3 + 3), 4.0 * 1024 * (1 + 6 + 6)};
  ASSERT_EQ(MakeCostTable(*MakeMemoryModel(), space).Levels(), levels);
  for (const WeightPathKind kind :
       {WeightPathKind::kGumbel, WeightPathKind::kUniform, WeightPathKind::kFair, WeightPathKind::kBinned}) {
    for (const bool scored : {false, true}) {
      SCOPED_TRACE(std::string(NameOf(kind)) + (scored ? ", scored" : ", argmax"));
      const double level = levels[scored ? 1 : 0];
      Config config = test::SmallConfig();
      config.search.cost = CostKind::kMemory;
      config.search.budget.value = level;
      config.search.paths = kind;
      config.search.pruning.budget = PruningBudget::kAware;
      config.search.pruning.least_networks = 1;
      config.search.final = scored ? FinalChoiceKind::kScored : FinalChoiceKind::kArgmax;
      config.search.final_networks = 4;
      test::KeptEvents events;
      const SearchResult result =
          RunSearch(test::MakeInputs(config, space, test::MeanColours()), {.metrics = &events, .folder = {}});
      EXPECT_EQ(events.Named("search_end").at(0).fields["unit"], "bytes");
      EXPECT_EQ(result.first().cost, static_cast<double>(CountMemoryBytes(result.first().best.network)));
      EXPECT_LE(result.first().cost, level);
      EXPECT_GE(result.first().cost, scored ? level : 0);  // the argmax is bounded above alone
      for (const Event& epoch : events.Named("epoch")) {
        if (kind == WeightPathKind::kGumbel) continue;
        EXPECT_EQ(epoch.fields["paths"]["least_cost"], level);
        EXPECT_EQ(epoch.fields["paths"]["most_cost"], level);
      }
      for (const Event& pruning : events.Named("pruning")) EXPECT_GE(pruning.fields["networks_in_band"], 1);
    }
  }
}

TEST(SearchPaths, DoWhatIsPlannedWithinTheBand) {
  for (const WeightPathKind kind : kSinglePaths) {
    SCOPED_TRACE(NameOf(kind));
    const Config config = PathConfig(kind);
    const Searched run = Search(config);
    const Json start = run.events.Named("search_start").at(0).fields, end = run.events.Named("search_end").at(0).fields;
    EXPECT_EQ(start["paths"], NameOf(kind));
    for (const char* count : {"alpha_steps", "weight_steps"}) EXPECT_EQ(end[count], start[count]) << count;
    EXPECT_EQ(end["weight_images"], start["images"]);
    const bool fair = kind == WeightPathKind::kFair, in_band = kind != WeightPathKind::kBinarised;
    const std::vector<int> paths = fair ? std::vector<int>{6, 6, 4, 2} : std::vector<int>{1, 1, 1, 1};
    for (size_t i = 0; i < 4; ++i) EXPECT_EQ(start["phases"][i]["paths_per_step"], paths[i]) << i;
    int64_t weight_steps = 0;
    for (const Event& epoch : run.events.Named("epoch")) {
      const Json& told = epoch.fields["paths"];
      const int64_t steps = epoch.fields["weight_steps"].get<int64_t>() - weight_steps;
      weight_steps += steps;
      EXPECT_EQ(told["steps"], steps);
      EXPECT_GE(told["least_cost"], in_band ? config.search.budget_min.value : Costs().Least());
      EXPECT_LE(told["most_cost"], in_band ? config.search.budget_max.value : Costs().Most());
      EXPECT_GE(told["mean_cost"], told["least_cost"]);
      EXPECT_LE(told["mean_cost"], told["most_cost"]);
      EXPECT_EQ(told["count"].get<int64_t>() % steps, 0);
    }
    const Json warmup = run.events.Named("epoch")[0].fields["paths"];
    EXPECT_EQ(warmup["count"], warmup["steps"].get<int>() * (fair ? 6 : 1));
    EXPECT_EQ(warmup["strictly_fair_steps"], fair ? warmup["steps"] : Json(0));
  }
}

TEST(SearchPaths, MixturesTellNothingOfThem) {
  for (const WeightPathKind kind : {WeightPathKind::kGumbel, WeightPathKind::kSoftmax}) {
    const Searched run = Search(PathConfig(kind));
    for (const Event& epoch : run.events.Named("epoch")) EXPECT_FALSE(epoch.fields.contains("paths"));
    EXPECT_EQ(run.events.Named("search_start")[0].fields["phases"][0]["paths_per_step"], 0);
  }
}

// What α reads, it trains for, though nothing else in the search looks at it.
TEST(SearchPaths, ThatFollowAlphaHaveItTrained) {
  for (const auto& [kind, trains] : {std::pair(WeightPathKind::kSoftmax, true),
                                     {WeightPathKind::kBinarised, true},
                                     {WeightPathKind::kBinned, false},
                                     {WeightPathKind::kUniform, false}}) {
    Config config = PathConfig(kind);
    config.schedule.epochs_per_step = 1;
    config.search.pruning.ratio = 0;
    config.search.pruning.score = PruningScore::kPaths;
    config.search.final = FinalChoiceKind::kScored;
    config.search.scoring.images = 16;
    const Json end = Search(config).events.Named("search_end").at(0).fields;
    EXPECT_EQ(end["alpha_steps"].get<int64_t>() > 0, trains) << NameOf(kind);
  }
}

// All that is left of the schedule when scoring could begin is its end: one cosine over all phases, whatever a step
// does.
TEST(SlowSearchPaths, TheRateEndsWithTheLastPhase) {
  for (const WeightPathKind kind : {WeightPathKind::kGumbel, WeightPathKind::kUniform, WeightPathKind::kFair}) {
    for (const double least : {0.0, 0.002}) {
      Config config = PathConfig(kind);
      config.schedule.epochs_per_step = 1;
      config.train.lr_min = least;
      const Searched run = Search(config);
      const auto steps = run.events.Named("search_start").at(0).fields["weight_steps"].get<int64_t>();
      EXPECT_EQ(run.events.Named("search_end").at(0).fields["weight_steps"], steps);
      const RateSchedule cosine(config.train, 0, steps);
      double before = config.train.lr;
      for (const Event& epoch : run.events.Named("epoch")) {
        const auto lr = epoch.fields["lr"].get<double>();
        EXPECT_EQ(lr, cosine.At(epoch.fields["weight_steps"].get<int64_t>() - 1));
        EXPECT_LT(lr, before);
        before = lr;
      }
      EXPECT_EQ(cosine.At(steps), least);
      EXPECT_NEAR(before, least,
                  3 / static_cast<double>(steps * steps) * config.train.lr);  // one step short: π²/4n² lr
    }
  }
}

TEST(SlowSearchPaths, SameSeedSameBits) {
  for (const WeightPathKind kind : kSinglePaths) {
    Config config = PathConfig(kind);
    const Searched one = Search(config), two = Search(config);
    EXPECT_EQ(one.events.Text(), two.events.Text());
    if (kind == WeightPathKind::kBinarised) continue;  // whatever they cost
    config.search.paths_band = false;
    EXPECT_NE(Search(config).events.Named("epoch")[0].fields, one.events.Named("epoch")[0].fields);
  }
}

// Each checkpoint between two batches leads to the same end.
TEST(SlowSearchPaths, GoOnFromAnyBatch) {
  for (const WeightPathKind kind : {WeightPathKind::kUniform, WeightPathKind::kFair, WeightPathKind::kBinned,
                                    WeightPathKind::kBinarised, WeightPathKind::kSoftmax}) {
    SCOPED_TRACE(NameOf(kind));
    Config config = PathConfig(kind);
    config.schedule.epochs_per_step = 1;
    config.search.relaxation.temperature_end = 0.1;
    config.search.relaxation.draws = RelaxationDraws::kMicroBatch;
    config.search.alpha_batch = 12;
    config.search.alpha_micro_batch = 4;
    test::ExpectTheSameFromAnyBatch(config, RunInto, /*least=*/20, /*stride=*/9);
  }
}

TEST(SearchPaths, AreRefusedWhereTheBandIsEmpty) {
  Config config = PathConfig(WeightPathKind::kUniform);
  config.search.budget.value = 10 * Costs().Most();
  config.search.budget_min.value = 9 * Costs().Most();
  config.search.budget_max.value = 11 * Costs().Most();
  test::ExpectErrorContains<ConfigError>([&] { Search(config); }, {"search.paths", "search.budget_min"});
  config.search.paths_band = false;
  EXPECT_NO_THROW(Search(config));
}

TEST(Temperature, FallsInEqualRatiosOverTheSearchingEpochs) {
  Config config = PathConfig(WeightPathKind::kGumbel);
  config.search.relaxation.temperature = 4;
  config.search.relaxation.temperature_end = 0.25;
  const Searched run = Search(config);
  const std::vector<Event> epochs = run.events.Named("epoch");
  ASSERT_EQ(epochs.size(), 7u);
  EXPECT_EQ(epochs[0].fields["temperature"], 4);  // warm-up
  for (size_t i = 1; i < 7; ++i) {
    EXPECT_NEAR(epochs[i].fields["temperature"].get<double>(), 4 * std::pow(1.0 / 16, (static_cast<double>(i) - 1) / 5),
                1e-12);
  }
  config.search.relaxation.temperature_end = 0;
  const Searched fixed = Search(config);
  for (const Event& epoch : fixed.events.Named("epoch")) EXPECT_EQ(epoch.fields["temperature"], 4);
  // The first searching epoch is the same, the second is not.
  const auto alpha = [](const Searched& searched, size_t i) {
    return searched.events.Named("alpha")[i].fields["layers"];
  };
  EXPECT_EQ(alpha(fixed, 1), alpha(run, 1));
  EXPECT_NE(alpha(fixed, 2), alpha(run, 2));
}

TEST(AlphaBatch, CountsItsOwnSteps) {
  for (const AlphaPass pass : {AlphaPass::kPerEpoch, AlphaPass::kEveryK}) {
    Config config = PathConfig(WeightPathKind::kGumbel);
    config.search.alpha_pass = pass;
    config.search.alpha_batch = 6;
    const Searched run = Search(config);
    const Json start = run.events.Named("search_start").at(0).fields, end = run.events.Named("search_end").at(0).fields;
    EXPECT_EQ(start["alpha_batch"], 6);
    EXPECT_EQ(end["alpha_steps"], start["alpha_steps"]) << NameOf(pass);
    if (pass == AlphaPass::kPerEpoch) {
      EXPECT_EQ(start["phases"][1]["alpha_steps"], 2 * (48 / 6));  // 16 of 40 images of three classes, two epochs
    }
  }
}

}  // namespace
}  // namespace danas
