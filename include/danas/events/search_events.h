// What a search reports. Costs are in `unit`: MACs, parameters or ms. Losses are nats, means over images; accuracies
// are shares in [0, 1]. What differs between two runs of one seed on one machine is in `timing`.
#pragma once

#include <array>

#include "danas/events/describe.h"

namespace danas::events {

// A phase of Algorithm 1 as it is planned.
struct PlannedPhase {
  using DescribedSection = void;
  std::string phase;
  int64_t classes = 0, epochs = 0;
  bool searches = true;
  int64_t weight_images = 0, architecture_images = 0, weight_steps = 0, alpha_steps = 0;
  double candidates = kNotKnown;
  double macs_per_image = 0;
  double parameters = kNotKnown;
  std::optional<int64_t> alpha_passes;
  // Logs of earlier versions lack them; `alpha_macs_per_image` was that of both passes.
  std::optional<int64_t> cuts, scored, paths_per_step;
  std::optional<double> scoring_macs, alpha_macs_per_image;

  template <typename Self, typename Fields>
  static void Describe(Self& self, Fields& fields) {
    fields.Field("phase", self.phase, {"the phase's name"});
    fields.Field("classes", self.classes, {"number of classes learnt in it"});
    fields.Field("epochs", self.epochs, {"number of epochs"});
    fields.Field("searches", self.searches, {"true: it trains α and ends with a pruning; false: it is the warm-up"});
    fields.Field("weight_images", self.weight_images, {"images in a weight pass"});
    fields.Field("architecture_images", self.architecture_images,
                 {"images that α steps see in an epoch, of one budget"});
    fields.Field("weight_steps", self.weight_steps, {"weight steps in the phase"});
    fields.Field("alpha_steps", self.alpha_steps,
                 {"α steps in the phase; with several budgets, of all budgets together"});
    fields.Field("cuts", self.cuts, {"number of layers cut by the pruning at its end"});
    fields.Field("scored", self.scored,
                 {"at most this many networks, or supernets with one candidate masked, are scored for that pruning"});
    fields.Field("scoring_macs", self.scoring_macs, {"the most multiply-accumulates that this scoring takes"});
    fields.Field("candidates", self.candidates, {"mean number of candidates per layer"});
    fields.Field("paths_per_step", self.paths_per_step,
                 {"paths that a weight step computes one by one; 0: all candidates at once"});
    fields.Field(
        "macs_per_image", self.macs_per_image,
        {"multiply-accumulates per image in the forward passes of a weight step: of all candidates, or of the mean "
         "path times `paths_per_step`"});
    fields.Field("alpha_macs_per_image", self.alpha_macs_per_image, {"the same for an α step"});
    fields.Field("parameters", self.parameters, {"parameters of the supernet"});
    fields.Field("alpha_passes", self.alpha_passes,
                 {"architecture passes per epoch, where a search for several budgets has more than one"});
  }
};

// One of several budgets, with its band.
struct BudgetBand {
  using DescribedSection = void;
  std::string budget;
  double target = kNotKnown, least = kNotKnown, most = kNotKnown;

  template <typename Self, typename Fields>
  static void Describe(Self& self, Fields& fields) {
    fields.Field("budget", self.budget, {"the budget's name, such as `323M`"});
    fields.Field("target", self.target, {"the cost to aim at"});
    fields.Field("least", self.least, {"the lowest cost that the network may have"});
    fields.Field("most", self.most, {"the highest cost that the network may have"});
  }
};

struct SearchStart {
  using DescribedSection = void;
  static constexpr std::array kNames = {"search_start"};
  std::optional<std::string> task;
  int64_t seed = 0;
  std::string device, space, dataset, fingerprint, ranking;
  std::vector<std::string> class_order;
  int64_t layers = 0, searchable_layers = 0;
  double networks = kNotKnown;
  std::string unit;
  double least = kNotKnown, most = kNotKnown;
  std::optional<double> budget, budget_max;
  int64_t batch = 0;
  int64_t weight_steps = 0, alpha_steps = 0, images = 0;
  double memory_bytes = kNotKnown;
  std::vector<PlannedPhase> phases;
  std::optional<std::vector<BudgetBand>> budgets;
  // Logs of earlier versions lack them.
  std::optional<int64_t> alpha_batch;
  std::optional<std::string> paths;
  std::optional<double> final_macs;
  std::optional<std::vector<std::string>> class_labels;

  template <typename Self, typename Fields>
  static void Describe(Self& self, Fields& fields) {
    fields.Field("task", self.task, {"`task` of the config; absent: `classification`"});
    fields.Field("seed", self.seed, {"`seed` of the config"});
    fields.Field("device", self.device, {"the device that computes"});
    fields.Field("space", self.space, {"the search space's name"});
    fields.Field("dataset", self.dataset, {"the training set as named in the config"});
    fields.Field("fingerprint", self.fingerprint, {"the training set's fingerprint"});
    fields.Field("ranking", self.ranking, {"source of the order of the classes"});
    fields.Field("class_order", self.class_order, {"the classes' ids, easiest first"});
    fields.Field("class_labels", self.class_labels, {"what is shown for each of them; absent where it is the id"});
    fields.Field("layers", self.layers, {"number of layers in the space"});
    fields.Field("searchable_layers", self.searchable_layers, {"number of layers with more than one candidate"});
    fields.Field("networks", self.networks, {"number of networks in the space"});
    fields.Field("unit", self.unit, {"unit of all costs: `MACs`, `parameters`, `ms` or `bytes`"});
    fields.Field("least", self.least, {"cost of the cheapest network in the space"});
    fields.Field("most", self.most, {"cost of the most expensive network in the space"});
    fields.Field("budget", self.budget, {"the cost to aim at; absent with several budgets"});
    fields.Field("budget_max", self.budget_max,
                 {"the highest cost that the result may have; absent with several budgets"});
    fields.Field("batch", self.batch, {"images in a weight step"});
    fields.Field("alpha_batch", self.alpha_batch, {"images in an α step"});
    fields.Field("paths", self.paths, {"what a weight step trains: `search.paths`"});
    fields.Field("weight_steps", self.weight_steps, {"weight steps planned for the whole run"});
    fields.Field("alpha_steps", self.alpha_steps, {"α steps planned for the whole run"});
    fields.Field("images", self.images, {"images in all weight steps"});
    fields.Field("memory_bytes", self.memory_bytes, {"estimated peak memory of tensors"});
    fields.Field(
        "final_macs", self.final_macs,
        {"the most multiply-accumulates that the final choice by scores takes, counting the finalists' training "
         "three times; 0 where `search.final` is not `scored`"});
    fields.Field("phases", self.phases, {"the phases of the run"});
    fields.Field("budgets", self.budgets, {"with several budgets, instead of `budget` and `budget_max`"});
  }
};

// Of an architecture pass.
struct ArchitectureFields {
  using DescribedSection = void;
  double validation_loss = kNotKnown, validation_accuracy = kNotKnown;
  int64_t validation_images = 0;
  double architecture_loss = kNotKnown, sampled_cost = kNotKnown;

  template <typename Self, typename Fields>
  static void Describe(Self& self, Fields& fields) {
    fields.Field("validation_loss", self.validation_loss,
                 {"validation loss in the architecture pass with the sampled probabilities, without the cost term and "
                  "without label smoothing. Absent in warm-up",
                  "loss/validation"});
    fields.Field("validation_accuracy", self.validation_accuracy, {"accuracy in the same pass", "accuracy/validation"});
    fields.Field("validation_images", self.validation_images, {"number of images in that pass"});
    fields.Field("architecture_loss", self.architecture_loss,
                 {"the validation loss including the cost (Eq. 10)", "loss/architecture"});
    fields.Field("sampled_cost", self.sampled_cost,
                 {"mean expected cost of the sampled probabilities", "cost/sampled"});
  }
};

// Of α at an epoch's end.
struct AlphaFields {
  using DescribedSection = void;
  double expected_cost = kNotKnown, alpha_entropy = kNotKnown;
  std::optional<double> z_rms;

  template <typename Self, typename Fields>
  static void Describe(Self& self, Fields& fields) {
    fields.Field("expected_cost", self.expected_cost, {"expected cost under softmax(α)", "cost/expected"});
    fields.Field("alpha_entropy", self.alpha_entropy,
                 {"entropy of softmax(α) divided by its largest possible value, mean over the layers with a choice; 1: "
                  "undecided, 0: decided",
                  "alpha/entropy"});
    fields.Field("z_rms", self.z_rms,
                 {"how clearly α's gradients distinguish candidates: the root mean square, over all pairs of a layer's "
                  "candidates, of z = Σd / √Σd², where d is the difference between their gradients in one step, summed "
                  "over the phase's α steps so far. About 1 if there is only noise. Absent in warm-up",
                  "alpha/z_rms"});
  }
};

struct PathFields {
  using DescribedSection = void;
  int64_t count = 0;
  double mean_cost = kNotKnown, least_cost = kNotKnown, most_cost = kNotKnown;
  int64_t steps = 0, strictly_fair_steps = 0;

  template <typename Self, typename Fields>
  static void Describe(Self& self, Fields& fields) {
    fields.Field("count", self.count, {"number of paths trained"});
    fields.Field("mean_cost", self.mean_cost, {"their mean cost", "paths/mean_cost"});
    fields.Field("least_cost", self.least_cost, {"the lowest cost", "paths/least_cost"});
    fields.Field("most_cost", self.most_cost, {"the highest cost", "paths/most_cost"});
    fields.Field("steps", self.steps, {"number of weight steps"});
    fields.Field("strictly_fair_steps", self.strictly_fair_steps,
                 {"number of these steps that trained every candidate of a layer equally often"});
  }
};

struct BudgetOfEpoch {
  using DescribedSection = void;
  std::string budget;
  std::optional<ArchitectureFields> architecture;
  std::optional<AlphaFields> alpha;

  template <typename Self, typename Fields>
  static void Describe(Self& self, Fields& fields) {
    fields.Field("budget", self.budget, {"the budget's name"});
    fields.Inline(self.architecture);
    fields.Inline(self.alpha);
  }
};

struct EpochTiming {
  using DescribedSection = void;
  double seconds = kNotKnown, images_per_second = kNotKnown, share_waited = kNotKnown;
  int64_t peak_resident_bytes = 0;
  std::optional<int64_t> peak_device_bytes;

  template <typename Self, typename Fields>
  static void Describe(Self& self, Fields& fields) {
    fields.Field("seconds", self.seconds, {"time taken by the epoch's passes", "speed/epoch_seconds"});
    fields.Field("images_per_second", self.images_per_second,
                 {"throughput of these passes", "speed/images_per_second"});
    fields.Field("share_waited", self.share_waited,
                 {"share of that time spent waiting for data", "speed/share_waited"});
    fields.Field("peak_resident_bytes", self.peak_resident_bytes,
                 {"peak memory of the process", "memory/peak_resident_bytes"});
    fields.Field("peak_device_bytes", self.peak_device_bytes,
                 {"on a GPU: peak memory of its tensors", "memory/peak_device_bytes"});
  }
};

struct SearchEpoch {
  using DescribedSection = void;
  static constexpr std::array kNames = kEpochNames;
  static constexpr const char* kOwnField = "phase";  // which a training's epoch lacks
  std::string phase;
  int64_t epoch = 0, epochs = 0, classes = 0;
  double lr = kNotKnown, train_loss = kNotKnown, train_accuracy = kNotKnown;
  int64_t images = 0, skipped = 0;
  std::optional<ArchitectureFields> architecture;
  std::optional<PathFields> paths;
  std::optional<double> temperature;  // this and `weight_steps`: logs of earlier versions lack them
  std::optional<AlphaFields> alpha;
  std::optional<std::vector<BudgetOfEpoch>> budgets;
  int64_t alpha_steps = 0;
  std::optional<int64_t> weight_steps;
  std::optional<EpochTiming> timing;

  template <typename Self, typename Fields>
  static void Describe(Self& self, Fields& fields) {
    fields.Field(kOwnField, self.phase, {"the phase's name"});
    fields.Field("epoch", self.epoch, {"number of the epoch within the phase, from 1"});
    fields.Field("epochs", self.epochs, {"number of epochs in the phase"});
    fields.Field("classes", self.classes, {"number of classes learnt in the phase", "schedule/classes"});
    fields.Field("lr", self.lr, {"learning rate of the last weight step", "learning_rate/weights"});
    fields.Field("train_loss", self.train_loss,
                 {"training loss in the weight pass, measured while the weights changed", "loss/train"});
    fields.Field("train_accuracy", self.train_accuracy, {"training accuracy in the same pass", "accuracy/train"});
    fields.Field("images", self.images, {"number of images in that pass"});
    fields.Field("skipped", self.skipped,
                 {"batches skipped because their loss was not finite", "schedule/skipped_batches"});
    fields.Inline(self.architecture);
    fields.Field(
        "paths", self.paths,
        {"the single paths trained in the weight pass, with `search.paths` `uniform`, `fair`, `binned` or `binarised`. "
         "With `ranks.draws: own`, those of the first process only"});
    fields.Field("temperature", self.temperature, {"τ in this epoch", "alpha/temperature"});
    fields.Inline(self.alpha);
    fields.Field("budgets", self.budgets,
                 {"with several budgets, instead of the fields about α and architecture passes"});
    fields.Field("alpha_steps", self.alpha_steps, {"α steps so far", "alpha/steps"});
    fields.Field("weight_steps", self.weight_steps, {"weight steps so far: TensorBoard's step"});
    fields.Field("timing", self.timing, {"times and memory; with several processes, of the first"});
  }
};

struct LayerAlpha {
  using DescribedSection = void;
  std::vector<std::string> candidates;
  std::vector<double> alpha;

  template <typename Self, typename Fields>
  static void Describe(Self& self, Fields& fields) {
    fields.Field("candidates", self.candidates, {"names of the layer's candidates"});
    fields.Field("alpha", self.alpha, {"their values of α"});
  }
};

struct Alpha {
  using DescribedSection = void;
  static constexpr std::array kNames = {"alpha"};
  std::string phase;
  int64_t epoch = 0, alpha_steps = 0;
  std::vector<LayerAlpha> layers;
  std::optional<std::string> budget;

  template <typename Self, typename Fields>
  static void Describe(Self& self, Fields& fields) {
    fields.Field("phase", self.phase, {"the phase, as in the `epoch` event"});
    fields.Field("epoch", self.epoch, {"the epoch, as in the `epoch` event"});
    fields.Field("alpha_steps", self.alpha_steps, {"α steps so far"});
    fields.Field("layers", self.layers, {"all layers in order"});
    fields.Field("budget", self.budget, {"with several budgets: the budget that this α belongs to"});
  }
};

struct LayerCut {
  using DescribedSection = void;
  int64_t layer = -1;
  std::vector<std::string> dropped, kept;
  std::string last_kept, first_dropped;
  double gap = kNotKnown;
  OrNull<double> z;
  std::optional<bool> conflict;  // logs of earlier versions lack it
  std::optional<double> total_gap;

  template <typename Self, typename Fields>
  static void Describe(Self& self, Fields& fields) {
    fields.Field("layer", self.layer, {"the layer's number, from 0"});
    fields.Field("dropped", self.dropped, {"names of the candidates that were dropped"});
    fields.Field("kept", self.kept, {"names of the candidates that were kept"});
    fields.Field("last_kept", self.last_kept,
                 {"the weakest candidate kept because of its rank (not because of `kept_for_budget` or `put_off`)"});
    fields.Field("first_dropped", self.first_dropped,
                 {"the strongest candidate dropped; where a whole block or operator is dropped, its candidate with the "
                  "highest α"});
    fields.Field("gap", self.gap, {"value of `last_kept` (α, or nats) minus that of `first_dropped`"});
    fields.Field("z", self.z, {"evidence for `last_kept` in standard errors; see above"});
    fields.Field("conflict", self.conflict, {"true: `z` contradicts the order by value (aware: by `total_gap`)"});
    fields.Field(
        "total_gap", self.total_gap,
        {"with `search.pruning.budget` `aware`: the total (Σ ln softmax(α), or of values and of pairs) of the best "
         "network with `last_kept` minus that of the best with `first_dropped`"});
  }
};

struct LayerCandidate {
  using DescribedSection = void;
  int64_t layer = -1;
  std::string candidate;

  template <typename Self, typename Fields>
  static void Describe(Self& self, Fields& fields) {
    fields.Field("layer", self.layer, {"the layer's number, from 0"});
    fields.Field("candidate", self.candidate, {"the candidate's name"});
  }
};

struct Pruning {
  using DescribedSection = void;
  static constexpr std::array kNames = {"pruning"};
  std::string phase;
  std::optional<std::string> score;  // this and what is optional below: logs of earlier versions lack it
  int64_t candidates_before = 0, candidates_after = 0;
  std::optional<double> networks_in_band;
  std::optional<int64_t> cuts, unclear_cuts;
  std::optional<bool> above_noise;
  std::optional<int64_t> evidence_steps, evidence_missed;
  std::optional<double> z_rms;
  std::vector<LayerCut> layers;
  std::optional<std::vector<LayerCandidate>> kept_for_budget, put_off;
  std::optional<std::vector<std::vector<double>>> values;
  std::optional<double> pair_deviation;
  std::optional<std::string> budget;

  template <typename Self, typename Fields>
  static void Describe(Self& self, Fields& fields) {
    fields.Field("phase", self.phase, {"the phase that ends with this pruning"});
    fields.Field("score", self.score, {"the score that candidates are ranked by: `search.pruning.score`"});
    fields.Field("candidates_before", self.candidates_before, {"number of candidates in all layers before it"});
    fields.Field("candidates_after", self.candidates_after, {"the same after it", "space/candidates_after_pruning"});
    fields.Field(
        "networks_in_band", self.networks_in_band,
        {"number of remaining networks that cost between `budget_min` and `budget_max` (config.md); where costs "
         "are not whole steps, networks within one step per layer of either end may be missing",
         "space/networks_in_band"});
    fields.Field("cuts", self.cuts, {"number of layers that were cut", "pruning/cuts"});
    fields.Field("unclear_cuts", self.unclear_cuts,
                 {"number of these layers whose `z` is below 2", "pruning/unclear_cuts"});
    fields.Field(
        "above_noise", self.above_noise,
        {"false: noise alone would make this many cuts look clear in more than one of twenty prunings, so the cuts "
         "are no evidence"});
    fields.Field("evidence_steps", self.evidence_steps,
                 {"with score `alpha`: number of α steps that `z` is computed from"});
    fields.Field(
        "evidence_missed", self.evidence_missed,
        {"earlier α steps whose gradients are missing because the run was resumed from the checkpoint of an older "
         "danas"});
    fields.Field(
        "z_rms", self.z_rms,
        {"as in `epoch`, over the whole phase; with a score other than `alpha`, the root mean square of its `z`"});
    fields.Field("layers", self.layers, {"every layer that was cut"});
    fields.Field(
        "kept_for_budget", self.kept_for_budget,
        {"candidates that the rule would have dropped but that were kept because no network would have been left "
         "within `budget_max` (aware: because fewer than `search.pruning.least_networks` would have been left)"});
    fields.Field("put_off", self.put_off,
                 {"candidates kept because the evidence against them is below `search.pruning.certain`"});
    fields.Field(
        "values", self.values,
        {"absent with score `alpha`: for every layer, its candidates' values in nats of validation loss, higher is "
         "better, in the order of the last `alpha` event. With `perturbation`: how much the loss rises when the "
         "candidate is masked; with `paths`: minus the candidate's effect on the loss"});
    fields.Field(
        "pair_deviation", self.pair_deviation,
        {"with `search.pruning.effects` `pairs`: standard deviation of the fitted effects of pairs of neighbouring "
         "candidates, in nats; 0: the losses show no such effect"});
    fields.Field("budget", self.budget, {"with several budgets: the budget that this pruning belongs to"});
  }
};

struct SupernetPruned {
  using DescribedSection = void;
  static constexpr std::array kNames = {"supernet_pruned"};
  std::string phase;
  int64_t candidates_before = 0, candidates_after = 0;
  std::vector<int64_t> candidates;

  template <typename Self, typename Fields>
  static void Describe(Self& self, Fields& fields) {
    fields.Field("phase", self.phase, {"the phase that ends with these prunings"});
    fields.Field("candidates_before", self.candidates_before,
                 {"number of candidates in all layers of the supernet before them"});
    fields.Field("candidates_after", self.candidates_after,
                 {"the same after them: the supernet keeps what any budget keeps", "space/candidates_after_pruning"});
    fields.Field("candidates", self.candidates, {"number of candidates left in each layer"});
  }
};

struct ScoredEntry {
  using DescribedSection = void;
  std::vector<std::string> network;
  double cost = kNotKnown, loss = kNotKnown, accuracy = kNotKnown;
  std::optional<double> fitted_loss;

  template <typename Self, typename Fields>
  static void Describe(Self& self, Fields& fields) {
    fields.Field("network", self.network, {"name of the candidate in each layer"});
    fields.Field("cost", self.cost, {"the network's cost"});
    fields.Field("loss", self.loss, {"its validation loss"});
    fields.Field("accuracy", self.accuracy, {"its validation accuracy"});
    fields.Field("fitted_loss", self.fitted_loss, {"where a fit ranks the networks: the loss according to the fit"});
  }
};

// Every network that was scored, in the order of scoring.
struct AllScored {
  using DescribedSection = void;
  std::vector<double> cost, loss, accuracy;

  template <typename Self, typename Fields>
  static void Describe(Self& self, Fields& fields) {
    fields.Field("cost", self.cost, {"the networks' costs"});
    fields.Field("loss", self.loss, {"their validation losses"});
    fields.Field("accuracy", self.accuracy, {"their validation accuracies"});
  }
};

struct FinalScores {
  using DescribedSection = void;
  static constexpr std::array kNames = {"final_scores"};
  std::string source;
  std::vector<double> band;
  double networks_in_band = kNotKnown;
  int64_t scored = 0;
  std::vector<ScoredEntry> best;
  std::optional<AllScored> all;  // logs of earlier versions lack it
  int64_t finalist_images = 0, finalist_scoring_images = 0;
  std::vector<ScoredEntry> finalists;
  double margin = kNotKnown, standard_error = kNotKnown;
  std::optional<std::string> effects;  // of logs before fits: none
  std::optional<double> z;
  std::optional<std::string> budget;

  template <typename Self, typename Fields>
  static void Describe(Self& self, Fields& fields) {
    fields.Field("source", self.source,
                 {"which networks were scored: `band` (every network in the band), `best` (those with the highest Σ ln "
                  "softmax(α)), `evolution` or `random` (drawn uniformly from the band)"});
    fields.Field("band", self.band, {"the lowest and the highest cost that networks may have"});
    fields.Field("networks_in_band", self.networks_in_band,
                 {"number of networks with such a cost: exact in small spaces, a lower bound otherwise"});
    fields.Field("scored", self.scored, {"number of networks that were scored"});
    fields.Field("best", self.best, {"the ten best of them"});
    fields.Field("all", self.all, {"all of them, as lists of numbers in the order of scoring; not in best.json"});
    fields.Field("finalist_images", self.finalist_images,
                 {"number of training images that each finalist was trained on"});
    fields.Field("finalist_scoring_images", self.finalist_scoring_images,
                 {"number of validation images that each finalist was scored on"});
    fields.Field("finalists", self.finalists, {"as `best`, with the second scores; the first is the result"});
    fields.Field("margin", self.margin, {"loss of the second finalist minus that of the first"});
    fields.Field("standard_error", self.standard_error,
                 {"the standard error of that difference over the images (each image's losses paired)"});
    fields.Field(
        "effects", self.effects,
        {"the effects in the fit that ranks the networks: `search.final_effects`. `none`: they are ranked by their "
         "own losses"});
    fields.Field("z", self.z, {"with a fit: its evidence for the first over the second, in standard errors"});
    fields.Field("budget", self.budget, {"with several budgets: the budget that this final choice belongs to"});
  }
};

// Of a search's network, or of each that it found.
struct FoundFields {
  using DescribedSection = void;
  std::vector<std::string> network, argmax;
  bool bounded_by_budget = false;
  std::string chosen_by, unit;
  double cost = kNotKnown, argmax_cost = kNotKnown;
  int64_t macs = 0, parameters = 0;
  std::optional<std::string> budget;

  template <typename Self, typename Fields>
  static void Describe(Self& self, Fields& fields) {
    fields.Field("network", self.network, {"name of the candidate in each layer of the result"});
    fields.Field("argmax", self.argmax, {"the same for the network with the highest α in each layer"});
    fields.Field(
        "bounded_by_budget", self.bounded_by_budget,
        {"true: the argmax exceeds `budget_max`, and the result is the network within it with the highest Σ ln "
         "softmax(α)"});
    fields.Field("chosen_by", self.chosen_by,
                 {"`alpha`, `scores`, or `sample` if the result was drawn from softmax(α)"});
    fields.Field("unit", self.unit, {"unit of the costs"});
    fields.Field("cost", self.cost, {"cost of the result", "found/cost"});
    fields.Field("argmax_cost", self.argmax_cost, {"cost of the argmax"});
    fields.Field("macs", self.macs, {"MACs of the result", "found/macs"});
    fields.Field("parameters", self.parameters, {"parameters of the result", "found/parameters"});
    fields.Field("budget", self.budget, {"in `found`: the budget's name"});
  }
};

// Of each part of a search's work.
struct WorkParts {
  using DescribedSection = void;
  static constexpr std::array kParts = {"weights", "architecture", "scoring", "finalists"};
  double weights = kNotKnown, architecture = kNotKnown, scoring = kNotKnown, finalists = kNotKnown, total = kNotKnown;

  template <typename Self, typename Fields>
  static void Describe(Self& self, Fields& fields) {
    fields.Field(kParts[0], self.weights, {"of weight passes"});
    fields.Field(kParts[1], self.architecture, {"of α steps"});
    fields.Field(kParts[2], self.scoring, {"of scoring, for prunings and for the final choice"});
    fields.Field(kParts[3], self.finalists, {"of the finalists' training and second scoring"});
    fields.Field("total", self.total, {"of all of these"});
  }
};

struct SearchTiming {
  using DescribedSection = void;
  double seconds = kNotKnown, device_hours = kNotKnown;
  int64_t peak_resident_bytes = 0;
  std::optional<WorkParts> seconds_of;

  template <typename Self, typename Fields>
  static void Describe(Self& self, Fields& fields) {
    fields.Field("seconds", self.seconds, {"duration of the whole search, including before it was resumed"});
    fields.Field("device_hours", self.device_hours, {"the same in hours, times the number of processes"});
    fields.Field("peak_resident_bytes", self.peak_resident_bytes, {"peak memory of the process"});
    fields.Field(
        "seconds_of", self.seconds_of,
        {"duration of whole steps, by part: the share of scoring in a search is `scoring` divided by `total`"});
  }
};

struct SearchEnd {
  using DescribedSection = void;
  static constexpr std::array kNames = {"search_end"};
  std::optional<FoundFields> result;
  std::optional<std::vector<FoundFields>> found;
  int64_t alpha_steps = 0, weight_steps = 0, weight_images = 0, alpha_images = 0;
  SearchTiming timing;
  std::optional<WorkParts> macs_passed;

  template <typename Self, typename Fields>
  static void Describe(Self& self, Fields& fields) {
    fields.Inline(self.result);
    fields.Field("found", self.found, {"with several budgets: the fields above for each budget"});
    fields.Field("alpha_steps", self.alpha_steps, {"total number of steps"});
    fields.Field("weight_steps", self.weight_steps, {"total number of steps"});
    fields.Field("weight_images", self.weight_images, {"images in all weight steps"});
    fields.Field("alpha_images", self.alpha_images, {"images in all α steps"});
    fields.Field("timing", self.timing, {"values that differ from run to run"});
    fields.Field("macs_passed", self.macs_passed,
                 {"multiply-accumulates in all forward passes, over all processes. For a path only its own candidates "
                  "count; for networks scored together, what they share counts once; backward passes and what "
                  "`nn.recompute` computes again do not count. Absent where a run was resumed from a checkpoint of "
                  "version 1"});
  }
};

}  // namespace danas::events
