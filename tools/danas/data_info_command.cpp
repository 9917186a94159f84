// danas data info: the classes and images that danas finds in a dataset.
#include <iostream>

#include "danas/core/hash.h"
#include "danas/core/json.h"
#include "danas/core/units.h"
#include "danas/data/dataset_index.h"
#include "danas/report/text_table.h"
#include "data_options.h"
#include "inputs.h"
#include "persons_info.h"

namespace danas {
namespace {

Json IndexJson(const DatasetIndex& index) {
  Json json = {{"name", index.name},
               {"format", NameOf(index.format)},
               {"images", index.size()},
               {"fingerprint", HexText(index.fingerprint)}};
  if (index.persons != nullptr) json.update(PersonsJson(index));
  if (!index.origin.empty()) json["origin"] = index.origin;
  if (!index.passed_over.empty()) json["passed_over"] = index.passed_over;
  return json;
}

// The training set, then the test set if there is one.
Json InfoJson(const std::vector<NamedSet>& sets) {
  const ClassList& list = sets.front().set.classes;
  Json info = Json::object(), classes = Json::array();
  for (size_t c = 0; c < list.ids.size(); ++c) classes.push_back({{"id", list.ids[c]}, {"label", list.labels[c]}});
  for (size_t i = 0; i < sets.size(); ++i) {
    const char* use = i == 0 ? "train" : "test";
    info[use] = IndexJson(sets[i].set);
    const std::vector<int64_t> counts = ImagesPerClass(sets[i].set);
    for (size_t c = 0; c < counts.size(); ++c) classes[c][use] = counts[c];
  }
  info["classes"] = std::move(classes);
  return info;
}

std::string IndexText(const DatasetIndex& index) {
  std::string text = (index.persons != nullptr ? PersonsLine(index) : FormatThousands(index.size()) + " images") +
                     ", " + NameOf(index.format) + ", " + index.name + " (fingerprint " + HexText(index.fingerprint) +
                     ")\n";
  if (!index.origin.empty()) text += "       " + index.origin + "\n";
  return index.persons != nullptr ? text + LeftOutText(index) : text;
}

std::string InfoText(const std::vector<NamedSet>& sets) {
  const ClassList& list = sets.front().set.classes;
  std::vector<Column> columns = {{"class"}, {"label"}};
  std::vector<std::vector<std::string>> rows;
  for (size_t c = 0; c < list.ids.size(); ++c) rows.push_back({list.ids[c], list.labels[c]});
  std::string text;
  for (size_t i = 0; i < sets.size(); ++i) {
    const std::string use = sets.size() == 1 ? "images" : i == 0 ? "train" : "test";
    text += (sets.size() == 1 ? "set" : use) + ": " + IndexText(sets[i].set);
    columns.push_back({use, Align::kRight});
    const std::vector<int64_t> counts = ImagesPerClass(sets[i].set);
    for (size_t c = 0; c < counts.size(); ++c) rows[c].push_back(FormatThousands(counts[c]));
  }
  if (sets.front().set.persons != nullptr) return text + "\n" + PersonsTable(sets);
  TextTable table(columns);
  for (std::vector<std::string>& row : rows) table.AddRow(std::move(row));
  return text + "\n" + table.Text();
}

// A root on its own may have no test set, or be a single set.
std::vector<NamedSet> SetsOf(const std::string& path, const DataConfig& config) {
  if (!path.empty()) return OpenSetsAt(path, config);
  if (config.train.empty() && config.test.empty() && !config.root.empty()) return OpenSetsAt(config.root, config);
  Dataset dataset = OpenDataset(config);
  std::vector<NamedSet> sets;
  sets.push_back({.name = "train", .set = std::move(dataset.train)});
  sets.push_back({.name = "test", .set = std::move(dataset.test)});
  return sets;
}

}  // namespace

int RunCommand(const DataInfoOptions& options, const Call&) {
  const std::vector<NamedSet> sets = SetsOf(options.path, ReadConfig(options.config).data);
  std::cout << (options.json ? JsonText(InfoJson(sets), 2) + "\n" : InfoText(sets));
  return 0;
}

}  // namespace danas
