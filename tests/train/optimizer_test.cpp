#include "danas/train/optimizer.h"

#include "danas/tasks/classification/class_loss.h"
#include "danas/train/lr_schedule.h"
#include "tests/train/train_support.h"

namespace danas::test {
namespace {

// Named tensors as a module.
class Parameters : public torch::nn::Module {
 public:
  explicit Parameters(const std::vector<std::pair<std::string, at::Tensor>>& tensors) {
    for (const auto& [name, tensor] : tensors) register_parameter(name, tensor);
  }
  at::Tensor operator[](const std::string& name) { return named_parameters()[name]; }
};

at::Tensor MomentumOf(const Optimizer& sgd, const std::string& name) {
  for (const auto& [own, tensor] : sgd.Momentum()) {
    if (own == name) return tensor;
  }
  return {};
}

void SetGradients(Parameters& module, uint64_t seed) {
  for (at::Tensor& parameter : module.parameters()) {
    parameter.mutable_grad() = RandomTensor(parameter.sizes(), seed++, parameter.scalar_type());
  }
}

// Twenty steps of the network of tests/golden/train.py.
void ExpectCurve(const TrainConfig& recipe, const Json& golden) {
  Parameters network({{"first", Wave({7, 5}, 0.5, 0.9)},
                      {"bias", Wave({7}, 0.1, 0.4)},
                      {"second", Wave({4, 7}, 0.5, 1.3)},
                      {"late", Wave({6, 4}, 0.5, 0.7)}});
  Optimizer optimizer(recipe);
  optimizer.Bind(network);
  const RateSchedule schedule(recipe, 0, 20);
  const at::Tensor images = Wave({8, 5}, 1.0, 0.7);
  for (int64_t step = 0; step < 20; ++step) {
    optimizer.ZeroGradients();
    at::Tensor logits = at::relu(images.matmul(network["first"].t()) + network["bias"]).matmul(network["second"].t());
    if (step >= 5) logits = logits + at::cat({images, images.narrow(1, 0, 1)}, 1).matmul(network["late"]);
    const at::Tensor loss = ClassLossSum(logits, at::arange(8).remainder(4), 4, 0.1) / 8;
    loss.backward();
    optimizer.Step(schedule.At(step));
    ASSERT_NEAR(loss.item<double>(), golden["curve"][static_cast<size_t>(step)].get<double>(), 1e-9) << "step " << step;
  }
}

TEST(Optimizer, LossCurvesEqualPyTorchs) {
  const Json goldens = TrainGolden();  // outlives the loop over a part of it
  for (const Json& golden : goldens["losses"]) {
    SCOPED_TRACE("sgd, momentum " + golden["momentum"].dump() + ", nesterov " + golden["nesterov"].dump());
    ExpectCurve({.lr = 0.2,
                 .lr_min = 0.01,
                 .momentum = golden["momentum"].get<double>(),
                 .nesterov = golden["nesterov"].get<bool>(),
                 .weight_decay = 0.01,
                 .decay_norm_and_bias = golden["decay_vectors"].get<bool>()},
                golden);
  }
  for (const Json& golden : goldens["adam"]) {
    SCOPED_TRACE("adam, beta1 " + golden["beta1"].dump());
    ExpectCurve({.optimizer = OptimizerKind::kAdam,
                 .lr = 0.2,
                 .lr_min = 0.01,
                 .beta1 = golden["beta1"].get<double>(),
                 .beta2 = golden["beta2"].get<double>(),
                 .weight_decay = 0.01,
                 .decay_norm_and_bias = golden["decay_vectors"].get<bool>()},
                golden);
  }
}

// A step that found an infinite gradient leaves Adam's count of steps too: the next one is PyTorch's first.
TEST(Optimizer, AdamsStepsDoNotCountWhereNothingMoved) {
  const TrainConfig recipe{.optimizer = OptimizerKind::kAdam, .lr = 0.1};
  Parameters tried({{"a", RandomTensor({3, 4}, 1)}}), plain({{"a", tried["a"].detach().clone()}});
  Optimizer after(recipe), first(recipe);
  after.Bind(tried);
  first.Bind(plain);
  SetGradients(tried, 5);
  SetGradients(plain, 5);
  after.Step(0.1, at::ones({}));
  ExpectSameBits(tried["a"], plain["a"]);
  after.Step(0.1, at::zeros({}));
  first.Step(0.1);
  ExpectSameBits(tried["a"], plain["a"]);
}

TEST(Optimizer, AdamsStateStaysOfSurvivors) {
  const TrainConfig recipe{.optimizer = OptimizerKind::kAdam};
  Parameters all({{"a", RandomTensor({3, 4}, 1)}, {"b", RandomTensor({2, 2}, 2)}});
  Parameters alone({{"a", all["a"].detach().clone()}});
  Optimizer pruned(recipe), never(recipe);
  pruned.Bind(all);
  never.Bind(alone);
  const auto step = [](Optimizer& optimizer, Parameters& module) {
    SetGradients(module, 7);
    optimizer.Step(0.1);
  };
  step(pruned, all);
  step(never, alone);
  Parameters fewer({{"a", all["a"]}});
  pruned.Bind(fewer);
  step(pruned, fewer);
  step(never, alone);
  ExpectSameBits(fewer["a"], alone["a"]);
}

TEST(Optimizer, EqualsTheFormulaInEveryLayout) {
  const at::Tensor start = RandomTensor({6, 4, 3, 3}, 1);
  Parameters network({{"weight", start.clone().contiguous(at::MemoryFormat::ChannelsLast)}});
  Optimizer sgd({.momentum = 0.8, .nesterov = true, .weight_decay = 0.1});
  sgd.Bind(network);
  at::Tensor weight = start.clone(), momentum = at::zeros_like(start);
  for (uint64_t step = 0; step < 4; ++step) {
    const at::Tensor gradient = RandomTensor({6, 4, 3, 3}, 10 + step);  // NCHW: not the parameter's layout
    network["weight"].mutable_grad() = gradient.clone();
    sgd.Step(0.05);
    const at::Tensor g = gradient + 0.1 * weight;
    momentum = 0.8 * momentum + g;
    weight = weight - 0.05 * (g + 0.8 * momentum);
    ExpectClose(network["weight"], weight, 1e-13);
  }
}

TEST(Optimizer, BindingAgainKeepsSurvivorsToTheBit) {
  Parameters all({{"a", RandomTensor({5, 3}, 1)}, {"gone", RandomTensor({2, 2}, 2)}, {"b", RandomTensor({7}, 3)}});
  Optimizer sgd({});
  sgd.Bind(all);
  SetGradients(all, 20);
  sgd.Step(0.1);
  const at::Tensor a = MomentumOf(sgd, "a").clone(), b = MomentumOf(sgd, "b").clone();

  Parameters fewer({{"a", all["a"].detach()}, {"b", all["b"].detach()}, {"new", RandomTensor({3, 3}, 4)}});
  sgd.Bind(fewer);
  ASSERT_EQ(sgd.Momentum().size(), 3u);
  ExpectSameBits(MomentumOf(sgd, "a"), a);
  ExpectSameBits(MomentumOf(sgd, "b"), b);
  EXPECT_EQ(MomentumOf(sgd, "new").abs().max().item<double>(), 0);

  SetGradients(fewer, 30);
  const at::Tensor decayed = fewer["new"].grad() + TrainConfig().weight_decay * fewer["new"].detach();
  sgd.Step(0.1);
  ExpectSameBits(MomentumOf(sgd, "new"), decayed);  // PyTorch's first step
}

TEST(Optimizer, RefusesANameWithAnotherShape) {
  Parameters before({{"a", RandomTensor({5, 3}, 1)}}), after({{"a", RandomTensor({5, 4}, 1)}});
  Optimizer sgd({});
  sgd.Bind(before);
  ExpectErrorContains<std::invalid_argument>([&] { sgd.Bind(after); }, {"a", "shape"});
}

TEST(Optimizer, LeavesParametersWithoutGradientAlone) {
  Parameters network({{"used", RandomTensor({3, 3}, 1)}, {"unused", RandomTensor({3, 3}, 2)}});
  const at::Tensor before = network["unused"].detach().clone();
  Optimizer sgd({.weight_decay = 0.5});
  sgd.Bind(network);
  network["used"].square().sum().backward();
  sgd.Step(0.1);
  ExpectSameBits(network["unused"].detach(), before);
  sgd.ZeroGradients();
  EXPECT_FALSE(network["used"].grad().defined());
}

TEST(Optimizer, DecaysVectorsOnlyWhenAsked) {
  for (const bool decays : {true, false}) {
    Parameters network({{"matrix", at::ones({2, 2}, at::kDouble)}, {"vector", at::ones({2}, at::kDouble)}});
    Optimizer sgd({.momentum = 0, .weight_decay = 0.5, .decay_norm_and_bias = decays});
    sgd.Bind(network);
    for (at::Tensor& parameter : network.parameters()) parameter.mutable_grad() = at::zeros_like(parameter);
    sgd.Step(0.1);
    EXPECT_DOUBLE_EQ(network["matrix"][0][0].item<double>(), 0.95);
    EXPECT_DOUBLE_EQ(network["vector"][0].item<double>(), decays ? 0.95 : 1.0);
  }
}

TEST(Optimizer, ClipsTheNormOfAllGradientsTogether) {
  Parameters network({{"a", RandomTensor({5, 3}, 1)}, {"b", RandomTensor({7}, 3)}});
  Optimizer sgd({});
  sgd.Bind(network);
  EXPECT_EQ(sgd.GradientNorm().item<double>(), 0);
  SetGradients(network, 5);
  const at::Tensor together = at::cat({network["a"].grad().flatten(), network["b"].grad()}).clone();
  ExpectClose(sgd.GradientNorm(), together.norm(), 1e-12);

  sgd.ClipGradients(sgd.GradientNorm(), 1000);
  ExpectSameBits(network["b"].grad(), together.narrow(0, 15, 7));
  sgd.ClipGradients(sgd.GradientNorm(), 0.25);
  EXPECT_NEAR(sgd.GradientNorm().item<double>(), 0.25, 1e-12);
  ExpectClose(network["b"].grad(), together.narrow(0, 15, 7) * (0.25 / together.norm()), 1e-12);
}

TEST(Optimizer, FoundInfLeavesEverythingAlone) {
  Parameters network({{"a", RandomTensor({5, 3}, 1, at::kFloat)}});
  Optimizer sgd({});
  sgd.Bind(network);
  const at::Tensor before = network["a"].detach().clone();
  SetGradients(network, 5);
  sgd.Step(0.1, at::ones({}));
  ExpectSameBits(network["a"].detach(), before);
  EXPECT_EQ(MomentumOf(sgd, "a").abs().max().item<double>(), 0);
  sgd.Step(0.1, at::zeros({}));
  EXPECT_GT((network["a"].detach() - before).abs().min().item<double>(), 0);
}

}  // namespace
}  // namespace danas::test
