// danas data: what danas sees in a dataset.
#include <iostream>

#include "commands.h"
#include "danas/core/error.h"
#include "danas/core/hash.h"
#include "danas/core/units.h"
#include "danas/data/dataset_index.h"
#include "danas/report/text_table.h"
#include "inputs.h"

namespace danas {
namespace {

Json IndexJson(const DatasetIndex& index) {
  return {{"name", index.name},
          {"format", NameOf(index.format)},
          {"images", index.size()},
          {"fingerprint", HexText(index.fingerprint)}};
}

Json InfoJson(const Dataset& dataset) {
  Json classes = Json::array();
  const ClassList& list = dataset.train.classes;
  const std::vector<int64_t> train = ImagesPerClass(dataset.train), test = ImagesPerClass(dataset.test);
  for (size_t c = 0; c < list.ids.size(); ++c) {
    classes.push_back({{"id", list.ids[c]}, {"label", list.labels[c]}, {"train", train[c]}, {"test", test[c]}});
  }
  return {{"train", IndexJson(dataset.train)}, {"test", IndexJson(dataset.test)}, {"classes", std::move(classes)}};
}

std::string IndexText(const char* use, const DatasetIndex& index) {
  return std::string(use) + ": " + FormatThousands(index.size()) + " images, " + NameOf(index.format) + ", " +
         index.name + " (fingerprint " + HexText(index.fingerprint) + ")\n";
}

std::string InfoText(const Dataset& dataset) {
  const ClassList& list = dataset.train.classes;
  const std::vector<int64_t> train = ImagesPerClass(dataset.train), test = ImagesPerClass(dataset.test);
  TextTable table({{"class"}, {"label"}, {"train", Align::kRight}, {"test", Align::kRight}});
  for (size_t c = 0; c < list.ids.size(); ++c) {
    table.AddRow({list.ids[c], list.labels[c], FormatThousands(train[c]), FormatThousands(test[c])});
  }
  return IndexText("train", dataset.train) + IndexText("test", dataset.test) + "\n" + table.Text();
}

}  // namespace

int RunData(const CommandLine& line) {
  const Dataset dataset = OpenDataset(ReadConfig(line.config).data);
  std::cout << (line.json ? InfoJson(dataset).dump(2, ' ', false, Json::error_handler_t::replace) + "\n"
                          : InfoText(dataset));
  return 0;
}

}  // namespace danas
