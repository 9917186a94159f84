#include "danas/report/plan_text.h"

#include <cmath>

#include "danas/core/units.h"
#include "danas/report/text_table.h"

namespace danas {
namespace {

std::string CostText(const SearchPlan& plan, double cost) {
  return plan.unit == "ms" ? FormatDecimals(cost, 2) : FormatCount(cost);
}

// 7776, or "10^26" where digits would say nothing.
std::string NetworksText(double networks) {
  return networks < 1e6 ? FormatThousands(std::llround(networks))
                        : "10^" + FormatDecimals(std::floor(std::log10(networks)), 0);
}

std::string OpeningText(const SearchPlan& plan) {
  std::string text = "space: " + std::to_string(plan.searchable_layers) + " layers searched, " +
                     NetworksText(plan.networks) + " networks of " + CostText(plan, plan.least) + " to " +
                     CostText(plan, plan.most) + " " + plan.unit + "\n";
  text += "budget: " + CostText(plan, plan.budget) + " " + plan.unit + "; no found network above " +
          CostText(plan, plan.budget_max) + "\n";
  text += "device: " + plan.device + "; batches of " + std::to_string(plan.batch);
  if (plan.ranks > 1) text += ", over " + std::to_string(plan.ranks) + " processes";
  if (plan.micro_batch < plan.batch / plan.ranks) text += ", in parts of " + std::to_string(plan.micro_batch);
  return text + "\n";
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
  std::string text = "in all: " + FormatThousands(plan.images()) + " training images seen, " +
                     FormatThousands(plan.weight_steps()) + " weight steps, " + FormatThousands(plan.alpha_steps()) +
                     " α steps\n        at most " + FormatBytes(plan.memory_bytes()) + " of tensors; ";
  text += plan.probed ? "about " + FormatDuration(plan.seconds()) + ", from steps timed on this machine\n"
                      : "time not estimated\n";
  if (plan.alpha_steps() > 0 && plan.alpha_steps() < kFewAlphaSteps) {
    text += "note: fewer than " + std::to_string(kFewAlphaSteps) + " α steps hardly move α\n";
  }
  return text;
}

Json PhaseJson(const PhasePlan& phase, bool probed) {
  return {{"phase", phase.phase.name},
          {"classes", phase.phase.classes},
          {"epochs", phase.phase.epochs},
          {"searches", phase.phase.searches},
          {"weight_images", phase.weight_images},
          {"architecture_images", phase.architecture_images},
          {"weight_steps", phase.weight_steps},
          {"alpha_steps", phase.alpha_steps},
          {"candidates", phase.candidates},
          {"macs_per_image", phase.macs_per_image},
          {"macs_per_step", phase.macs_per_step},
          {"parameters", phase.parameters},
          {"memory_bytes", phase.memory_bytes},
          {"seconds", probed ? Json(phase.seconds) : Json()}};
}

}  // namespace

std::string PlanText(const SearchPlan& plan) {
  return OpeningText(plan) + "\n" + LearntTable(plan) + "\n" + TakenTable(plan) + "\n" + ClosingText(plan);
}

Json PlanJson(const SearchPlan& plan) {
  Json phases = Json::array();
  for (const PhasePlan& phase : plan.phases) phases.push_back(PhaseJson(phase, plan.probed));
  return {{"device", plan.device},
          {"batch", plan.batch},
          {"ranks", plan.ranks},
          {"micro_batch", plan.micro_batch},
          {"searchable_layers", plan.searchable_layers},
          {"networks", plan.networks},
          {"unit", plan.unit},
          {"least", plan.least},
          {"most", plan.most},
          {"budget", plan.budget},
          {"budget_max", plan.budget_max},
          {"images", plan.images()},
          {"weight_steps", plan.weight_steps()},
          {"alpha_steps", plan.alpha_steps()},
          {"memory_bytes", plan.memory_bytes()},
          {"seconds", plan.probed ? Json(plan.seconds()) : Json()},
          {"phases", std::move(phases)}};
}

}  // namespace danas
