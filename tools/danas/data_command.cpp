// danas data: what danas sees in a dataset; a manifest of ImageNet's flat validation folder.
#include <filesystem>
#include <iostream>

#include "commands.h"
#include "danas/core/file.h"
#include "danas/core/hash.h"
#include "danas/core/json.h"
#include "danas/core/units.h"
#include "danas/data/dataset_index.h"
#include "danas/data/imagenet_devkit.h"
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

int ShowInfo(const CommandLine& line) {
  const Dataset dataset = OpenDataset(ReadConfig(line.config).data);
  std::cout << (line.json ? JsonText(InfoJson(dataset), 2) + "\n"
                          : InfoText(dataset));
  return 0;
}

int MakeManifest(const CommandLine& line) {
  const std::filesystem::path kit = std::filesystem::path(line.devkit) / "data";
  const std::filesystem::path out = line.out;
  const DevkitManifest manifest =
      MakeDevkitManifest({.images = line.paths.front(),
                          .ground_truth = kit / "ILSVRC2012_validation_ground_truth.txt",
                          .synsets = line.synsets.empty() ? kit / "meta.mat" : std::filesystem::path(line.synsets)},
                         out.parent_path());
  WriteFileAtomically(out, manifest.csv);
  if (!line.class_names.empty()) WriteFileAtomically(line.class_names, manifest.class_names);
  std::cout << out.string() << ": " << FormatThousands(manifest.images) << " images of "
            << FormatThousands(manifest.classes) << " classes\n";
  return 0;
}

}  // namespace

int RunData(const CommandLine& line) {
  return line.command == Command::kDataManifest ? MakeManifest(line) : ShowInfo(line);
}

}  // namespace danas
