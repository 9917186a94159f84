// What the training of one network reports: `danas finetune`, `danas train`, and the networks that rank classes.
// Accuracies are shares in [0, 1], losses nats.
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
    fields.Field("from", self.from, {"its path when the run started"});
    fields.Field("to", self.to, {"its path now"});
    fields.Field("images", self.images, {"number of images in the set"});
    fields.Field("contents", self.contents, {"number of images whose contents were compared"});
  }
};

struct TrainingStart {
  using DescribedSection = void;
  static constexpr std::array kNames = {"finetune_start", "train_start"};
  TrainingKind kind = TrainingKind::kTrain;
  std::optional<std::string> task;
  int64_t epochs = 0, steps = 0, train_images = 0;
  std::optional<int64_t> test_images;
  int64_t classes = 0, seed = 0;
  std::string device;
  std::optional<std::string> init, model, fingerprint;
  std::optional<int64_t> validation_images;
  std::optional<std::vector<std::string>> class_ids;

  template <typename Self, typename Fields>
  static void Describe(Self& self, Fields& fields) {
    fields.Field("task", self.task, {"`task` of the config; absent: `classification`"});
    fields.Field("epochs", self.epochs, {"number of planned epochs"});
    fields.Field("steps", self.steps, {"weight steps in all of them"});
    fields.Field("train_images", self.train_images, {"training images per epoch"});
    fields.Field("test_images", self.test_images, {"number of images in the test set"});
    fields.Field("classes", self.classes, {"number of classes that the network distinguishes"});
    fields.Field("seed", self.seed, {"`seed` of the config"});
    fields.Field("device", self.device, {"the device that computes"});
    fields.Field("init", self.init, {"`danas finetune` only: `finetune.init`, or the file of `--init`"});
    fields.Field("model", self.model, {"`danas train` only: the network's name in the model zoo"});
    fields.Field("fingerprint", self.fingerprint, {"the training set's fingerprint"});
    fields.Field("validation_images", self.validation_images,
                 {"`danas train` only: images held out of the training set"});
    fields.Field("class_ids", self.class_ids, {"the classes' ids, in the order of the network's outputs"});
  }
};

struct TrainingEpoch {
  using DescribedSection = void;
  static constexpr std::array kNames = kEpochNames;
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
    fields.Field("epoch", self.epoch, {"number of the epoch, from 1"});
    fields.Field("lr", self.lr, {"learning rate of the last step", "learning_rate/weights"});
    fields.Field("steps", self.steps, {"weight steps so far: TensorBoard's step"});
    fields.Field("train_loss", self.train_loss,
                 {"mean training loss, measured while the weights changed", "loss/train"});
    fields.Field("train_accuracy", self.train_accuracy, {"training accuracy, measured likewise", "accuracy/train"});
    fields.Field("images", self.images, {"number of training images in the epoch"});
    fields.Field("skipped", self.skipped,
                 {"batches skipped because their loss was not finite", "schedule/skipped_batches"});
    fields.Field("seconds", self.seconds, {"duration of the epoch", "speed/epoch_seconds"});
    fields.Field("seconds_waited", self.seconds_waited, {"of these, the time spent waiting for data"});
    fields.Field("peak_resident_bytes", self.peak_resident_bytes,
                 {"peak memory of the process", "memory/peak_resident_bytes"});
    fields.Field("peak_device_bytes", self.peak_device_bytes,
                 {"on a GPU: peak memory of its tensors", "memory/peak_device_bytes"});
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
    fields.Field("epoch", self.epoch, {"the epoch that has ended"});
    fields.Field("images", self.images, {"number of validation images"});
    fields.Field("loss", self.loss, {"mean loss over them", "loss/validation"});
    fields.Field("top1", self.top1, {"share of them classified correctly", "accuracy/validation"});
    fields.Field("accuracy", self.accuracy, {"the same for each class, in the order of the network's outputs"});
    fields.Field("seconds", self.seconds, {"time that the validation took"});
  }
};

// Of key-points, as COCO measures them: from 0 to 1; -1 where the truth has no person of that size.
struct KeypointFields {
  using DescribedSection = void;
  int64_t persons = 0, found = 0;
  double ap = kNotKnown, ap50 = kNotKnown, ap75 = kNotKnown, ap_medium = kNotKnown, ap_large = kNotKnown;
  double ar = kNotKnown, ar50 = kNotKnown, ar75 = kNotKnown, ar_medium = kNotKnown, ar_large = kNotKnown;

  template <typename Self, typename Fields>
  static void Describe(Self& self, Fields& fields) {
    fields.Field("persons", self.persons, {"boxes in which the network looked for a person"});
    fields.Field("found", self.found, {"persons that it found, without those found twice (OKS-NMS)"});
    fields.Field("ap", self.ap, {"average precision, mean over OKS thresholds 0.50, 0.55 ... 0.95", "keypoints/ap"});
    fields.Field("ap50", self.ap50, {"average precision at OKS 0.50", "keypoints/ap50"});
    fields.Field("ap75", self.ap75, {"average precision at OKS 0.75", "keypoints/ap75"});
    fields.Field("ap_medium", self.ap_medium, {"`ap` of persons from 32² to 96² pixels", "keypoints/ap_medium"});
    fields.Field("ap_large", self.ap_large, {"`ap` of persons above 96² pixels", "keypoints/ap_large"});
    fields.Field("ar", self.ar, {"average recall, as `ap`", "keypoints/ar"});
    fields.Field("ar50", self.ar50, {"average recall at OKS 0.50", "keypoints/ar50"});
    fields.Field("ar75", self.ar75, {"average recall at OKS 0.75", "keypoints/ar75"});
    fields.Field("ar_medium", self.ar_medium, {"`ar` of persons from 32² to 96² pixels", "keypoints/ar_medium"});
    fields.Field("ar_large", self.ar_large, {"`ar` of persons above 96² pixels", "keypoints/ar_large"});
  }
};

struct TestFields {
  using DescribedSection = void;
  int64_t images = 0;
  double loss = kNotKnown, top1 = kNotKnown;
  std::optional<double> top5;
  double seconds = kNotKnown;
  Json per_class = Json::object();
  std::optional<KeypointFields> keypoints;

  template <typename Self, typename Fields>
  static void Describe(Self& self, Fields& fields) {
    fields.Field("images", self.images, {"number of test images"});
    fields.Field("loss", self.loss, {"mean loss over them", "loss/test"});
    fields.Field("top1", self.top1,
                 {"share of them whose class has the highest output; of key-points the share that is found within a "
                  "twentieth of the frame (PCK)",
                  "accuracy/test"});
    fields.Field(
        "top5", self.top5,
        {"classification only: share of them whose class is among the five highest outputs", "accuracy/test_top5"});
    fields.Field("seconds", self.seconds, {"time that the test took"});
    fields.Field("per_class", self.per_class,
                 {"classification only: for each class, by its id: `images`, and how many of them are `correct`"});
    fields.Field("keypoints", self.keypoints, {"key-points only: average precision and recall of all persons"});
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
    fields.Field("test_last_epoch", self.test_last_epoch, {"test results with the weights of the last epoch"});
    fields.Field(
        "test_ema", self.test_ema,
        {"with `ema_decay`: test results with the average of the weights; the names of its curves end in `_ema`",
         "_ema"});
    fields.Field("epochs", self.epochs, {"number of epochs trained"});
    fields.Field("steps", self.steps, {"number of weight steps"});
    fields.Field("skipped", self.skipped, {"batches skipped because their loss was not finite"});
    fields.Field("seconds", self.seconds, {"time taken by training and test, including before the run was resumed"});
    fields.Field("images_per_second", self.images_per_second, {"training throughput"});
    fields.Field("device_hours", self.device_hours, {"`seconds` in hours, times the number of processes"});
  }
};

}  // namespace danas::events
