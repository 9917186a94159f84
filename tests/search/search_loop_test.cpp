#include "danas/search/search_loop.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "danas/arch/space_file.h"
#include "danas/core/error.h"
#include "danas/nn/safetensors.h"
#include "danas/nn/supernet.h"
#include "tests/search/search_support.h"
#include "tests/search/space_support.h"
#include "tests/support/test_support.h"
#include "tests/support/torch_support.h"

namespace danas {
namespace {

// The class is a mean colour under noise.
void DrawColour(int label, RandomStream& random, Image& image) {
  for (size_t at = 0; at < image.rgb.size(); ++at) {
    const double mean = static_cast<int>(at % 3) == label % 3 ? 150 + 20 * (label / 3) : 110;
    image.rgb[at] = static_cast<uint8_t>(std::clamp(mean + 30 * random.Normal(), 0.0, 255.0));
  }
}

std::shared_ptr<const DatasetIndex> SmallDataset() { return test::MakeDataset(4, 40, 16, 1, DrawColour); }
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
  const std::vector<std::string> expected = {
      "search_start", "epoch", "alpha",                      // warm-up
      "epoch", "alpha", "epoch", "alpha", "pruning",         // step 1
      "epoch", "alpha", "epoch", "alpha", "pruning",         // step 2
      "epoch", "alpha", "epoch", "alpha", "pruning", "search_end"};
  EXPECT_EQ(names, expected);

  const std::vector<Event> epochs = run.events.Named("epoch");
  const std::vector<int> classes = {2, 3, 3, 4, 4, 4, 4};
  for (size_t i = 0; i < epochs.size(); ++i) {
    EXPECT_EQ(epochs[i].fields["classes"], classes[i]) << i;
    EXPECT_EQ(epochs[i].fields["images"], 24 * classes[i]) << i;  // 40 of a class, 0.4 of them for α
  }
  const std::vector<int> left = {8 + 1, 4 + 1, 2 + 1};  // 6, 4, 2, 1 in two layers, and the fixed one
  for (size_t i = 0; i < 3; ++i) EXPECT_EQ(run.events.Named("pruning")[i].fields["candidates_after"], left[i]) << i;
  EXPECT_TRUE(run.result.best.network.IsNetwork());
  EXPECT_LE(run.result.cost, 1.02 * 300e3);
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

TEST(RunSearch, SameSeedSameBits) {
  for (const bool hard : {false, true}) {
    Config config = LoopConfig();
    config.search.relaxation.hard = hard;
    const Searched one = Search(config), two = Search(config);
    EXPECT_EQ(one.events.Text(), two.events.Text());
    EXPECT_EQ(ToJson(one.result.best).dump(), ToJson(two.result.best).dump());
    config.seed = 1;
    EXPECT_NE(Search(config).events.Named("alpha").back().fields.dump(),
              one.events.Named("alpha").back().fields.dump());
  }
}

TEST(RunSearch, LoaderThreadsChangeNothing) {
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
  EXPECT_EQ(best.network, run.result.best.network);
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

TEST(RunSearch, ZeroRatioPrunesNothingAndEqualClassesScheduleNothing) {
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
  EXPECT_EQ(run.result.cost, costs.Least());
  EXPECT_LE(run.result.cost, config.search.budget_max.value);
  EXPECT_TRUE(run.result.bounded_by_budget);
  size_t kept = 0;
  for (const Event& pruning : run.events.Named("pruning")) kept += pruning.fields["kept_for_budget"].size();
  EXPECT_GT(kept, 0u);
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

TEST(RunSearch, SharesOfALargeBatchRun) {
  Config config = LoopConfig();
  config.train.micro_batch = 8;
  EXPECT_EQ(Search(config).events.Named("search_end").size(), 1u);
}

}  // namespace
}  // namespace danas
