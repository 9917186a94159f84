#include "danas/tasks/classification/class_loss.h"

#include <cmath>

#include "danas/core/error.h"
#include "tests/train/train_support.h"

namespace danas::test {
namespace {

TEST(ClassLossSum, EqualsPyTorchsCrossEntropy) {
  const at::Tensor logits = Wave({6, 9}, 3.0, 1.1);
  const Json goldens = TrainGolden();  // outlives the loop over a part of it
  for (const Json& golden : goldens["cross_entropy"]) {
    const auto classes = golden["classes"].get<int64_t>();
    const at::Tensor loss =
        ClassLossSum(logits, at::arange(6).remainder(classes), classes, golden["smoothing"].get<double>());
    EXPECT_EQ(loss.scalar_type(), at::kDouble);
    EXPECT_NEAR(loss.item<double>(), golden["sum"].get<double>(), 1e-9) << golden.dump();
  }
}

TEST(ClassLossSum, ClassesNotLearntYetHaveNoGradient) {
  const at::Tensor logits = Wave({6, 9}, 3.0, 1.1).requires_grad_();
  ClassLossSum(logits, at::arange(6).remainder(4), 4, 0.1).backward();
  EXPECT_EQ(logits.grad().narrow(1, 4, 5).abs().max().item<double>(), 0);
  EXPECT_GT(logits.grad().narrow(1, 0, 4).abs().min().item<double>(), 0);
}

TEST(ClassLossSum, GradientIsRight) {
  const at::Tensor targets = at::tensor({0, 2, 1}, at::kLong);
  ExpectGradientsMatch(
      [&](const std::vector<at::Tensor>& in) { return ClassLossSum(in[0], targets, 3, 0.1).view({1}); },
      {Wave({3, 5}, 2.0, 0.7)});
}

TEST(ClassLossSum, HalfPrecisionLogitsGiveAFloatLoss) {
  const at::Tensor logits = Wave({6, 9}, 3.0, 1.1).to(at::kBFloat16);
  const at::Tensor loss = ClassLossSum(logits, at::arange(6), 9, 0.1);
  EXPECT_EQ(loss.scalar_type(), at::kFloat);
  ExpectClose(loss, ClassLossSum(logits.to(at::kDouble), at::arange(6), 9, 0.1), 1e-5);
}

TEST(CountCorrect, CountsAmongTheClassesLearnt) {
  // Best to worst: row 0 is 3 1 0 2, row 1 is 2 0 1 3, row 2 is 0 1 2 3.
  const at::Tensor logits = at::tensor({2.0, 3.0, 1.0, 4.0, 3.0, 2.0, 4.0, 1.0, 4.0, 3.0, 2.0, 1.0}).view({3, 4});
  const at::Tensor targets = at::tensor({1, 1, 0}, at::kLong);
  EXPECT_EQ(CountCorrect(logits, targets, 4).item<int64_t>(), 1);
  EXPECT_EQ(CountCorrect(logits, targets, 3).item<int64_t>(), 2);  // without class 3 row 0 is right
  EXPECT_EQ(CountCorrect(logits, targets, 4, 2).item<int64_t>(), 2);
  EXPECT_EQ(CountCorrect(logits, targets, 4, 3).item<int64_t>(), 3);
  EXPECT_EQ(CountCorrect(logits, targets, 2, 5).item<int64_t>(), 3);  // at most as many as there are
}

TEST(ClassLossSum, SaysThatMapsOfKeypointsAreNoLogits) {
  const at::Tensor maps = at::zeros({2, 3, 4, 4}), targets = at::zeros({2}, at::kLong);
  ExpectErrorContains<ConfigError>([&] { ClassLossSum(maps, targets, 3, 0); }, {"task: classification", "heat maps"});
  Config config;
  config.task = TaskKind::kKeypoints;
  const Batch batch{.images = at::zeros({2, 3, 8, 8}), .targets = targets, .truth = at::zeros({2, 9})};
  ExpectErrorContains<ConfigError>(
      [&] {
        MakeTask(config)->LossSum(at::zeros({2, 3}), batch, 3, 0);
      },
      {"task: keypoints", "classifier"});
}

}  // namespace
}  // namespace danas::test
