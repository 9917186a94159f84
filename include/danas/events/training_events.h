// What the training of one network reports: `danas finetune`, `danas train`, and the networks that rank classes. Accuracies
// are shares in [0, 1], losses nats.
#pragma once

#include <array>

#include "danas/events/describe.h"

namespace danas::events {

enum class TrainingKind { kFinetune, kTrain };

inline const char* NameOf(TrainingKind kind) { return kind == TrainingKind::kFinetune ? "finetune" : "train"; }

// Images of a run that was resumed, which are stored elsewhere than where it began.
struct DataMoved {
  using DescribedSection = void;
  static constexpr std::array kNames = {"data_moved"};
  std::string set, from, to;
  int64_t images = 0, contents = 0;

  template <typename Self, typename Fields>
  static void Describe(Self& self, Fields& fields) {
    fields.Field("set", self.set, {"`training set` or `test set`"});
    fields.Field("from", self.from, {"the path where the run began"});
    fields.Field("to", self.to, {"the path now"});
    fields.Field("images", self.images, {"how many images the set has"});
    fields.Field("contents", self.contents, {"of how many the contents were compared"});
  }
};

struct TrainingStart {
  using DescribedSection = void;
  static constexpr std::array kNames = {"finetune_start", "train_start"};
  TrainingKind kind = TrainingKind::kTrain;
  int64_t epochs = 0, steps = 0, train_images = 0;
  std::optional<int64_t> test_images;
  int64_t classes = 0, seed = 0;
  std::string device;
  std::optional<std::string> init, model, fingerprint;
  std::optional<int64_t> validation_images;
  std::optional<std::vector<std::string>> class_ids;

  template <typename Self, typename Fields>
  static void Describe(Self& self, Fields& fields) {
    fields.Field("epochs", self.epochs, {"how many are planned"});
    fields.Field("steps", self.steps, {"weight steps of all of them"});
    fields.Field("train_images", self.train_images, {"images of an epoch"});
    fields.Field("test_images", self.test_images, {"images of the test set"});
    fields.Field("classes", self.classes, {"classes that the network tells apart"});
    fields.Field("seed", self.seed, {"`seed` of the config"});
    fields.Field("device", self.device, {"what computes"});
    fields.Field("init", self.init, {"of `danas finetune`: `finetune.init`"});
    fields.Field("model", self.model, {"of `danas train`: the zoo's network"});
    fields.Field("fingerprint", self.fingerprint, {"the training set's fingerprint"});
    fields.Field("validation_images", self.validation_images, {"of `danas train`: carved out of the training set"});
    fields.Field("class_ids", self.class_ids, {"the classes' ids, in the order of the network's outputs"});
  }
};

struct TrainingEpoch {
  using DescribedSection = void;
  static constexpr std::array kNames = {"epoch"};
  int64_t epoch = 0;
  double lr = kNotKnown;
  std::optional<int64_t> steps;  // logs of earlier versions lack it
  double train_loss = kNotKnown, train_accuracy = kNotKnown;
  int64_t images = 0;
  std::optional<int64_t> skipped;
  double seconds = kNotKnown;
  std::optional<double> seconds_waited;
  std::optional<int64_t> peak_resident_bytes, peak_device_bytes;

  template <typename Self, typename Fields>
  static void Describe(Self& self, Fields& fields) {
    fields.Field("epoch", self.epoch, {"from 1"});
    fields.Field("lr", self.lr, {"learning rate of the last step", "learning_rate/weights"});
    fields.Field("steps", self.steps, {"weight steps so far: TensorBoard's step"});
    fields.Field("train_loss", self.train_loss, {"while weights moved", "loss/train"});
    fields.Field("train_accuracy", self.train_accuracy, {"the same", "accuracy/train"});
    fields.Field("images", self.images, {"images of the epoch"});
    fields.Field("skipped", self.skipped, {"batches skipped for a loss that was not finite", "schedule/skipped_batches"});
    fields.Field("seconds", self.seconds, {"of the epoch", "speed/epoch_seconds"});
    fields.Field("seconds_waited", self.seconds_waited, {"of these, seconds spent waiting for data"});
    fields.Field("peak_resident_bytes", self.peak_resident_bytes,
                 {"most memory that the process has had", "memory/peak_resident_bytes"});
    fields.Field("peak_device_bytes", self.peak_device_bytes,
                 {"on a GPU, most memory of its tensors", "memory/peak_device_bytes"});
  }
};

struct ClassAccuracy {
  using DescribedSection = void;
  static constexpr std::array kNames = {"class_accuracy"};
  int64_t epoch = 0, images = 0;
  double loss = kNotKnown, top1 = kNotKnown;
  std::vector<double> accuracy;
  double seconds = kNotKnown;

  template <typename Self, typename Fields>
  static void Describe(Self& self, Fields& fields) {
    fields.Field("epoch", self.epoch, {"the epoch that is over"});
    fields.Field("images", self.images, {"validation images"});
    fields.Field("loss", self.loss, {"mean over them", "loss/validation"});
    fields.Field("top1", self.top1, {"share of them that is named rightly", "accuracy/validation"});
    fields.Field("accuracy", self.accuracy, {"the same of each class, in the order of the network's outputs"});
    fields.Field("seconds", self.seconds, {"that it took"});
  }
};

struct TestFields {
  using DescribedSection = void;
  int64_t images = 0;
  double loss = kNotKnown, top1 = kNotKnown, top5 = kNotKnown, seconds = kNotKnown;
  Json per_class = Json::object();

  template <typename Self, typename Fields>
  static void Describe(Self& self, Fields& fields) {
    fields.Field("images", self.images, {"test images"});
    fields.Field("loss", self.loss, {"mean over them", "loss/test"});
    fields.Field("top1", self.top1, {"share of them whose class has the highest output", "accuracy/test"});
    fields.Field("top5", self.top5, {"whose class is among the five highest", "accuracy/test_top5"});
    fields.Field("seconds", self.seconds, {"that the test took"});
    fields.Field("per_class", self.per_class, {"of each class by its id: `images`, and how many are `correct`"});
  }
};

// Also what result.json holds.
struct TrainingEnd {
  using DescribedSection = void;
  static constexpr std::array kNames = {"finetune_end", "train_end"};
  TrainingKind kind = TrainingKind::kTrain;
  std::string kind_name, tested;
  TestFields test_last_epoch;
  std::optional<TestFields> test_ema;
  int64_t epochs = 0, steps = 0, skipped = 0;
  double seconds = kNotKnown, images_per_second = kNotKnown, device_hours = kNotKnown;

  template <typename Self, typename Fields>
  static void Describe(Self& self, Fields& fields) {
    fields.Field("kind", self.kind_name, {"`finetune` or `train`"});
    fields.Field("tested", self.tested, {"when the test set was read"});
    fields.Field("test_last_epoch", self.test_last_epoch, {"the weights of the last epoch on the test set"});
    fields.Field("test_ema", self.test_ema, {"with an `ema_decay`, their average; its curves' names end in `_ema`", "_ema"});
    fields.Field("epochs", self.epochs, {"epochs of the training"});
    fields.Field("steps", self.steps, {"its weight steps"});
    fields.Field("skipped", self.skipped, {"batches skipped for a loss that was not finite"});
    fields.Field("seconds", self.seconds, {"of training and test, over all processes that it was resumed in"});
    fields.Field("images_per_second", self.images_per_second, {"in training"});
    fields.Field("device_hours", self.device_hours, {"`seconds` in hours, times the processes that shared it"});
  }
};

}  // namespace danas::events
