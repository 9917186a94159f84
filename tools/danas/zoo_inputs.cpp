#include "zoo_inputs.h"

#include "danas/arch/zoo.h"
#include "danas/config/config_file.h"
#include "danas/config/shipped.h"
#include "danas/core/error.h"
#include "danas/core/log.h"
#include "danas/data/dataset_index.h"
#include "inputs.h"

namespace danas {
namespace {

// The shipped config for a dataset's layout; "" for layouts that any images may have.
std::string ConfigForFormat(DataFormat format) {
  switch (format) {
    case DataFormat::kCifar10:
      return "cifar10";
    case DataFormat::kCifar100:
      return "cifar100";
    case DataFormat::kIdx:
      return "fashion_mnist";
    default:
      return "";
  }
}

std::string ConfigForData(const ConfigOptions& options) {
  const Config given = ReadConfig(options);
  if (!given.data.NamesDataset()) {
    throw ConfigError("no dataset is specified. Give its folder with --data, or a config with --config");
  }
  const DataFormat format = FormatOfTrainingSet(given.data);
  const std::string name = ConfigForFormat(format);
  if (name.empty()) return "";
  const std::string path = ShippedFile("", name).string();
  log::info("no --config given: image size, normalisation and split for {} files are from {}", NameOf(format), path);
  return path;
}

}  // namespace

Config ConfigOfZooModel(const std::string& model, const ConfigOptions& options) {
  const ZooFamily family = FindZooModel(model).family;
  const std::string file = options.config.empty() ? ConfigForData(options) : options.config;
  const Config without_recipe = file.empty() ? ReadConfig(options) : LoadConfig(file, options.settings);
  if (!without_recipe.data.NamesDataset()) {
    throw ConfigError("no dataset is specified. Give its folder with --data, or set data.root in the config");
  }
  const bool small = without_recipe.data.image_size <= kLargestSmallSide;
  const auto recipe = ShippedFile("zoo", std::string(NameOf(family)) + (small ? "_small" : ""));
  log::info("{}: training settings that are not in the config are from {}", model, recipe.string());
  Config config = LoadConfigOver(recipe, file, options.settings);
  ValidateZoo(config, (file.empty() ? "" : file + " over ") + recipe.string());
  return config;
}

}  // namespace danas
