#include "danas/train/finetune.h"

#include "danas/core/error.h"
#include "danas/data/transform.h"
#include "danas/nn/safetensors.h"
#include "tests/train/train_support.h"

namespace danas::test {
namespace {

class Recorded : public MetricSink {
 public:
  void Record(const Event& event) override { events.push_back(event); }
  std::vector<Event> events;
};

FinetuneInputs Inputs() {
  FinetuneInputs inputs{
      .config = {},
      .genotype = {.network = StripeSpace({InvertedResidual(3, 3)}, 4), .class_ids = {}, .class_labels = {}},
      .dataset = {StripeSet(64, 4, 1), StripeSet(33, 4, 2)},
      .supernet_weights = {}};
  inputs.config.data = StripeData();
  inputs.config.finetune.epochs = 6;
  inputs.config.finetune.train = {.batch = 8, .lr = 0.1, .lr_warmup_epochs = 1, .ema_decay = 0.95};
  inputs.task = MakeTask(inputs.config);
  return inputs;
}

TEST(RunFinetune, LearnsReportsAndWrites) {
  const TempDir folder;
  const FinetuneInputs inputs = Inputs();
  Recorded metrics;
  const TrainingResult result = RunFinetune(inputs, {.metrics = &metrics, .folder = folder.path()});
  EXPECT_EQ(result.epochs, 6);
  EXPECT_EQ(result.steps, 48);
  EXPECT_EQ(result.last.images, 33);
  EXPECT_GT(result.last.top1, 0.9);  // chance is 0.25
  ASSERT_TRUE(result.ema.has_value());
  EXPECT_GT(result.images_per_second, 0);
  EXPECT_DOUBLE_EQ(result.device_hours, result.seconds / 3600);

  ASSERT_EQ(metrics.events.size(), 8u);
  EXPECT_EQ(metrics.events.front().name, "finetune_start");
  EXPECT_EQ(metrics.events.front().fields["steps"], 48);
  EXPECT_EQ(metrics.events[6].name, "epoch");
  EXPECT_EQ(metrics.events[6].fields["epoch"], 6);
  EXPECT_LT(metrics.events[6].fields["train_loss"], metrics.events[1].fields["train_loss"]);
  EXPECT_EQ(metrics.events.back().name, "finetune_end");

  const Json json = Json::parse(ReadText(folder / "result.json"));
  EXPECT_EQ(json["test_last_epoch"]["top1"], result.last.top1);
  EXPECT_EQ(json["test_ema"]["top1"], result.ema->top1);
  EXPECT_EQ(json["test_last_epoch"]["per_class"]["row0"]["images"], 9);
  EXPECT_EQ(json, metrics.events.back().fields);
}

// The files hold what was tested.
TEST(RunFinetune, WrittenWeightsGiveTheReportedNumbers) {
  const TempDir folder;
  const FinetuneInputs inputs = Inputs();
  const TrainingResult result = RunFinetune(inputs, {.folder = folder.path()});
  const auto network = MakeNetwork(inputs.genotype.network);
  const auto evaluate = [&](const char* file) {
    LoadState(*network, ReadSafetensors(folder / file).tensors, file);
    Loader loader(WholeSet(std::make_shared<const DatasetIndex>(inputs.dataset.test)),
                  std::make_shared<const Transform>(inputs.config.data, ImageUse::kTest, 0),
                  {.batch = 8, .least_last = 1});
    return inputs.task->Test(*network, [&](const at::Tensor& image_nchw) { return network->forward(image_nchw); },
                             loader, {.pass = {.label = file}, .classes = 4});
  };
  EXPECT_EQ(evaluate("weights.safetensors").loss, result.last.loss);
  EXPECT_EQ(evaluate("weights-ema.safetensors").loss, result.ema->loss);
  EXPECT_NE(result.ema->loss, result.last.loss);
}

TEST(RunFinetune, TwoRunsOfASeedAgreeToTheBit) {
  const TempDir first, second;
  FinetuneInputs inputs = Inputs();
  inputs.config.finetune.epochs = 2;
  inputs.config.finetune.dropout = 0.2;
  const TrainingResult one = RunFinetune(inputs, {.folder = first.path()});
  const TrainingResult two = RunFinetune(inputs, {.folder = second.path()});
  EXPECT_EQ(one.last.loss, two.last.loss);
  EXPECT_EQ(ReadText(first / "weights.safetensors"), ReadText(second / "weights.safetensors"));
  EXPECT_EQ(ReadText(first / "weights-ema.safetensors"), ReadText(second / "weights-ema.safetensors"));

  inputs.config.seed = 1;
  EXPECT_NE(RunFinetune(inputs, {}).last.loss, one.last.loss);
}

TEST(RunFinetune, Bf16LearnsToo) {
  FinetuneInputs inputs = Inputs();
  inputs.config.runtime.amp = AmpKind::kBf16;
  EXPECT_GT(RunFinetune(inputs, {}).last.top1, 0.9);
}

TEST(RunFinetune, FollowsTheDatasetsClasses) {
  FinetuneInputs inputs = Inputs();
  inputs.dataset = {StripeSet(48, 6, 1), StripeSet(12, 6, 2)};
  inputs.config.finetune.epochs = 2;
  EXPECT_EQ(RunFinetune(inputs, {}).last.per_class.size(), 6u);
}

TEST(RunFinetune, RefusesWhatCannotBeTrained) {
  FinetuneInputs inputs = Inputs();
  inputs.config.finetune.train.lr_warmup_epochs = 6;
  ExpectErrorContains<ConfigError>([&] { RunFinetune(inputs, {}); }, {"lr_warmup_epochs", "48 of 48"});
  inputs = Inputs();
  inputs.config.finetune.init = FinetuneInit::kSupernet;
  ExpectErrorContains<ConfigError>([&] { RunFinetune(inputs, {}); }, {"finetune.init", "scratch"});
}

}  // namespace
}  // namespace danas::test
