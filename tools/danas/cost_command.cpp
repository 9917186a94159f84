#include "cost_command.h"

#include <iostream>

#include "danas/arch/genotype.h"
#include "danas/arch/heat_map_head.h"
#include "danas/arch/space_file.h"
#include "danas/core/error.h"
#include "danas/core/log.h"
#include "danas/core/units.h"
#include "danas/cost/cost_model.h"
#include "danas/report/cost_report.h"

namespace danas {
namespace {

SearchSpace ReadSpace(const CostOptions& options) {
  if (options.space.empty() == options.arch.empty()) {
    throw UsageError("exactly one of --space and --arch is required. See danas cost --help");
  }
  if (!options.space.empty()) {
    const LoadedSpace loaded = LoadSpace(options.space, options.input.size, options.input.classes);
    for (const std::string& note : loaded.notes) log::debug("{}", note);
    return loaded.space;
  }
  SearchSpace network = ReadGenotype(options.arch).network;
  if (options.input.size != Size{}) network = network.WithInput(options.input.size);
  if (options.input.classes > 0) network = network.WithClasses(options.input.classes);
  return network;
}

// Of --key-points, where it is given.
SearchSpace WithHeatMaps(const SearchSpace& space, const CostOptions& options) {
  if (options.key_points == 0) return space;
  if (options.input.classes > 0) throw UsageError("--classes and --key-points: heat maps distinguish no classes");
  return WithHeatMapHead(space, {.key_points = options.key_points, .input = {}});
}

}  // namespace

void DescribeOptions(CLI::App& app, CostOptions& options) {
  app.description("Print the cost of a network or a search space");
  app.footer(
      "Examples:\n"
      "  danas cost --space shuffle --target 325M\n"
      "  danas cost --arch runs/mine/best.json\n"
      "  danas cost --space shuffle_mobile --size 256x192 --key-points 17\n"
      "MACs are the multiply-accumulates of convolutions and fully connected layers. Memory is what the\n"
      "activations of one image take at most at once, in float32; a network's is the greatest of its layers'.");
  app.add_option("--space", options.space, "search space: a file, or the name of a shipped one")->option_text("SPACE");
  AddArch(app, options.arch);
  AddInput(app, options.input, "as in the file", "as in the file");
  AddKeyPoints(app, options.key_points);
  app.add_option("--latency-table", options.latency_table, "print milliseconds from this table instead of MACs")
      ->option_text("FILE");
  app.add_option("--target", options.target, "warn about each candidate that exceeds this cost on its own")
      ->option_text("COUNT");
  AddJson(app, options.json);
}

int RunCommand(const CostOptions& options, const Call&) {
  const SearchSpace space = WithHeatMaps(ReadSpace(options), options);
  const auto model = options.latency_table.empty() ? MakeMacsModel() : ReadLatencyModel(options.latency_table);
  const CostReport report = MakeCostReport(space, *model);
  if (!options.target.empty()) {
    for (const std::string& text : CandidatesAbove(report, ParseCount(options.target))) log::warn("{}", text);
  }
  std::cout << (options.json ? JsonText(CostJson(report), 2) + "\n" : CostText(report));
  return 0;
}

}  // namespace danas
