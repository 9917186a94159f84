// Whole searches with each learner of α.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>

#include "danas/search/search_loop.h"
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

struct Way {
  LearnerKind learner;
  ProxylessGates gates = ProxylessGates::kTwo;
  WeightPathKind paths = WeightPathKind::kGumbel;

  std::string Name() const { return std::string(NameOf(learner)) + " " + NameOf(gates) + " " + NameOf(paths); }
};

const std::vector<Way> kWays = {{LearnerKind::kSoftmax},
                                {LearnerKind::kProxyless, ProxylessGates::kFull},
                                {LearnerKind::kProxyless, ProxylessGates::kTwo},
                                {LearnerKind::kProxyless, ProxylessGates::kTwo, WeightPathKind::kUniform}};

Config ConfigOf(const Way& way) {
  Config config = test::SmallConfig();
  config.search.budget.value = MakeCostTable(*MakeMacsModel(), Space()).Mean();
  config.search.learner = way.learner;
  config.search.proxyless_gates = way.gates;
  config.search.paths = way.paths;
  config.search.paths_band = false;
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

TEST(SlowSearchLearners, DoWhatIsPlanned) {
  for (const Way& way : kWays) {
    for (const AlphaPass pass : {AlphaPass::kPerEpoch, AlphaPass::kEveryK}) {
      SCOPED_TRACE(way.Name() + " " + NameOf(pass));
      Config config = ConfigOf(way);
      config.search.alpha_pass = pass;
      config.search.alpha_every = 2;
      const Searched run = Search(config);
      const Json start = run.events.Named("search_start").at(0).fields,
                 end = run.events.Named("search_end").at(0).fields;
      EXPECT_GT(end["alpha_steps"], 0);
      EXPECT_EQ(end["alpha_steps"], start["alpha_steps"]);
      EXPECT_EQ(end["weight_steps"], start["weight_steps"]);
      for (const Event& pruning : run.events.Named("pruning")) EXPECT_GT(pruning.fields["evidence_steps"], 0);
      EXPECT_EQ(run.result.first().best.network.layers().size(), 3U);
      EXPECT_EQ(Search(config).events.Text(), run.events.Text());
    }
  }
}

TEST(SearchLearners, AreDifferent) {
  const auto alpha_of = [](const Way& way) { return Search(ConfigOf(way)).events.Named("alpha").back().fields.dump(); };
  std::vector<std::string> texts = {alpha_of({LearnerKind::kGumbel})};
  for (const Way& way : kWays) {
    const std::string text = alpha_of(way);
    EXPECT_EQ(std::ranges::count(texts, text), 0) << way.Name();
    texts.push_back(text);
  }
}

// Each checkpoint between two batches leads to the same end, with steps in between too.
TEST(SlowSearchLearners, GoOnFromAnyBatch) {
  for (const Way& way : kWays) {
    for (const AlphaPass pass : {AlphaPass::kPerEpoch, AlphaPass::kEveryK}) {
      SCOPED_TRACE(way.Name() + " " + NameOf(pass));
      Config config = ConfigOf(way);
      config.schedule.epochs_per_step = 1;
      config.search.alpha_pass = pass;
      config.search.alpha_every = 2;
      config.search.alpha_batch = 12;
      if (way.learner == LearnerKind::kSoftmax) config.search.relaxation.temperature_end = 0.1;
      test::ExpectTheSameFromAnyBatch(config, RunInto, /*least=*/12, /*stride=*/7);
    }
  }
}

// Each budget has its own α, by its own draws.
TEST(SlowSearchLearners, ServeSeveralBudgets) {
  const CostTable costs = MakeCostTable(*MakeMacsModel(), Space());
  for (const Way& way : kWays) {
    SCOPED_TRACE(way.Name());
    Config config = ConfigOf(way);
    for (const size_t c : {0, 2, 4}) config.search.budgets.push_back({costs.OfNetwork({c, c, 0})});
    const Searched run = Search(config);
    EXPECT_EQ(run.events.Named("search_end").at(0).fields["alpha_steps"],
              run.events.Named("search_start").at(0).fields["alpha_steps"]);
    EXPECT_EQ(Search(config).events.Text(), run.events.Text());
  }
}

TEST(SlowSearchLearners, TakeMicroBatches) {
  for (const Way& way : kWays) {
    SCOPED_TRACE(way.Name());
    Config config = ConfigOf(way);
    config.search.alpha_micro_batch = 8;
    EXPECT_EQ(Search(config).events.Named("search_end").size(), 1U);
  }
  Config config = ConfigOf({LearnerKind::kProxyless, ProxylessGates::kFull});
  config.search.alpha_micro_batch = 8;
  const std::string shared = Search(config).events.Text();
  config.search.relaxation.draws = RelaxationDraws::kMicroBatch;
  EXPECT_NE(Search(config).events.Text(), shared);
}

// α stays at its start, and no validation image goes through an α step.
TEST(SearchLearners, NoneTrainsNoAlpha) {
  Config config = ConfigOf({LearnerKind::kNone, ProxylessGates::kTwo, WeightPathKind::kUniform});
  config.search.pruning.ratio = 0;
  config.search.final = FinalChoiceKind::kScored;
  config.search.budget_min.value = 0.5 * config.search.budget.value;
  config.search.budget_max.value = 1.5 * config.search.budget.value;
  const Searched run = Search(config);
  const Json end = run.events.Named("search_end").at(0).fields;
  EXPECT_EQ(end["alpha_steps"], 0);
  EXPECT_EQ(end["alpha_images"], 0);
  EXPECT_EQ(end["macs_passed"]["architecture"], 0);
  EXPECT_TRUE(run.events.Named("alpha").empty());
  for (const Event& epoch : run.events.Named("epoch")) EXPECT_FALSE(epoch.fields.contains("validation_loss"));
  EXPECT_TRUE(run.result.first().best.network.IsNetwork());
}

}  // namespace
}  // namespace danas
