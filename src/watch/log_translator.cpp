#include "src/watch/log_translator.h"

#include <algorithm>
#include <cmath>
#include <optional>
#include <type_traits>

#include "danas/core/softmax.h"
#include "danas/core/text_list.h"
#include "danas/core/units.h"
#include "danas/core/utc_time.h"
#include "danas/events/any_event.h"
#include "danas/events/run_log.h"
#include "src/watch/json_value.h"
#include "src/watch/summary.h"

namespace danas {
namespace {

// "_323M" of one of several budgets; else nothing.
std::string SuffixOf(const std::optional<std::string>& budget) { return budget ? "_" + *budget : ""; }

// The same of a part that may belong to one.
template <events::Section T>
std::string SuffixOfPart(const T& part) {
  if constexpr (requires { part.budget; }) {
    const std::optional<std::string> budget = part.budget;
    return budget && !budget->empty() ? SuffixOf(budget) : "";
  }
  return "";
}

// Walks over an event's description: of each field with a tag its number, where the log has one. Of one of several
// budgets tags end in its name.
class ScalarWalk {
 public:
  ScalarWalk(const Json& json, Summary& summary, std::string suffix)
      : json_(json), summary_(summary), suffix_(std::move(suffix)) {}

  template <typename T>
  void Field(const char* name, const T& /*value*/, const events::FieldNote& note) {
    if (note.tag[0] == '\0') return;
    if (const auto number = NumberAt(json_, name)) summary_.AddScalar(note.tag + suffix_, *number);
  }
  template <events::Section T>
  void Field(const char* name, const T& part, const events::FieldNote& note) {
    const Json* found = ObjectAt(json_, name);
    if (found == nullptr) return;
    ScalarWalk walk(*found, summary_, suffix_ + note.tag);
    T::Describe(part, walk);
  }
  template <events::Section T>
  void Field(const char* name, const std::optional<T>& /*part*/, const events::FieldNote& note) {
    Field(name, T{}, note);
  }
  template <events::Section T>
  void Field(const char* name, const std::optional<std::vector<T>>& /*parts*/, const events::FieldNote& /*note*/) {
    for (const Json& found : ListAt(json_, name)) {
      const T part = events::Read<T>(found).value;
      ScalarWalk walk(found, summary_, SuffixOfPart(part));
      T::Describe(part, walk);
    }
  }
  template <events::Section T>
  void Inline(const std::optional<T>& /*part*/) {
    const T part{};
    T::Describe(part, *this);
  }

 private:
  const Json& json_;
  Summary& summary_;
  std::string suffix_;
};

template <events::EventSection T>
void AddScalars(const Json& event, Summary& summary, const std::string& suffix = "") {
  ScalarWalk walk(event, summary, suffix);
  const T described{};
  T::Describe(described, walk);
}

// Of `number` and `divisor`, where both are known.
void AddRatio(const std::string& tag, double number, double divisor, Summary& summary) {
  if (!std::isnan(number) && divisor > 0) summary.AddScalar(tag, number / divisor);
}

// How well the networks' neurons follow the classes, by the epochs of their training.
std::string RelevanceRecords(double wall_time, const events::EasinessEnd& end) {
  std::string records;
  for (const events::RelevanceFields& study : end.relevance) {
    const std::string tag = study.network + "/" + study.kind;
    for (const events::RelevanceStateFields& state : study.states) {
      Summary summary;
      if (const auto value = state.diagonality.value) summary.AddScalar("diagonality/" + tag, *value);
      if (const auto value = state.permuted.value) summary.AddScalar("diagonality_permuted/" + tag, *value);
      if (!summary.empty()) records += SummaryRecord(wall_time, state.epoch, summary);
    }
  }
  return records;
}

std::string Decimals(const std::optional<double>& number) { return number ? FormatDecimals(*number, 3) : "?"; }

std::string OrUnknown(const std::string& text) { return text.empty() ? "?" : text; }

// A Markdown table of the layers that were cut.
std::string PruningText(const events::Pruning& pruning) {
  std::string text = OrUnknown(pruning.phase) + (pruning.budget ? ", budget " + *pruning.budget : "") + ": " +
                     std::to_string(pruning.candidates_before) + " → " + std::to_string(pruning.candidates_after) +
                     " candidates\n";
  if (!pruning.layers.empty()) {
    text +=
        "\n| layer | kept | dropped | closest to the cut: kept, dropped | gap in α (or nats) | z "
        "|\n|---|---|---|---|---|---|\n";
  }
  for (const events::LayerCut& cut : pruning.layers) {
    text += "| " + std::to_string(cut.layer) + " | " + Joined(cut.kept, " ") + " | " + Joined(cut.dropped, " ") +
            " | " + OrUnknown(cut.last_kept) + ", " + OrUnknown(cut.first_dropped) + " | " +
            Decimals(events::Known(cut.gap)) + " | " + Decimals(cut.z.value) + " |\n";
  }
  for (const auto& [list, why] : {std::pair{&pruning.kept_for_budget, "kept for the budget"},
                                  std::pair{&pruning.put_off, "put off"}}) {
    for (const events::LayerCandidate& stays : list->value_or(std::vector<events::LayerCandidate>())) {
      text +=
          std::string("\n") + why + ": layer " + std::to_string(stays.layer) + ", " + OrUnknown(stays.candidate) + "\n";
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

// What a run begins and ends with is shown as it is.
template <typename... Events>
bool IsOneOf(const std::string& name) {
  return (events::IsNameOf<Events>(name) || ...);
}
bool IsStartOrEnd(const std::string& name) {
  using namespace events;
  return IsOneOf<SearchStart, SearchEnd, TrainingStart, TrainingEnd, EasinessStart, EasinessEnd>(name);
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

std::string LogTranslator::AlphaRecords(const events::Alpha& event) {
  const auto step = step_of_epoch_.find({event.phase, event.epoch});
  if (step == step_of_epoch_.end()) return "";
  Summary summary;
  const std::string suffix = SuffixOf(event.budget);
  double candidates = 0;
  for (size_t l = 0; l < event.layers.size(); ++l) {
    const auto& [names, alpha] = event.layers[l];
    if (names.empty() || names.size() != alpha.size()) continue;  // of a log that was changed
    candidates += static_cast<double>(names.size());
    const std::vector<double> probabilities = Softmax(alpha), spread = OverAllCandidates(l, names, probabilities);
    if (spread.size() < 2) continue;  // there never was a choice
    const std::string layer = LayerName(l, event.layers.size());
    summary.AddHistogram("alpha_over_candidates" + suffix + "/" + layer, spread);
    for (size_t c = 0; c < names.size(); ++c) {
      summary.AddScalar("probability" + suffix + "/" + layer + "/" + names[c], probabilities[c]);
    }
  }
  summary.AddScalar("space/candidates" + suffix, candidates);
  return SummaryRecord(wall_time_, step->second, summary);
}

// The ranking before a search counted its networks.
void LogTranslator::Add(const events::SearchStart& start, const Json& /*event*/, Summary& /*summary*/) {
  step_ = 0;
  targets_[""] = start.budget.value_or(0);
  for (const events::BudgetBand& budget : start.budgets.value_or(std::vector<events::BudgetBand>())) {
    targets_[budget.budget] = events::Known(budget.target).value_or(0);
  }
}

void LogTranslator::Add(const events::SearchEpoch& epoch, const Json& event, Summary& summary) {
  step_ = std::max(step_ + 1, epoch.weight_steps.value_or(0));
  step_of_epoch_[{epoch.phase, epoch.epoch}] = step_;
  AddScalars<events::SearchEpoch>(event, summary);
  constexpr const char* kOverBudget = "cost/expected_over_budget";
  if (epoch.alpha) AddRatio(kOverBudget, epoch.alpha->expected_cost, targets_[""], summary);
  for (const events::BudgetOfEpoch& budget : epoch.budgets.value_or(std::vector<events::BudgetOfEpoch>())) {
    if (budget.alpha) {
      AddRatio(kOverBudget + SuffixOf(budget.budget), budget.alpha->expected_cost, targets_[budget.budget], summary);
    }
  }
}

// Logs of earlier versions do not count steps: an epoch is one.
void LogTranslator::Add(const events::TrainingEpoch& epoch, const Json& event, Summary& summary) {
  step_ = std::max(step_ + 1, epoch.steps.value_or(0));
  AddScalars<events::TrainingEpoch>(event, summary);
  AddRatio("speed/images_per_second", static_cast<double>(epoch.images), epoch.seconds, summary);
  if (epoch.seconds_waited) AddRatio("speed/share_waited", *epoch.seconds_waited, epoch.seconds, summary);
}

void LogTranslator::Add(const events::Pruning& pruning, const Json& event, Summary& summary) {
  const std::string suffix = SuffixOf(pruning.budget);
  AddScalars<events::Pruning>(event, summary, suffix);
  summary.AddText("pruning" + suffix, PruningText(pruning));
}

void LogTranslator::Add(const events::NetworkJudged& judged, const Json& /*event*/, Summary& summary) {
  ++step_;
  if (const auto top1 = events::Known(judged.top1)) summary.AddScalar("judge_accuracy/" + judged.name, *top1);
}

std::string LogTranslator::Records(const Json& event) {
  const std::string name = events::NameOfLine(event);
  if (const auto time = ParseUtc(events::TimeOfLine(event))) wall_time_ = static_cast<double>(*time);
  std::string records = begun_ ? "" : Header();
  begun_ = true;
  Summary summary;
  std::visit(events::Overloaded{[&](const events::Alpha& alpha) { records += AlphaRecords(alpha); },
                                [&](const events::EasinessEnd& end) { records += RelevanceRecords(wall_time_, end); },
                                [](const std::monostate&) {},
                                [&](const auto& known) {
                                  using Known = std::remove_cvref_t<decltype(known)>;
                                  if constexpr (requires { Add(known, event, summary); }) {
                                    Add(known, event, summary);
                                  } else {
                                    AddScalars<Known>(event, summary);
                                  }
                                }},
             events::ReadAny({name, event}).event);
  if (IsStartOrEnd(name)) summary.AddText(TagOf(name), CodeText(JsonText(event, 1)));
  return summary.empty() ? records : records + SummaryRecord(wall_time_, step_, summary);
}

}  // namespace danas
