// Twins: candidates that compute the same with the same weights, so that nothing can tell them apart. A layer's 5x5
// filters are its 3x3 filters with a rim of zeros. Whatever α makes of them, the evidence must be noise: z with mean 0
// and standard deviation 1.
#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <cmath>

#include "danas/nn/norm.h"
#include "danas/search/architecture_pass.h"
#include "danas/search/budgets.h"
#include "danas/search/pruning_decision.h"
#include "danas/tasks/classification/class_loss.h"
#include "tests/search/search_support.h"
#include "tests/search/space_support.h"

namespace danas {
namespace {

constexpr size_t kLayers = 3;
constexpr int64_t kClasses = 4, kImages = 16;
constexpr int kWeightSteps = 10, kAlphaSteps = 48;

// e1 and e3, each with k3 and k5: (0, 1) and (2, 3) are twins.
SearchSpace TwinSpace() {
  std::vector<BlockSpec> layer;
  for (const double expand : {1.0, 3.0}) {
    for (const int kernel : {3, 5}) layer.push_back({.op = {.kernel = kernel}, .expand = expand});
  }
  return test::MakeSpace(std::vector<std::vector<BlockSpec>>(kLayers, layer), 8, 8, kClasses);
}

void CopyIntoTwin(Block& from, Block& to) {
  const at::NoGradGuard no_grad;
  const auto weights = from.named_parameters();
  for (const auto& item : to.named_parameters()) {
    at::Tensor twin = item.value();
    const at::Tensor& weight = weights[item.key()];
    const int64_t rim = (twin.size(-1) - weight.size(-1)) / 2;
    twin.zero_();
    twin.narrow(-1, rim, weight.size(-1)).narrow(-2, rim, weight.size(-2)).copy_(weight);
  }
}

class TwinSearch {
 public:
  TwinSearch(uint64_t seed, LossKind loss, LearnerKind learner = LearnerKind::kGumbel) : random_(seed, "twins"), space_(TwinSpace()), config_(test::SmallConfig()) {
    config_.seed = static_cast<int64_t>(seed);
    config_.nn.kernels = KernelChoice::kAten;
    config_.search.loss.kind = loss;
    config_.search.learner = learner;  // proxyless: with two gates
    config_.search.alpha_lr = 0.01;
    config_.search.budget.value = state_.costs.Least();
    state_.branches.push_back(WholeBranch("", state_.supernet, state_.costs, at::kFloat));
    InitializeWeights(*state_.supernet, config_.seed);
    state_.training.Bind(*state_.supernet);
    Tie();
  }

  void Run() {
    for (int i = 0; i < kWeightSteps; ++i) StepWeights();
    const ArchitectureScope scope(state_, state_.branches[0]);
    ArchitectureTotals totals;
    ArchitectureStep step(state_, state_.branches[0], config_, kClasses, totals);
    for (int i = 0; i < kAlphaSteps; ++i) {
      step.Compute(NextBatch());
      step.Apply();
    }
  }

  double Z(size_t layer, size_t better, size_t worse) const {
    return state_.branches[0].alpha.evidence().Z({layer, better, worse});
  }

 private:
  // The class is the mean of a channel under noise.
  Batch NextBatch() {
    at::Tensor images = at::empty({kImages, 3, 8, 8}, at::kFloat);
    float* pixel = images.data_ptr<float>();
    for (int64_t i = 0; i < images.numel(); ++i) pixel[i] = static_cast<float>(random_.Normal());
    const at::Tensor targets = at::arange(kImages, at::kLong).remainder(kClasses);
    for (int64_t i = 0; i < kImages; ++i) {
      if (i % kClasses < 3) images[i][i % kClasses] += 0.5;
    }
    return {images.contiguous(at::MemoryFormat::ChannelsLast), targets};
  }

  void Tie() {
    for (size_t l = 0; l < kLayers; ++l) {
      for (const size_t c : {0, 2})
        CopyIntoTwin(state_.supernet->layer(l).candidate(c), state_.supernet->layer(l).candidate(c + 1));
    }
  }

  void StepWeights() {
    const Batch batch = NextBatch();
    const Draw draw = DrawChoices(state_.branches[0].alpha, config_.search.relaxation, Pass::kWeights,
                                  NextDraw(config_, state_), at::kCPU);
    ++state_.draws;
    SetNormMode(*state_.supernet, NormMode::kBatch);
    (ClassLossSum(state_.supernet->forward(batch.images, draw.choices), batch.targets, kClasses, 0) / kImages)
        .backward();
    state_.training.optimizer.Step(0.1);
    state_.training.optimizer.ZeroGradients();
    Tie();
  }

  RandomStream random_;
  SearchSpace space_;
  Config config_;
  SearchState state_{
      .supernet = std::make_shared<Supernet>(space_, SupernetOptions{.how = {.kernels = KernelChoice::kAten}}),
      .costs = MakeCostTable(*MakeMacsModel(), space_),
      .branches = {},
      .training = WeightTraining(config_.train, config_.runtime, 0, RateSchedule(config_.train, 0, 10), at::kCPU)};
};

void ExpectStandardNormal(LearnerKind learner) {
  double sum = 0, squares = 0;
  int count = 0, above_two = 0;
  for (uint64_t seed = 0; seed < 90; ++seed) {
    TwinSearch search(seed, LossKind::kNone, learner);
    search.Run();
    for (size_t l = 0; l < kLayers; ++l) {
      for (const size_t c : {size_t{0}, size_t{2}}) {
        const double z = search.Z(l, c, c + 1);
        sum += z, squares += z * z, ++count;
        above_two += std::abs(z) > 2 ? 1 : 0;
      }
    }
  }
  const double mean = sum / count, deviation = std::sqrt(squares / count - mean * mean);
  testing::Test::RecordProperty("mean", std::to_string(mean));
  testing::Test::RecordProperty("deviation", std::to_string(deviation));
  EXPECT_NEAR(mean, 0, 0.1) << "of " << count;
  EXPECT_NEAR(deviation, 1, 0.1);
  EXPECT_LT(above_two, 0.08 * count);
}

TEST(NullEvidence, OfTwinsIsStandardNormal) { ExpectStandardNormal(LearnerKind::kGumbel); }

// A step tells twins apart where it samples one of them: by a third candidate that it samples beside it.
TEST(NullEvidence, OfTwinsIsStandardNormalWithTwoGates) { ExpectStandardNormal(LearnerKind::kProxyless); }

// The same twins where cost counts: the wider one is dearer, which no noise hides.
TEST(NullEvidence, CostTellsTwinsApart) {
  for (uint64_t seed = 0; seed < 4; ++seed) {
    TwinSearch search(seed, LossKind::kAddLinear);
    search.Run();
    double sum = 0;
    for (size_t l = 0; l < kLayers; ++l) sum += search.Z(l, 2, 3);
    EXPECT_GT(sum / kLayers, 2) << seed;
  }
}

}  // namespace
}  // namespace danas
