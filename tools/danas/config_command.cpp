#include "config_command.h"

#include <iostream>

#include "danas/config/config_file.h"
#include "danas/config/preset.h"
#include "danas/config/reference.h"
#include "danas/config/shipped.h"
#include "danas/core/log.h"
#include "inputs.h"

namespace danas {
namespace {

// On standard error, so that what is shown stays a config.
void LogValues(const std::vector<NamedValue>& values) {
  for (const NamedValue& value : values) {
    if (value.named == value.in_config) {
      log::info("{}: {} {}", value.name, value.key, value.named);
    } else {
      log::info("{}: {} {} (overridden: {})", value.name, value.key, value.named, value.in_config);
    }
  }
}

}  // namespace

void DescribeOptions(CLI::App& app, ConfigListOptions&) { app.description("List the shipped configs"); }

int RunCommand(const ConfigListOptions&, const Call&) {
  for (const std::string& name : ShippedNames("")) std::cout << name << "\n";
  return 0;
}

void DescribeOptions(CLI::App& app, ConfigShowOptions& options) {
  app.description("Print a complete config, with defaults filled in");
  app.footer("Example:\n  danas config show --config cifar10.json --set train.lr=0.05");
  AddConfig(app, options.config);
  AddData(app, options.config);
  AddSeed(app, options.config);
}

int RunCommand(const ConfigShowOptions& options, const Call&) {
  const Config config = ReadConfig(options.config);
  LogValues(PresetValues(config));
  LogValues(StrategyValues(config));
  std::cout << JsonText(ToJson(config), 2) << "\n";
  return 0;
}

void DescribeOptions(CLI::App& app, ConfigCheckOptions& options) {
  app.description("Check config files");
  app.footer("Example:\n  danas config check my.json");
  app.add_option("file", options.files, "config files")->option_text("FILE...")->required();
}

int RunCommand(const ConfigCheckOptions& options, const Call&) {
  return CheckFiles(options.files, [](const std::string& path) {
    LoadConfig(path);
    return std::string();
  });
}

void DescribeOptions(CLI::App& app, ConfigSchemaOptions&) {
  app.description("Print the JSON schema of configs, for editors");
}

int RunCommand(const ConfigSchemaOptions&, const Call&) {
  std::cout << ConfigSchema().dump(2) << "\n";
  return 0;
}

void DescribeOptions(CLI::App& app, ConfigReferenceOptions&) {
  app.description("Print the reference of all config keys as Markdown");
}

int RunCommand(const ConfigReferenceOptions&, const Call&) {
  std::cout << ConfigReference();
  return 0;
}

}  // namespace danas
