#include <cmath>

#include "danas/core/error.h"
#include "danas/nn/norm.h"
#include "danas/tasks/classification/class_loss.h"
#include "danas/tasks/make_task.h"
#include "tests/train/train_support.h"

namespace danas::test {
namespace {

Loader TestSetLoader(int images, int classes, int64_t batch) {
  return StripeLoader(images, classes, {.batch = batch, .shuffle = false, .least_last = 1});
}

TEST(Evaluate, EqualsOneBatchByHandWhateverTheBatch) {
  const auto owner = std::make_shared<TinyNetwork>(7);
  TinyNetwork& network = *owner;
  Loader whole = TestSetLoader(29, 7, 29);
  whole.Start(0);
  const Batch batch = *whole.Next();
  const at::Tensor logits = network.forward(batch.images).detach();
  const at::Tensor best = logits.argmax(1);
  for (const int64_t size : {29, 8, 7}) {  // 29 = 4 * 7 + 1: a lone last image
    Loader loader = TestSetLoader(29, 7, size);
    const EvaluationResult result =
        StripeTask().Test(network, network.AsForward(), loader, {.pass = {.label = "test"}, .classes = 7});
    EXPECT_EQ(result.images, 29);
    EXPECT_NEAR(result.loss, ClassLossSum(logits, batch.targets, 7, 0).item<double>() / 29, 1e-5);
    EXPECT_NEAR(result.top1, best.eq(batch.targets).sum().item<double>() / 29, 1e-12);
    EXPECT_NEAR(result.top5.value(), CountCorrect(logits, batch.targets, 7, 5).item<double>() / 29, 1e-12);
    ASSERT_EQ(result.per_class.size(), 7u);
    for (int64_t c = 0; c < 7; ++c) {
      const at::Tensor of_class = batch.targets.eq(c);
      EXPECT_EQ(result.per_class[static_cast<size_t>(c)].images, of_class.sum().item<int64_t>());
      EXPECT_EQ(result.per_class[static_cast<size_t>(c)].correct,
                of_class.logical_and(best.eq(c)).sum().item<int64_t>());
    }
  }
}

TEST(Evaluate, MovesNothing) {
  const auto owner = std::make_shared<TinyNetwork>(4);
  TinyNetwork& network = *owner;
  auto norm = network.register_module("norm", std::make_shared<BatchNorm>(3, NormSpec{}, false));
  const at::Tensor mean = norm->running_mean.clone();
  Loader loader = TestSetLoader(12, 4, 5);
  bool had_gradient = false;
  StripeTask().Test(network,
                    [&](const at::Tensor& image_nchw) {
                      const at::Tensor logits = network.forward(norm->forward(image_nchw));
                      had_gradient |= logits.requires_grad();
                      return logits;
                    },
                    loader, {.pass = {.label = "test"}, .classes = 4});
  EXPECT_FALSE(had_gradient);
  EXPECT_FALSE(network.is_training());
  EXPECT_EQ(norm->mode(), NormMode::kRunning);
  ExpectSameBits(norm->running_mean, mean);
  EXPECT_FALSE(network.first.is_inference());
}

// Advice on the training would be no help to whoever tests weights.
TEST(Evaluate, OutputsThatAreNotFiniteAreNoMatterOfTheLearningRate) {
  const auto network = std::make_shared<TinyNetwork>(4);
  Loader loader = TestSetLoader(12, 4, 5);
  const std::string message = ExpectErrorContains<NumericError>(
      [&] {
        StripeTask().Test(*network, [&](const at::Tensor& image_nchw) { return network->forward(image_nchw) * NAN; },
                          loader, {.pass = {.label = "test set"}, .classes = 4});
      },
      {"test set: the loss of batch 1 of 3 is nan, not a finite number. The network's outputs are not finite"});
  EXPECT_EQ(message.find("rate"), std::string::npos) << message;
}

TEST(Evaluate, FieldsNameTheClasses) {
  const EvaluationResult result{.images = 4, .loss = 0.5, .top1 = 0.75, .top5 = 1, .per_class = {{3, 2}, {1, 1}}};
  const events::TestFields fields = TestFieldsOf(result, {"cat", "dog"});
  EXPECT_EQ(fields.top1, 0.75);
  EXPECT_EQ(fields.per_class.dump(), R"({"cat":{"images":3,"correct":2},"dog":{"images":1,"correct":1}})");
}

}  // namespace
}  // namespace danas::test
