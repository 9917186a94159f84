#include "src/watch/log_translator.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <optional>

#include "danas/core/softmax.h"
#include "danas/core/units.h"
#include "danas/core/utc_time.h"
#include "src/watch/json_value.h"
#include "src/watch/summary.h"

namespace danas {
namespace {

struct ScalarField {
  const char* field;
  const char* tag;
};

constexpr std::array kEpochScalars = {
    ScalarField{"train_loss", "loss/train"},
    ScalarField{"validation_loss", "loss/validation"},
    ScalarField{"architecture_loss", "loss/architecture"},
    ScalarField{"train_accuracy", "accuracy/train"},
    ScalarField{"validation_accuracy", "accuracy/validation"},
    ScalarField{"expected_cost", "cost/expected"},
    ScalarField{"sampled_cost", "cost/sampled"},
    ScalarField{"alpha_entropy", "alpha/entropy"},
    ScalarField{"temperature", "alpha/temperature"},
    ScalarField{"alpha_steps", "alpha/steps"},
    ScalarField{"z_rms", "alpha/z_rms"},
    ScalarField{"lr", "learning_rate/weights"},
    ScalarField{"classes", "schedule/classes"},
    ScalarField{"skipped", "schedule/skipped_batches"},
};

// Of an epoch's `timing`, or of the epoch itself in a training.
constexpr std::array kTimingScalars = {
    ScalarField{"seconds", "speed/epoch_seconds"},
    ScalarField{"images_per_second", "speed/images_per_second"},
    ScalarField{"share_waited", "speed/share_waited"},
    ScalarField{"peak_resident_bytes", "memory/peak_resident_bytes"},
    ScalarField{"peak_device_bytes", "memory/peak_device_bytes"},
};

// Of an epoch's `paths`.
constexpr std::array kPathScalars = {
    ScalarField{"mean_cost", "paths/mean_cost"},
    ScalarField{"least_cost", "paths/least_cost"},
    ScalarField{"most_cost", "paths/most_cost"},
};

constexpr std::array kClassAccuracyScalars = {
    ScalarField{"loss", "loss/validation"},
    ScalarField{"top1", "accuracy/validation"},
};

constexpr std::array kTestScalars = {
    ScalarField{"loss", "loss/test"},
    ScalarField{"top1", "accuracy/test"},
    ScalarField{"top5", "accuracy/test_top5"},
};

constexpr std::array kPruningScalars = {
    ScalarField{"candidates_after", "space/candidates_after_pruning"},
    ScalarField{"networks_in_band", "space/networks_in_band"},
    ScalarField{"cuts", "pruning/cuts"},
    ScalarField{"unclear_cuts", "pruning/unclear_cuts"},
};

constexpr std::array kSearchEndScalars = {
    ScalarField{"cost", "found/cost"},
    ScalarField{"macs", "found/macs"},
    ScalarField{"parameters", "found/parameters"},
};

// `suffix`: of the tags.
template <size_t N>
void AddScalars(const Json& object, const std::array<ScalarField, N>& fields, Summary& summary,
                const std::string& suffix = "") {
  for (const auto& [field, tag] : fields) {
    if (const auto number = NumberAt(object, field)) summary.AddScalar(tag + suffix, *number);
  }
}

// "_323M" of what tells one of several budgets; else nothing.
std::string SuffixOf(const Json& object) {
  const auto budget = TextAt(object, "budget");
  return budget ? "_" + *budget : "";
}

// Of `number` and `divisor`, where both are there.
void AddRatio(const std::string& tag, std::optional<double> number, std::optional<double> divisor, Summary& summary) {
  if (number && divisor && *divisor > 0) summary.AddScalar(tag, *number / *divisor);
}

void AddEpoch(const Json& event, std::map<std::string, double>& targets, Summary& summary) {
  AddScalars(event, kEpochScalars, summary);
  AddRatio("cost/expected_over_budget", NumberAt(event, "expected_cost"), targets[""], summary);
  for (const Json& budget : ListAt(event, "budgets")) {
    const std::string suffix = SuffixOf(budget);
    AddScalars(budget, kEpochScalars, summary, suffix);
    AddRatio("cost/expected_over_budget" + suffix, NumberAt(budget, "expected_cost"),
             targets[TextAt(budget, "budget").value_or("")], summary);
  }
  if (const Json* paths = ObjectAt(event, "paths")) AddScalars(*paths, kPathScalars, summary);
  if (const Json* timing = ObjectAt(event, "timing")) {
    AddScalars(*timing, kTimingScalars, summary);
  } else {
    const auto seconds = NumberAt(event, "seconds");
    AddScalars(event, kTimingScalars, summary);
    AddRatio("speed/images_per_second", NumberAt(event, "images"), seconds, summary);
    AddRatio("speed/share_waited", NumberAt(event, "seconds_waited"), seconds, summary);
  }
}

void AddTests(const Json& event, Summary& summary) {
  for (const auto& [field, suffix] : {std::pair("test_last_epoch", ""), std::pair("test_ema", "_ema")}) {
    const Json* test = ObjectAt(event, field);
    if (test == nullptr) continue;
    for (const auto& [key, tag] : kTestScalars) {
      if (const auto number = NumberAt(*test, key)) summary.AddScalar(std::string(tag) + suffix, *number);
    }
  }
}

// How well the networks' neurons follow the classes, by the epochs of their training.
std::string RelevanceRecords(double wall_time, const Json& event) {
  std::string records;
  for (const Json& study : ListAt(event, "relevance")) {
    const std::string tag = TextAt(study, "network").value_or("?") + "/" + TextAt(study, "kind").value_or("?");
    for (const Json& state : ListAt(study, "states")) {
      Summary summary;
      if (const auto value = NumberAt(state, "diagonality")) summary.AddScalar("diagonality/" + tag, *value);
      if (const auto value = NumberAt(state, "permuted")) summary.AddScalar("diagonality_permuted/" + tag, *value);
      if (!summary.empty()) records += SummaryRecord(wall_time, IntegerAt(state, "epoch"), summary);
    }
  }
  return records;
}

std::string JoinedTexts(const Json& list) {
  std::string joined;
  for (const Json& text : list) {
    if (text.is_string()) joined += (joined.empty() ? "" : " ") + text.get<std::string>();
  }
  return joined;
}

std::string Decimals(const Json& object, const char* key) {
  const auto number = NumberAt(object, key);
  return number ? FormatDecimals(*number, 3) : "?";
}

// A Markdown table of the layers that were cut.
std::string PruningText(const Json& event) {
  const auto budget = TextAt(event, "budget");
  std::string text = TextAt(event, "phase").value_or("?") + (budget ? ", budget " + *budget : "") + ": " +
                     std::to_string(IntegerAt(event, "candidates_before")) + " → " +
                     std::to_string(IntegerAt(event, "candidates_after")) + " candidates\n";
  if (!ListAt(event, "layers").empty()) {
    text +=
        "\n| layer | stay | go | closest to the cut: stays, goes | apart in α (or nats) | z "
        "|\n|---|---|---|---|---|---|\n";
  }
  for (const Json& layer : ListAt(event, "layers")) {
    text += "| " + std::to_string(IntegerAt(layer, "layer")) + " | " + JoinedTexts(ListAt(layer, "kept")) + " | " +
            JoinedTexts(ListAt(layer, "dropped")) + " | " + TextAt(layer, "last_kept").value_or("?") + ", " +
            TextAt(layer, "first_dropped").value_or("?") + " | " + Decimals(layer, "gap") + " | " +
            Decimals(layer, "z") + " |\n";
  }
  for (const auto& [list, why] : {std::pair{"kept_for_budget", "kept for the budget"}, {"put_off", "put off"}}) {
    for (const Json& stays : ListAt(event, list)) {
      text += std::string("\n") + why + ": layer " + std::to_string(IntegerAt(stays, "layer")) + ", " +
              TextAt(stays, "candidate").value_or("?") + "\n";
    }
  }
  return text;
}

std::string CodeText(std::string_view json) { return "```json\n" + std::string(json) + "\n```"; }

// "search_start" -> "search/start"
std::string TagOf(std::string name) {
  std::replace(name.begin(), name.end(), '_', '/');
  return name;
}

bool IsStartOrEnd(const std::string& name) { return name.ends_with("_start") || name.ends_with("_end"); }

struct LayerProbabilities {
  std::vector<std::string> names;
  std::vector<double> probabilities;
};

// softmax(α) of a layer; nothing where the lists are not as danas writes them.
LayerProbabilities ReadLayer(const Json& layer) {
  LayerProbabilities read;
  std::vector<double> alpha;
  for (const Json& name : ListAt(layer, "candidates")) {
    if (name.is_string()) read.names.push_back(name.get<std::string>());
  }
  for (const Json& value : ListAt(layer, "alpha")) {
    if (value.is_number()) alpha.push_back(value.get<double>());
  }
  if (alpha.empty() || alpha.size() != read.names.size()) return {};
  read.probabilities = Softmax(alpha);
  return read;
}

// "layer03", with as many digits as the last layer needs.
std::string LayerName(size_t layer, size_t layers) {
  const size_t digits = std::max<size_t>(2, std::to_string(layers - 1).size());
  const std::string number = std::to_string(layer);
  return "layer" + std::string(digits - number.size(), '0') + number;
}

}  // namespace

std::string LogTranslator::Header() const {
  std::string records = VersionRecord(wall_time_) + SessionStartRecord(wall_time_, 0);
  if (config_.empty()) return records;
  Summary summary;
  summary.AddText("config", CodeText(config_));
  return records + SummaryRecord(wall_time_, 0, summary);
}

// To the step at which the event stands.
void LogTranslator::Advance(const std::string& name, const Json& event) {
  if (name == "search_start") {
    step_ = 0;  // the ranking before it counted its networks
  } else if (name == "network_judged") {
    ++step_;
  } else if (name == "epoch") {
    const char* key = event.contains("weight_steps") ? "weight_steps" : "steps";
    step_ = std::max(step_ + 1, IntegerAt(event, key));
    if (const auto phase = TextAt(event, "phase")) step_of_epoch_[{*phase, IntegerAt(event, "epoch")}] = step_;
  }
}

std::vector<double> LogTranslator::OverAllCandidates(size_t layer, const std::vector<std::string>& names,
                                                     const std::vector<double>& probabilities) {
  if (candidates_lc_.size() <= layer) candidates_lc_.resize(layer + 1);
  std::vector<std::string>& all = candidates_lc_[layer];
  if (all.empty()) all = names;
  std::vector<double> spread(all.size(), 0);
  for (size_t c = 0; c < names.size(); ++c) {
    const auto found = std::ranges::find(all, names[c]);
    if (found != all.end()) spread[static_cast<size_t>(found - all.begin())] = probabilities[c];
  }
  return spread;
}

std::string LogTranslator::AlphaRecords(const Json& event) {
  const auto step = step_of_epoch_.find({TextAt(event, "phase").value_or(""), IntegerAt(event, "epoch")});
  if (step == step_of_epoch_.end()) return "";
  Summary summary;
  const std::string suffix = SuffixOf(event);
  double candidates = 0;
  const Json& layers = ListAt(event, "layers");
  for (size_t l = 0; l < layers.size(); ++l) {
    const auto [names, probabilities] = ReadLayer(layers[l]);
    candidates += static_cast<double>(names.size());
    if (names.empty()) continue;
    const std::vector<double> spread = OverAllCandidates(l, names, probabilities);
    if (spread.size() < 2) continue;  // there never was a choice
    const std::string layer = LayerName(l, layers.size());
    summary.AddHistogram("alpha_over_candidates" + suffix + "/" + layer, spread);
    for (size_t c = 0; c < names.size(); ++c) {
      summary.AddScalar("probability" + suffix + "/" + layer + "/" + names[c], probabilities[c]);
    }
  }
  summary.AddScalar("space/candidates" + suffix, candidates);
  return SummaryRecord(wall_time_, step->second, summary);
}

std::string LogTranslator::Records(const Json& event) {
  const std::string name = TextAt(event, "event").value_or("");
  if (const auto time = ParseUtc(TextAt(event, "time").value_or(""))) wall_time_ = static_cast<double>(*time);
  std::string records = begun_ ? "" : Header();
  begun_ = true;
  if (name == "alpha") return records + AlphaRecords(event);
  Advance(name, event);

  Summary summary;
  if (name == "search_start") {
    targets_[""] = NumberAt(event, "budget").value_or(0);
    for (const Json& budget : ListAt(event, "budgets")) {
      targets_[TextAt(budget, "budget").value_or("")] = NumberAt(budget, "target").value_or(0);
    }
  } else if (name == "epoch") {
    AddEpoch(event, targets_, summary);
  } else if (name == "class_accuracy") {
    AddScalars(event, kClassAccuracyScalars, summary);
  } else if (name == "pruning") {
    AddScalars(event, kPruningScalars, summary, SuffixOf(event));
    summary.AddText("pruning" + SuffixOf(event), PruningText(event));
  } else if (name == "supernet_pruned") {
    AddScalars(event, kPruningScalars, summary);
  } else if (name == "search_end") {
    AddScalars(event, kSearchEndScalars, summary);
    for (const Json& found : ListAt(event, "found")) AddScalars(found, kSearchEndScalars, summary, SuffixOf(found));
  } else if (name == "network_judged") {
    const auto top1 = NumberAt(event, "top1");
    if (top1) summary.AddScalar("judge_accuracy/" + TextAt(event, "name").value_or("?"), *top1);
  } else if (name == "easiness_end") {
    records += RelevanceRecords(wall_time_, event);
  } else if (name == "finetune_end" || name == "train_end") {
    AddTests(event, summary);
  }
  if (IsStartOrEnd(name)) summary.AddText(TagOf(name), CodeText(JsonText(event, 1)));
  return summary.empty() ? records : records + SummaryRecord(wall_time_, step_, summary);
}

}  // namespace danas
