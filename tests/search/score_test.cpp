#include "danas/search/score.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <set>

#include "danas/core/error.h"
#include "danas/data/transform.h"
#include "danas/nn/norm.h"
#include "danas/nn/state.h"
#include "danas/run/device.h"
#include "danas/search/score_walk.h"
#include "danas/tasks/classification/class_loss.h"
#include "danas/tasks/make_task.h"
#include "danas/train/loaders.h"
#include "tests/nn/nn_support.h"
#include "tests/search/mean_colours.h"
#include "tests/search/search_support.h"
#include "tests/search/space_support.h"
#include "tests/support/rank_threads.h"
#include "tests/support/test_support.h"

namespace danas {
namespace {

using Networks = std::vector<std::vector<size_t>>;

// Candidates that are fused as a whole, in parts and not at all, and the one that hands on what it is given.
SearchSpace MixedSpace() {
  const BlockSpec shuffle{.kind = BlockKind::kShuffleA, .op = {.kind = OperatorKind::kDepthwise, .kernel = 5}};
  const BlockSpec xception{.kind = BlockKind::kShuffleX, .op = {.kind = OperatorKind::kDepthwise, .kernel = 3}};
  const BlockSpec identity{.kind = BlockKind::kIdentity};
  std::vector<BlockSpec> inverted = test::DistinctBlocks(8);
  return test::MakeSpace({{inverted[0], shuffle, identity},
                          {identity, inverted[1], inverted[6]},
                          {inverted[2]},
                          {xception, inverted[7], identity}},
                         8, 16, 4);
}

Networks AllOf(const SearchSpace& space) {
  Networks networks{{}};
  for (const LayerSpec& layer : space.layers()) {
    Networks longer;
    for (const std::vector<size_t>& network : networks) {
      for (size_t c = 0; c < layer.candidates.size(); ++c) {
        longer.push_back(network);
        longer.back().push_back(c);
      }
    }
    networks = std::move(longer);
  }
  return networks;
}

Config ScoringConfigOf(ScoreStatistics statistics, KernelChoice kernels = KernelChoice::kAuto) {
  Config config = test::SmallConfig();
  config.nn.kernels = kernels;
  config.search.scoring = {.statistics = statistics, .images = 50, .batch = 20};
  config.search.recalibration_images = 30;
  return config;
}

// A supernet with random weights, and what it is scored on.
struct Scored {
  explicit Scored(const Config& given, const SearchSpace& space = MixedSpace(), int classes = 4)
      : config(given), supernet(std::make_shared<Supernet>(space, SupernetOptions{.how = config.nn})) {
    InitializeWeights(*supernet, 3);
    const std::vector<int> order = {2, 0, 3, 1};
    const Split split =
        SplitTrainingSet(test::MakeDataset(4, 40, 16, 1, test::DrawMeanColour), config.data, config.seed);
    sets = {.validation = EasiestClasses(split.architecture, order, classes),
            .training = EasiestClasses(split.weights, order, classes),
            .classes = classes};
    MoveTo(*supernet, at::kCPU, config.runtime);
  }

  SubnetScorer Scorer(const Ranks& ranks = {}) const { return {supernet, sets, config, at::kCPU, ranks}; }

  std::shared_ptr<Supernet> OnePath(const std::vector<size_t>& network) const {
    std::map<size_t, std::set<size_t>> dropped;
    for (size_t l = 0; l < network.size(); ++l) {
      for (size_t c = 0; c < supernet->space().layers()[l].candidates.size(); ++c) {
        if (c != network[l]) dropped[l].insert(c);
      }
    }
    return supernet->Without(dropped);
  }

  std::vector<Batch> Batches(const Subset& subset, int64_t count, int64_t batch) const {
    LoaderOptions options = TestLoader(config, batch, Ranks());
    Loader loader(EvenSample(subset, count, config.seed),
                  std::make_shared<const Transform>(config.data, ImageUse::kTest, config.seed, 3), options);
    loader.Start(0);
    std::vector<Batch> batches;
    while (std::optional<Batch> next = loader.Next()) batches.push_back(*next);
    return batches;
  }

  Config config;
  std::shared_ptr<Supernet> supernet;
  ScoringSets sets;
};

std::vector<at::Tensor> ImagesOf(const std::vector<Batch>& batches) {
  std::vector<at::Tensor> images;
  for (const Batch& batch : batches) images.push_back(batch.images);
  return images;
}

const std::vector<ScoreStatistics> kBothStatistics = {ScoreStatistics::kBatch, ScoreStatistics::kRecalibrated};

TEST(SubnetScorer, GivesTheLossOfTheNetworkAlone) {
  for (const ScoreStatistics statistics : kBothStatistics) {
    for (const KernelChoice kernels : {KernelChoice::kAuto, KernelChoice::kAten}) {
      const Scored scored(ScoringConfigOf(statistics, kernels));
      const std::vector<size_t> choice = {1, 2, 0, 1};
      const SubnetScore score = scored.Scorer().Score({choice}, {.losses = ImageLosses::kGive}).at(0);

      const at::NoGradGuard no_gradient;
      const std::shared_ptr<Supernet> network = scored.OnePath(choice);
      const std::vector<Batch> training = scored.Batches(scored.sets.training, 30, 15);
      if (statistics == ScoreStatistics::kBatch) {
        SetNormMode(*network, NormMode::kBatchFrozen);
      } else {
        Recalibrate(*network, {}, ImagesOf(training));
      }
      network->eval();
      std::vector<at::Tensor> losses;
      int64_t correct = 0;
      for (const Batch& batch : scored.Batches(scored.sets.validation, 50, 17)) {  // 50 = 17 + 17 + 16
        const at::Tensor logits = network->forward(batch.images);
        losses.push_back(ClassLosses(logits, batch.targets, 4));
        correct += CountCorrect(logits, batch.targets, 4).item<int64_t>();
      }
      const at::Tensor loss_n = at::cat(losses);
      ASSERT_EQ(score.loss_n.size(), 50u);
      test::ExpectSameBits(at::tensor(score.loss_n), loss_n);
      EXPECT_NEAR(score.loss, loss_n.mean(at::kDouble).item<double>(), 1e-12) << NameOf(statistics);
      EXPECT_EQ(score.accuracy, static_cast<double>(correct) / 50);
    }
  }
}

// The evaluation that `danas evaluate` does, of the derived network with recalibrated statistics.
TEST(SubnetScorer, AgreesWithEvaluate) {
  const Scored scored(ScoringConfigOf(ScoreStatistics::kRecalibrated));
  const std::vector<size_t> choice = {0, 1, 0, 2};
  const SubnetScore score = scored.Scorer().Score({choice}).at(0);
  const std::shared_ptr<Supernet> network = scored.OnePath(choice);
  const std::vector<Batch> training = scored.Batches(scored.sets.training, 30, 15);
  Recalibrate(*network, {}, ImagesOf(training));
  Loader loader(EvenSample(scored.sets.validation, 50, scored.config.seed),
                std::make_shared<const Transform>(scored.config.data, ImageUse::kTest, 0, 3),
                TestLoader(scored.config, 50, Ranks()));
  const EvaluationResult evaluated =
      MakeTask(scored.config)
          ->Test(*network, [&](const at::Tensor& image_nchw) { return network->forward(image_nchw); }, loader,
                 {.classes = 4, .runtime = scored.config.runtime});
  EXPECT_NEAR(score.loss, evaluated.loss, 1e-5);
  EXPECT_EQ(score.accuracy, evaluated.top1);
}

TEST(SlowSubnetScorer, DoesNotDependOnTheNetworksBesideIt) {
  for (const ScoreStatistics statistics : kBothStatistics) {
    for (const KernelChoice kernels : {KernelChoice::kAuto, KernelChoice::kAten}) {
      const Scored scored(ScoringConfigOf(statistics, kernels));
      const SubnetScorer scorer = scored.Scorer();
      Networks networks = AllOf(MixedSpace());
      RandomStream(5, "order").Shuffle(networks);
      const std::vector<SubnetScore> together = scorer.Score(networks, {.losses = ImageLosses::kGive});
      ASSERT_EQ(together.size(), networks.size());
      std::set<double> different;
      for (size_t n = 0; n < networks.size(); ++n) {
        EXPECT_EQ(scorer.Score({networks[n]}, {.losses = ImageLosses::kGive}).at(0), together[n]) << n;
        different.insert(together[n].loss);
      }
      EXPECT_EQ(different.size(), networks.size()) << NameOf(statistics);
      // In another order, some of them twice.
      Networks some(networks.rbegin(), networks.rbegin() + 5);
      some.push_back(some[0]);
      const std::vector<SubnetScore> again = scorer.Score(some, {.losses = ImageLosses::kGive});
      for (size_t n = 0; n < some.size(); ++n) EXPECT_EQ(again[n], together[networks.size() - 1 - (n % 5)]) << n;
    }
  }
}

TEST(SubnetScorer, ManyNetworksAtOnceAreAsFew) {
  // More than are held at a time with recalibrated statistics.
  const Scored scored(ScoringConfigOf(ScoreStatistics::kRecalibrated), test::SpaceWithCounts({5, 6, 5}));
  const SubnetScorer scorer = scored.Scorer();
  const Networks networks = AllOf(scored.supernet->space());
  ASSERT_GT(networks.size(), 128u);
  const std::vector<SubnetScore> scores = scorer.Score(networks);
  for (const size_t n : {size_t{0}, size_t{127}, size_t{128}, networks.size() - 1}) {
    EXPECT_EQ(scorer.Score({networks[n]}).at(0), scores[n]) << n;
  }
}

TEST(SlowSubnetScorer, RanksGiveTheSameBits) {
  for (const ScoreStatistics statistics : kBothStatistics) {
    Config config = ScoringConfigOf(statistics);
    config.runtime.threads = 1;
    const Networks networks = AllOf(MixedSpace());
    const std::vector<SubnetScore> alone = Scored(config).Scorer().Score(networks, {.losses = ImageLosses::kGive});
    for (const int count : {2, 3}) {
      std::vector<std::vector<SubnetScore>> of_rank(static_cast<size_t>(count));
      test::OnRankThreads(count, [&](const Ranks& ranks) {
        const Scored scored(config);
        const SubnetScorer scorer = scored.Scorer(ranks);
        of_rank[static_cast<size_t>(ranks.rank())] = scorer.Score(networks, {.losses = ImageLosses::kGive});
        EXPECT_EQ(scorer.Score({networks[7]}), std::vector<SubnetScore>{scorer.Score(networks)[7]});
      });
      for (const std::vector<SubnetScore>& scores : of_rank) EXPECT_EQ(scores, alone);
    }
  }
}

TEST(SubnetScorer, LeavesTheSupernetAsItWas) {
  for (const ScoreStatistics statistics : kBothStatistics) {
    const Scored scored(ScoringConfigOf(statistics));
    Supernet& supernet = *scored.supernet;
    SetNormMode(supernet, NormMode::kBatch);
    SetNormSharing(supernet, {.groups = 2});
    std::vector<at::Tensor> before;
    for (const auto& [name, tensor] : StateOf(supernet)) before.push_back(tensor.clone());
    const SubnetScorer scorer = scored.Scorer();
    scorer.Score({{0, 0, 0, 0}, {2, 1, 0, 1}});
    scorer.ScoreMixture({{.path = 0}, {.path = 1}, {}, {.path = 1}});
    const NamedTensors after = StateOf(supernet);
    for (size_t i = 0; i < after.size(); ++i) test::ExpectSameBits(after[i].second, before[i]);
    EXPECT_TRUE(supernet.is_training());
    for (const BatchNorm* norm : NormsOf(supernet)) {
      EXPECT_EQ(norm->mode(), NormMode::kBatch);
      EXPECT_TRUE(norm->shares());
    }
    for (const at::Tensor& weight : supernet.parameters()) {
      EXPECT_TRUE(weight.requires_grad());
      EXPECT_FALSE(weight.grad().defined());
    }
  }
}

TEST(SubnetScorer, AMixtureOfOnePathIsThatNetwork) {
  for (const ScoreStatistics statistics : kBothStatistics) {
    const Scored scored(ScoringConfigOf(statistics));
    const SubnetScorer scorer = scored.Scorer();
    const SubnetScore mixture =
        scorer.ScoreMixture({{.path = 1}, {.path = 2}, {.path = 0}, {.path = 1}}, ImageLosses::kGive);
    EXPECT_EQ(mixture, scorer.Score({{1, 2, 0, 1}}, {.losses = ImageLosses::kGive}).at(0)) << NameOf(statistics);
  }
}

TEST(SubnetScorer, GoesOnWithWhatAPruningLeaves) {
  const Scored scored(ScoringConfigOf(ScoreStatistics::kBatch));
  SubnetScorer scorer = scored.Scorer();
  const SubnetScore before = scorer.Score({{1, 2, 0, 2}}).at(0);
  scorer.Use(scored.supernet->Without({{0, {0}}, {3, {1}}}));
  EXPECT_EQ(scorer.Score({{0, 2, 0, 1}}).at(0), before);
}

TEST(SubnetScorer, TakesTheClassesLearntSoFar) {
  const Scored two(ScoringConfigOf(ScoreStatistics::kBatch), MixedSpace(), 2);
  const SubnetScorer scorer = two.Scorer();
  EXPECT_EQ(scorer.images(), 32);  // of 16 a class: fewer than search.scoring.images
  const SubnetScore score = scorer.Score({{0, 1, 0, 1}}).at(0);
  const at::NoGradGuard no_gradient;
  const std::shared_ptr<Supernet> network = two.OnePath({0, 1, 0, 1});
  SetNormMode(*network, NormMode::kBatchFrozen);
  network->eval();
  double of_two = 0, of_four = 0;
  for (const Batch& batch : two.Batches(two.sets.validation, 32, 16)) {
    const at::Tensor logits = network->forward(batch.images);
    of_two += ClassLossSum(logits, batch.targets, 2, 0).item<double>() / 32;
    of_four += ClassLossSum(logits, batch.targets, 4, 0).item<double>() / 32;
  }
  EXPECT_NEAR(score.loss, of_two, 1e-6);
  EXPECT_GT(of_four, of_two + 0.1);
}

TEST(SubnetScorer, CountsInDoubleToo) {
  Config config = ScoringConfigOf(ScoreStatistics::kRecalibrated);
  const double loss = Scored(config).Scorer().Score({{0, 1, 0, 1}}).at(0).loss;
  config.runtime.precision = Precision::kFloat64;
  EXPECT_NEAR(Scored(config).Scorer().Score({{0, 1, 0, 1}}).at(0).loss, loss, 1e-5);
}

TEST(SubnetScorer, RefusesWhatItCannotScore) {
  const Scored scored(ScoringConfigOf(ScoreStatistics::kBatch));
  const SubnetScorer scorer = scored.Scorer();
  EXPECT_THROW(scorer.Score({{0, 1, 0}}), std::invalid_argument);
  EXPECT_THROW(scorer.Score({{0, 1, 1, 0}}), std::invalid_argument);
  EXPECT_TRUE(scorer.Score({}).empty());
  const at::NoGradGuard no_gradient;
  scored.supernet->layer(1).candidate(2).parameters()[0].fill_(std::numeric_limits<float>::quiet_NaN());
  EXPECT_NO_THROW(scorer.Score({{0, 1, 0, 1}}));
  test::ExpectErrorContains<NumericError>(
      [&] {
        scorer.Score({{0, 1, 0, 1}, {0, 2, 0, 1}});
      },
      {"the network 0-2-0-1", "nan"});
  Scored none(ScoringConfigOf(ScoreStatistics::kBatch));
  none.sets.validation = {.dataset = none.sets.validation.dataset, .images = {}, .targets = {}};
  test::ExpectErrorContains<ConfigError>([&] { none.Scorer(); }, {"data.validation_per_class"});
}

class CountedProgress : public ProgressSink {
 public:
  bool Due() override { return true; }
  void Show(const Progress& progress) override { shown.push_back(progress); }
  std::vector<Progress> shown;
};

TEST(SubnetScorer, SaysHowFarItIs) {
  const Scored scored(ScoringConfigOf(ScoreStatistics::kRecalibrated));
  const SubnetScorer scorer = scored.Scorer();
  CountedProgress progress;
  const std::vector<SubnetScore> scores =
      scorer.Score({{0, 0, 0, 0}, {2, 1, 0, 1}}, {.progress = &progress, .label = "ranking"});
  ASSERT_EQ(progress.shown.size(), 2u * (2 + 3));  // batches of training and validation images
  EXPECT_EQ(progress.shown.back().done, progress.shown.back().total);
  EXPECT_EQ(progress.shown.back().label, "ranking");
  EXPECT_NEAR(progress.shown.back().loss, (scores[0].loss + scores[1].loss) / 2, 1e-9);
  EXPECT_NEAR(progress.shown.back().accuracy, (scores[0].accuracy + scores[1].accuracy) / 2, 1e-9);
}

// A tensor that counts how many of its kind there are.
at::Tensor Counted(int& alive) {
  ++alive;
  return at::from_blob(
      &alive, {1}, [&alive](void*) { --alive; }, at::kInt);
}

TEST(NetworkWalk, ComputesSharedLayersOnceAndHoldsFew) {
  RandomStream random(1, "walk");
  for (int round = 0; round < 50; ++round) {
    const size_t layers = 1 + random.UniformInt(6);
    std::set<std::vector<size_t>> drawn;
    for (int n = 0; n < 20; ++n) {
      std::vector<size_t> network;
      for (size_t l = 0; l < layers; ++l) network.push_back(random.UniformInt(3));
      drawn.insert(network);
    }
    const Networks networks(drawn.begin(), drawn.end());
    std::set<std::vector<size_t>> prefixes;
    for (const std::vector<size_t>& network : networks) {
      for (size_t l = 1; l <= layers; ++l) prefixes.insert({network.begin(), network.begin() + static_cast<long>(l)});
    }
    size_t steps = 0, ends = 0;
    int alive = 0, most = 0;
    std::vector<size_t> at;  // the path that the walk is on
    {
      NetworkWalk walk(networks, Counted(alive));
      while (walk.NextNetwork()) {
        while (const std::optional<NetworkWalk::Step> step = walk.NextStep()) {
          EXPECT_TRUE(step->x.defined());
          ++steps;
          at.resize(step->layer);
          at.push_back(step->candidate);
          walk.Give(Counted(alive));
          most = std::max(most, alive);
        }
        EXPECT_TRUE(walk.output().defined());
        EXPECT_EQ(walk.network(), ends++);
        EXPECT_EQ(at, networks[walk.network()]);
      }
    }
    EXPECT_EQ(steps, prefixes.size());
    EXPECT_EQ(ends, networks.size());
    EXPECT_LE(most, static_cast<int>(layers) + 1);
    EXPECT_EQ(alive, 0);
  }
}

// One network needs what goes into a layer no longer than the layer takes.
TEST(NetworkWalk, HoldsTwoTensorsForOneNetwork) {
  int alive = 0, most = 0;
  const Networks one = {{0, 0, 0, 0, 0}};
  NetworkWalk walk(one, Counted(alive));
  while (walk.NextNetwork()) {
    while (walk.NextStep()) {
      at::Tensor y = Counted(alive);
      most = std::max(most, alive);
      walk.Give(std::move(y));
    }
  }
  EXPECT_LE(most, 3);
}

}  // namespace
}  // namespace danas
