// What the ranking of a dataset's classes reports (`danas easiness`, or a search that ranks them first).
#pragma once

#include <array>

#include "danas/events/describe.h"

namespace danas::events {

struct JudgeFields {
  using DescribedSection = void;
  std::string name, model;
  int64_t seed = 0;
  std::string weights, folder;
  bool trained_before = false;

  template <typename Self, typename Fields>
  static void Describe(Self& self, Fields& fields) {
    fields.Field("name", self.name, {"the network's name; `NAME@SEED` where it has its own seed"});
    fields.Field("model", self.model, {"its name in the model zoo"});
    fields.Field("seed", self.seed, {"the seed of its training"});
    fields.Field("weights", self.weights, {"its weights file; empty: the weights come from its training"});
    fields.Field("folder", self.folder, {"the folder of its training run"});
    fields.Field("trained_before", self.trained_before, {"true: it was trained earlier and is not trained again"});
  }
};

struct EasinessStart {
  using DescribedSection = void;
  static constexpr std::array kNames = {"easiness_start"};
  std::string kind, aggregation, split;
  int64_t bins = 0;
  std::string dataset, fingerprint;
  int64_t classes = 0;
  std::vector<JudgeFields> judges;

  template <typename Self, typename Fields>
  static void Describe(Self& self, Fields& fields) {
    fields.Field("kind", self.kind, {"`easiness.kind`"});
    fields.Field("aggregation", self.aggregation, {"`easiness.aggregation`"});
    fields.Field("split", self.split, {"`easiness.split`"});
    fields.Field("bins", self.bins, {"`easiness.bins`"});
    fields.Field("dataset", self.dataset, {"the training set as named in the config"});
    fields.Field("fingerprint", self.fingerprint, {"the training set's fingerprint"});
    fields.Field("classes", self.classes, {"number of classes that are ranked"});
    fields.Field("judges", self.judges, {"the networks that rank them"});
  }
};

struct JudgedTiming {
  using DescribedSection = void;
  double seconds = kNotKnown, images_per_second = kNotKnown;

  template <typename Self, typename Fields>
  static void Describe(Self& self, Fields& fields) {
    fields.Field("seconds", self.seconds, {"time taken by its forward passes"});
    fields.Field("images_per_second", self.images_per_second, {"throughput of these passes"});
  }
};

struct NetworkJudged {
  using DescribedSection = void;
  static constexpr std::array kNames = {"network_judged"};
  std::string name, weights;
  int64_t images = 0;
  double top1 = kNotKnown;
  int64_t epochs = 0;
  JudgedTiming timing;

  template <typename Self, typename Fields>
  static void Describe(Self& self, Fields& fields) {
    fields.Field("name", self.name, {"the network's name"});
    fields.Field("weights", self.weights, {"a hash of its weights"});
    fields.Field("images", self.images, {"number of images that it was evaluated on"});
    fields.Field("top1", self.top1,
                 {"share of these images classified correctly; the curve is `judge_accuracy/<network>`"});
    fields.Field("epochs", self.epochs, {"number of recorded epochs of its training"});
    fields.Field("timing", self.timing, {"values that differ from run to run"});
  }
};

struct RelevanceStateFields {
  using DescribedSection = void;
  int64_t epoch = 0;
  OrNull<double> diagonality, permuted;
  std::vector<double> convergence;

  template <typename Self, typename Fields>
  static void Describe(Self& self, Fields& fields) {
    fields.Field("epoch", self.epoch, {"epoch of the network's training"});
    fields.Field(
        "diagonality", self.diagonality,
        {"Spearman's ρ between a neuron's position and the class for which it is most relevant, on images that "
         "were not used to order the neurons; the curve is `diagonality/<network>/<kind>`"});
    fields.Field("permuted", self.permuted,
                 {"the same with permuted labels; the curve is `diagonality_permuted/<network>/<kind>`"});
    fields.Field("convergence", self.convergence,
                 {"Pearson's r with the end of training, for the easy, the medium and the hard third of the classes"});
  }
};

struct RelevanceFields {
  using DescribedSection = void;
  std::string network, kind;
  int64_t epochs = 0;
  std::vector<RelevanceStateFields> states;

  template <typename Self, typename Fields>
  static void Describe(Self& self, Fields& fields) {
    fields.Field("network", self.network, {"the network's name"});
    fields.Field("kind", self.kind, {"`response` or `lrp`"});
    fields.Field("epochs", self.epochs, {"number of epochs of its training"});
    fields.Field("states", self.states, {"one entry for each epoch at which its neurons were examined"});
  }
};

struct EasinessEnd {
  using DescribedSection = void;
  static constexpr std::array kNames = {"easiness_end"};
  std::vector<std::string> class_order;
  std::vector<double> scores;
  Json agreement = Json::object();
  std::vector<RelevanceFields> relevance;

  template <typename Self, typename Fields>
  static void Describe(Self& self, Fields& fields) {
    fields.Field("class_order", self.class_order, {"the classes' ids, easiest first"});
    fields.Field("scores", self.scores, {"their scores in the same order"});
    fields.Field("agreement", self.agreement, {"how closely the networks agree, as in agreement.json"});
    fields.Field("relevance", self.relevance, {"how neurons specialise, for networks whose training was recorded"});
  }
};

}  // namespace danas::events
