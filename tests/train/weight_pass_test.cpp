#include "danas/train/weight_pass.h"

#include <limits>

#include "danas/core/error.h"
#include "danas/nn/norm.h"
#include "danas/nn/state.h"
#include "danas/run/device.h"
#include "danas/tasks/classification/class_loss.h"
#include "tests/train/train_support.h"

namespace danas::test {
namespace {

PassResult Train(TinyNetwork& network, Loader& loader, WeightTraining& training, int64_t epoch = 0) {
  return TrainWeightsPass(network, network.AsForward(), loader, training, StripeTask(), 4,
                          {.label = "test", .epoch = epoch});
}

// Batch norm, then TinyNetwork, with dropout between: what a step can move besides weights, and what it can draw.
class NormedNetwork : public torch::nn::Module {
 public:
  NormedNetwork() {
    norm = register_module("norm", std::make_shared<BatchNorm>(3, NormSpec{}, true));
    {
      const at::NoGradGuard no_grad;
      norm->weight.fill_(1);
      norm->bias.zero_();
    }
    tiny = register_module("tiny", std::make_shared<TinyNetwork>(4));
  }
  at::Tensor forward(const at::Tensor& image_nchw) {
    return tiny->forward(at::dropout(norm->forward(image_nchw), 0.2, is_training()));
  }
  std::shared_ptr<BatchNorm> norm;
  std::shared_ptr<TinyNetwork> tiny;
};

PassResult TrainNormed(NormedNetwork& network, WeightTraining& training, int64_t epoch,
                       const std::function<at::Tensor(int64_t step, const at::Tensor& image_nchw)>& change = {}) {
  Loader loader = StripeLoader(32, 4);
  const Forward forward = [&](const at::Tensor& image_nchw) {
    return network.forward(change ? change(training.step, image_nchw) : image_nchw);
  };
  return TrainWeightsPass(network, forward, loader, training, StripeTask(), 4, {.label = "test", .epoch = epoch});
}

TEST(TrainWeightsPass, Learns) {
  const auto owner = std::make_shared<TinyNetwork>(4);
  TinyNetwork& network = *owner;
  WeightTraining training = MakeTraining({.batch = 8, .lr = 0.05, .label_smoothing = 0}, 8 * 20);
  training.Bind(network);
  Loader loader = StripeLoader(64, 4);
  const PassResult first = Train(network, loader, training);
  EXPECT_EQ(training.step, 8);
  EXPECT_EQ(first.images, 64);
  PassResult last;
  for (int64_t epoch = 1; epoch < 20; ++epoch) last = Train(network, loader, training, epoch);
  EXPECT_LT(last.loss, 0.2 * first.loss);
  EXPECT_GT(last.accuracy, 0.95);
}

// The pass against its parts by hand: the same weights to the bit.
TEST(TrainWeightsPass, DoesWhatItsPartsDo) {
  const TrainConfig recipe{.batch = 8, .lr = 0.1, .label_smoothing = 0.1, .clip_norm = 0.5};
  const auto owner = std::make_shared<TinyNetwork>(4);
  TinyNetwork& network = *owner;
  TinyNetwork by_hand(4);
  WeightTraining training = MakeTraining(recipe, 4);
  training.Bind(network);
  Loader loader = StripeLoader(32, 4);
  Train(network, loader, training);

  Optimizer sgd(recipe);
  sgd.Bind(by_hand);
  const RateSchedule schedule(recipe, 0, 4);
  loader.Start(0);
  for (int64_t step = 0; step < 4; ++step) {
    const Batch batch = *loader.Next();
    sgd.ZeroGradients();
    (ClassLossSum(by_hand.forward(batch.images), batch.targets, 4, 0.1) / batch.size()).backward();
    sgd.ClipGradients(sgd.GradientNorm(), 0.5);
    sgd.Step(schedule.At(step));
  }
  ExpectSameBits(network.first.detach(), by_hand.first.detach());
  ExpectSameBits(network.second.detach(), by_hand.second.detach());
  EXPECT_FALSE(network.first.grad().defined());
}

TEST(TrainWeightsPass, MicroBatchesEqualTheBatch) {
  std::vector<at::Tensor> weights;
  for (const int64_t micro_batch : {0, 3}) {
    const auto owner = std::make_shared<TinyNetwork>(4, at::kDouble);
    TinyNetwork& network = *owner;
    WeightTraining training = MakeTraining({.batch = 8, .micro_batch = micro_batch, .lr = 0.1}, 5);
    training.Bind(network);
    Loader loader = StripeLoader(36, 4);
    Train(network, loader, training);
    weights.push_back(network.first.detach());
  }
  ExpectClose(weights[1], weights[0], 1e-10);
}

TEST(TrainWeightsPass, TwoRunsOfASeedAgreeToTheBit) {
  std::vector<NamedTensors> states;
  std::vector<double> losses;
  for (int run = 0; run < 2; ++run) {
    at::rand({17 + run});  // the default generator's past must not matter
    const auto owner = std::make_shared<NormedNetwork>();
    NormedNetwork& network = *owner;
    WeightTraining training = MakeTraining({.batch = 8, .lr = 0.05, .ema_decay = 0.9}, 8);
    training.Bind(network);
    TrainNormed(network, training, 0);
    losses.push_back(TrainNormed(network, training, 1).loss);
    NamedTensors state = StateOf(network);
    for (const auto& average : training.ema->State()) state.push_back(average);
    for (auto& [name, tensor] : state) tensor = tensor.clone();
    states.push_back(state);
  }
  EXPECT_EQ(losses[0], losses[1]);
  for (size_t i = 0; i < states[0].size(); ++i) ExpectSameBits(states[0][i].second, states[1][i].second);
}

// A bad batch must leave no trace: not in weights, momentum or batch norm's statistics.
TEST(TrainWeightsPass, SkippingLeavesNoTrace) {
  const auto owner = std::make_shared<NormedNetwork>();
  NormedNetwork& network = *owner;
  WeightTraining training = MakeTraining({.batch = 8, .lr = 0.05, .on_nonfinite = OnNonFinite::kSkip}, 8);
  training.Bind(network);
  const PassResult result = TrainNormed(network, training, 0, [](int64_t step, const at::Tensor& image_nchw) {
    return step == 2 ? image_nchw * std::numeric_limits<float>::quiet_NaN() : image_nchw;
  });
  EXPECT_EQ(result.skipped, 1);
  EXPECT_EQ(training.step, 4);
  // The same three good steps without the bad one in between.
  const auto other_owner = std::make_shared<NormedNetwork>();
  NormedNetwork& other = *other_owner;
  WeightTraining reference = MakeTraining({.batch = 8, .lr = 0.05}, 8);
  reference.Bind(other);
  Loader loader = StripeLoader(32, 4);
  loader.Start(0);
  SetNormMode(other, NormMode::kBatch);
  for (int64_t step = 0; step < 4; ++step) {
    const Batch batch = *loader.Next();
    if (step == 2) continue;
    SeedGenerator(at::kCPU, 0, static_cast<uint64_t>(step));
    (ClassLossSum(other.forward(batch.images), batch.targets, 4, reference.recipe.label_smoothing) / batch.size())
        .backward();
    reference.optimizer.Step(reference.schedule.At(step));
    reference.optimizer.ZeroGradients();
  }
  ExpectSameBits(network.tiny->first.detach(), other.tiny->first.detach());
  ExpectSameBits(network.norm->running_mean, other.norm->running_mean);
  ExpectSameBits(network.norm->running_var, other.norm->running_var);
}

TEST(TrainWeightsPass, StopsBeforeTheWeightsAreSpoilt) {
  const auto owner = std::make_shared<NormedNetwork>();
  NormedNetwork& network = *owner;
  WeightTraining training = MakeTraining({.batch = 8, .lr = 0.05}, 8);
  training.Bind(network);
  const auto spoil = [](int64_t step, const at::Tensor& image_nchw) {
    return step == 1 ? image_nchw * std::numeric_limits<float>::infinity() : image_nchw;
  };
  ExpectErrorContains<NumericError>([&] { TrainNormed(network, training, 0, spoil); }, {"test", "batch 2 of 4"});
  EXPECT_TRUE(network.tiny->first.isfinite().all().item<bool>());
  EXPECT_EQ(training.step, 1);
}

// bf16 on a CPU: weights stay in float32, learn, and each step shows in the next forward pass.
TEST(TrainWeightsPass, Bf16SeesEveryStep) {
  const auto owner = std::make_shared<TinyNetwork>(4);
  TinyNetwork& network = *owner;
  WeightTraining training = MakeTraining({.batch = 8, .lr = 0.1}, 8, {.amp = AmpKind::kBf16});
  training.Bind(network);
  Loader loader = StripeLoader(64, 4);
  const Batch probe = RandomBatch(8, 4, 9);
  const Forward forward = [&](const at::Tensor& image_nchw) {
    const at::Tensor out = network.forward(image_nchw);
    EXPECT_EQ(out.scalar_type(), at::kBFloat16);
    return out;
  };
  std::vector<at::Tensor> logits;
  WeightStep step(network, training, StripeTask(), 4);
  BatchPass pass(loader, training.Passing({.label = "test"}));
  for (const Batch& batch : pass) {
    ASSERT_TRUE(pass.Take(step.Compute(batch, {forward})));
    step.Apply();
    const at::NoGradGuard no_grad;
    const AutocastScope autocast(AmpKind::kBf16, at::kCPU);
    logits.push_back(network.forward(probe.images).to(at::kFloat));
  }
  EXPECT_EQ(network.first.scalar_type(), at::kFloat);
  ASSERT_EQ(logits.size(), 8u);
  for (size_t i = 1; i < logits.size(); ++i) EXPECT_FALSE(at::equal(logits[i], logits[i - 1])) << "step " << i;
}

TEST(WeightStep, LeavesNoGradientsAndCounts) {
  const auto owner = std::make_shared<TinyNetwork>(4);
  TinyNetwork& network = *owner;
  WeightTraining training = MakeTraining({.batch = 8}, 2);
  training.Bind(network);
  Loader loader = StripeLoader(16, 4);
  WeightStep step(network, training, StripeTask(), 4);
  BatchPass pass(loader, training.Passing({.label = "test"}));
  for (const Batch& batch : pass) {
    ASSERT_TRUE(pass.Take(step.Compute(batch, {network.AsForward()})));
    EXPECT_TRUE(network.first.grad().defined());
    if (training.step == 0) {
      step.Apply();
    } else {
      step.Discard();
    }
    EXPECT_FALSE(network.first.grad().defined());
  }
  EXPECT_EQ(training.step, 2);
}

}  // namespace
}  // namespace danas::test
