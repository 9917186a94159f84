// What a search reports. Costs are in `unit`: MACs, parameters or ms. Losses are nats, means over images; accuracies are
// shares in [0, 1]. What differs between two runs of one seed on one machine stands in `timing`.
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
  int64_t weight_images = 0, architecture_images = 0, weight_steps = 0, alpha_steps = 0, cuts = 0, scored = 0;
  double scoring_macs = 0;  // of logs before scores: none
  double candidates = kNotKnown;
  int64_t paths_per_step = 0;
  double macs_per_image = 0;
  std::optional<double> alpha_macs_per_image;  // logs before paths had one number for both passes
  double parameters = kNotKnown;
  std::optional<int64_t> alpha_passes;

  template <typename Self, typename Fields>
  static void Describe(Self& self, Fields& fields) {
    fields.Field("phase", self.phase, {"its name"});
    fields.Field("classes", self.classes, {"classes learnt in it"});
    fields.Field("epochs", self.epochs, {"how many it has"});
    fields.Field("searches", self.searches, {"it trains α and ends with a pruning; false in warm-up"});
    fields.Field("weight_images", self.weight_images, {"images of a weight pass"});
    fields.Field("architecture_images", self.architecture_images, {"images of an architecture pass"});
    fields.Field("weight_steps", self.weight_steps, {"weight steps of the phase"});
    fields.Field("alpha_steps", self.alpha_steps, {"α steps of the phase; of several budgets those of all together"});
    fields.Field("cuts", self.cuts, {"layers that the pruning at its end cuts"});
    fields.Field("scored", self.scored,
                 {"networks, or supernets with a candidate masked, that are scored for that pruning at most"});
    fields.Field("scoring_macs", self.scoring_macs, {"what that takes at most"});
    fields.Field("candidates", self.candidates, {"candidates of a layer, the mean over all layers"});
    fields.Field("paths_per_step", self.paths_per_step,
                 {"paths that a weight step computes one by one; 0: all candidates at once"});
    fields.Field("macs_per_image", self.macs_per_image,
                 {"the forward passes of a weight step: all candidates, or the mean path times `paths_per_step`"});
    fields.Field("alpha_macs_per_image", self.alpha_macs_per_image, {"the forward passes of an α step"});
    fields.Field("parameters", self.parameters, {"parameters of the supernet"});
    fields.Field("alpha_passes", self.alpha_passes,
                 {"architecture passes of an epoch, where a search for several budgets has more than one"});
  }
};

// One of several budgets, with its band.
struct BudgetBand {
  using DescribedSection = void;
  std::string budget;
  double target = kNotKnown, least = kNotKnown, most = kNotKnown;

  template <typename Self, typename Fields>
  static void Describe(Self& self, Fields& fields) {
    fields.Field("budget", self.budget, {"its name, such as `323M`"});
    fields.Field("target", self.target, {"the cost to aim at"});
    fields.Field("least", self.least, {"the lowest cost that its network may have"});
    fields.Field("most", self.most, {"the highest"});
  }
};

struct SearchStart {
  using DescribedSection = void;
  static constexpr std::array kNames = {"search_start"};
  int64_t seed = 0;
  std::string device, space, dataset, fingerprint, ranking;
  std::vector<std::string> class_order;
  int64_t layers = 0, searchable_layers = 0;
  double networks = kNotKnown;
  std::string unit;
  double least = kNotKnown, most = kNotKnown;
  std::optional<double> budget, budget_max;
  int64_t batch = 0, alpha_batch = 0;
  std::string paths;
  int64_t weight_steps = 0, alpha_steps = 0, images = 0;
  double memory_bytes = kNotKnown;
  double final_macs = 0;
  std::vector<PlannedPhase> phases;
  std::optional<std::vector<BudgetBand>> budgets;

  template <typename Self, typename Fields>
  static void Describe(Self& self, Fields& fields) {
    fields.Field("seed", self.seed, {"`seed` of the config"});
    fields.Field("device", self.device, {"what computes"});
    fields.Field("space", self.space, {"the search space's name"});
    fields.Field("dataset", self.dataset, {"the training set, as the config names it"});
    fields.Field("fingerprint", self.fingerprint, {"the training set's fingerprint"});
    fields.Field("ranking", self.ranking, {"where the order of the classes comes from"});
    fields.Field("class_order", self.class_order, {"the classes' ids, easiest first"});
    fields.Field("layers", self.layers, {"layers of the space"});
    fields.Field("searchable_layers", self.searchable_layers, {"those with more than one candidate"});
    fields.Field("networks", self.networks, {"networks of the space"});
    fields.Field("unit", self.unit, {"of all costs: `MACs`, `parameters` or `ms`"});
    fields.Field("least", self.least, {"cost of the cheapest network of the space"});
    fields.Field("most", self.most, {"cost of the dearest"});
    fields.Field("budget", self.budget, {"the cost to aim at; not with several budgets"});
    fields.Field("budget_max", self.budget_max, {"the highest cost that the result may have; not with several budgets"});
    fields.Field("batch", self.batch, {"images of a weight step"});
    fields.Field("alpha_batch", self.alpha_batch, {"images of an α step"});
    fields.Field("paths", self.paths, {"what weight steps compute: `search.paths`"});
    fields.Field("weight_steps", self.weight_steps, {"weight steps that are planned for the whole run"});
    fields.Field("alpha_steps", self.alpha_steps, {"α steps that are planned"});
    fields.Field("images", self.images, {"images of all weight steps"});
    fields.Field("memory_bytes", self.memory_bytes, {"estimated peak of tensors"});
    fields.Field("final_macs", self.final_macs,
                 {"what the last choice by scores takes at most, the finalists' training counted three times; 0 where "
                  "`search.final` is not `scored`"});
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
                 {"of the architecture pass with the sampled probabilities, without cost and without label smoothing. "
                  "Not in warm-up",
                  "loss/validation"});
    fields.Field("validation_accuracy", self.validation_accuracy, {"of the same pass", "accuracy/validation"});
    fields.Field("validation_images", self.validation_images, {"its images"});
    fields.Field("architecture_loss", self.architecture_loss,
                 {"the validation loss with the cost in it (Eq. 10)", "loss/architecture"});
    fields.Field("sampled_cost", self.sampled_cost, {"mean expected cost of the draws", "cost/sampled"});
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
                 {"mean over layers with a choice of the entropy of softmax(α) over its greatest value; 1: undecided, 0: "
                  "decided",
                  "alpha/entropy"});
    fields.Field("z_rms", self.z_rms,
                 {"how far α's gradients tell candidates apart: the root mean square, over all pairs of a layer's "
                  "candidates, of z = Σd / √Σd², d being the difference of their gradients in one step, over the phase's "
                  "α steps so far. About 1 where all is noise. Not in warm-up",
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
    fields.Field("count", self.count, {"paths that were trained"});
    fields.Field("mean_cost", self.mean_cost, {"their mean cost", "paths/mean_cost"});
    fields.Field("least_cost", self.least_cost, {"the lowest", "paths/least_cost"});
    fields.Field("most_cost", self.most_cost, {"the highest", "paths/most_cost"});
    fields.Field("steps", self.steps, {"weight steps"});
    fields.Field("strictly_fair_steps", self.strictly_fair_steps,
                 {"of these, steps that trained every candidate of a layer as often as the others"});
  }
};

struct BudgetOfEpoch {
  using DescribedSection = void;
  std::string budget;
  std::optional<ArchitectureFields> architecture;
  std::optional<AlphaFields> alpha;

  template <typename Self, typename Fields>
  static void Describe(Self& self, Fields& fields) {
    fields.Field("budget", self.budget, {"its name"});
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
    fields.Field("seconds", self.seconds, {"of the epoch's passes", "speed/epoch_seconds"});
    fields.Field("images_per_second", self.images_per_second, {"of these passes", "speed/images_per_second"});
    fields.Field("share_waited", self.share_waited, {"share of that time that was spent waiting for data",
                                                     "speed/share_waited"});
    fields.Field("peak_resident_bytes", self.peak_resident_bytes,
                 {"most memory that the process has had", "memory/peak_resident_bytes"});
    fields.Field("peak_device_bytes", self.peak_device_bytes,
                 {"on a GPU, most memory of its tensors", "memory/peak_device_bytes"});
  }
};

struct SearchEpoch {
  using DescribedSection = void;
  static constexpr std::array kNames = {"epoch"};
  std::string phase;
  int64_t epoch = 0, epochs = 0, classes = 0;
  double lr = kNotKnown, train_loss = kNotKnown, train_accuracy = kNotKnown;
  int64_t images = 0, skipped = 0;
  std::optional<ArchitectureFields> architecture;
  std::optional<PathFields> paths;
  double temperature = kNotKnown;
  std::optional<AlphaFields> alpha;
  std::optional<std::vector<BudgetOfEpoch>> budgets;
  int64_t alpha_steps = 0, weight_steps = 0;
  std::optional<EpochTiming> timing;

  template <typename Self, typename Fields>
  static void Describe(Self& self, Fields& fields) {
    fields.Field("phase", self.phase, {"the phase's name"});
    fields.Field("epoch", self.epoch, {"the epoch in it, from 1"});
    fields.Field("epochs", self.epochs, {"how many the phase has"});
    fields.Field("classes", self.classes, {"classes that are learnt", "schedule/classes"});
    fields.Field("lr", self.lr, {"learning rate of the last weight step", "learning_rate/weights"});
    fields.Field("train_loss", self.train_loss, {"of the weight pass, while weights moved", "loss/train"});
    fields.Field("train_accuracy", self.train_accuracy, {"of the same pass", "accuracy/train"});
    fields.Field("images", self.images, {"its images"});
    fields.Field("skipped", self.skipped, {"batches skipped for a loss that was not finite", "schedule/skipped_batches"});
    fields.Inline(self.architecture);
    fields.Field("paths", self.paths,
                 {"of the weight pass, with `search.paths` `uniform` or `fair`. With `ranks.draws: own` of the first "
                  "process alone"});
    fields.Field("temperature", self.temperature, {"τ of the epoch", "alpha/temperature"});
    fields.Inline(self.alpha);
    fields.Field("budgets", self.budgets,
                 {"of a search for several budgets, instead of the fields on α and on architecture passes"});
    fields.Field("alpha_steps", self.alpha_steps, {"α steps so far", "alpha/steps"});
    fields.Field("weight_steps", self.weight_steps, {"weight steps so far: TensorBoard's step"});
    fields.Field("timing", self.timing, {"of several processes, those of the first"});
  }
};

struct LayerAlpha {
  using DescribedSection = void;
  std::vector<std::string> candidates;
  std::vector<double> alpha;

  template <typename Self, typename Fields>
  static void Describe(Self& self, Fields& fields) {
    fields.Field("candidates", self.candidates, {"names of the layer's candidates"});
    fields.Field("alpha", self.alpha, {"their α"});
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
    fields.Field("phase", self.phase, {"as in the epoch that it belongs to"});
    fields.Field("epoch", self.epoch, {"the same"});
    fields.Field("alpha_steps", self.alpha_steps, {"α steps so far"});
    fields.Field("layers", self.layers, {"all layers, in their order"});
    fields.Field("budget", self.budget, {"of a search for several budgets: whose α it is"});
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
    fields.Field("layer", self.layer, {"its number, from 0"});
    fields.Field("dropped", self.dropped, {"names of the candidates that go"});
    fields.Field("kept", self.kept, {"and of those that stay"});
    fields.Field("last_kept", self.last_kept,
                 {"the weakest candidate that stays, by its rank (not by the lists `kept_for_budget` and `put_off`)"});
    fields.Field("first_dropped", self.first_dropped,
                 {"the strongest that goes; of a block or operator that goes as a whole the one with the highest α"});
    fields.Field("gap", self.gap, {"value of `last_kept` (α, or nats) less that of `first_dropped`"});
    fields.Field("z", self.z, {"how many standard errors the evidence stands behind `last_kept`; see below"});
    fields.Field("conflict", self.conflict, {"`z` speaks against the order by value (aware: by `total_gap`)"});
    fields.Field("total_gap", self.total_gap,
                 {"with `search.pruning.budget` `aware`: the total of the best network with `last_kept` (Σ ln softmax(α), "
                  "or of values and of pairs) less that of the best with `first_dropped`"});
  }
};

struct LayerCandidate {
  using DescribedSection = void;
  int64_t layer = -1;
  std::string candidate;

  template <typename Self, typename Fields>
  static void Describe(Self& self, Fields& fields) {
    fields.Field("layer", self.layer, {"its number, from 0"});
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
    fields.Field("phase", self.phase, {"the phase that it ends"});
    fields.Field("score", self.score, {"what candidates are evaluated by: `search.pruning.score`"});
    fields.Field("candidates_before", self.candidates_before, {"candidates of all layers before it"});
    fields.Field("candidates_after", self.candidates_after, {"and after it", "space/candidates_after_pruning"});
    fields.Field("networks_in_band", self.networks_in_band,
                 {"networks left that cost from `budget_min` to `budget_max` (config.md); where costs are no whole steps, "
                  "those within a step a layer of its ends may be missing",
                  "space/networks_in_band"});
    fields.Field("cuts", self.cuts, {"layers that were cut", "pruning/cuts"});
    fields.Field("unclear_cuts", self.unclear_cuts, {"those of them whose `z` is below 2", "pruning/unclear_cuts"});
    fields.Field("above_noise", self.above_noise,
                 {"false: noise alone would make as many cuts clear in more than one of twenty prunings, so that this one "
                  "shows no evidence"});
    fields.Field("evidence_steps", self.evidence_steps, {"α steps that z is over with score `alpha`"});
    fields.Field("evidence_missed", self.evidence_missed,
                 {"α steps before them whose gradients an earlier danas did not keep, where a run resumed from its "
                  "checkpoint"});
    fields.Field("z_rms", self.z_rms,
                 {"as in `epoch`, over the whole phase; with another score than `alpha` the same of its `z`"});
    fields.Field("layers", self.layers, {"every layer that was cut"});
    fields.Field("kept_for_budget", self.kept_for_budget,
                 {"candidates that the rule would have dropped, kept since no network would be left within `budget_max` "
                  "(aware: since fewer than `search.pruning.least_networks` would be left)"});
    fields.Field("put_off", self.put_off,
                 {"candidates that stay since the evidence against them is below `search.pruning.certain`"});
    fields.Field("values", self.values,
                 {"not with score `alpha`: of every layer the candidates' values in nats of validation loss, higher is "
                  "better, in the order of the last `alpha` event. With `perturbation` the rise of the loss where one is "
                  "masked, with `paths` the negative of its part in the loss"});
    fields.Field("pair_deviation", self.pair_deviation,
                 {"with `search.pruning.effects` `pairs`: the standard deviation of what neighbouring candidates have "
                  "together, in nats, as the fit has it; 0: the losses show nothing of that"});
    fields.Field("budget", self.budget, {"of a search for several budgets: whose pruning it is"});
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
    fields.Field("phase", self.phase, {"the phase that the prunings end"});
    fields.Field("candidates_before", self.candidates_before, {"candidates of all layers of the supernet before them"});
    fields.Field("candidates_after", self.candidates_after,
                 {"and after them: it keeps what any budget keeps", "space/candidates_after_pruning"});
    fields.Field("candidates", self.candidates, {"how many each layer has left"});
  }
};

struct ScoredEntry {
  using DescribedSection = void;
  std::vector<std::string> network;
  double cost = kNotKnown, loss = kNotKnown, accuracy = kNotKnown;
  std::optional<double> fitted_loss;

  template <typename Self, typename Fields>
  static void Describe(Self& self, Fields& fields) {
    fields.Field("network", self.network, {"the candidate's name in every layer"});
    fields.Field("cost", self.cost, {"its cost"});
    fields.Field("loss", self.loss, {"its validation loss"});
    fields.Field("accuracy", self.accuracy, {"its validation accuracy"});
    fields.Field("fitted_loss", self.fitted_loss, {"where a fit ranks the networks: the loss that the fit gives it"});
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
  int64_t finalist_images = 0, finalist_scoring_images = 0;
  std::vector<ScoredEntry> finalists;
  double margin = kNotKnown, standard_error = kNotKnown;
  std::optional<std::string> effects;  // of logs before fits: none
  std::optional<double> z;
  std::optional<std::string> budget;

  template <typename Self, typename Fields>
  static void Describe(Self& self, Fields& fields) {
    fields.Field("source", self.source,
                 {"which networks were scored: `band` (every network of the band), `best` (those of the highest Σ ln "
                  "softmax(α)), `evolution`"});
    fields.Field("band", self.band, {"the lowest and the highest cost that networks may have"});
    fields.Field("networks_in_band", self.networks_in_band,
                 {"how many networks have such a cost: exact in small spaces, else at least so many"});
    fields.Field("scored", self.scored, {"how many networks were scored"});
    fields.Field("best", self.best, {"the ten best of them"});
    fields.Field("finalist_images", self.finalist_images, {"training images that each finalist was trained on"});
    fields.Field("finalist_scoring_images", self.finalist_scoring_images,
                 {"validation images that each finalist was scored on"});
    fields.Field("finalists", self.finalists, {"as `best`, with the second scores; the first is the result"});
    fields.Field("margin", self.margin, {"by how much the second finalist's loss is above the first's"});
    fields.Field("standard_error", self.standard_error,
                 {"the standard error of that difference over the images (each image's losses paired)"});
    fields.Field("effects", self.effects,
                 {"what the fit that ranks the networks is made of: `search.final_effects`. `none`: their own losses rank "
                  "them"});
    fields.Field("z", self.z, {"with a fit, how many standard errors it stands behind the first against the second"});
    fields.Field("budget", self.budget, {"of a search for several budgets: whose last choice it is"});
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
    fields.Field("network", self.network, {"the candidate's name in every layer of the result"});
    fields.Field("argmax", self.argmax, {"and that of the highest α"});
    fields.Field("bounded_by_budget", self.bounded_by_budget,
                 {"the argmax exceeds `budget_max`, and the result is the network of the highest Σ ln softmax(α) within "
                  "it"});
    fields.Field("chosen_by", self.chosen_by, {"`alpha`, `scores`, or `sample` where softmax(α) drew the result"});
    fields.Field("unit", self.unit, {"of the costs"});
    fields.Field("cost", self.cost, {"of the result", "found/cost"});
    fields.Field("argmax_cost", self.argmax_cost, {"of the argmax"});
    fields.Field("macs", self.macs, {"of the result", "found/macs"});
    fields.Field("parameters", self.parameters, {"of the result", "found/parameters"});
    fields.Field("budget", self.budget, {"in `found`: the budget's name"});
  }
};

// Of each part of a search's work.
struct WorkParts {
  using DescribedSection = void;
  double weights = kNotKnown, architecture = kNotKnown, scoring = kNotKnown, finalists = kNotKnown, total = kNotKnown;

  template <typename Self, typename Fields>
  static void Describe(Self& self, Fields& fields) {
    fields.Field("weights", self.weights, {"of weight passes"});
    fields.Field("architecture", self.architecture, {"of α steps"});
    fields.Field("scoring", self.scoring, {"of scores, for prunings and of networks in the last choice"});
    fields.Field("finalists", self.finalists, {"of the finalists' training and second score"});
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
    fields.Field("seconds", self.seconds, {"of the whole search, over all processes that it was resumed in"});
    fields.Field("device_hours", self.device_hours, {"the same in hours, times the processes that shared it"});
    fields.Field("peak_resident_bytes", self.peak_resident_bytes, {"most memory that the process has had"});
    fields.Field("seconds_of", self.seconds_of,
                 {"seconds of whole steps, part by part: scoring's share of a search is `scoring` over `total`"});
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
    fields.Field("found", self.found, {"of a search for several budgets: the fields above, for each budget"});
    fields.Field("alpha_steps", self.alpha_steps, {"in all"});
    fields.Field("weight_steps", self.weight_steps, {"in all"});
    fields.Field("weight_images", self.weight_images, {"images of all weight steps"});
    fields.Field("alpha_images", self.alpha_images, {"images of all α steps"});
    fields.Field("timing", self.timing, {"what differs from run to run"});
    fields.Field("macs_passed", self.macs_passed,
                 {"multiply-accumulates of all forward passes, over all processes. Of a path only its own candidates "
                  "count, of networks scored together what they share once; backward passes and what `nn.recompute` "
                  "computes again do not. Not where a run was resumed from a checkpoint of version 1"});
  }
};

}  // namespace danas::events
