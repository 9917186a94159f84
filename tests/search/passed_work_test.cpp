// What a search says it has computed, against counts by hand.
#include "danas/search/passed_work.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>

#include "danas/arch/heat_map_head.h"
#include "danas/core/error.h"
#include "danas/search/forward_macs.h"
#include "danas/search/score_walk.h"
#include "danas/search/search_loop.h"
#include "tests/search/search_support.h"
#include "tests/search/space_support.h"
#include "tests/support/test_support.h"

namespace danas::test {
namespace {

// On 4 channels of 16 x 16: the stem's 3 x 3 from 3 channels; an inverted residual e1 k3 (3 x 3 depthwise, 1 x 1), the
// same with squeeze and excite to 8 channels and back, e1 k5; a classifier of 4 classes.
constexpr double kStem = 3 * 4 * 9 * 256;
constexpr double kK3 = (9 * 4 + 4 * 4) * 256;
constexpr double kK3Se = kK3 + 2 * 4 * 8;
constexpr double kK5 = (25 * 4 + 4 * 4) * 256;
constexpr double kClassifier = 4 * 4;

SearchSpace Space() { return MakeSpace({DistinctBlocks(2), DistinctBlocks(1), DistinctBlocks(3)}, 4, 16, 4); }

constexpr double kAll = kStem + (kK3 + kK3Se) + kK3 + (kK3 + kK3Se + kK5) + kClassifier;

TEST(ForwardMacs, AreThoseOfMixturesAndPaths) {
  const ForwardMacs macs(Space());
  const at::Tensor two_c = at::full({2}, 0.5), three_c = at::full({3}, 1.0 / 3);
  EXPECT_EQ(macs.Of({{.probability_c = two_c}, {}, {.probability_c = three_c}}), kAll);
  EXPECT_EQ(macs.Of({{.path = 1}, {}, {.path = 2}}), kStem + kK3Se + kK3 + kK5 + kClassifier);
  EXPECT_EQ(macs.Of({{.probability_c = two_c, .path = 1}, {}, {.probability_c = three_c}}), kAll - kK3);
  EXPECT_EQ(macs.Of({{.probability_c = two_c, .subset = {0, 1}}, {}, {.probability_c = three_c, .subset = {0, 2}}}),
            kAll - kK3Se);
  EXPECT_EQ(macs.OfFeatures({{.path = 1}, {}, {.path = 2}}), kStem + kK3Se + kK3 + kK5);
  EXPECT_EQ(ForwardMacs(Space().Select({1, 0, 2})).Of({}), kStem + kK3Se + kK3 + kK5 + kClassifier);
}

// The last 1x1 is what Supernet::Predict() computes.
TEST(ForwardMacs, OfHeatMaps) {
  const SearchSpace space =
      WithHeatMapHead(Space(), {.key_points = 3, .input = {16, 16}, .layers = 1, .channels = 8, .groups = {1, 2}});
  const ForwardMacs macs(space);
  const std::vector<LayerChoice> choices = {{.path = 1}, {}, {.path = 2}, {.path = 1}};
  const double features = kStem + kK3Se + kK3 + kK5 + 4 / 2 * 8 * 16 * 256, maps = 8 * 3 * 32 * 32;
  EXPECT_EQ(macs.Of(choices), features + maps);
  EXPECT_EQ(macs.OfFeatures(choices), features);
  EXPECT_EQ(macs.OfWalk({{1, 0, 2, 1}}, true), features + maps);
}

TEST(ForwardMacs, CountWhatAWalkComputes) {
  const ForwardMacs macs(Space());
  EXPECT_EQ(macs.OfWalk({}, true), 0);
  EXPECT_EQ(macs.OfWalk({{0, 0, 1}}, true), kStem + kK3 + kK3 + kK3Se + kClassifier);
  // 0-0-0 and 0-0-2 share two layers, 1-0-0 none.
  const std::vector<std::vector<size_t>> networks = {{0, 0, 0}, {0, 0, 2}, {1, 0, 0}};
  const double features = kStem + (kK3 + kK3) + (kK3 + kK5) + (kK3Se + kK3 + kK3);
  EXPECT_EQ(macs.OfWalk(networks, true), features + 3 * kClassifier);
  EXPECT_EQ(macs.OfWalk(networks, false), features);
  double walked = kStem;
  const std::vector<std::vector<double>> macs_lc = {{kK3, kK3Se}, {kK3}, {kK3, kK3Se, kK5}};
  NetworkWalk walk(networks, at::zeros({1}));
  while (walk.NextNetwork()) {
    while (const std::optional<NetworkWalk::Step> step = walk.NextStep()) {
      walked += macs_lc[step->layer][step->candidate];
      walk.Give(step->x);
    }
  }
  EXPECT_EQ(walked, features);
}

// The class is a mean colour under noise.
void DrawColour(int label, RandomStream& random, Image& image) {
  for (uint8_t& level : image.rgb)
    level = static_cast<uint8_t>(std::clamp(100 + 20 * label + 30 * random.Normal(), 0.0, 255.0));
}

// 24 images a class for the weights, in batches of 24, and 16 for α. Nothing is pruned.
Config CountedConfig() {
  Config config = SmallConfig();
  config.train.batch = 24;
  config.search.budget.value = 120e3;
  config.search.budget_min.value = 1;
  config.search.budget_max.value = 1e9;
  config.search.pruning.ratio = 0;
  return config;
}
constexpr double kWeightImages = 24 * (2 + 2 * (3 + 4 + 4));
constexpr double kAlphaImages = 16 * 2 * (3 + 4 + 4);

struct Searched {
  KeptEvents events;

  Json end() const { return events.Named("search_end").at(0).fields; }
  double Macs(const char* part) const { return end().at("macs_passed").at(part).get<double>(); }
};

Searched Search(const Config& config, const std::filesystem::path& folder = {}, bool resume = false,
                ProgressSink* progress = nullptr) {
  Searched searched;
  RunSearch(MakeInputs(config, Space(), MakeDataset(4, 40, 16, 1, DrawColour)),
            {.metrics = &searched.events, .progress = progress, .folder = folder, .resume = resume});
  return searched;
}

TEST(PassedWork, OfMixturesIsThatOfAllCandidates) {
  for (const WeightPathKind kind : {WeightPathKind::kGumbel, WeightPathKind::kSoftmax}) {
    Config config = CountedConfig();
    config.search.paths = kind;
    const Searched run = Search(config);
    EXPECT_EQ(run.Macs("weights"), kWeightImages * kAll);
    EXPECT_EQ(run.Macs("architecture"), kAlphaImages * kAll);
    EXPECT_EQ(run.Macs("scoring"), 0);
    EXPECT_EQ(run.Macs("finalists"), 0);
    EXPECT_EQ(run.Macs("total"), (kWeightImages + kAlphaImages) * kAll);
  }
}

TEST(PassedWork, OfStepsInBetweenIsThatOfTheirImages) {
  Config config = CountedConfig();
  config.search.alpha_pass = AlphaPass::kEveryK;
  config.search.alpha_every = 2;
  config.search.alpha_batch = 16;
  const Searched run = Search(config);
  EXPECT_EQ(run.Macs("weights"), kWeightImages * kAll);
  EXPECT_EQ(run.Macs("architecture"), run.end().at("alpha_images").get<double>() * kAll);
  EXPECT_GT(run.Macs("architecture"), 0);
}

TEST(SlowPassedWork, OfPathsIsTheirOwn) {
  for (const WeightPathKind kind :
       {WeightPathKind::kUniform, WeightPathKind::kFair, WeightPathKind::kBinned, WeightPathKind::kBinarised}) {
    Config config = CountedConfig();
    config.search.paths = kind;
    const Searched run = Search(config);
    double macs = 0;
    for (const Event& epoch : run.events.Named("epoch")) {  // each path of a step sees its 24 images
      const Json& paths = epoch.fields.at("paths");
      macs += 24 * paths.at("count").get<double>() * paths.at("mean_cost").get<double>();
    }
    EXPECT_NEAR(run.Macs("weights"), macs, 1e-9 * macs) << NameOf(kind);
    EXPECT_EQ(run.Macs("architecture"), kAlphaImages * kAll);
  }
}

TEST(PassedWork, OfHardDrawsIsTheirPaths) {
  Config config = CountedConfig();
  config.search.relaxation.hard = true;
  config.search.relaxation.hard_alpha = HardAlpha::kOne;
  const Searched run = Search(config);
  for (const auto& [part, images] : {std::pair{"weights", kWeightImages}, {"architecture", kAlphaImages}}) {
    EXPECT_GE(run.Macs(part), images * (kStem + 3 * kK3 + kClassifier)) << part;
    EXPECT_LE(run.Macs(part), images * (kStem + kK3Se + kK3 + kK5 + kClassifier)) << part;
  }
}

// With two gates a layer of three candidates computes two of them; the weights' steps compute all.
TEST(SlowPassedWork, OfTheLearnersIsWhatTheyCompute) {
  Config config = CountedConfig();
  config.search.learner = LearnerKind::kSoftmax;
  EXPECT_EQ(Search(config).Macs("architecture"), kAlphaImages * kAll);
  config.search.learner = LearnerKind::kProxyless;
  const Searched two = Search(config);
  EXPECT_EQ(two.Macs("weights"), kWeightImages * kAll);
  EXPECT_GT(two.Macs("architecture"), kAlphaImages * (kAll - kK5));
  EXPECT_LT(two.Macs("architecture"), kAlphaImages * (kAll - kK3));
  config.search.proxyless_gates = ProxylessGates::kFull;
  EXPECT_EQ(Search(config).Macs("architecture"), kAlphaImages * kAll);
}

// What the six networks share is computed once; a finalist is trained and scored by itself.
TEST(PassedWork, OfScoringCountsSharedLayersOnce) {
  for (const ScoreStatistics statistics : {ScoreStatistics::kBatch, ScoreStatistics::kRecalibrated}) {
    Config config = CountedConfig();
    config.search.final = FinalChoiceKind::kScored;
    config.search.scoring = {.statistics = statistics, .images = 40, .batch = 20};
    config.search.recalibration_images = 30;
    config.search.finalists = 6;
    config.search.finalist_images = 48;
    config.search.finalist_scoring_images = 60;
    const Searched run = Search(config);
    const double averaged = statistics == ScoreStatistics::kBatch ? 0 : 30;
    const double features = kStem + (kK3 + kK3Se) + 2 * kK3 + 2 * (kK3 + kK3Se + kK5);
    EXPECT_EQ(run.Macs("scoring"), 40 * (features + 6 * kClassifier) + averaged * features);
    // Of all six, each candidate of the first layer stands in three, of the last in two.
    const double six = 6 * kStem + 3 * (kK3 + kK3Se) + 6 * kK3 + 2 * (kK3 + kK3Se + kK5);
    EXPECT_EQ(run.Macs("finalists"), (48 + 60) * (six + 6 * kClassifier) + averaged * six);
  }
}

TEST(PassedWork, OfPruningsIsScoring) {
  for (const PruningScore score : {PruningScore::kPaths, PruningScore::kPerturbation}) {
    Config config = CountedConfig();
    config.search.pruning.score = score;
    config.search.scoring.images = 40;
    const Searched run = Search(config);
    const double walk = kStem + (kK3 + kK3Se) + 2 * kK3 + 2 * (kK3 + kK3Se + kK5) + 6 * kClassifier;
    const double mixtures = 1 + 2 + 3;  // the whole, and without each candidate that has another
    EXPECT_EQ(run.Macs("scoring"), 3 * 40 * (score == PruningScore::kPaths ? walk : mixtures * kAll)) << NameOf(score);
  }
}

class Stop : public ProgressSink {
 public:
  Stop(std::string begin, int at) : begin_(std::move(begin)), left_(at) {}
  bool Due() override { return true; }
  void Show(const Progress& progress) override {
    if (progress.label.starts_with(begin_) && left_-- == 0) throw Interrupted("the test stops here");
  }

 private:
  std::string begin_;
  int left_;
};

TEST(SlowPassedWork, GoesOnWithTheRun) {
  Config config = CountedConfig();
  config.checkpoint.every = 1e-9;  // after every batch
  config.search.paths = WeightPathKind::kUniform;
  config.search.pruning.score = PruningScore::kPaths;
  config.search.final = FinalChoiceKind::kScored;
  config.search.final_source = FinalSource::kBest;  // which looks at α, so that there are α passes
  config.search.finalists = 2;
  config.search.finalist_images = 48;
  const Json whole = Search(config).end();
  for (const auto& [label, at] : {std::pair{"step2, epoch 1/2, weights", 2},
                                  {"step2, epoch 2/2, architecture", 1},
                                  {"step3, scoring candidates", 3},
                                  {"scoring networks", 2},
                                  {"finalist 2/2", 1}}) {
    const TempDir folder;
    Stop stop(label, at);
    EXPECT_THROW(Search(config, folder.path(), false, &stop), Interrupted) << label;
    EXPECT_EQ(Search(config, folder.path(), true).end().dump(), whole.dump()) << label;
  }
}

}  // namespace
}  // namespace danas::test
