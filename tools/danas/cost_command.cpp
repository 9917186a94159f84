// danas cost: what a network or a space costs.
#include <iostream>

#include "commands.h"
#include "danas/arch/genotype.h"
#include "danas/arch/space_file.h"
#include "danas/core/error.h"
#include "danas/core/log.h"
#include "danas/core/units.h"
#include "danas/cost/cost_model.h"
#include "danas/report/cost_report.h"

namespace danas {
namespace {

SearchSpace ReadSpace(const CommandLine& line) {
  if (line.space.empty() == line.arch.empty()) {
    throw UsageError("one of --space and --arch is needed. See danas cost --help");
  }
  if (!line.space.empty()) {
    const LoadedSpace loaded = LoadSpace(line.space, {line.image_size, line.image_size}, line.classes);
    for (const std::string& note : loaded.notes) log::debug("{}", note);
    return loaded.space;
  }
  SearchSpace network = ReadGenotype(line.arch).network;
  if (line.image_size > 0) network = network.WithInput({line.image_size, line.image_size});
  if (line.classes > 0) network = network.WithClasses(line.classes);
  return network;
}

}  // namespace

int RunCost(const CommandLine& line) {
  const SearchSpace space = ReadSpace(line);
  const auto model = line.latency_table.empty() ? MakeMacsModel() : ReadLatencyModel(line.latency_table);
  const CostReport report{space, MakeCostTable(*model, space), MakeCostTable(*MakeParametersModel(), space)};
  if (!line.target.empty()) {
    for (const std::string& text : CandidatesAbove(report, ParseCount(line.target))) log::warn("{}", text);
  }
  std::cout << (line.json ? JsonText(CostJson(report), 2) + "\n" : CostText(report));
  return 0;
}

}  // namespace danas
