// A search by several ranks, which are threads here, against the same search by one.
#include <gmock/gmock.h>

#include <algorithm>
#include <cmath>

#include "danas/arch/space_file.h"
#include "danas/core/error.h"
#include "danas/search/search_loop.h"
#include "tests/search/mean_colours.h"
#include "tests/search/search_support.h"
#include "tests/search/space_support.h"
#include "tests/support/rank_threads.h"
#include "tests/support/test_support.h"

namespace danas {
namespace {

using test::OnRankThreads;

constexpr int kPerClass = 37;  // no batch size divides a phase's images

// The config's space where it names one of its own, else a small one of inverted residuals.
SearchSpace SpaceOf(const Config& config) {
  if (config.space != Config().space) return LoadSpace(config.space, {16, 16}, 4).space;
  return test::MakeSpace({test::DistinctBlocks(6), test::DistinctBlocks(6), test::DistinctBlocks(1)}, 4, 16, 4);
}

// In double, with augmentation, smoothing and momentum.
Config RanksConfigOf() {
  Config config = test::SmallConfig();
  config.runtime.threads = 1;
  config.runtime.precision = Precision::kFloat64;
  config.search.budget.value = 300e3;
  config.data.augment.flip = 0.5;
  config.data.augment.crop = CropKind::kPad;
  return config;
}

struct Searched {
  SearchResult result;
  test::KeptEvents events;
};

Searched Search(const Config& config, const Ranks& ranks, const std::filesystem::path& folder, int per_class,
                bool resume = false) {
  SearchInputs inputs = test::MakeInputs(config, SpaceOf(config), test::MeanColours(per_class));
  inputs.ranks = ranks;
  test::KeptEvents events;
  SearchOutputs outputs;
  outputs.resume = resume;
  if (ranks.first()) {
    outputs.metrics = &events;
    outputs.folder = folder;
  }
  return {RunSearch(inputs, outputs), events};
}

Searched SearchAlone(const Config& config, int per_class = kPerClass) { return Search(config, Ranks(), {}, per_class); }

// What rank 0 reports.
Searched SearchOn(int count, const Config& config, int per_class = kPerClass, const std::filesystem::path& folder = {},
                  bool resume = false) {
  std::optional<Searched> first;
  std::vector<std::string> networks(static_cast<size_t>(count));
  OnRankThreads(count, [&](const Ranks& ranks) {
    Searched searched = Search(config, ranks, folder, per_class, resume);
    networks[static_cast<size_t>(ranks.rank())] = ToJson(searched.result.first().best.network).dump();
    if (ranks.first()) first = std::move(searched);
  });
  for (const std::string& network : networks) EXPECT_EQ(network, networks[0]);
  return *first;
}

void ExpectNear(const Json& actual, const Json& expected, double tolerance, const std::string& where) {
  if (expected.is_object()) {
    ASSERT_EQ(actual.size(), expected.size()) << where;
    for (const auto& [key, value] : expected.items()) {
      ExpectNear(actual.at(key), value, tolerance, where + "." + key);
    }
  } else if (expected.is_array()) {
    ASSERT_EQ(actual.size(), expected.size()) << where;
    for (size_t i = 0; i < expected.size(); ++i) {
      ExpectNear(actual[i], expected[i], tolerance, where + "[" + std::to_string(i) + "]");
    }
  } else if (expected.is_number_float()) {
    const double want = expected.get<double>();
    EXPECT_NEAR(actual.get<double>(), want, tolerance * std::max(1.0, std::abs(want))) << where;
  } else {
    EXPECT_EQ(actual, expected) << where;
  }
}

void ExpectSameSearch(const Searched& actual, const Searched& expected, double tolerance = 1e-10) {
  ASSERT_EQ(actual.events.events.size(), expected.events.events.size());
  for (size_t i = 0; i < expected.events.events.size(); ++i) {
    const Event& want = expected.events.events[i];
    Json fields = actual.events.events[i].fields, wanted = want.fields;
    for (Json* json : {&fields, &wanted}) {
      json->erase("memory_bytes");  // of one process
      if (!json->contains("macs_passed")) continue;
      for (const char* part : {"scoring", "total"})
        (*json)["macs_passed"].erase(part);  // each computes what they share
    }
    ASSERT_EQ(actual.events.events[i].name, want.name);
    ExpectNear(fields, wanted, tolerance, want.name + " " + std::to_string(i));
  }
}

TEST(RanksSearch, WithStatisticsOfAllRanksIsThatOfOneProcess) {
  Config config = RanksConfigOf();
  config.train.sync_bn = true;
  const Searched one = SearchAlone(config);
  ExpectSameSearch(SearchOn(2, config), one);
}

TEST(RanksSearch, WithOwnStatisticsIsThatOfOneProcessWithGroups) {
  for (const BufferChoice buffers : {BufferChoice::kFirst, BufferChoice::kAverage}) {
    for (const int count : {2, 3}) {
      Config config = RanksConfigOf();
      config.ranks.bn_buffers = buffers;
      const Searched many = SearchOn(count, config);
      config.train.bn_groups = count;
      ExpectSameSearch(many, SearchAlone(config));
    }
  }
}

// Two ranks that cut their twelve images in two: four parts of six, as one process with four groups. Batches divide all
// phases' images, so that every part has as many.
TEST(RanksSearch, PartsOfABatchChangeNothing) {
  Config config = RanksConfigOf();
  config.train.batch = 24;
  config.data.validation_fraction = 0.5;
  config.train.micro_batch = 6;
  const Searched two = SearchOn(2, config, 48);
  config.train.micro_batch = 0;
  config.train.bn_groups = 4;
  config.search.relaxation.hard = false;
  const Searched one = SearchAlone(config, 48);
  // The running statistics follow each part in turn there, the first alone here: nothing in a search reads them.
  ExpectSameSearch(two, one);
}

TEST(RanksSearch, SampledPathsLeaveTheSameWeightsUnused) {
  Config config = RanksConfigOf();
  config.train.sync_bn = true;
  config.search.relaxation.hard = true;
  ExpectSameSearch(SearchOn(2, config), SearchAlone(config));
}

// A fair group's passes are summed over the ranks once, after the last: weights that only earlier paths used are in it.
TEST(RanksSearch, OwnPathsAreTheSameOnAllRanks) {
  for (const WeightPathKind kind : {WeightPathKind::kUniform, WeightPathKind::kFair, WeightPathKind::kBinned,
                                    WeightPathKind::kBinarised, WeightPathKind::kSoftmax}) {
    SCOPED_TRACE(NameOf(kind));
    Config config = RanksConfigOf();
    config.train.sync_bn = true;
    config.search.paths = kind;
    config.search.budget_min.value = 100e3;
    ExpectSameSearch(SearchOn(2, config), SearchAlone(config));
  }
}

TEST(RanksSearch, FairPathsInPartsToo) {
  Config config = RanksConfigOf();
  config.search.paths = WeightPathKind::kFair;
  config.search.budget_min.value = 100e3;
  config.train.batch = 24;
  config.data.validation_fraction = 0.5;
  config.train.micro_batch = 6;
  const Searched two = SearchOn(2, config, 48);
  config.train.micro_batch = 0;
  config.train.bn_groups = 4;
  ExpectSameSearch(two, SearchAlone(config, 48));
}

// Draws belong to the batch's micro-batches, which two ranks cut at the same places as one process.
TEST(RanksSearch, DrawsOfMicroBatchesAreThoseOfOneProcess) {
  Config config = RanksConfigOf();
  config.data.validation_fraction = 0.5;
  config.search.relaxation.draws = RelaxationDraws::kMicroBatch;
  config.search.relaxation.temperature_end = 0.2;
  config.train.batch = 24;
  config.train.micro_batch = 6;
  config.search.alpha_batch = 12;
  config.search.alpha_micro_batch = 3;
  const Searched one = SearchAlone(config, 48);
  ExpectSameSearch(SearchOn(2, config, 48), one);
  config.search.relaxation.draws = RelaxationDraws::kBatch;
  EXPECT_NE(SearchAlone(config, 48).events.Text(), one.events.Text());
}

TEST(RanksSearch, AlphaStepsInBetweenAgreeToo) {
  Config config = RanksConfigOf();
  config.train.sync_bn = true;
  config.search.alpha_pass = AlphaPass::kEveryK;
  config.search.alpha_every = 2;
  config.train.ema_decay = 0.9;
  ExpectSameSearch(SearchOn(2, config), SearchAlone(config));
}

TEST(RanksSearch, LearnersAgreeToo) {
  for (const AlphaPass pass : {AlphaPass::kPerEpoch, AlphaPass::kEveryK}) {
    Config config = RanksConfigOf();
    config.train.sync_bn = true;
    config.search.alpha_pass = pass;
    config.search.alpha_every = 2;
    SCOPED_TRACE(NameOf(pass));
    config.search.learner = LearnerKind::kSoftmax;
    ExpectSameSearch(SearchOn(2, config), SearchAlone(config));
    config.search.learner = LearnerKind::kProxyless;
    config.search.paths = WeightPathKind::kUniform;
    config.search.paths_band = false;
    for (const ProxylessGates gates : {ProxylessGates::kFull, ProxylessGates::kTwo}) {
      SCOPED_TRACE(NameOf(gates));
      config.search.proxyless_gates = gates;
      ExpectSameSearch(SearchOn(2, config), SearchAlone(config));
    }
  }
}

TEST(RanksSearch, PruningsByMeasuredLossesAgreeToo) {
  for (const PruningScore score : {PruningScore::kPerturbation, PruningScore::kPaths}) {
    Config config = RanksConfigOf();
    config.train.sync_bn = true;
    config.search.pruning.score = score;
    config.search.pruning.paths = 30;
    config.search.scoring.ema = score == PruningScore::kPaths ? 0.9 : 0;
    // Losses of images are float32, and z is a small difference of them over a small error.
    ExpectSameSearch(SearchOn(2, config), SearchAlone(config), 1e-3);
  }
}

TEST(RanksSearch, SeveralBudgetsAgreeToo) {
  Config config = RanksConfigOf();
  config.train.sync_bn = true;
  const CostTable costs = MakeCostTable(*MakeMacsModel(), SpaceOf(config));
  for (const size_t c : {0, 2, 4}) config.search.budgets.push_back({costs.OfNetwork({c, c, 0})});
  ExpectSameSearch(SearchOn(2, config), SearchAlone(config));
  config.search.paths = WeightPathKind::kUniform;
  config.search.pruning.score = PruningScore::kPaths;
  config.search.pruning.paths = 30;
  config.search.pruning.budget = PruningBudget::kAware;
  config.search.final = FinalChoiceKind::kScored;
  ExpectSameSearch(SearchOn(2, config), SearchAlone(config), 1e-3);
}

TEST(RanksSearch, OwnDrawsAreAveraged) {
  Config config = RanksConfigOf();
  config.ranks.draws = DrawChoice::kOwn;
  const Searched own = SearchOn(2, config), again = SearchOn(2, config);
  EXPECT_EQ(own.events.Text(), again.events.Text());
  config.ranks.draws = DrawChoice::kShared;
  EXPECT_NE(own.events.Text(), SearchOn(2, config).events.Text());
}

TEST(RanksSearch, TwiceTheSameBits) {
  Config config = RanksConfigOf();
  config.runtime.precision = Precision::kFloat32;
  EXPECT_EQ(SearchOn(3, config).events.Text(), SearchOn(3, config).events.Text());
}

// From the checkpoint at the end of step 1, by as many ranks, by more and by one. With 38 of a class no last batch has
// fewer images than ranks, which would be joined to the one before.
void ExpectGoesOnFromACheckpoint(Config config) {
  const test::TempDir whole;
  config.train.sync_bn = true;
  config.checkpoint.every = 0;
  const Searched through = SearchOn(2, config, 38, whole.path());
  const std::vector<Event>& all = through.events.events;
  const auto pruned = std::ranges::find_if(all, [](const Event& event) { return event.name == "pruning"; });
  const std::vector<Event> left(pruned + 1, all.end());
  for (const int count : {2, 3, 1}) {
    const test::TempDir folder;
    std::filesystem::create_directories(folder / "checkpoints");
    // The first stands for the begin, the second for warm-up's end, the third and the fourth for before and after the
    // pruning of step 1.
    for (const char* name : {"000004.json", "000004.safetensors"}) {
      std::filesystem::copy(whole / "checkpoints" / name, folder / "checkpoints" / name);
    }
    const Searched rest = SearchOn(count, config, 38, folder.path(), /*resume=*/true);
    test::KeptEvents expected;
    expected.events = left;
    if (count == 2) {
      EXPECT_EQ(rest.events.Text(), expected.Text());
      EXPECT_EQ(test::ReadText(folder / "weights.safetensors"), test::ReadText(whole / "weights.safetensors"));
    }
    ExpectSameSearch(rest, {through.result, expected});
  }
}

TEST(RanksSearch, GoesOnFromACheckpoint) { ExpectGoesOnFromACheckpoint(RanksConfigOf()); }

// MobileNetV3's, GhostNet's, ConvNeXt's and EfficientNet-lite's, defined in the file.
Config WithBlocksOfASpaceFile() {
  Config config = RanksConfigOf();
  config.space = DANAS_SOURCE_DIR "/configs/spaces/defined_small.json";
  config.search.budget.value = 90e3;
  return config;
}

TEST(RanksSearch, BlocksOfASpaceFileAgreeToo) {
  Config config = WithBlocksOfASpaceFile();
  config.train.sync_bn = true;
  ExpectSameSearch(SearchOn(2, config), SearchAlone(config));
}

TEST(RanksSearch, BlocksOfASpaceFileGoOnFromACheckpoint) { ExpectGoesOnFromACheckpoint(WithBlocksOfASpaceFile()); }

TEST(RanksSearch, ATooSmallBatchIsRefused) {
  Config config = RanksConfigOf();
  config.train.batch = 4;
  test::ExpectErrorContains<ConfigError>([&] { SearchOn(3, config); }, {"a batch of 4 images", "3 processes"});
}

}  // namespace
}  // namespace danas
