#include "persons_info.h"

#include "danas/core/units.h"
#include "danas/data/person_dataset.h"
#include "danas/report/text_table.h"

namespace danas {

Json PersonsJson(const DatasetIndex& set) {
  const PersonCounts counts = CountPersons(*set.persons);
  Json keypoints = Json::object();
  for (size_t i = 0; i < counts.labelled.size(); ++i) keypoints[set.persons->layout.names[i]] = counts.labelled[i];
  return {{"persons", counts.persons},
          {"images", counts.images},
          {"listed_images", counts.listed_images},
          {"sizes", {{"small", counts.small}, {"medium", counts.medium}, {"large", counts.large}}},
          {"keypoints", std::move(keypoints)}};
}

std::string PersonsLine(const DatasetIndex& set) {
  const PersonCounts counts = CountPersons(*set.persons);
  return FormatThousands(counts.persons) + " persons with key-points in " + FormatThousands(counts.images) + " of " +
         FormatThousands(counts.listed_images) + " images";
}

std::string LeftOutText(const DatasetIndex& set) {
  std::string text;
  for (const std::string& line : set.passed_over) text += "       " + line + "\n";
  return text;
}

std::string PersonsTable(const std::vector<NamedSet>& sets) {
  const KeypointLayout& layout = sets.front().set.persons->layout;
  std::vector<Column> columns = {{layout.category}};
  std::vector<std::vector<std::string>> rows = {
      {"small (below 32² pixels)"}, {"medium (32² to 96²)"}, {"large (above 96²)"}};
  for (const std::string& name : layout.names) rows.push_back({name});
  for (size_t i = 0; i < sets.size(); ++i) {
    columns.push_back({sets.size() == 1 ? "persons" : i == 0 ? "train" : "test", Align::kRight});
    const PersonCounts counts = CountPersons(*sets[i].set.persons);
    std::vector<int64_t> column = {counts.small, counts.medium, counts.large};
    column.insert(column.end(), counts.labelled.begin(), counts.labelled.end());
    for (size_t row = 0; row < rows.size(); ++row) rows[row].push_back(FormatThousands(column[row]));
  }
  TextTable table(columns);
  for (std::vector<std::string>& row : rows) table.AddRow(std::move(row));
  return table.Text();
}

}  // namespace danas
