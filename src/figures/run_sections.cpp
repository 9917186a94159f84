#include "run_sections.h"

#include <algorithm>
#include <cmath>
#include <map>

#include "danas/config/config_changes.h"
#include "danas/config/config_file.h"
#include "danas/core/units.h"
#include "danas/cost/cost_model.h"
#include "danas/figures/svg.h"
#include "danas/report/estimate_text.h"
#include "danas/report/run_findings.h"
#include "html.h"

namespace danas {
namespace {

constexpr size_t kNamedClasses = 12;
constexpr size_t kShownLayers = 6;
constexpr size_t kMostDots = 3000;

std::string CountOf(int64_t count, const std::string& what) {
  return FormatThousands(count) + " " + what + (count == 1 ? "" : "s");
}

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

double CostOf(const SearchSpace& network, const std::string& unit) {
  if (unit == "parameters") return static_cast<double>(CountParameters(network));
  if (unit == "bytes") return static_cast<double>(CountMemoryBytes(network));
  return unit == "MACs" ? static_cast<double>(CountMacs(network)) : events::kNotKnown;
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
    return "The search found a network of " + FormatCost(budget.found->cost, unit) + of_budget + ", with " +
           FormatCount(static_cast<double>(budget.found->parameters)) + " parameters and " +
           FormatCount(static_cast<double>(budget.found->macs)) + " MACs, chosen by " + budget.found->chosen_by + ".";
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

int64_t ScoringImages(const Json& config) {
  const Json::json_pointer key("/search/scoring/images");
  return config.contains(key) && config.at(key).is_number_integer() ? config.at(key).get<int64_t>() : 0;
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
  const std::string what = finalists ? "The finalists, each trained further and scored on " + CountOf(images, "image")
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

std::string BudgetTitle(const BudgetRecord& budget) {
  return budget.name.empty() ? "" : "<h3>Budget " + XmlText(budget.name) + "</h3>\n";
}

std::map<std::string, std::string> LabelsOf(const RunRecord& record) {
  std::map<std::string, std::string> label_of;
  for (size_t c = 0; c < std::min(record.class_ids.size(), record.class_labels.size()); ++c) {
    label_of[record.class_ids[c]] = record.class_labels[c];
  }
  return label_of;
}

// Of the classes from `first` to `last` in the order of the schedule.
std::string ClassNames(const RunRecord& record, size_t first, size_t last) {
  const std::map<std::string, std::string> label_of = LabelsOf(record);
  const std::vector<std::string>& order = record.search->start.class_order;
  std::string text;
  last = std::min(last, order.size());
  for (size_t c = first; c < std::min(last, first + kNamedClasses); ++c) {
    const auto label = label_of.find(order[c]);
    const bool named = label != label_of.end() && label->second != order[c] && !label->second.empty();
    text += (c == first ? "" : ", ") + (named ? label->second : order[c]);
  }
  if (last > first + kNamedClasses) text += " and " + std::to_string(last - first - kNamedClasses) + " more";
  return text;
}

std::string ScheduleTable(const RunRecord& record) {
  const SearchRecord& search = *record.search;
  HtmlTable table({{"phase", false},
                   {"epochs", true},
                   {"classes", true},
                   {"classes that come in", false},
                   {"top-1 at its end", true},
                   {"candidates", true},
                   {"cuts (toss-ups)", true},
                   {"time", true}});
  size_t known = 0;
  for (const events::PlannedPhase& phase : search.start.phases) {
    const events::SearchEpoch* last = nullptr;
    int64_t epochs = 0;
    double seconds = 0;
    for (const events::SearchEpoch& epoch : search.epochs) {
      if (epoch.phase != phase.phase) continue;
      last = &epoch;
      ++epochs;
      if (epoch.timing && std::isfinite(epoch.timing->seconds)) seconds += epoch.timing->seconds;
    }
    std::string candidates = "–", cuts = "–";
    for (const events::Pruning& pruning : search.budgets.front().prunings) {
      if (pruning.phase != phase.phase) continue;
      candidates = std::to_string(pruning.candidates_before) + " → " + std::to_string(pruning.candidates_after);
      cuts = std::to_string(std::ssize(pruning.layers));
      if (pruning.unclear_cuts) cuts += " (" + std::to_string(*pruning.unclear_cuts) + ")";
    }
    const auto classes = static_cast<size_t>(std::max<int64_t>(0, phase.classes));
    table.AddRow({phase.phase, std::to_string(epochs) + " of " + std::to_string(phase.epochs),
                  std::to_string(phase.classes), classes > known ? ClassNames(record, known, classes) : "none",
                  last != nullptr && std::isfinite(last->train_accuracy) ? FormatPercent(last->train_accuracy) : "–",
                  candidates, cuts, seconds > 0 ? FormatDuration(seconds) : "–"});
    known = std::max(known, classes);
  }
  return Paragraph(
             "The class schedule: classes come in from easy to hard. Top-1 is that of training, over the "
             "phase's classes.") +
         table.Text();
}

std::string Slider(const SearchRecord& search, const CandidateFrames& frames, const std::string& figure) {
  std::string json = JsonText(FramesJson(search, frames));
  for (size_t at = 0; (at = json.find('<', at)) != std::string::npos;) json.replace(at, 1, "\\u003c");
  return std::string("<div class=\"slider ") + (frames.values ? "values" : "shares") +
         "\"><div class=\"controls\" hidden><label>" + (frames.values ? "pruning" : "epoch") +
         " <input type=\"range\" min=\"0\" step=\"1\" aria-label=\"moment\"></label><output>" +
         XmlText(frames.frames.back().label) + "</output></div>\n" + figure + "<script type=\"application/json\">" +
         json + "</script></div>\n";
}

void AddScored(const BudgetRecord& budget, std::vector<PricedNetwork>& networks, int64_t images) {
  const events::FinalScores& scores = *budget.scores;
  const auto add = [&](const events::ScoredEntry& entry, const std::string& name, PricedNetwork::Kind kind,
                       int64_t count) {
    const bool found = budget.found && entry.network == budget.found->network;
    networks.push_back({.name = name,
                        .cost = entry.cost,
                        .accuracy = ShareInterval(entry.accuracy, count),
                        .kind = found ? PricedNetwork::Kind::kFound : kind});
  };
  if (scores.all) {
    const events::AllScored& all = *scores.all;
    for (size_t n = 0; n < std::min({all.cost.size(), all.accuracy.size(), kMostDots}); ++n) {
      networks.push_back({.name = "scored", .cost = all.cost[n], .accuracy = ShareInterval(all.accuracy[n], images)});
    }
  }
  for (size_t n = 0; n < scores.best.size(); ++n) {
    add(scores.best[n], "scored, place " + std::to_string(n + 1), PricedNetwork::Kind::kScored, images);
  }
  if (scores.finalists.size() < 2) return;
  for (size_t n = 0; n < scores.finalists.size(); ++n) {
    add(scores.finalists[n], "finalist " + std::to_string(n + 1), PricedNetwork::Kind::kFinalist,
        scores.finalist_scoring_images);
  }
}

std::string ConfigChangesTable(const Json& config) {
  HtmlTable table({{"key", false}, {"default", false}, {"here", false}});
  const Json defaults = ToJson(Config{});
  for (const ConfigChange& change : ChangesBetween(defaults, config)) {
    const size_t arrow = change.text.find(" -> ");
    if (arrow == std::string::npos || change.text.size() <= change.key.size()) continue;
    table.AddRow({change.key, change.text.substr(change.key.size() + 1, arrow - change.key.size() - 1),
                  change.text.substr(arrow + 4)});
  }
  return table.empty() ? "" : Paragraph("Config keys that are not at their defaults:") + table.Text();
}

}  // namespace

std::string FigureShelf::Show(Figure figure, const char* kind) {
  figure.name = prefix_ + figure.name;
  std::string html = std::string("<figure class=\"") + kind + "\">\n" + figure.svg + "<figcaption><b>" +
                     XmlText(figure.title) + "</b>" + (figure.finding.empty() ? "" : Paragraph(figure.finding)) +
                     "</figcaption>\n</figure>\n";
  figures_.push_back(std::move(figure));
  return html;
}

std::string FigureShelf::ShowPairs(std::vector<Figure> figures) {
  if (figures.empty()) return "";
  std::string html = "<div class=\"pair\">\n";
  for (Figure& figure : figures) html += Show(std::move(figure));
  return html + "</div>\n";
}

std::string NameOfFound(const ReportedRun& run, const BudgetRecord& budget) {
  return budget.name.empty() ? run.name : run.name + ", " + budget.name;
}

std::string EstimatePercent(const Estimate& estimate) {
  if (!std::isfinite(estimate.value)) return "–";
  if (!std::isfinite(estimate.low)) return FormatPercent(estimate.value, 2);
  return FormatPercent(estimate.value, 2) + " [" + FormatDecimals(100 * estimate.low, 2) + ", " +
         FormatDecimals(100 * estimate.high, 2) + "]";
}

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

std::string NetworkSection(const ReportedRun& run, FigureShelf& shelf) {
  std::string html;
  for (const BudgetRecord& budget : run.record.search->budgets) {
    if (!budget.network) continue;
    const std::string title = (budget.found ? "The network found" : "The network of the highest α so far") +
                              (budget.name.empty() ? std::string() : " for " + budget.name) + ", block by block";
    Figure figure = NetworkFigure(*budget.network, CostsByLayer(*budget.network, run.record.config), title);
    if (!budget.name.empty()) figure.name += "-" + budget.name;
    html += shelf.Show(std::move(figure), "wide");
  }
  return html.empty() ? Paragraph("There is no network yet.") : html;
}

std::string CourseSection(const ReportedRun& run, FigureShelf& shelf) {
  const SearchRecord& search = *run.record.search;
  std::string html = ScheduleTable(run.record);
  for (const BudgetRecord& budget : search.budgets) {
    html += BudgetTitle(budget);
    if (const CandidateFrames frames = FramesOf(search, budget); !frames.frames.empty()) {
      html += Slider(search, frames, shelf.Show(CandidatesFigure(search, budget, frames), "wide"));
    }
    if (auto figure = AlphaCurvesFigure(search, budget)) html += shelf.Show(std::move(*figure));
    if (auto figure = PruningFigure(budget)) html += shelf.Show(std::move(*figure));
    html += shelf.ShowPairs(EpochFigures(search, budget));
  }
  if (search.budgets.size() > 1) html += "<h3>All budgets</h3>\n";
  return html + shelf.ShowPairs(WorkFigures(search));
}

std::string ScoredSection(const ReportedRun& run, const std::vector<TrainedBeside>& trained, FigureShelf& shelf) {
  const SearchRecord& search = *run.record.search;
  std::vector<PricedNetwork> scored, priced;
  std::vector<BudgetLine> lines;
  for (const BudgetRecord& budget : search.budgets) {
    if (budget.target)
      lines.push_back({"budget " + FormatCostNumber(*budget.target, search.start.unit), *budget.target});
    if (budget.scores) AddScored(budget, scored, ScoringImages(run.record.config));
  }
  for (const TrainedBeside& beside : trained) {
    const TrainingRecord& training = *beside.run->record.training;
    if (!training.result || !training.end || !training.network) continue;
    priced.push_back({.name = beside.run->name,
                      .cost = CostOf(*training.network, search.start.unit),
                      .accuracy = ShareInterval(training.result->top1, training.end->test_last_epoch.images),
                      .kind = beside.kind});
  }
  std::string html;
  if (auto figure = ParetoFigure(scored, lines, search.start.unit, false)) html += shelf.Show(std::move(*figure));
  if (auto figure = ParetoFigure(priced, lines, search.start.unit, true)) html += shelf.Show(std::move(*figure));
  for (const BudgetRecord& budget : search.budgets) {
    if (auto figure = BestNetworksFigure(search, budget)) html += shelf.Show(std::move(*figure), "wide");
  }
  return html.empty() ? Paragraph("No networks were scored or trained.") : html;
}

std::string RepeatSection(const ReportedRun& run) {
  const RunRecord& record = run.record;
  const events::SearchStart& start = record.search->start;
  HtmlTable facts({{"", false}, {"", false}});
  facts.AddRow({"seed", std::to_string(start.seed)});
  facts.AddRow({"space", start.space + ", " + CountOf(start.layers, "layer") + ", " + FormatCount(start.networks) +
                             " networks"});
  facts.AddRow({"dataset", start.dataset});
  facts.AddRow({"fingerprint of the training set", start.fingerprint});
  facts.AddRow({"order of the classes", start.ranking});
  facts.AddRow({"device", start.device});
  if (const auto& end = record.search->end) {
    facts.AddRow({"time", FormatDuration(end->timing.seconds)});
    facts.AddRow({"peak memory", FormatBytes(static_cast<double>(end->timing.peak_resident_bytes))});
    if (end->macs_passed) facts.AddRow({"MACs in forward passes", FormatCount(end->macs_passed->total)});
  }
  facts.AddRow({"state", run.state});
  const std::string folder = record.folder.string();
  std::string commands = "danas search --config " + folder + "/config.json --run NEW_RUN\n";
  if (!record.search->end) commands = "danas search --resume " + folder + "\n" + commands;
  for (const BudgetRecord& budget : record.search->budgets) {
    if (!budget.found) continue;
    const std::string best = folder + "/best" + (budget.name.empty() ? "" : "-" + budget.name) + ".json";
    commands += "danas finetune --arch " + best + " --run TRAINED\n";
  }
  commands += "danas report " + folder + "\n";
  std::string html = facts.Text() + Paragraph("To repeat it, to train what it found, and to make this page:") +
                     "<pre>" + XmlText(commands) + "</pre>\n";
  if (!record.config.empty()) {
    html += ConfigChangesTable(record.config) + "<details><summary>The whole config</summary><pre>" +
            XmlText(JsonText(record.config, 2)) + "</pre></details>\n";
  }
  return html;
}

std::string TrainedSection(const std::vector<TrainedBeside>& trained, FigureShelf& shelf) {
  HtmlTable table({{"run", false},
                   {"network", false},
                   {"MACs", true},
                   {"parameters", true},
                   {"epochs", true},
                   {"test top-1 [95 %]", true},
                   {"time", true}});
  std::vector<TrainedRun> results;
  std::vector<std::pair<std::string, const TrainingRecord*>> records;
  for (const TrainedBeside& beside : trained) {
    const TrainingRecord& training = *beside.run->record.training;
    if (!training.epochs.empty()) records.emplace_back(beside.run->name, &training);
    if (!training.result || !training.end) {
      table.AddRow({beside.run->name, beside.run->state, "–", "–",
                    std::to_string(training.epochs.size()) + " of " + std::to_string(training.start.epochs), "–", "–"});
      continue;
    }
    const TrainedRun& result = *training.result;
    results.push_back(result);
    table.AddRow({beside.run->name, result.network, FormatCount(static_cast<double>(result.macs)),
                  FormatCount(static_cast<double>(result.parameters)), std::to_string(result.epochs),
                  EstimatePercent(ShareInterval(result.top1, training.end->test_last_epoch.images)),
                  FormatDuration(result.seconds)},
                 beside.kind == PricedNetwork::Kind::kFound);
  }
  std::string html = table.Text();
  if (results.size() > 1) {
    std::string keys;
    for (const std::string& key : RecipeDifferences(results)) keys += (keys.empty() ? "" : ", ") + key;
    html += Paragraph(keys.empty() ? "All were trained with one recipe and one seed."
                                   : "They were not trained alike; what differs from the first: " + keys + ".");
  }
  return html + shelf.ShowPairs(TrainingFigures(records));
}

}  // namespace danas
