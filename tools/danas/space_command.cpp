#include "space_command.h"

#include <cmath>
#include <filesystem>
#include <iostream>
#include <set>

#include "danas/arch/block_definition.h"
#include "danas/arch/heat_map_head.h"
#include "danas/arch/space_file.h"
#include "danas/config/shipped.h"
#include "danas/core/error.h"
#include "danas/core/file.h"
#include "danas/core/log.h"
#include "danas/core/units.h"
#include "danas/cost/cost_model.h"
#include "danas/figures/graph_figure.h"
#include "danas/report/graph_text.h"
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
  if (options.graph && std::filesystem::path(*options.graph).extension() != ".svg") {
    throw UsageError("--graph '" + *options.graph + "': expected a file whose name ends in .svg");
  }
  const LoadedSpace loaded = LoadSpace(options.space, options.size);
  const SearchSpace space = options.key_points == 0
                                ? loaded.space
                                : WithHeatMapHead(loaded.space, {.key_points = options.key_points, .input = {}});
  if (options.graph) {
    WriteFileAtomically(*options.graph, SpaceFigure(space));
    log::info("graph written to {}", *options.graph);
  }
  if (options.json) {
    std::cout << JsonText(ToJson(space), 2) << "\n";
    return 0;
  }
  std::cout << space.name() << ": " << SizeText(space.input())
            << (space.input_channels() == 1 ? " grey images, " : " images, ") << space.classes()
            << (space.has_heat_maps() ? " key-points, " : " classes, ") << "10^"
            << FormatDecimals(std::log10(space.NetworkCount()), 1) << " networks\n";
  for (const std::string& note : loaded.notes) std::cout << "note: " << note << "\n";
  if (space.channel_order() == ChannelOrder::kKept) std::cout << "channels keep their order in shuffle blocks\n";
  std::cout << "\nstem: " << space.stem().kernel << "x" << space.stem().kernel << " to " << space.stem().channels
            << " channels, stride " << space.stem().stride << "\n";
  for (size_t l = 0; l < space.layers().size(); ++l) {
    std::cout << DescribeLayer(l, space.layers()[l].shape) << ": " << CandidateNames(space.layers()[l]) << "\n";
  }
  if (space.has_heat_maps()) {
    std::cout << "head: 1x1 to heat maps, " << ToText(space.heat_maps()) << "\n";
  } else {
    std::cout << "head: " << space.feature_channels() << " features, dropout " << space.head().dropout << "\n";
  }
  return 0;
}

// Equal for blocks of one kind that have the same steps, whatever their numbers.
std::string StepsOf(const BlockSpec& block, const BlockGraph& graph) {
  std::string text = block.defined.definition->name();
  for (const Step& step : graph.steps) {
    text += "/" + step.name + ":" + std::to_string(step.operation.index());
    for (const MapId input : step.inputs) text += "," + std::to_string(input);
  }
  return text;
}

// The blocks that the file defines, each by the first candidate that has these steps.
std::string DrawDefinedBlocks(const SearchSpace& space) {
  std::string text;
  std::set<std::string> drawn;
  for (size_t l = 0; l < space.layers().size(); ++l) {
    const LayerShape& shape = space.layers()[l].shape;
    for (const BlockSpec& block : space.layers()[l].candidates) {
      if (block.kind != BlockKind::kDefined) continue;
      const BlockGraph graph = GraphOf(block, shape, space.StagePlace(l));
      if (!drawn.insert(StepsOf(block, graph)).second) continue;
      text += "\n" + CandidateName(block) + " in " + DescribeLayer(l, shape) + ":\n" + GraphText(graph);
    }
  }
  return text;
}

}  // namespace

void DescribeOptions(CLI::App& app, SpaceListOptions& options) {
  app.description("List the shipped search spaces");
  AddJson(app, options.json);
}

int RunCommand(const SpaceListOptions& options, const Call&) { return ListSpaces(options.json); }

void DescribeOptions(CLI::App& app, SpaceShowOptions& options) {
  app.description("Show the layers and candidates of a space");
  app.footer(
      "Examples:\n"
      "  danas space show mobile_plus\n"
      "  danas space show mobile_plus --graph mobile_plus.svg\n"
      "  danas space show shuffle_mobile --size 256x192 --key-points 17");
  app.add_option("space", options.space, "a file, or the name of a shipped space")->option_text("SPACE")->required();
  AddSize(app, options.size, "as in the file");
  AddKeyPoints(app, options.key_points);
  app.add_option("--graph", options.graph, "also draw the space and its blocks to this file")->option_text("FILE.svg");
  AddJson(app, options.json);
}

int RunCommand(const SpaceShowOptions& options, const Call&) { return ShowSpace(options); }

void DescribeOptions(CLI::App& app, SpaceCheckOptions& options) {
  app.description("Check search space files, and draw the blocks that they define");
  app.footer("Example:\n  danas space check my_space.json");
  app.add_option("file", options.files, "space files")->option_text("FILE...")->required();
}

int RunCommand(const SpaceCheckOptions& options, const Call&) {
  return CheckFiles(options.files, [](const std::string& path) {
    const LoadedSpace loaded = LoadSpace(path);
    for (const std::string& note : loaded.notes) log::info("{}: {}", path, note);
    return DrawDefinedBlocks(loaded.space);
  });
}

}  // namespace danas
