#include "danas/watch/event_printer.h"

#include <algorithm>
#include <cmath>

#include "danas/core/units.h"
#include "danas/report/plan_text.h"
#include "spent_text.h"

namespace danas {
namespace {

// "323M: ", of a search for several budgets.
std::string BudgetOf(const std::optional<std::string>& budget) { return budget ? *budget + ": " : ""; }

std::string CandidatesText(int64_t before, int64_t after) {
  return std::to_string(before) + " → " + std::to_string(after) + " candidates";
}

// A cut of the least evidence; logs of earlier versions have the gap in α alone.
double Sureness(const events::LayerCut& cut, bool with_evidence) {
  return with_evidence ? cut.z.value.value_or(INFINITY) : cut.gap;
}

// "layer 3: ir_e3_k5 stays, ir_e1_k3 goes, z 0.4, 0.010 apart in α"
std::string Cut(const events::LayerCut& cut, bool by_alpha, const events::TaskWords& words) {
  std::string text =
      "layer " + std::to_string(cut.layer) + ": " + cut.last_kept + " stays, " + cut.first_dropped + " goes, ";
  if (cut.z.value) text += "z " + FormatDecimals(*cut.z.value, 1) + ", ";
  if (by_alpha) return text + FormatDecimals(cut.gap, 3) + " apart in α";
  return text + FormatDecimals(words.loss_factor * cut.gap, 3) + " " + words.loss_unit + " apart";
}

// "5 of 8 cuts below 2 standard errors, 1 against the evidence", or that they are no evidence at all. A cut without z
// needs none: no network within the budget has what it drops.
std::string Evidence(const events::Pruning& pruning) {
  const auto against = std::ranges::count(pruning.layers, std::optional(true), &events::LayerCut::conflict);
  const auto judged =
      std::ranges::count_if(pruning.layers, [](const events::LayerCut& cut) { return cut.z.value.has_value(); });
  const int64_t beyond = std::ssize(pruning.layers) - judged;
  std::string text;
  if (judged > 0) {
    text = std::to_string(*pruning.unclear_cuts) + " of " + std::to_string(judged) + " cuts below 2 standard errors";
    if (against > 0) text += ", " + std::to_string(against) + " against the evidence";
    if (!pruning.above_noise.value_or(true)) text += ": no evidence, noise alone would give as much";
  }
  if (beyond == 0) return text;
  if (judged > 0) return text + "; " + std::to_string(beyond) + " more of what no network within the budget has";
  return std::to_string(beyond) + (beyond == 1 ? " cut" : " cuts") + " of what no network within the budget has";
}

// What is left, what was put off, how sure the cuts are, and the least sure of them.
std::string PruningText(const events::Pruning& pruning, const events::TaskWords& words) {
  std::string text = BudgetOf(pruning.budget) + pruning.phase +
                     " pruned: " + CandidatesText(pruning.candidates_before, pruning.candidates_after);
  if (pruning.networks_in_band) {
    const double networks = *pruning.networks_in_band;
    text += ", " + NetworksText(networks) + (networks == 1 ? " network" : " networks") + " within the budget";
  }
  if (pruning.put_off && !pruning.put_off->empty()) {
    const size_t count = pruning.put_off->size();
    text += "; cuts of " + std::to_string(count) + (count == 1 ? " candidate" : " candidates") + " put off";
  }
  if (pruning.layers.empty()) return text;
  const bool with_evidence = pruning.unclear_cuts.has_value();
  if (with_evidence) text += "\n  " + Evidence(pruning);
  const auto closest = std::ranges::min_element(
      pruning.layers, {}, [&](const events::LayerCut& cut) { return Sureness(cut, with_evidence); });
  if (with_evidence && !closest->z.value) return text;
  return text + (with_evidence ? "\n  least sure in " : "; closest in ") +
         Cut(*closest, !pruning.score || *pruning.score == "alpha", words);
}

// What ranked the networks before their finalists were scored.
std::string FitOf(const events::FinalScores& scores) {
  const std::string effects = scores.effects.value_or("none");
  if (effects == "none") return "";
  const std::string fit = effects == "pairs" ? "a fit of main effects and pairs" : "a fit of main effects";
  if (scores.finalists.size() > 1) return "\n  the finalists are the best by " + fit + " to all losses";
  const double z = scores.z.value_or(0);
  return "\n  it is the best by " + fit + " to all losses, ahead of the next by " + FormatDecimals(z, 1) +
         " standard errors" + (std::abs(z) < 2 ? ": a toss-up between the two" : "");
}

}  // namespace

std::string EventPrinter::Cost(double cost) const { return FormatCost(cost, unit_); }

std::string EventPrinter::Loss(double loss, double accuracy) const {
  return events::LossAndAccuracyText(words_, loss, accuracy);
}

std::string EventPrinter::ValidationOf(const events::ArchitectureFields& pass) const {
  return "validation " + Loss(pass.validation_loss, pass.validation_accuracy);
}

// The expected cost, and whether α's gradients distinguish candidates: their differences in standard errors.
std::string EventPrinter::Mix(const events::AlphaFields& alpha) const {
  std::string text = "  expected cost " + Cost(alpha.expected_cost);
  if (alpha.z_rms) {
    text += "; candidates differ by " + FormatDecimals(*alpha.z_rms, 1) + " standard errors (rms; noise alone: 1.0)";
  }
  return text;
}

std::string EventPrinter::Found(const events::FoundFields& found) const {
  std::string text = BudgetOf(found.budget) + "found: " + Cost(found.cost) + ", " +
                     FormatCount(static_cast<double>(found.parameters)) + " parameters:";
  for (const std::string& name : found.network) text += " " + name;
  if (found.bounded_by_budget) {
    text += "\n(the argmax of α costs " + Cost(found.argmax_cost) +
            ", more than search.budget_max; this is the most probable network within it)";
  }
  if (found.chosen_by == "sample") {
    text += "\n(drawn from softmax(α) within search.budget_max; the argmax of α costs " + Cost(found.argmax_cost) + ")";
  }
  return text;
}

void EventPrinter::Print(const events::SearchStart& start) {
  unit_ = start.unit;
  words_ = events::WordsOf(start.task);
  if (!words_.classes) return;
  constexpr size_t kShown = 10;
  std::string text = "classes, easiest first (" + start.ranking + "):";
  const std::vector<std::string>& names = start.class_labels.value_or(start.class_order);
  for (size_t c = 0; c < std::min(kShown, names.size()); ++c) {
    text += (c > 0 && start.class_labels ? ", " : " ") + names[c];
  }
  screen_.Line(text + (names.size() > kShown ? " ..." : ""));
}

void EventPrinter::Print(const events::SearchEpoch& epoch) {
  std::string text = epoch.phase + ", epoch " + std::to_string(epoch.epoch) + "/" + std::to_string(epoch.epochs) +
                     (words_.classes ? ", " + std::to_string(epoch.classes) + " classes: " : ": ") +
                     Loss(epoch.train_loss, epoch.train_accuracy);
  if (epoch.architecture) text += "; " + ValidationOf(*epoch.architecture);
  if (epoch.paths) {
    text += "; paths of " + Cost(epoch.paths->least_cost) + " to " + Cost(epoch.paths->most_cost) + ", mean " +
            Cost(epoch.paths->mean_cost);
  }
  screen_.Line(text + ", " + FormatDuration(epoch.timing ? epoch.timing->seconds : events::kNotKnown));
  if (epoch.architecture && epoch.alpha) screen_.Line(Mix(*epoch.alpha));
  for (const events::BudgetOfEpoch& budget : epoch.budgets.value_or(std::vector<events::BudgetOfEpoch>())) {
    if (budget.architecture) screen_.Line("  " + BudgetOf(budget.budget) + ValidationOf(*budget.architecture));
    if (budget.alpha) screen_.Line("  " + Mix(*budget.alpha));
  }
}

// How far α changed since the last epoch, and in how many layers the most likely candidate did.
void EventPrinter::Print(const events::Alpha& event) {
  if (event.alpha_steps == 0) return;
  const std::string budget = BudgetOf(event.budget);
  std::vector<LayerAlpha>& before_l = alpha_of_[budget];
  std::vector<LayerAlpha> now;
  double furthest = 0;
  size_t changed = 0;
  for (const events::LayerAlpha& layer : event.layers) {
    LayerAlpha alpha;
    const LayerAlpha before = now.size() < before_l.size() ? before_l[now.size()] : LayerAlpha{};
    std::string leader, leader_before;
    double most = -INFINITY, most_before = -INFINITY;
    for (size_t c = 0; c < layer.candidates.size(); ++c) {
      const std::string& name = layer.candidates[c];
      const double value = layer.alpha.at(c);
      const auto found = before.find(name);
      const double value_before = found == before.end() ? 0 : found->second;
      furthest = std::max(furthest, std::abs(value - value_before));
      if (value > most) leader = name, most = value;
      if (value_before > most_before) leader_before = name, most_before = value_before;
      alpha[name] = value;
    }
    if (leader != leader_before) ++changed;
    now.push_back(std::move(alpha));
  }
  before_l = std::move(now);
  screen_.Line("  " + budget + "α changed by up to " + FormatDecimals(furthest, 3) + "; " +
               "the most likely candidate changed in " + std::to_string(changed) + " of " +
               std::to_string(before_l.size()) + " layers; " + std::to_string(event.alpha_steps) + " α steps so far");
}

void EventPrinter::Print(const events::Pruning& pruning) { screen_.Line(PruningText(pruning, words_)); }

// What the branches of several budgets leave of the supernet.
void EventPrinter::Print(const events::SupernetPruned& pruned) {
  screen_.Line(pruned.phase + ": the supernet keeps the candidates that any budget keeps, " +
               CandidatesText(pruned.candidates_before, pruned.candidates_after));
}

void EventPrinter::Print(const events::FinalScores& scores) {
  const std::vector<events::ScoredEntry>& finalists = scores.finalists;
  std::string text = BudgetOf(scores.budget) + "scored: " + FormatThousands(scores.scored) + " of " +
                     FormatCount(scores.networks_in_band) + " networks that cost ";
  const double low = scores.band.at(0), high = scores.band.at(1);
  const bool bounded_below = low > high / 100;  // in any unit: search.budget_min 1 stands for none
  text += bounded_below ? "from " + Cost(low) + " to " + Cost(high) : "at most " + Cost(high);
  if (scores.source == "evolution") text += ", by evolution";
  if (scores.source == "best") text += ", the most likely by α";
  if (scores.source == "random") text += ", drawn at random";
  text += "; " + std::to_string(finalists.size()) + (finalists.size() == 1 ? " finalist on " : " finalists on ") +
          FormatThousands(scores.finalist_scoring_images) + " " + words_.sample + "s";
  text += "\n  best: validation " + Loss(finalists.at(0).loss, finalists.at(0).accuracy);
  if (finalists.size() > 1) {
    text += "; ahead of the next by " + events::LossText(words_, scores.margin, 4) + " ± " +
            events::LossText(words_, scores.standard_error, 4);
    if (scores.margin < 2 * scores.standard_error) text += ": less than two standard errors, a toss-up between the two";
  }
  screen_.Line(text + FitOf(scores));
}

void EventPrinter::Print(const events::SearchEnd& end) {
  std::string text;
  if (end.result) text = Found(*end.result);
  for (const events::FoundFields& found : end.found.value_or(std::vector<events::FoundFields>())) {
    text += (text.empty() ? "" : "\n") + Found(found);
  }
  text += "\nseen: " + FormatThousands(end.weight_images) + " training " + words_.sample + "s in " +
          FormatThousands(end.weight_steps) + " weight steps, " + FormatThousands(end.alpha_images) + " validation " +
          words_.sample + "s in " + FormatThousands(end.alpha_steps) + " α steps; " +
          FormatDuration(end.timing.seconds);
  const std::string spent =
      SpentText(SharesOfTime(end), end.macs_passed ? events::Known(end.macs_passed->total) : std::nullopt);
  screen_.Line(spent.empty() ? text : text + "\ntime: " + spent);
}

void EventPrinter::Print(const events::TrainingStart& start) {
  words_ = events::WordsOf(start.task);
  class_ids_ = start.class_ids.value_or(std::vector<std::string>());
}

void EventPrinter::Print(const events::TrainingEpoch& epoch) {
  screen_.Line("epoch " + std::to_string(epoch.epoch) + ": " + Loss(epoch.train_loss, epoch.train_accuracy) + ", " +
               FormatDuration(epoch.seconds));
}

// Over all validation images, and of the classes known least and best.
void EventPrinter::Print(const events::ClassAccuracy& event) {
  const std::vector<double>& shares = event.accuracy;
  const std::string text = "  validation " + Loss(event.loss, event.top1);
  if (shares.empty()) return screen_.Line(text);
  const auto [least, most] = std::minmax_element(shares.begin(), shares.end());
  const auto name = [&](auto share) {
    const auto c = static_cast<size_t>(share - shares.begin());
    return c < class_ids_.size() ? class_ids_[c] : "class " + std::to_string(c);
  };
  screen_.Line(text + "; from " + FormatPercent(*least) + " (" + name(least) + ") to " + FormatPercent(*most) + " (" +
               name(most) + ")");
}

// "resnet18: evaluated on 48,000 images, top-1 95.3 %, 12 s, 4,000 images/s"
void EventPrinter::Print(const events::NetworkJudged& judged) {
  screen_.Line(judged.name + ": evaluated on " + FormatThousands(judged.images) + " images, top-1 " +
               FormatPercent(judged.top1) + ", " + FormatDuration(judged.timing.seconds) + ", " +
               FormatThousands(std::llround(judged.timing.images_per_second)) + " images/s");
}

// "the training set is now in /new/train, previously in /old/train: the same 60,000 images (contents of 60,000
// compared)"
void EventPrinter::Print(const events::DataMoved& moved) {
  screen_.Line("the " + moved.set + " is now in " + moved.to + ", previously in " + moved.from + ": the same " +
               FormatThousands(moved.images) + " images (contents of " + FormatThousands(moved.contents) +
               " compared)");
}

void EventPrinter::PrintAny(const events::AnyEvent& event) {
  std::visit(
      [&](const auto& known) {
        if constexpr (requires { Print(known); }) Print(known);
      },
      event);
}

void EventPrinter::Record(const Event& event) { PrintAny(events::ReadAny(event).event); }

}  // namespace danas
