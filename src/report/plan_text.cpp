#include "danas/report/plan_text.h"

#include <algorithm>
#include <cmath>

#include "danas/core/units.h"
#include "danas/report/note_text.h"
#include "danas/report/text_table.h"

namespace danas {
namespace {

std::string ShareText(const SearchPlan& plan, double macs) {
  return FormatPercent(macs / (plan.macs() + plan.final.macs));
}

std::string FinalText(const SearchPlan& plan) {
  const FinalPlan& final = plan.final;
  if (final.networks == 0) return "";
  const auto networks = std::llround(final.networks);
  std::string text = "final choice: at most " + FormatThousands(networks) + (networks == 1 ? " network" : " networks") +
                     ", on " + FormatThousands(final.images) + " validation images each;\n              the best " +
                     (final.finalists == 1 ? "one" : FormatThousands(final.finalists)) + " ";
  if (final.finalist_training_images > 0) {
    text += "trained on " + FormatThousands(final.finalist_training_images) + " and ";
  }
  text += "scored on " + FormatThousands(final.finalist_images) + " images;\n              at most " +
          FormatCount(final.macs) + " MACs, " + ShareText(plan, final.macs) + " of the search, and " +
          FormatBytes(final.memory_bytes) + " of tensors";
  if (plan.probed) {
    text += ";\n              about " + FormatDuration(final.seconds);
    if (final.finalist_macs > 0) text += ", of these the finalists' " + FormatDuration(final.finalist_seconds);
  }
  return text + "\n";
}

// What is scored for the prunings, where they do not go by α.
std::string ScoringText(const SearchPlan& plan) {
  if (plan.scoring_images == 0) return "";
  int64_t scored = 0;
  double macs = 0, seconds = 0, bytes = 0;
  for (const PhasePlan& phase : plan.phases) {
    scored += phase.scored;
    macs += phase.scoring_macs;
    seconds += phase.scoring_seconds;
    bytes = std::max(bytes, phase.scoring_memory_bytes);
  }
  return "prunings: by " + plan.pruning_score + ", " + FormatThousands(scored) +
         (plan.pruning_score == "paths" ? " networks" : " mixtures") + " scored on at most " +
         FormatThousands(plan.scoring_images) + " images each;\n          at most " + FormatCount(macs) + " MACs, " +
         ShareText(plan, macs) + " of the search, and " + FormatBytes(bytes) + " of tensors" +
         (plan.probed ? ";\n          about " + FormatDuration(seconds) + "\n" : "\n");
}

// What one of a step's paths may cost.
std::string PathCostText(const SearchPlan& plan) {
  if (plan.path_cost_most == 0) return "of any cost";
  return "of " + FormatCostNumber(plan.path_cost_least, plan.unit) + " to " +
         FormatCost(plan.path_cost_most, plan.unit);
}

// Nothing where the relaxation decides what weight steps compute.
std::string PathsText(const SearchPlan& plan) {
  if (plan.paths == "gumbel") return "";
  const std::string begin = "paths: a weight step trains ";
  if (plan.paths == "softmax") return begin + "all candidates, weighted by softmax(α)\n";
  if (plan.paths == "binarised") return begin + "one, each candidate as likely as in softmax(α)\n";
  const std::string text =
      begin + (plan.paths == "fair" ? "a fair group of them" : "one") + ", " + PathCostText(plan) + "\n";
  if (plan.paths == "binned") return text + "       each of seven ranges of costs that hold networks as often\n";
  if (plan.paths != "fair") return text;
  return text + (plan.strictly_fair ? "       strictly fair wherever such a group is found\n"
                                    : "       no group is strictly fair; candidates are drawn as evenly as possible\n");
}

// What is trained once for all budgets, and what is repeated for each.
std::string BudgetsText(const SearchPlan& plan) {
  std::string text = "budgets:";
  for (const PlannedBudget& budget : plan.budgets) {
    text += (&budget == &plan.budgets.front() ? " " : ", ") + budget.name;
  }
  int64_t alpha_passes = 0;
  for (const PhasePlan& phase : plan.phases) alpha_passes = std::max(alpha_passes, phase.alpha_passes);
  const double macs = plan.macs() + plan.final.macs, searches = static_cast<double>(plan.budgets.size());
  text += " " + plan.unit + "; networks from 0.95 to 1.02 times each\n" +
          "         one supernet; weight steps train for each in turn; " +
          (alpha_passes > 0 ? std::to_string(alpha_passes) + " α passes" : std::string("no α pass")) + "\n";
  if (plan.separate_macs <= 0) return text;
  return text + "         " + FormatCount(macs) + " MACs, " + FormatDecimals(macs / plan.separate_macs * searches, 2) +
         " times one search; separate searches " + FormatCount(plan.separate_macs) + "\n         at most " +
         FormatBytes(plan.memory_bytes()) + " of tensors, one search " + FormatBytes(plan.separate_memory_bytes) + "\n";
}

// What the space's networks have, and those within the budget's band.
std::string ParametersText(const SearchPlan& plan) {
  if (plan.unit == "parameters") return "";
  const std::string whole = FormatCount(plan.parameters_least) + " to " + FormatCount(plan.parameters_most);
  std::string text = "parameters: " + whole + "; of networks within the " +
                     (plan.budgets.empty() ? "budget's band " : "budgets' bands ");
  if (plan.band_parameters_most == 0) return text + "there are none\n";
  return text + FormatCount(plan.band_parameters_least) + " to " + FormatCount(plan.band_parameters_most) + "\n";
}

std::string OpeningText(const SearchPlan& plan) {
  std::string text = "space: " + std::to_string(plan.searchable_layers) + " layers searched, " +
                     NetworksText(plan.networks) + " networks of " + FormatCostNumber(plan.least, plan.unit) + " to " +
                     FormatCost(plan.most, plan.unit) + "\n";
  text += ParametersText(plan);
  text += plan.budgets.empty() ? "budget: " + FormatCost(plan.budget, plan.unit) + "; the result may cost at most " +
                                     FormatCostNumber(plan.budget_max, plan.unit) + "\n"
                               : BudgetsText(plan);
  text += "device: " + plan.device + "; batches of " + std::to_string(plan.batch);
  if (plan.ranks > 1) text += ", over " + std::to_string(plan.ranks) + " processes";
  if (plan.micro_batch < plan.batch / plan.ranks) text += ", in micro-batches of " + std::to_string(plan.micro_batch);
  text += "\n";
  const auto trains_alpha = [](const PhasePlan& phase) { return phase.alpha_passes > 0; };
  if (std::ranges::none_of(plan.phases, trains_alpha)) {
    if (plan.budgets.empty()) text += "α: not trained; nothing uses it\n";
  } else if (plan.alpha_batch > 0 && plan.alpha_batch != plan.batch) {
    text += "α steps: batches of " + std::to_string(plan.alpha_batch) + "\n";
  }
  return text + PathsText(plan);
}

std::string LearntTable(const SearchPlan& plan) {
  TextTable table({{"phase"},
                   {"classes", Align::kRight},
                   {"epochs", Align::kRight},
                   {"train images", Align::kRight},
                   {"for α", Align::kRight},
                   {"weight steps", Align::kRight},
                   {"α steps", Align::kRight}});
  for (const PhasePlan& phase : plan.phases) {
    table.AddRow({phase.phase.name, std::to_string(phase.phase.classes), std::to_string(phase.phase.epochs),
                  FormatThousands(phase.weight_images), FormatThousands(phase.architecture_images),
                  FormatThousands(phase.weight_steps), FormatThousands(phase.alpha_steps)});
  }
  return table.Text();
}

std::string TakenTable(const SearchPlan& plan) {
  TextTable table({{"phase"},
                   {"candidates", Align::kRight},
                   {"MACs/image", Align::kRight},
                   {"MACs/step", Align::kRight},
                   {"parameters", Align::kRight},
                   {"memory", Align::kRight},
                   {"time", Align::kRight}});
  for (const PhasePlan& phase : plan.phases) {
    table.AddRow({phase.phase.name, FormatDecimals(phase.candidates, 1), FormatCount(phase.macs_per_image),
                  FormatCount(phase.macs_per_step), FormatCount(phase.parameters), FormatBytes(phase.memory_bytes),
                  plan.probed ? FormatDuration(phase.seconds) : "-"});
  }
  return table.Text();
}

std::string ClosingText(const SearchPlan& plan) {
  std::string text = "total: " + FormatThousands(plan.images()) + " training images seen, " +
                     FormatThousands(plan.weight_steps()) + " weight steps, " + FormatThousands(plan.alpha_steps()) +
                     " α steps\n       at most " + FormatBytes(plan.memory_bytes()) + " of tensors; ";
  text += plan.probed      ? "about " + FormatDuration(plan.seconds()) + ", from steps timed on this machine\n"
          : plan.predicted ? "time predicted below\n"
                           : "time not estimated\n";
  for (const PhasePlan& phase : plan.phases) {
    if (const std::string doubt = FewPathsText(phase); !doubt.empty()) text += NoteText(doubt);
    if (plan.pruning_score != "alpha") continue;  // α decides nothing then
    if (const std::string doubt = FewStepsText(phase); !doubt.empty()) text += NoteText(doubt);
  }
  if (plan.certain > 0) {
    text += NoteText("cuts below " + FormatDecimals(plan.certain, 1) +
                     " standard errors are put off: later phases may have more candidates than shown, and take longer");
  }
  return text;
}

// What the log has, and what else the plan knows.
Json PhaseJson(const PhasePlan& phase, bool probed) {
  Json json = events::ToJson(PlannedFields(phase));
  json.update({{"alpha_passes", phase.alpha_passes},
               {"main_effects", phase.main_effects},
               {"pair_effects", phase.pair_effects},
               {"macs_per_step", phase.macs_per_step},
               {"memory_bytes", phase.memory_bytes},
               {"seconds", probed ? Json(phase.seconds) : Json()},
               {"scoring_memory_bytes", phase.scoring_memory_bytes},
               {"scoring_seconds", probed ? Json(phase.scoring_seconds) : Json()}});
  return json;
}

}  // namespace

std::string NetworksText(double networks) {
  return networks < 1e6 ? FormatThousands(std::llround(networks))
                        : "10^" + FormatDecimals(std::floor(std::log10(networks)), 0);
}

std::string PlanText(const SearchPlan& plan) {
  return OpeningText(plan) + "\n" + LearntTable(plan) + "\n" + TakenTable(plan) + "\n" + ScoringText(plan) +
         FinalText(plan) + ClosingText(plan);
}

Json PlanJson(const SearchPlan& plan) {
  using events::SearchStart;
  const Json logged = events::ToJson(PlanFields(plan));
  Json json = Json::object();
  const auto add_logged = [&](auto... members) {
    for (const std::string& field : {events::NameOfField(members)...}) {
      if (logged.contains(field)) json[field] = logged.at(field);
    }
  };
  add_logged(&SearchStart::device, &SearchStart::batch, &SearchStart::alpha_batch, &SearchStart::paths);
  json.update({{"pruning_score", plan.pruning_score},
               {"scoring_images", plan.scoring_images},
               {"path_cost_least", plan.path_cost_most > 0 ? Json(plan.path_cost_least) : Json()},
               {"path_cost_most", plan.path_cost_most > 0 ? Json(plan.path_cost_most) : Json()},
               {"ranks", plan.ranks},
               {"micro_batch", plan.micro_batch}});
  add_logged(&SearchStart::searchable_layers, &SearchStart::networks, &SearchStart::unit, &SearchStart::least,
             &SearchStart::most, &SearchStart::budget, &SearchStart::budget_max, &SearchStart::images,
             &SearchStart::weight_steps, &SearchStart::alpha_steps, &SearchStart::memory_bytes);
  json.update({{"parameters_least", plan.parameters_least},
               {"parameters_most", plan.parameters_most},
               {"band_parameters_least", plan.band_parameters_most > 0 ? Json(plan.band_parameters_least) : Json()},
               {"band_parameters_most", plan.band_parameters_most > 0 ? Json(plan.band_parameters_most) : Json()}});
  json["seconds"] = plan.probed ? Json(plan.seconds()) : Json();
  json["final"] = {{"networks", plan.final.networks},
                   {"images", plan.final.images},
                   {"finalists", plan.final.finalists},
                   {"finalist_training_images", plan.final.finalist_training_images},
                   {"finalist_images", plan.final.finalist_images},
                   {"macs", plan.final.macs},
                   {"finalist_macs", plan.final.finalist_macs},
                   {"memory_bytes", plan.final.memory_bytes},
                   {"seconds", plan.probed ? Json(plan.final.seconds) : Json()},
                   {"finalist_seconds", plan.probed ? Json(plan.final.finalist_seconds) : Json()}};
  json["macs"] = plan.macs() + plan.final.macs;
  Json& phases = json[events::NameOfField(&SearchStart::phases)] = Json::array();
  for (const PhasePlan& phase : plan.phases) phases.push_back(PhaseJson(phase, plan.probed));
  if (plan.budgets.empty()) return json;
  add_logged(&SearchStart::budgets);
  json["separate_macs"] = plan.separate_macs;
  json["separate_memory_bytes"] = plan.separate_memory_bytes;
  return json;
}

}  // namespace danas
