#include "danas/report/comparison.h"

#include <algorithm>
#include <cmath>
#include <iterator>

#include "danas/arch/genotype.h"
#include "danas/config/document.h"
#include "danas/core/error.h"
#include "danas/core/units.h"
#include "danas/cost/cost_model.h"
#include "danas/events/task_words.h"
#include "danas/report/text_table.h"

namespace danas {
namespace {

std::filesystem::path FileOf(const std::filesystem::path& folder, const char* name) {
  const std::filesystem::path path = folder / name;
  if (std::filesystem::exists(path)) return path;
  throw FileError(folder.string() + " contains no " + name +
                  ": it is not the folder of a finished danas finetune or train");
}

double Top1(const Node& result, const char* key) { return result.Key(key).Key("top1").AsDouble(); }

std::optional<double> PrecisionOf(const Node& result, const char* key) {
  const auto keypoints = result.Key(key).Find("keypoints");
  return keypoints ? std::optional(keypoints->Key("ap").AsDouble()) : std::nullopt;
}

// `network` is the root of network.json.
void DescribeOrigin(const Node& network, TrainedRun& run) {
  run.network = "given";
  const auto origin = network.Find("origin");
  if (!origin || !origin->IsMap()) return;
  const auto model = origin->Find("model"), sampled = origin->Find("sampled");
  if (model) {
    run.network = model->AsText();
  } else if (sampled) {
    const std::string near = std::filesystem::path(sampled->KeyOr("near", std::string())).filename().string();
    run.network = near.empty() ? "random within the budget" : "random near " + near;
    run.band_percent = sampled->KeyOr("band_percent", 0.0);
  } else if (origin->Find("config")) {
    run.network = "found by search";
  }
}

std::string SignedPercent(double share) { return (share < 0 ? "−" : "+") + FormatPercent(std::abs(share)); }

double AgainstFirst(const std::vector<TrainedRun>& runs, const TrainedRun& run) {
  return static_cast<double>(run.macs) / static_cast<double>(runs.front().macs) - 1;
}

std::string BandText(const std::vector<TrainedRun>& runs) {
  double band = 0;
  for (const TrainedRun& run : runs) band = std::max(band, run.band_percent);
  if (band == 0) return "";
  const double first = static_cast<double>(runs.front().macs);
  return "band: random networks were drawn uniformly among those within ±" + FormatDecimals(band, 1) + " % of " +
         FormatCount(first) + " MACs, " + FormatCount(first * (1 - band / 100)) + " to " +
         FormatCount(first * (1 + band / 100)) + "\n";
}

// A column of what tests of one task say.
struct ResultColumn {
  const char* name;
  bool keypoints;
  std::string (*cell)(const TrainedRun& run);  // empty where the run has none
};

std::string CellOf(const ResultColumn& column, const TrainedRun& run) {
  return column.keypoints == run.ap.has_value() ? column.cell(run) : "";
}

std::string OptionalPercent(const std::optional<double>& share) { return share ? FormatPercent(*share, 2) : ""; }
std::string OptionalPrecision(const std::optional<double>& ap) { return ap ? events::PrecisionText(*ap) : ""; }

// Those that some run has.
std::vector<ResultColumn> ResultColumns(const std::vector<TrainedRun>& runs) {
  const std::vector<ResultColumn> all = {
      {"test AP", true, [](const TrainedRun& run) { return OptionalPrecision(run.ap); }},
      {"test PCK", true, [](const TrainedRun& run) { return FormatPercent(run.top1, 2); }},
      {"averaged AP", true, [](const TrainedRun& run) { return OptionalPrecision(run.ema_ap); }},
      {"test top-1", false, [](const TrainedRun& run) { return FormatPercent(run.top1, 2); }},
      {"averaged", false, [](const TrainedRun& run) { return OptionalPercent(run.ema_top1); }}};
  std::vector<ResultColumn> some;
  std::ranges::copy_if(all, std::back_inserter(some), [&](const ResultColumn& column) {
    return std::ranges::any_of(runs, [&](const TrainedRun& run) { return !CellOf(column, run).empty(); });
  });
  return some;
}

}  // namespace

TrainedRun ReadTrainedRun(const std::filesystem::path& folder) {
  TrainedRun run;
  run.folder = folder.string();
  const std::filesystem::path network = FileOf(folder, "network.json");
  const Genotype genotype = ReadGenotype(network);
  run.macs = CountMacs(genotype.network);
  run.parameters = CountParameters(genotype.network);
  DescribeOrigin(Document::Read(network).Root(), run);

  const Node result = Document::Read(FileOf(folder, "result.json")).Root();
  run.top1 = Top1(result, "test_last_epoch");
  run.ap = PrecisionOf(result, "test_last_epoch");
  if (result.Find("test_ema")) {
    run.ema_top1 = Top1(result, "test_ema");
    run.ema_ap = PrecisionOf(result, "test_ema");
  }
  run.epochs = result.Key("epochs").AsInt();
  run.seconds = result.Key("seconds").AsDouble();

  const Node config = Document::Read(FileOf(folder, "config.json")).Root();
  const char* section = result.KeyOr("kind", std::string()) == "train" ? "zoo" : "finetune";
  run.recipe = Json::object();
  for (const char* key : {"seed", "data", section}) run.recipe[key] = config.Key(key).ToJson();
  return run;
}

std::vector<std::string> RecipeDifferences(const std::vector<TrainedRun>& runs) {
  std::vector<std::string> keys;
  const Json first = runs.front().recipe.flatten();
  for (const TrainedRun& run : runs) {
    const Json other = run.recipe.flatten();
    for (const auto& [pointer, value] : first.items()) {
      const auto found = other.find(pointer);
      if (found != other.end() && *found == value) continue;
      std::string key = pointer.substr(1);
      std::replace(key.begin(), key.end(), '/', '.');
      if (std::find(keys.begin(), keys.end(), key) == keys.end()) keys.push_back(key);
    }
  }
  return keys;
}

std::string ComparisonText(const std::vector<TrainedRun>& runs) {
  const std::vector<ResultColumn> results = ResultColumns(runs);
  std::vector<Column> columns = {
      {"run"}, {"network"}, {"MACs", Align::kRight}, {"", Align::kRight}, {"params", Align::kRight}};
  for (const ResultColumn& column : results) columns.push_back({column.name, Align::kRight});
  columns.push_back({"time", Align::kRight});
  TextTable table(columns);
  for (const TrainedRun& run : runs) {
    std::vector<std::string> cells = {std::filesystem::path(run.folder).filename().string(), run.network,
                                      FormatCount(static_cast<double>(run.macs)),
                                      &run == &runs.front() ? "" : SignedPercent(AgainstFirst(runs, run)),
                                      FormatCount(static_cast<double>(run.parameters))};
    for (const ResultColumn& column : results) cells.push_back(CellOf(column, run));
    cells.push_back(FormatDuration(run.seconds));
    table.AddRow(cells);
  }
  std::string text = table.Text() + BandText(runs);
  const std::vector<std::string> differences = RecipeDifferences(runs);
  if (differences.empty()) return text + "recipe: the same for all, seed included; tested once, after the last epoch\n";
  text += "recipe: these runs were NOT trained alike; they differ in";
  for (const std::string& key : differences) text += " " + key;
  return text + "\n";
}

Json ComparisonJson(const std::vector<TrainedRun>& runs) {
  Json rows = Json::array();
  for (const TrainedRun& run : runs) {
    Json row = {{"folder", run.folder},
                {"network", run.network},
                {"macs", run.macs},
                {"macs_against_first", AgainstFirst(runs, run)},
                {"parameters", run.parameters},
                {"epochs", run.epochs},
                {"top1", run.top1},
                {"seconds", run.seconds}};
    if (run.ema_top1) row["ema_top1"] = *run.ema_top1;
    if (run.ap) row["ap"] = *run.ap;
    if (run.ema_ap) row["ema_ap"] = *run.ema_ap;
    if (run.band_percent > 0) row["band_percent"] = run.band_percent;
    rows.push_back(std::move(row));
  }
  return {{"runs", std::move(rows)}, {"recipe_differences", RecipeDifferences(runs)}};
}

}  // namespace danas
