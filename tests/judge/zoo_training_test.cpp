#include "danas/judge/zoo_training.h"

#include <gmock/gmock.h>

#include "danas/core/error.h"
#include "danas/core/file.h"
#include "danas/nn/safetensors.h"
#include "danas/tasks/make_task.h"
#include "tests/train/train_support.h"

namespace danas::test {
namespace {

class Recorded : public MetricSink {
 public:
  void Record(const Event& event) override { events.push_back(event); }
  std::vector<Json> Named(const std::string& name) const {
    std::vector<Json> found;
    for (const Event& event : events) {
      if (event.name == name) found.push_back(event.fields);
    }
    return found;
  }
  std::vector<Event> events;
};

ZooTraining Training() {
  ZooTraining training{
      .model = "mobilenetv2_0.25", .config = {}, .dataset = {StripeSet(80, 4, 1), StripeSet(32, 4, 2)}};
  training.config.data = StripeData();
  training.config.data.validation_fraction = 0.2;
  training.config.zoo.epochs = 4;
  training.config.zoo.train = {.batch = 8, .lr = 0.05};
  return training;
}

TEST(KeptEpochs, AreFiveFiftyAndAHundredPercent) {
  using testing::ElementsAre;
  EXPECT_THAT(KeptEpochs(180), ElementsAre(9, 90, 180));
  EXPECT_THAT(KeptEpochs(100), ElementsAre(5, 50, 100));
  EXPECT_THAT(KeptEpochs(4), ElementsAre(1, 2, 4));
  EXPECT_THAT(KeptEpochs(2), ElementsAre(1, 2));
  EXPECT_THAT(KeptEpochs(1), ElementsAre(1));
  EXPECT_EQ(WeightsAfter("run", 9, 180), "run/weights-epoch9.safetensors");
  EXPECT_EQ(WeightsAfter("run", 180, 180), "run/weights.safetensors");
}

TEST(TrainZooNetwork, RecordsEveryClassAfterEveryEpoch) {
  const TempDir folder;
  const ZooTraining training = Training();
  Recorded metrics;
  const TrainingResult result = TrainZooNetwork(training, {.metrics = &metrics, .folder = folder.path()});
  EXPECT_EQ(result.steps, 4 * 8);  // 64 of 80 images
  EXPECT_EQ(result.last.images, 32);

  const std::vector<Json> start = metrics.Named("train_start");
  ASSERT_EQ(start.size(), 1u);
  EXPECT_EQ(start[0]["model"], "mobilenetv2_0.25_small");
  EXPECT_EQ(start[0]["train_images"], 64);
  EXPECT_EQ(start[0]["validation_images"], 16);
  EXPECT_EQ(start[0]["class_ids"], Json({"row0", "row1", "row2", "row3"}));
  const std::vector<Json> classes = metrics.Named("class_accuracy");
  ASSERT_EQ(classes.size(), 4u);
  for (size_t i = 0; i < classes.size(); ++i) {
    EXPECT_EQ(classes[i]["epoch"], i + 1);
    EXPECT_EQ(classes[i]["images"], 16);
    ASSERT_EQ(classes[i]["accuracy"].size(), 4u);
    double mean = 0;  // classes are of one size
    for (const Json& share : classes[i]["accuracy"]) mean += share.get<double>() / 4;
    EXPECT_NEAR(mean, classes[i]["top1"].get<double>(), 1e-12);
  }
  EXPECT_EQ(metrics.Named("train_end").at(0)["kind"], "train");

  for (const char* file : {"weights-epoch1.safetensors", "weights-epoch2.safetensors", "weights.safetensors"}) {
    const auto network = MakeNetwork(ReadGenotype(folder / "network.json").network);
    LoadState(*network, ReadSafetensors(folder / file).tensors, file);
  }
  EXPECT_NE(ReadText(folder / "weights-epoch1.safetensors"), ReadText(folder / "weights.safetensors"));
  EXPECT_FALSE(std::filesystem::exists(folder / "weights-epoch4.safetensors"));
}

// Validation between epochs moves nothing: the same weights come from as many epochs without it.
TEST(TrainZooNetwork, ValidationLeavesTheTrainingAlone) {
  const TempDir folder;
  const ZooTraining training = Training();
  const TrainingResult result = TrainZooNetwork(training, {.folder = folder.path()});

  const auto network = MakeNetwork(MakeZooGenotype(training).network);
  InitializeWeights(*network, training.config.seed);
  NetworkTraining plain{.kind = events::TrainingKind::kTrain,
                        .config = training.config,
                        .task = MakeTask(training.config),
                        .recipe = training.config.zoo.train,
                        .epochs = training.config.zoo.epochs,
                        .images = {},
                        .test_set = std::make_shared<const DatasetIndex>(training.dataset.test)};
  plain.images =
      SplitTrainingSet(std::make_shared<const DatasetIndex>(training.dataset.train), training.config.data, 0).weights;
  EXPECT_EQ(TrainAndTest(*network, plain, {}).last.loss, result.last.loss);
}

TEST(TrainZooNetwork, TwoRunsOfASeedAgreeToTheBit) {
  const TempDir first, second;
  ZooTraining training = Training();
  training.config.zoo.epochs = 2;
  TrainZooNetwork(training, {.folder = first.path()});
  TrainZooNetwork(training, {.folder = second.path()});
  for (const char* file : {"weights-epoch1.safetensors", "weights.safetensors"}) {
    EXPECT_EQ(ReadText(first / file), ReadText(second / file)) << file;
  }
}

TEST(IsFinishedTraining, KnowsItsOwnAlone) {
  const TempDir folder;
  ZooTraining training = Training();
  training.config.zoo.epochs = 2;
  EXPECT_FALSE(IsFinishedTraining(folder.path(), training));
  TrainZooNetwork(training, {.folder = folder.path()});
  EXPECT_TRUE(IsFinishedTraining(folder.path(), training));

  const auto is_finished = [&](const std::function<void(ZooTraining&)>& change) {
    ZooTraining other = training;
    change(other);
    return IsFinishedTraining(folder.path(), other);
  };
  // What has no part in it.
  EXPECT_TRUE(is_finished([](ZooTraining& t) { t.config.search.budget.value = 1e6; }));
  EXPECT_TRUE(is_finished([](ZooTraining& t) { t.config.runtime.threads = 3; }));
  EXPECT_TRUE(is_finished([](ZooTraining& t) { t.config.data.root = "moved"; }));
  EXPECT_TRUE(is_finished([](ZooTraining& t) { t.model = "mobilenetv2_0.25_small"; }));
  // What has.
  EXPECT_FALSE(is_finished([](ZooTraining& t) { t.config.seed = 1; }));
  EXPECT_FALSE(is_finished([](ZooTraining& t) { t.config.zoo.epochs = 3; }));
  EXPECT_FALSE(is_finished([](ZooTraining& t) { t.config.zoo.train.lr = 0.04; }));
  EXPECT_FALSE(is_finished([](ZooTraining& t) { t.config.data.augment.flip = 0.5; }));
  EXPECT_FALSE(is_finished([](ZooTraining& t) { t.config.data.validation_fraction = 0.3; }));
  EXPECT_FALSE(is_finished([](ZooTraining& t) { t.config.runtime.amp = AmpKind::kBf16; }));
  EXPECT_FALSE(is_finished([](ZooTraining& t) { t.model = "mobilenetv2_0.35"; }));
  EXPECT_FALSE(is_finished([](ZooTraining& t) { t.dataset.train.fingerprint = 9; }));
  EXPECT_FALSE(is_finished([](ZooTraining& t) { t.dataset.train.classes.ids[0] = "other"; }));

  std::filesystem::remove(folder / "weights-epoch1.safetensors");
  EXPECT_FALSE(IsFinishedTraining(folder.path(), training));
}

TEST(TrainZooNetwork, RefusesWhatCannotBeTrained) {
  ZooTraining training = Training();
  training.model = "resnet19";
  ExpectErrorContains<ConfigError>([&] { TrainZooNetwork(training, {}); }, {"resnet18"});
  training = Training();
  training.config.zoo.train.lr_warmup_epochs = 4;
  ExpectErrorContains<ConfigError>([&] { TrainZooNetwork(training, {}); }, {"lr_warmup_epochs"});
}

}  // namespace
}  // namespace danas::test
