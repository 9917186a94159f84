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
  const events::TaskWords words = events::WordsOf(run.record.search->start.task);
  columns.insert(columns.end(), {{words.accuracy + ", supernet", true}, {"differs from the first in layer", false}});
  HtmlTable table(columns);
  for (size_t n = 0; n < entries.size(); ++n) {
    const events::ScoredEntry& entry = entries[n];
    std::vector<std::string> cells = {std::to_string(n + 1),
                                      FormatCostNumber(entry.cost, run.record.search->start.unit),
                                      events::LossText(words, entry.loss, 4)};
    if (fitted) cells.push_back(entry.fitted_loss ? events::LossText(words, *entry.fitted_loss, 4) : "–");
    cells.push_back(EstimatePercent(AccuracyEstimate(words, entry.accuracy, images)));
    cells.push_back(n == 0 ? "" : DifferenceText(entries.front().network, entry.network));
    table.AddRow(cells, budget.found && entry.network == budget.found->network);
  }
  const std::string trained =
      scores.finalist_images > 0 ? "trained on " + CountOf(scores.finalist_images, words.sample) + " more and " : "";
  const std::string what = finalists ? "The finalists, each " + trained + "scored on " + CountOf(images, words.sample)
                                     : "The best of " + CountOf(scores.scored, "network") + " scored";
  return Paragraph(what + "; " + words.accuracy + " with the supernet's weights" +
                   (words.classes ? ", with 95 % intervals over its images:" : ":")) +
         table.Text();
}

// Of one training's test: a share, or of key-points average precision.
double ResultOf(const TrainedRun& run) { return run.ap.value_or(run.top1); }

std::string ResultText(double result, bool precision) {
  return precision ? events::PrecisionText(result) : FormatPercent(result, 2);
}

// "0.31 points less", of the random networks.
std::string LeadText(double lead, bool precision) {
  const double size = std::abs(lead);
  return (precision ? FormatDecimals(size, 3) : FormatDecimals(100 * size, 2) + " points") +
         (lead >= 0 ? " less" : " more");
}

// "Trained, it reaches 80.41 % [79.62, 81.18] of the test images", "... an AP of 0.684 and a PCK of 71.20 % ..."
std::string ReachedText(const TrainedRun& found, int64_t images) {
  const std::string text = "Trained, it reaches ";
  if (!found.ap) return text + EstimatePercent(ShareInterval(found.top1, images)) + " of the test images";
  return text + "an AP of " + events::PrecisionText(*found.ap) + " and a PCK of " + FormatPercent(found.top1, 2) +
         " on the test set";
}

std::string TrainedSentence(const SearchRecord& search, const BudgetRecord& budget,
                            const std::vector<TrainedBeside>& trained) {
  const TrainedRun* found = nullptr;
  int64_t images = 0;
  std::vector<double> random;
  for (const TrainedBeside& beside : trained) {
    const TrainingRecord& training = *beside.run->record.training;
    if (!training.result || !training.end || training.start.task != search.start.task) continue;
    if (beside.kind == PricedNetwork::Kind::kRandom) random.push_back(ResultOf(*training.result));
    if (beside.kind == PricedNetwork::Kind::kFound && training.network && budget.network &&
        training.network->layers() == budget.network->layers()) {
      found = &*training.result;
      images = training.end->test_last_epoch.images;
    }
  }
  if (found == nullptr) return "It has not been trained in any of the runs given.";
  const std::string text = ReachedText(*found, images);
  if (random.empty()) return text + ".";
  const bool precision = found->ap.has_value();
  const double own = ResultOf(*found);
  double mean = 0;
  for (const double result : random) mean += result / static_cast<double>(random.size());
  const auto beaten = std::ranges::count_if(random, [&](double result) { return own > result; });
  return text + "; " + CountOf(std::ssize(random), "random network") + (random.size() == 1 ? " reaches " : " reach ") +
         ResultText(mean, precision) + " in the mean (" + ResultText(*std::ranges::min_element(random), precision) +
         " to " + ResultText(*std::ranges::max_element(random), precision) + "), " + LeadText(own - mean, precision) +
         ". It is better than " + std::to_string(beaten) + " of them.";
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
    if (budget.found) html += Paragraph(TrainedSentence(search, budget, trained));
    html += Paragraph("How sure: " + SurenessText(budget, events::WordsOf(search.start.task))) + "</div>\n" +
            RunnersUp(run, budget);
  }
  return html;
}

}  // namespace danas
