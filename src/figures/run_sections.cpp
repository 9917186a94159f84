#include "run_sections.h"

#include <algorithm>
#include <cmath>
#include <map>

#include "danas/core/units.h"
#include "danas/cost/cost_model.h"
#include "danas/figures/svg.h"
#include "danas/report/run_findings.h"
#include "html.h"

namespace danas {
namespace {

constexpr size_t kNamedClasses = 12;
constexpr size_t kMostDots = 3000;

std::map<std::string, std::string> LabelsOf(const RunRecord& record) {
  std::map<std::string, std::string> label_of;
  for (size_t c = 0; c < std::min(record.class_ids.size(), record.class_labels.size()); ++c) {
    label_of[record.class_ids[c]] = record.class_labels[c];
  }
  const events::SearchStart& start = record.search->start;  // tells them of a search under way, too
  const std::vector<std::string> labels = start.class_labels.value_or(std::vector<std::string>());
  for (size_t c = 0; c < std::min(start.class_order.size(), labels.size()); ++c)
    label_of[start.class_order[c]] = labels[c];
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
  const events::TaskWords words = events::WordsOf(search.start.task);
  std::vector<HtmlTable::Column> columns = {{"phase", false}, {"epochs", true}};
  if (words.classes) {
    columns.insert(columns.end(), {{"classes", true}, {"classes that come in", false}});
  } else {
    columns.push_back({"persons", true});
  }
  columns.insert(
      columns.end(),
      {{words.accuracy + " at its end", true}, {"candidates", true}, {"cuts (toss-ups)", true}, {"time", true}});
  HtmlTable table(columns);
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
    std::vector<std::string> cells = {phase.phase, std::to_string(epochs) + " of " + std::to_string(phase.epochs)};
    if (words.classes) {
      cells.push_back(std::to_string(phase.classes));
      cells.push_back(classes > known ? ClassNames(record, known, classes) : "none");
    } else {
      cells.push_back(FormatThousands(phase.weight_images));
    }
    cells.push_back(last != nullptr && std::isfinite(last->train_accuracy) ? FormatPercent(last->train_accuracy) : "–");
    cells.insert(cells.end(), {candidates, cuts, seconds > 0 ? FormatDuration(seconds) : "–"});
    table.AddRow(cells);
    known = std::max(known, classes);
  }
  return Paragraph(words.classes ? "The class schedule: classes come in from easy to hard. Top-1 is that of training, "
                                   "over the phase's classes."
                                 : "The phases, with the persons of a pass over the training set. PCK, the share of "
                                   "key-points that are near where they should be, is that of training.") +
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

void AddScored(const BudgetRecord& budget, const events::TaskWords& words, std::vector<PricedNetwork>& networks,
               int64_t images) {
  const events::FinalScores& scores = *budget.scores;
  const auto add = [&](const events::ScoredEntry& entry, const std::string& name, PricedNetwork::Kind kind,
                       int64_t count) {
    const bool found = budget.found && entry.network == budget.found->network;
    networks.push_back({.name = name,
                        .cost = entry.cost,
                        .accuracy = AccuracyEstimate(words, entry.accuracy, count),
                        .kind = found ? PricedNetwork::Kind::kFound : kind});
  };
  if (scores.all) {
    const events::AllScored& all = *scores.all;
    for (size_t n = 0; n < std::min({all.cost.size(), all.accuracy.size(), kMostDots}); ++n) {
      networks.push_back(
          {.name = "scored", .cost = all.cost[n], .accuracy = AccuracyEstimate(words, all.accuracy[n], images)});
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

}  // namespace

std::string CountOf(int64_t count, const std::string& what) {
  return FormatThousands(count) + " " + what + (count == 1 ? "" : "s");
}

double CostOf(const SearchSpace& network, const std::string& unit) {
  if (unit == "parameters") return static_cast<double>(CountParameters(network));
  if (unit == "bytes") return static_cast<double>(CountMemoryBytes(network));
  return unit == "MACs" ? static_cast<double>(CountMacs(network)) : events::kNotKnown;
}

Estimate AccuracyEstimate(const events::TaskWords& words, double accuracy, int64_t count) {
  return ShareInterval(accuracy, words.classes ? count : 0);
}

int64_t ScoringImages(const Json& config) {
  const Json::json_pointer key("/search/scoring/images");
  return config.contains(key) && config.at(key).is_number_integer() ? config.at(key).get<int64_t>() : 0;
}

std::string BudgetTitle(const BudgetRecord& budget) {
  return budget.name.empty() ? "" : "<h3>Budget " + XmlText(budget.name) + "</h3>\n";
}

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
    if (auto figure = PruningFigure(budget, events::WordsOf(search.start.task))) html += shelf.Show(std::move(*figure));
    html += shelf.ShowPairs(EpochFigures(search, budget));
  }
  if (search.budgets.size() > 1) html += "<h3>All budgets</h3>\n";
  return html + shelf.ShowPairs(WorkFigures(search));
}

std::string ScoredSection(const ReportedRun& run, const std::vector<TrainedBeside>& trained, FigureShelf& shelf) {
  const SearchRecord& search = *run.record.search;
  const events::TaskWords words = events::WordsOf(search.start.task);
  std::vector<PricedNetwork> scored, priced;
  std::vector<BudgetLine> lines;
  for (const BudgetRecord& budget : search.budgets) {
    if (budget.target)
      lines.push_back({"budget " + FormatCostNumber(*budget.target, search.start.unit), *budget.target});
    if (budget.scores) AddScored(budget, words, scored, ScoringImages(run.record.config));
  }
  for (const TrainedBeside& beside : trained) {
    const TrainingRecord& training = *beside.run->record.training;
    if (!training.result || !training.end || !training.network) continue;
    if (training.start.task != search.start.task) continue;
    const TrainedRun& result = *training.result;
    priced.push_back(
        {.name = beside.run->name,
         .cost = CostOf(*training.network, search.start.unit),
         .accuracy = AccuracyEstimate(words, result.ap.value_or(result.top1), training.end->test_last_epoch.images),
         .kind = beside.kind});
  }
  std::string html;
  if (auto figure = ParetoFigure(scored, lines, search.start.unit, false, words))
    html += shelf.Show(std::move(*figure));
  if (auto figure = ParetoFigure(priced, lines, search.start.unit, true, words)) html += shelf.Show(std::move(*figure));
  for (const BudgetRecord& budget : search.budgets) {
    if (auto figure = BestNetworksFigure(search, budget)) html += shelf.Show(std::move(*figure), "wide");
  }
  if (!html.empty()) return html;
  return Paragraph(priced.empty() ? "No networks were scored or trained."
                                  : "No networks were scored, and one alone was trained.");
}

}  // namespace danas
