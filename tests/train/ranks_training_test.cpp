// Training and testing by several ranks, which are threads here, against one.
#include <gmock/gmock.h>

#include <set>
#include <utility>

#include "danas/events/event.h"
#include "danas/run/agreement_check.h"
#include "danas/run/device.h"
#include "danas/train/finetune.h"
#include "danas/train/loaders.h"
#include "tests/support/rank_threads.h"
#include "tests/train/train_support.h"

namespace danas::test {
namespace {

using testing::HasSubstr;

FinetuneInputs Inputs(int test_images) {
  FinetuneInputs inputs{
      .config = {},
      .genotype = {.network = StripeSpace({InvertedResidual(3, 3)}, 4), .class_ids = {}, .class_labels = {}},
      .dataset = {StripeSet(45, 4, 1), StripeSet(test_images, 4, 2)},
      .supernet_weights = {}};
  inputs.config.data = StripeData();
  inputs.config.runtime.precision = Precision::kFloat64;
  inputs.config.finetune.epochs = 2;
  inputs.config.finetune.dropout = 0;
  inputs.config.finetune.train = {.batch = 8, .lr = 0.1, .lr_warmup_epochs = 1, .ema_decay = 0.9, .sync_bn = true};
  inputs.task = MakeTask(inputs.config);
  return inputs;
}

void ExpectSameResult(const EvaluationResult& result, const EvaluationResult& expected) {
  EXPECT_EQ(result.images, expected.images);
  EXPECT_NEAR(result.loss, expected.loss, 1e-10);
  EXPECT_EQ(result.top1, expected.top1);
  EXPECT_EQ(result.top5, expected.top5);
  for (size_t c = 0; c < expected.per_class.size(); ++c) {
    EXPECT_EQ(result.per_class[c].images, expected.per_class[c].images);
    EXPECT_EQ(result.per_class[c].correct, expected.per_class[c].correct);
  }
}

TEST(SlowRanksTraining, IsThatOfOneProcess) {
  for (const int test_images : {33, 1}) {  // 1: ranks without an image
    const FinetuneInputs inputs = Inputs(test_images);
    const TrainingResult one = RunFinetune(inputs, {});
    for (const int count : {2, 3}) {
      OnRankThreads(count, [&](const Ranks& ranks) {
        FinetuneInputs own = inputs;
        own.ranks = ranks;
        const TrainingResult result = RunFinetune(own, {});
        ExpectSameResult(result.last, one.last);
        ExpectSameResult(*result.ema, *one.ema);
        EXPECT_EQ(result.steps, one.steps);
      });
    }
  }
}

TEST(SeedGenerator, GivesEachRankMasksOfItsOwn) {
  const auto draw = [](int rank) {
    SeedGenerator(at::kCPU, 0, 5, rank);
    return at::rand({8});
  };
  ExpectSameBits(draw(1), draw(1));
  EXPECT_FALSE(at::equal(draw(0), draw(1)));
  EXPECT_FALSE(at::equal(draw(1), draw(2)));
}

std::string ErrorOf(const std::function<void()>& work) {
  try {
    work();
  } catch (const Error& error) {
    return error.what();
  }
  return "no error";
}

// Changes one bit of one weight when the first epoch is recorded.
class Drift : public MetricSink {
 public:
  explicit Drift(Supernet& network) : network_(network) {}
  void Record(const Event& event) override {
    if (event.name != "epoch" || std::exchange(done_, true)) return;
    const at::NoGradGuard no_grad;
    at::Tensor weight = network_.named_parameters()["head.classifier.weight"];
    auto* bits = static_cast<uint32_t*>(weight.mutable_data_ptr());
    bits[3] ^= 1;
  }

 private:
  Supernet& network_;
  bool done_ = false;
};

// Of rank 1.
TEST(RanksThatDrift, AreNoticedAndNamed) {
  const FinetuneInputs inputs = Inputs(33);
  std::vector<std::string> errors(2);
  OnRankThreads(2, [&](const Ranks& ranks) {
    const auto network = MakeNetwork(inputs.genotype.network);
    InitializeWeights(*network, 0);
    NetworkTraining training{.kind = events::TrainingKind::kFinetune,
                             .config = inputs.config,
                             .task = inputs.task,
                             .recipe = inputs.config.finetune.train,
                             .epochs = 3,
                             .images = WholeSet(std::make_shared<const DatasetIndex>(inputs.dataset.train)),
                             .test_set = std::make_shared<const DatasetIndex>(inputs.dataset.test),
                             .ranks = ranks};
    training.config.runtime.precision = Precision::kFloat32;
    errors[static_cast<size_t>(ranks.rank())] = ErrorOf([&] {
      Drift drift(*network);
      TrainAndTest(*network, training, {.metrics = ranks.first() ? nullptr : &drift});
    });
  });
  for (const std::string& error : errors) {
    EXPECT_THAT(error, HasSubstr("rank 1 has different values in 'head.classifier.weight' than rank 0 after epoch 2"));
  }
}

TEST(CheckAgreement, NamesTheSpaceToo) {
  OnRankThreads(3, [](const Ranks& ranks) {
    const NamedTensors same = {{"a", at::ones({3})}};
    EXPECT_NO_THROW(CheckAgreement(ranks, same, "space", "now"));
    EXPECT_THAT(ErrorOf([&] { CheckAgreement(ranks, same, ranks.rank() == 2 ? "other" : "space", "now"); }),
                HasSubstr("rank 2 has a different search space"));
  });
}

TEST(RanksLoader, EveryImageIsSeenOnce) {
  for (const bool training : {true, false}) {
    for (const int count : {2, 3}) {
      std::mutex mutex;
      std::multiset<int64_t> seen;
      OnRankThreads(count, [&](const Ranks& ranks) {
        Config config;
        config.data = StripeData();
        const LoaderOptions options =
            training ? TrainingLoader(config, {.batch = 8}, ranks) : TestLoader(config, 4, ranks);
        Loader loader = StripeLoader(43, 4, options);
        loader.Start(1);
        int64_t batches = 0;
        for (std::optional<Batch> batch = loader.Next(); batch; batch = loader.Next(), ++batches) {
          const std::lock_guard lock(mutex);
          EXPECT_GE(batch->size(), training ? 2 : 0);
          for (int64_t i = 0; i < batch->size(); ++i) seen.insert(batch->entries[i].item<int64_t>());
        }
        EXPECT_EQ(batches, loader.BatchesPerPass());
      });
      EXPECT_EQ(seen.size(), 43u);
      EXPECT_EQ(std::set<int64_t>(seen.begin(), seen.end()).size(), 43u);
    }
  }
}

}  // namespace
}  // namespace danas::test
