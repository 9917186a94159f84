// What a search found, and how sure it is.
#include <algorithm>
#include <cmath>

#include "danas/core/units.h"
#include "danas/figures/svg.h"
#include "danas/report/run_findings.h"
#include "html.h"
#include "run_sections.h"

namespace danas {
namespace {

constexpr size_t kShownLayers = 6;

// A bar of the cost, with the budget and the highest cost as lines.
std::string BudgetBar(double cost, const BudgetRecord& budget, const std::string& unit) {
  if (!budget.target || !std::isfinite(cost) || *budget.target <= 0) return "";
  constexpr double kWidth = 460;
  const double most = std::max({cost, *budget.target, budget.most.value_or(0)}) * 1.08;
  const auto at = [&](double value) { return 2 + (kWidth - 90) * value / most; };
  Svg svg(kWidth, 44, "cost against the budget",
          FormatCost(cost, unit) + " of a budget of " + FormatCost(*budget.target, unit));
  svg.Rectangle(2, 6, at(most) - 2, 16, "#dddddd", 0.45);
  svg.Rectangle(2, 6, at(cost) - 2, 16, "#0072b2");
  svg.Line({at(*budget.target), 2}, {at(*budget.target), 26}, {.width = 2});
  if (budget.most) svg.Line({at(*budget.most), 2}, {at(*budget.most), 26}, {.width = 1, .dash = "3,2"});
  svg.Text({at(*budget.target), 40}, "budget " + FormatCostNumber(*budget.target, unit),
           {.size = 11, .anchor = Anchor::kMiddle});
  svg.Text({at(most) + 8, 18}, FormatPercent(cost / *budget.target), {.size = 12, .bold = true});
  return "<div>" + svg.Document() + "</div>\n";
}

std::string WhereItIs(const SearchRecord& search) {
  if (search.epochs.empty()) return "no epoch is over yet";
  const events::SearchEpoch& last = search.epochs.back();
  return last.phase + ", epoch " + std::to_string(last.epoch) + " of " + std::to_string(last.epochs) +
         " is the last that is over";
}

std::string LeadOf(const ReportedRun& run, const BudgetRecord& budget) {
  const SearchRecord& search = *run.record.search;
  const std::string& unit = search.start.unit;
  const std::string of_budget = budget.target
                                    ? " of a budget of " + FormatCost(*budget.target, unit) +
                                          (budget.most ? " (at most " + FormatCostNumber(*budget.most, unit) + ")" : "")
                                    : "";
  if (budget.found) {
    std::string text = "The search found a network of " + FormatCost(budget.found->cost, unit) + of_budget;
    if (unit != "parameters") {
      text += ", with " + FormatCount(static_cast<double>(budget.found->parameters)) + " parameters";
    }
    if (unit != "MACs") text += ", " + FormatCount(static_cast<double>(budget.found->macs)) + " MACs";
    return text + ", chosen by " + (budget.found->chosen_by == "alpha" ? "α" : budget.found->chosen_by) + ".";
  }
  std::string text = "The run is not finished (" + run.state + "): " + WhereItIs(search) + ".";
  if (budget.network) {
    const double cost = CostOf(*budget.network, unit);
    text += " The candidates with the highest α now make a network";
    text += std::isfinite(cost) ? " of " + FormatCost(cost, unit) + of_budget + "." : ".";
  }
  return text;
}

// In which layers it differs from the first.
std::string DifferenceText(const std::vector<std::string>& first, const std::vector<std::string>& other) {
  std::vector<std::string> parts;
  for (size_t l = 0; l < std::min(first.size(), other.size()); ++l) {
    if (first[l] != other[l]) parts.push_back(std::to_string(l) + ": " + other[l]);
  }
  if (parts.empty()) return "–";
  std::string text;
  for (size_t i = 0; i < std::min(kShownLayers, parts.size()); ++i) text += (i == 0 ? "" : ", ") + parts[i];
  return parts.size() > kShownLayers ? text + " and " + std::to_string(parts.size() - kShownLayers) + " more" : text;
}

std::string RunnersUp(const ReportedRun& run, const BudgetRecord& budget) {
  if (!budget.scores) return "";
  const events::FinalScores& scores = *budget.scores;
  const bool finalists = scores.finalists.size() > 1;
  const std::vector<events::ScoredEntry>& entries = finalists ? scores.finalists : scores.best;
  if (entries.empty()) return "";
  const int64_t images = finalists ? scores.finalist_scoring_images : ScoringImages(run.record.config);
  const bool fitted = std::ranges::any_of(entries, [](const auto& entry) { return entry.fitted_loss.has_value(); });
  std::vector<HtmlTable::Column> columns = {{"", true}, {"cost", true}, {"loss", true}};
  if (fitted) columns.push_back({"fitted loss", true});
  columns.insert(columns.end(), {{"top-1, supernet", true}, {"differs from the first in layer", false}});
  HtmlTable table(columns);
  for (size_t n = 0; n < entries.size(); ++n) {
    const events::ScoredEntry& entry = entries[n];
    std::vector<std::string> cells = {std::to_string(n + 1),
                                      FormatCostNumber(entry.cost, run.record.search->start.unit),
                                      FormatDecimals(entry.loss, 4)};
    if (fitted) cells.push_back(entry.fitted_loss ? FormatDecimals(*entry.fitted_loss, 4) : "–");
    cells.push_back(EstimatePercent(ShareInterval(entry.accuracy, images)));
    cells.push_back(n == 0 ? "" : DifferenceText(entries.front().network, entry.network));
    table.AddRow(cells, budget.found && entry.network == budget.found->network);
  }
  const std::string trained =
      scores.finalist_images > 0 ? "trained on " + CountOf(scores.finalist_images, "image") + " more and " : "";
  const std::string what = finalists ? "The finalists, each " + trained + "scored on " + CountOf(images, "image")
                                     : "The best of " + CountOf(scores.scored, "network") + " scored";
  return Paragraph(what + "; top-1 with the supernet's weights, with 95 % intervals over its images:") + table.Text();
}

std::string TrainedSentence(const BudgetRecord& budget, const std::vector<TrainedBeside>& trained) {
  const TrainedRun* found = nullptr;
  Estimate accuracy;
  std::vector<double> random;
  for (const TrainedBeside& beside : trained) {
    const TrainingRecord& training = *beside.run->record.training;
    if (!training.result || !training.end) continue;
    if (beside.kind == PricedNetwork::Kind::kRandom) random.push_back(training.result->top1);
    if (beside.kind == PricedNetwork::Kind::kFound && training.network && budget.network &&
        training.network->layers() == budget.network->layers()) {
      found = &*training.result;
      accuracy = ShareInterval(training.result->top1, training.end->test_last_epoch.images);
    }
  }
  if (found == nullptr) return "It has not been trained in any of the runs given.";
  std::string text = "Trained, it reaches " + EstimatePercent(accuracy) + " of the test images";
  if (random.empty()) return text + ".";
  double mean = 0;
  for (const double top1 : random) mean += top1 / static_cast<double>(random.size());
  const auto beaten = std::ranges::count_if(random, [&](double top1) { return found->top1 > top1; });
  const double points = 100 * (found->top1 - mean);
  return text + "; " + CountOf(std::ssize(random), "random network") + (random.size() == 1 ? " reaches " : " reach ") +
         FormatPercent(mean, 2) + " in the mean (" + FormatPercent(*std::ranges::min_element(random), 2) + " to " +
         FormatPercent(*std::ranges::max_element(random), 2) + "), " + FormatDecimals(std::abs(points), 2) +
         " points " + (points >= 0 ? "less" : "more") + ". It is better than " + std::to_string(beaten) + " of them.";
}

std::string Warnings(const ReportedRun& run) {
  std::string text;
  for (const auto* warnings : {&run.warnings, &run.record.warnings}) {
    for (const std::string& warning : *warnings) text += Paragraph(warning, "warning");
  }
  return text;
}

}  // namespace

std::string AnswerSection(const ReportedRun& run, const std::vector<TrainedBeside>& trained) {
  const SearchRecord& search = *run.record.search;
  std::string html = Warnings(run);
  for (const BudgetRecord& budget : search.budgets) {
    html += "<div class=\"answer\">\n" + BudgetTitle(budget) + Paragraph(LeadOf(run, budget), "lead");
    if (budget.found) html += BudgetBar(budget.found->cost, budget, search.start.unit);
    if (budget.found) html += Paragraph(TrainedSentence(budget, trained));
    html += Paragraph("How sure: " + SurenessText(budget)) + "</div>\n" + RunnersUp(run, budget);
  }
  return html;
}

}  // namespace danas
