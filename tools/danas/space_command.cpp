#include "space_command.h"

#include <cmath>
#include <filesystem>
#include <iostream>

#include "danas/arch/space_file.h"
#include "danas/config/shipped.h"
#include "danas/core/log.h"
#include "danas/core/units.h"
#include "danas/cost/cost_model.h"
#include "danas/report/text_table.h"
#include "inputs.h"

namespace danas {
namespace {

std::string SizeText(Size size) { return std::to_string(size.height) + "x" + std::to_string(size.width); }

// Spelled out, since the log reports where a bare name was found.
std::filesystem::path FileOfShipped(const std::string& name) {
  for (const std::filesystem::path& folder : ShippedFolders()) {
    const std::filesystem::path path = folder / "spaces" / (name + ".json");
    if (std::filesystem::exists(path)) return path;
  }
  return name;
}

int ListSpaces(bool json) {
  TextTable table({{"space"},
                   {"input"},
                   {"layers", Align::kRight},
                   {"candidates", Align::kRight},
                   {"least", Align::kRight},
                   {"most MACs", Align::kRight}});
  Json list = Json::array();
  for (const std::string& name : ShippedSpaces()) {
    const SearchSpace space = LoadSpace(FileOfShipped(name)).space;
    const CostTable costs = MakeCostTable(*MakeMacsModel(), space);
    table.AddRow({name, SizeText(space.input()), std::to_string(space.layers().size()),
                  std::to_string(space.CandidateCount()), FormatCount(costs.Least()), FormatCount(costs.Most())});
    list.push_back({{"name", name},
                    {"input", {space.input().height, space.input().width}},
                    {"layers", space.layers().size()},
                    {"candidates", space.CandidateCount()},
                    {"least_macs", std::llround(costs.Least())},
                    {"most_macs", std::llround(costs.Most())}});
  }
  std::cout << (json ? JsonText(list, 2) + "\n" : table.Text());
  return 0;
}

std::string CandidateNames(const LayerSpec& layer) {
  std::string names;
  for (const BlockSpec& block : layer.candidates) names += (names.empty() ? "" : " ") + CandidateName(block);
  return names;
}

int ShowSpace(const SpaceShowOptions& options) {
  const LoadedSpace loaded = LoadSpace(options.space);
  const SearchSpace& space = loaded.space;
  if (options.json) {
    std::cout << JsonText(ToJson(space), 2) << "\n";
    return 0;
  }
  std::cout << space.name() << ": " << SizeText(space.input())
            << (space.input_channels() == 1 ? " grey images, " : " images, ") << space.classes() << " classes, "
            << "10^" << FormatDecimals(std::log10(space.NetworkCount()), 1) << " networks\n";
  for (const std::string& note : loaded.notes) std::cout << "note: " << note << "\n";
  if (space.channel_order() == ChannelOrder::kKept) std::cout << "channels keep their order in shuffle blocks\n";
  std::cout << "\nstem: " << space.stem().kernel << "x" << space.stem().kernel << " to " << space.stem().channels
            << " channels, stride " << space.stem().stride << "\n";
  for (size_t l = 0; l < space.layers().size(); ++l) {
    std::cout << DescribeLayer(l, space.layers()[l].shape) << ": " << CandidateNames(space.layers()[l]) << "\n";
  }
  std::cout << "head: " << space.feature_channels() << " features, dropout " << space.head().dropout << "\n";
  return 0;
}

}  // namespace

void DescribeOptions(CLI::App& app, SpaceListOptions& options) {
  app.description("List the shipped search spaces");
  AddJson(app, options.json);
}

int RunCommand(const SpaceListOptions& options, const Call&) { return ListSpaces(options.json); }

void DescribeOptions(CLI::App& app, SpaceShowOptions& options) {
  app.description("Show the layers and candidates of a space");
  app.footer("Example:\n  danas space show mobile_plus");
  app.add_option("space", options.space, "a file, or the name of a shipped space")->option_text("SPACE")->required();
  AddJson(app, options.json);
}

int RunCommand(const SpaceShowOptions& options, const Call&) { return ShowSpace(options); }

void DescribeOptions(CLI::App& app, SpaceCheckOptions& options) {
  app.description("Check search space files");
  app.footer("Example:\n  danas space check my_space.json");
  app.add_option("file", options.files, "space files")->option_text("FILE...")->required();
}

int RunCommand(const SpaceCheckOptions& options, const Call&) {
  return CheckFiles(options.files, [](const std::string& path) {
    for (const std::string& note : LoadSpace(path).notes) log::info("{}: {}", path, note);
  });
}

}  // namespace danas
