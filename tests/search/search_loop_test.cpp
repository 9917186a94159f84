#include "danas/search/search_loop.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <limits>
#include <map>

#include "danas/arch/space_file.h"
#include "danas/core/error.h"
#include "danas/cost/band_count.h"
#include "danas/nn/safetensors.h"
#include "danas/nn/supernet.h"
#include "danas/search/budget_band.h"
#include "tests/search/mean_colours.h"
#include "tests/search/search_support.h"
#include "tests/search/space_support.h"
#include "tests/support/test_support.h"
#include "tests/support/torch_support.h"

namespace danas {
namespace {

std::shared_ptr<const DatasetIndex> SmallDataset() { return test::MakeDataset(4, 40, 16, 1, test::DrawMeanColour); }
SearchSpace SmallSpace() {
  return test::MakeSpace({test::DistinctBlocks(6), test::DistinctBlocks(6), test::DistinctBlocks(1)}, 4, 16, 4);
}

Config LoopConfig() {
  Config config = test::SmallConfig();
  config.search.budget.value = 300e3;
  return config;
}

struct Searched {
  SearchResult result;
  test::KeptEvents events;
};

Searched Search(const Config& config, const std::filesystem::path& folder = {}) {
  test::KeptEvents events;
  const SearchResult result =
      RunSearch(test::MakeInputs(config, SmallSpace(), SmallDataset()), {.metrics = &events, .folder = folder});
  return {result, events};
}

TEST(RunSearch, GoesThroughAllOfAlgorithmOne) {
  const Searched run = Search(LoopConfig());
  std::vector<std::string> names;
  for (const Event& event : run.events.events) names.push_back(event.name);
  const std::vector<std::string> expected = {"search_start", "epoch", "alpha",                      // warm-up
                                             "epoch",        "alpha", "epoch", "alpha", "pruning",  // step 1
                                             "epoch",        "alpha", "epoch", "alpha", "pruning",  // step 2
                                             "epoch",        "alpha", "epoch", "alpha", "pruning", "search_end"};
  EXPECT_EQ(names, expected);

  const std::vector<Event> epochs = run.events.Named("epoch");
  const std::vector<int> classes = {2, 3, 3, 4, 4, 4, 4};
  for (size_t i = 0; i < epochs.size(); ++i) {
    EXPECT_EQ(epochs[i].fields["classes"], classes[i]) << i;
    EXPECT_EQ(epochs[i].fields["images"], 24 * classes[i]) << i;  // 40 of a class, 0.4 of them for α
  }
  const std::vector<int> left = {8 + 1, 4 + 1, 2 + 1};  // 6, 4, 2, 1 in two layers, and the fixed one
  for (size_t i = 0; i < 3; ++i) EXPECT_EQ(run.events.Named("pruning")[i].fields["candidates_after"], left[i]) << i;
  EXPECT_TRUE(run.result.first().best.network.IsNetwork());
  EXPECT_LE(run.result.first().cost, 1.02 * 300e3);
}

TEST(RunSearch, FreezesAlphaInWarmUp) {
  const Searched run = Search(LoopConfig());
  const std::vector<Event> epochs = run.events.Named("epoch"), alphas = run.events.Named("alpha");
  // Layers of which some α is no longer 0.
  const auto moved = [](const Event& alpha) {
    return std::ranges::count_if(alpha.fields["layers"], [](const Json& layer) {
      return std::ranges::any_of(layer["alpha"], [](const Json& value) { return value != 0; });
    });
  };
  ASSERT_EQ(alphas[0].fields["layers"].size(), 3u);
  EXPECT_EQ(moved(alphas[0]), 0);
  EXPECT_EQ(moved(alphas[1]), 2);  // the third layer has no choice
  EXPECT_EQ(epochs[0].fields["alpha_steps"], 0);
  EXPECT_FALSE(epochs[0].fields.contains("validation_loss"));
  EXPECT_TRUE(epochs[1].fields.contains("validation_loss"));
}

TEST(RunSearch, DoesWhatItPlanned) {
  for (const AlphaPass pass : {AlphaPass::kPerEpoch, AlphaPass::kEveryK}) {
    Config config = LoopConfig();
    config.search.alpha_pass = pass;
    config.search.alpha_every = 2;
    const Searched run = Search(config);
    const Json start = run.events.Named("search_start").at(0).fields, end = run.events.Named("search_end").at(0).fields;
    EXPECT_EQ(end["alpha_steps"], start["alpha_steps"]) << NameOf(pass);
    EXPECT_EQ(end["weight_steps"], start["weight_steps"]) << NameOf(pass);
    EXPECT_EQ(end["weight_images"], start["images"]) << NameOf(pass);
    // One cosine over all phases: nearly at its end after the last step.
    EXPECT_LT(run.events.Named("epoch").back().fields["lr"].get<double>(), 0.001 * config.train.lr + 1e-3);
    EXPECT_EQ(run.events.Named("epoch")[1].fields["validation_images"].get<int>() > 0, true);
  }
}

TEST(SlowRunSearch, SameSeedSameBits) {
  for (const bool hard : {false, true}) {
    Config config = LoopConfig();
    config.search.relaxation.hard = hard;
    const Searched one = Search(config), two = Search(config);
    EXPECT_EQ(one.events.Text(), two.events.Text());
    EXPECT_EQ(ToJson(one.result.first().best).dump(), ToJson(two.result.first().best).dump());
    config.seed = 1;
    EXPECT_NE(Search(config).events.Named("alpha").back().fields.dump(),
              one.events.Named("alpha").back().fields.dump());
  }
}

TEST(SlowRunSearch, LoaderThreadsChangeNothing) {
  Config config = LoopConfig();
  const Searched one = Search(config);
  for (const int64_t workers : {2, 4}) {
    config.data.workers = workers;
    EXPECT_EQ(Search(config).events.Text(), one.events.Text()) << workers;
  }
}

TEST(RunSearch, LeavesItsFiles) {
  const test::TempDir folder;
  const Searched run = Search(LoopConfig(), folder.path());
  for (const char* phase : {"step1", "step2", "step3"}) {
    const std::string file = std::string("space-") + phase + ".json";
    const SearchSpace space = SpaceFromJson(Json::parse(test::ReadText(folder / file)), file);
    EXPECT_EQ(space.layers().size(), 3u);
  }
  const Genotype best = ReadGenotype(folder / "best.json");
  EXPECT_EQ(best.network, run.result.first().best.network);
  EXPECT_EQ(best.origin["seed"], 0);
  EXPECT_EQ(best.class_ids.size(), 4u);
  const SafetensorsFile weights = ReadSafetensors(folder / "weights.safetensors");
  EXPECT_EQ(Json::parse(weights.metadata.at("class_order")).size(), 4u);
  // All that the found network needs is there.
  const Supernet network(best.network, SupernetOptions{});
  for (const auto& [name, tensor] : StateOf(network)) {
    EXPECT_TRUE(std::ranges::any_of(weights.tensors, [&](const auto& entry) { return entry.first == name; })) << name;
  }
}

// Names of a run's checkpoints that stay -> candidates of the first layer.
std::map<std::string, size_t> CandidatesKept(const std::filesystem::path& folder) {
  std::map<std::string, size_t> kept;
  for (const auto& entry : std::filesystem::directory_iterator(folder / "checkpoints")) {
    if (entry.path().extension() != ".json") continue;
    const Json manifest = Json::parse(test::ReadText(entry.path()));
    if (!manifest["milestone"].get<bool>()) continue;
    const SearchSpace space = SpaceFromJson(manifest["values"]["state.space"], "checkpoint");
    kept[entry.path().stem()] = space.layers()[0].candidates.size();
  }
  return kept;
}

TEST(SlowRunSearch, KeepsACheckpointBeforeEachPruning) {
  Config config = LoopConfig();
  config.checkpoint.keep = 1;
  const test::TempDir with, without;
  const Searched run = Search(config, with.path());
  // Begin, end of warm-up, then before and after each pruning: 6, 4, 2, 1 candidates.
  const std::map<std::string, size_t> expected = {{"000001", 6}, {"000002", 6}, {"000003", 6}, {"000004", 4},
                                                  {"000005", 4}, {"000006", 2}, {"000007", 2}, {"000008", 1}};
  EXPECT_EQ(CandidatesKept(with.path()), expected);
  config.checkpoint.before_pruning = false;
  const Searched other = Search(config, without.path());
  EXPECT_EQ(CandidatesKept(without.path()).size(), 5u);
  EXPECT_EQ(run.events.Text(), other.events.Text());

  // From the one before the second pruning to the same end.
  const test::TempDir rest;
  std::filesystem::create_directories(rest / "checkpoints");
  for (const char* name : {"000005.json", "000005.safetensors"}) {
    std::filesystem::copy(with / "checkpoints" / name, rest / "checkpoints" / name);
  }
  config.checkpoint.before_pruning = true;
  test::KeptEvents events;
  RunSearch(test::MakeInputs(config, SmallSpace(), SmallDataset()),
            {.metrics = &events, .folder = rest.path(), .resume = true});
  const auto second = std::ranges::find_if(run.events.events, [](const Event& event) {
    return event.name == "pruning" && event.fields["phase"] == "step2";
  });
  test::KeptEvents left;
  left.events.assign(second, run.events.events.end());
  EXPECT_EQ(events.Text(), left.Text());
  EXPECT_EQ(test::ReadText(rest / "weights.safetensors"), test::ReadText(with / "weights.safetensors"));
}

TEST(SlowRunSearch, ZeroRatioPrunesNothingAndEqualClassesScheduleNothing) {
  Config config = LoopConfig();
  config.search.pruning.ratio = 0;
  config.schedule.classes = {1, 1, 1, 1};  // shares: all classes in all phases
  const Searched run = Search(config);
  for (const Event& pruning : run.events.Named("pruning")) EXPECT_EQ(pruning.fields["candidates_after"], 13);
  for (const Event& epoch : run.events.Named("epoch")) EXPECT_EQ(epoch.fields["classes"], 4);
}

TEST(RunSearch, StaysWithinTheBudget) {
  // The cost has no say in the loss; the bound alone holds, and only the cheapest network meets it.
  Config config = LoopConfig();
  config.search.loss.kind = LossKind::kNone;
  const CostTable costs = MakeCostTable(*MakeMacsModel(), SmallSpace());
  config.search.budget.value = costs.Least();
  config.search.budget_max.value = costs.Least() + 1;
  const Searched run = Search(config);
  EXPECT_EQ(run.result.first().cost, costs.Least());
  EXPECT_LE(run.result.first().cost, config.search.budget_max.value);
  EXPECT_TRUE(run.result.first().bounded_by_budget);
  size_t kept = 0;
  for (const Event& pruning : run.events.Named("pruning")) kept += pruning.fields["kept_for_budget"].size();
  EXPECT_GT(kept, 0u);
}

TEST(RunSearch, SaysOfEachPruningWhatItRestsOn) {
  const Searched run = Search(LoopConfig());
  const std::vector<Event> prunings = run.events.Named("pruning"), epochs = run.events.Named("epoch");
  const Json phases = run.events.Named("search_start").at(0).fields["phases"];
  for (size_t i = 0; i < prunings.size(); ++i) {
    const Json& fields = prunings[i].fields;
    EXPECT_EQ(fields["evidence_steps"], phases[i + 1]["alpha_steps"]) << i;
    EXPECT_EQ(fields["evidence_missed"], 0);
    EXPECT_EQ(fields["cuts"], fields["layers"].size());
    EXPECT_EQ(fields["cuts"], phases[i + 1]["cuts"]);
    EXPECT_EQ(fields["z_rms"], epochs[2 * i + 2].fields["z_rms"]);
    for (const Json& cut : fields["layers"]) {
      EXPECT_LE(std::abs(cut["z"].get<double>()), std::sqrt(fields["evidence_steps"].get<double>()));
      EXPECT_NE(cut["z"], 0);
      EXPECT_EQ(cut["conflict"].get<bool>(), cut["z"].get<double>() < 0);
    }
  }
  EXPECT_FALSE(epochs[0].fields.contains("z_rms"));  // warm-up
}

TEST(SlowRunSearch, PutsOffEveryCutWhereItMustBeSurerThanItCanBe) {
  Config config = LoopConfig();
  config.search.pruning.certain = 100;
  const Searched run = Search(config);
  const std::vector<size_t> would_go = {4, 4, 4};  // 0.4 of 6 in two layers, none of which ever goes
  for (size_t i = 0; i < 3; ++i) {
    const Json fields = run.events.Named("pruning")[i].fields;
    EXPECT_EQ(fields["candidates_after"], 13);
    EXPECT_EQ(fields["put_off"].size(), would_go[i]);
    EXPECT_TRUE(fields["layers"].empty());
  }
  EXPECT_LE(run.result.first().cost, 1.02 * 300e3);  // the final choice is among all candidates
}

// Of the networks' own costs the one with the most networks from 0.95 to 1.02 of it.
double BusiestBudget(const CostTable& costs) {
  double busiest = 0, most = 0;
  for (const std::vector<size_t>& network : AllNetworks(costs, {costs.Least(), costs.Most()}, 1000)) {
    const double cost = costs.OfNetwork(network);
    const double networks = CountNetworks(costs, {0.95 * cost, 1.02 * cost});
    if (networks > most) busiest = cost, most = networks;
  }
  return busiest;
}

TEST(SlowRunSearch, AwareOfTheBudgetItLeavesNetworksOfIt) {
  Config config = LoopConfig();
  const CostTable costs = MakeCostTable(*MakeMacsModel(), SmallSpace());
  config.search.budget.value = BusiestBudget(costs);
  ASSERT_GE(CountNetworks(costs, BandOf(config.search)), 3);
  config.search.pruning.budget = PruningBudget::kAware;
  const Searched run = Search(config);
  double before = std::numeric_limits<double>::infinity();
  for (const Event& pruning : run.events.Named("pruning")) {
    const auto left = pruning.fields["networks_in_band"].get<double>();
    EXPECT_GE(left, 1);
    EXPECT_LE(left, before);
    before = left;
  }
  EXPECT_GE(run.result.first().cost, 0.95 * config.search.budget.value);
  EXPECT_LE(run.result.first().cost, 1.02 * config.search.budget.value);

  config.search.pruning.least_networks = 3;
  for (const Event& pruning : Search(config).events.Named("pruning")) {
    EXPECT_GE(pruning.fields["networks_in_band"].get<double>(), 3);
  }
}

TEST(SlowRunSearch, PrunesByMeasuredLosses) {
  for (const PruningScore score : {PruningScore::kPerturbation, PruningScore::kPaths}) {
    Config config = LoopConfig();
    config.search.pruning.score = score;
    config.search.pruning.paths = 40;
    const Searched run = Search(config), again = Search(config);
    EXPECT_EQ(run.events.Text(), again.events.Text()) << NameOf(score);
    const std::vector<Event> prunings = run.events.Named("pruning"), alphas = run.events.Named("alpha");
    const std::vector<int> left = {9, 5, 3};
    for (size_t i = 0; i < prunings.size(); ++i) {
      const Json& fields = prunings[i].fields;
      EXPECT_EQ(fields["score"], NameOf(score));
      EXPECT_EQ(fields["candidates_after"], left[i]);
      const Json before = alphas[2 * i + 2].fields["layers"];
      ASSERT_EQ(fields["values"].size(), before.size());
      for (const Json& cut : fields["layers"]) {
        // Those with the lowest values went.
        const size_t layer = cut["layer"].get<size_t>();
        const auto value = [&](const Json& name) {
          const Json& names = before[layer]["candidates"];
          const auto at = std::find(names.begin(), names.end(), name) - names.begin();
          return fields["values"][layer][static_cast<size_t>(at)].get<double>();
        };
        for (const Json& dropped : cut["dropped"]) EXPECT_LE(value(dropped), value(cut["last_kept"]));
        for (const Json& kept : cut["kept"]) EXPECT_GE(value(kept), value(cut["first_dropped"]));
        EXPECT_NEAR(cut["gap"].get<double>(), value(cut["last_kept"]) - value(cut["first_dropped"]), 1e-12);
        EXPECT_EQ(cut["conflict"].get<bool>(), cut["z"].get<double>() < 0);
      }
    }
    EXPECT_NE(prunings[0].fields["z_rms"], run.events.Named("epoch")[2].fields["z_rms"]);
  }
}

TEST(RunSearch, RefusesTooFewPaths) {
  Config config = LoopConfig();
  config.search.pruning.score = PruningScore::kPaths;
  config.search.pruning.paths = 11;  // a mean and five effects in two layers
  test::ExpectErrorContains<ConfigError>([&] { Search(config); },
                                         {"search.pruning.paths", "11 networks", "11 effects", "33"});
}

TEST(RunSearch, AwareNeedsNetworksOfTheBudget) {
  Config config = LoopConfig();
  const CostTable costs = MakeCostTable(*MakeMacsModel(), SmallSpace());
  config.search.budget.value = 3 * costs.Most();
  config.search.pruning.budget = PruningBudget::kAware;
  test::ExpectErrorContains<ConfigError>([&] { Search(config); },
                                         {"search.pruning.budget", "aware", "search.budget_min"});
}

TEST(RunSearch, RefusesWhatCannotWork) {
  Config config = LoopConfig();
  config.search.budget.value = 100;
  test::ExpectErrorContains<ConfigError>([&] { Search(config); }, {"search.budget"});
  config = LoopConfig();
  config.data.validation_fraction = 0;
  test::ExpectErrorContains<Error>([&] { Search(config); }, {"validation"});
}

TEST(RunSearch, StopsWhereALossIsNotFinite) {
  Config config = LoopConfig();
  config.train.lr = 1e30;
  test::ExpectErrorContains<NumericError>([&] { Search(config); }, {"warmup", "batch"});
}

TEST(SlowRunSearch, SharesOfALargeBatchRun) {
  Config config = LoopConfig();
  config.train.micro_batch = 8;
  EXPECT_EQ(Search(config).events.Named("search_end").size(), 1u);
}

}  // namespace
}  // namespace danas
