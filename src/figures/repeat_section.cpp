// What repeats a search, and what was trained beside it.
#include <algorithm>

#include "danas/config/config_changes.h"
#include "danas/config/config_file.h"
#include "danas/core/units.h"
#include "danas/figures/svg.h"
#include "danas/report/plan_text.h"
#include "danas/report/run_findings.h"
#include "html.h"
#include "run_sections.h"

namespace danas {
namespace {

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

std::string WriterText(const events::WrittenBy& writer) {
  return "danas " + writer.danas + (writer.commit ? ", commit " + *writer.commit : "") + "; torch " + writer.torch +
         "; kernels: " + writer.kernels + "; " + writer.machine;
}

void AddWriters(const std::vector<events::WrittenBy>& writers, HtmlTable& facts) {
  if (writers.empty()) facts.AddRow({"run by", "not recorded"});
  for (const events::WrittenBy& writer : writers) {
    facts.AddRow({&writer == &writers.front() ? "run by" : "then resumed by", WriterText(writer)});
  }
}

}  // namespace

std::string RepeatSection(const ReportedRun& run) {
  const RunRecord& record = run.record;
  const events::SearchStart& start = record.search->start;
  HtmlTable facts({{"", false}, {"", false}});
  facts.AddRow({"seed", std::to_string(start.seed)});
  facts.AddRow({"space", start.space + ", " + CountOf(start.layers, "layer") + ", " + NetworksText(start.networks) +
                             " networks"});
  facts.AddRow({"dataset", start.dataset});
  facts.AddRow({"fingerprint of the training set", start.fingerprint});
  if (events::WordsOf(start.task).classes) facts.AddRow({"order of the classes", start.ranking});
  facts.AddRow({"device", start.device});
  AddWriters(record.written_by, facts);
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

namespace {

// A result has a column where its task is among the trainings.
struct ResultColumns {
  bool classes = false, keypoints = false;

  explicit ResultColumns(const std::vector<TrainedBeside>& trained) {
    for (const TrainedBeside& beside : trained) {
      (events::WordsOf(beside.run->record.training->start.task).classes ? classes : keypoints) = true;
    }
  }

  std::vector<HtmlTable::Column> Titles() const {
    std::vector<HtmlTable::Column> titles;
    if (classes) titles.push_back({"test top-1 [95 %]", true});
    if (keypoints) titles.insert(titles.end(), {{"test AP", true}, {"test PCK", true}});
    return titles;
  }

  // Of a training that is over.
  std::vector<std::string> CellsOf(const TrainingRecord& training) const {
    const TrainedRun& result = *training.result;
    std::vector<std::string> cells;
    if (classes) {
      const Estimate accuracy = ShareInterval(result.top1, training.end->test_last_epoch.images);
      cells.push_back(result.ap ? "" : EstimatePercent(accuracy));
    }
    if (keypoints) {
      cells.push_back(result.ap ? events::PrecisionText(*result.ap) : "");
      cells.push_back(result.ap ? FormatPercent(result.top1, 2) : "");
    }
    return cells;
  }
};

}  // namespace

std::string TrainedSection(const std::vector<TrainedBeside>& trained, FigureShelf& shelf) {
  const ResultColumns of_tests(trained);
  const std::vector<HtmlTable::Column> titles = of_tests.Titles();
  std::vector<HtmlTable::Column> columns = {
      {"run", false}, {"network", false}, {"MACs", true}, {"parameters", true}, {"epochs", true}};
  columns.insert(columns.end(), titles.begin(), titles.end());
  columns.push_back({"time", true});
  HtmlTable table(columns);
  std::vector<TrainedRun> results;
  std::vector<std::pair<std::string, const TrainingRecord*>> records;
  for (const TrainedBeside& beside : trained) {
    const TrainingRecord& training = *beside.run->record.training;
    if (!training.epochs.empty()) records.emplace_back(beside.run->name, &training);
    if (!training.result || !training.end) {
      std::vector<std::string> cells = {
          beside.run->name, beside.run->state, "–", "–",
          std::to_string(training.epochs.size()) + " of " + std::to_string(training.start.epochs)};
      cells.resize(columns.size(), "–");
      table.AddRow(cells);
      continue;
    }
    const TrainedRun& result = *training.result;
    results.push_back(result);
    std::vector<std::string> cells = {beside.run->name, result.network, FormatCount(static_cast<double>(result.macs)),
                                      FormatCount(static_cast<double>(result.parameters)),
                                      std::to_string(result.epochs)};
    for (const std::string& cell : of_tests.CellsOf(training)) cells.push_back(cell);
    cells.push_back(FormatDuration(result.seconds));
    table.AddRow(cells, beside.kind == PricedNetwork::Kind::kFound);
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
