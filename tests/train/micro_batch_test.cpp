#include "danas/train/micro_batch.h"

#include "danas/tasks/classification/class_loss.h"
#include "tests/train/train_support.h"

namespace danas::test {
namespace {

std::vector<int64_t> PartSizes(int64_t images, int64_t micro_batch) {
  std::vector<int64_t> sizes;
  for (const Batch& part : SplitBatch(RandomBatch(images, 2, 1), micro_batch)) sizes.push_back(part.size());
  return sizes;
}

TEST(SplitBatch, CutsInOrderAndJoinsALoneLastImage) {
  using Sizes = std::vector<int64_t>;
  EXPECT_EQ(PartSizes(8, 0), (Sizes{8}));
  EXPECT_EQ(PartSizes(8, 8), (Sizes{8}));
  EXPECT_EQ(PartSizes(8, 3), (Sizes{3, 3, 2}));
  EXPECT_EQ(PartSizes(7, 3), (Sizes{3, 4}));
  EXPECT_EQ(PartSizes(4, 3), (Sizes{4}));
  EXPECT_EQ(PartSizes(3, 1), (Sizes{1, 1, 1}));

  const Batch batch = RandomBatch(8, 3, 1);
  const std::vector<Batch> parts = SplitBatch(batch, 3);
  ExpectSameBits(at::cat({parts[0].images, parts[1].images, parts[2].images}), batch.images);
  ExpectSameBits(at::cat({parts[0].targets, parts[1].targets, parts[2].targets}), batch.targets);
}

// `compute`: of a part.
template <typename Compute>
StepResult SumOf(const Batch& batch, int64_t micro_batch, const Compute& compute, const LossScaler* scaler = nullptr) {
  const std::vector<Batch> parts = SplitBatch(batch, micro_batch);
  GradientSum sum(batch, parts.size(), /*ways=*/1, scaler);
  for (const Batch& part : parts) sum.Add(compute(part));
  return sum.Result();
}

// Without batch norm the gradients of the parts add up to the batch's.
TEST(GradientSum, PartsEqualTheBatch) {
  const Batch batch = RandomBatch(11, 4, 5);
  std::vector<std::vector<at::Tensor>> gradients;
  std::vector<double> losses, correct;
  for (const int64_t micro_batch : {0, 2, 3, 5}) {
    TinyNetwork network(4, at::kDouble);
    const StepResult result = SumOf(batch, micro_batch, [&](const Batch& part) {
      const at::Tensor logits = network.forward(part.images);
      return StepResult{.loss_sum = ClassLossSum(logits, part.targets, 4, 0.1),
                        .correct = CountCorrect(logits, part.targets, 4)};
    });
    EXPECT_FALSE(result.loss_sum.requires_grad());
    losses.push_back(result.loss_sum.item<double>());
    correct.push_back(result.correct.item<double>());
    gradients.push_back({network.first.grad(), network.bias.grad(), network.second.grad()});
  }
  for (size_t i = 1; i < gradients.size(); ++i) {
    EXPECT_NEAR(losses[i], losses[0], 1e-10);
    EXPECT_EQ(correct[i], correct[0]);
    for (size_t p = 0; p < gradients[0].size(); ++p) ExpectClose(gradients[i][p], gradients[0][p], 1e-10);
  }
}

// A cost term as n times the part's loss counts once for the batch.
TEST(GradientSum, ATermThatIsNoMeanOverImagesCountsOnce) {
  const at::Tensor weight = at::full({}, 3.0, at::kDouble).requires_grad_();
  SumOf(RandomBatch(7, 2, 1), 2, [&](const Batch& part) {
    return StepResult{.loss_sum = part.size() * weight.square(), .correct = at::zeros({})};
  });
  EXPECT_NEAR(weight.grad().item<double>(), 6, 1e-12);
}

TEST(GradientSum, ScalesTheGradientsButNotTheResult) {
  const LossScaler scaler(AmpKind::kFp16, at::kCPU);
  const at::Tensor weight = at::full({}, 3.0, at::TensorOptions().dtype(at::kFloat)).requires_grad_();
  const StepResult result = SumOf(
      RandomBatch(4, 2, 1), 2,
      [&](const Batch& part) { return StepResult{.loss_sum = part.size() * weight, .correct = at::zeros({})}; },
      &scaler);
  EXPECT_EQ(weight.grad().item<float>(), 65536);
  EXPECT_EQ(result.loss_sum.item<float>(), 12);
}

TEST(GradientSum, WaysAddUpAndTheResultIsTheirMean) {
  const Batch batch = RandomBatch(6, 4, 5);
  const auto train = [&](TinyNetwork& network, const std::vector<double>& scales, int64_t micro_batch) {
    const std::vector<Batch> parts = SplitBatch(batch, micro_batch);
    GradientSum sum(batch, parts.size(), scales.size());
    for (const double scale : scales) {
      for (const Batch& part : parts) {
        const at::Tensor logits = scale * network.forward(part.images);
        sum.Add(
            {.loss_sum = ClassLossSum(logits, part.targets, 4, 0), .correct = CountCorrect(logits, part.targets, 4)});
      }
    }
    return sum.Result();
  };
  TinyNetwork one(4, at::kDouble), other(4, at::kDouble), both(4, at::kDouble), parts(4, at::kDouble);
  const StepResult first = train(one, {1}, 0), second = train(other, {-0.5}, 0);
  for (TinyNetwork* network : {&both, &parts}) {
    const StepResult result = train(*network, {1, -0.5}, network == &both ? 0 : 2);
    ExpectClose(network->first.grad(), one.first.grad() + other.first.grad(), 1e-12);
    ExpectClose(result.loss_sum, (first.loss_sum + second.loss_sum) / 2, 1e-12);
    ExpectClose(result.correct, (first.correct + second.correct).to(at::kDouble) / 2, 1e-12);
  }
}

TEST(GradientSum, WantsAsManyPartsAsWereAnnounced) {
  const Batch batch = RandomBatch(4, 2, 1);
  const at::Tensor weight = at::full({}, 3.0, at::kDouble).requires_grad_();
  GradientSum sum(batch, /*parts=*/1);
  EXPECT_THROW(sum.Result(), std::logic_error);
  sum.Add({.loss_sum = 4 * weight, .correct = at::zeros({})});
  EXPECT_THROW(sum.Add({.loss_sum = 4 * weight, .correct = at::zeros({})}), std::logic_error);
  EXPECT_EQ(sum.Result().loss_sum.item<double>(), 12);
}

}  // namespace
}  // namespace danas::test
