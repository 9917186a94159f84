#include "danas/report/cost_report.h"

#include <variant>

#include "danas/arch/block_graph.h"
#include "danas/core/units.h"
#include "danas/report/text_table.h"
#include "src/report/cost_cell.h"

namespace danas {
namespace {

constexpr const char* kMemory = "memory (bytes)";

// As it stands in a table.
std::string Cell(const CostTable& costs, double cost) { return CostCell(costs.unit, cost); }

Json Number(const CostTable& costs, double cost) { return CostNumber(costs.unit, cost); }

std::string SizeText(Size size) { return std::to_string(size.height) + "x" + std::to_string(size.width); }

// [first, last] of the layers from `first` on that are equal to it.
size_t LastEqual(const std::vector<LayerSpec>& layers, size_t first) {
  size_t last = first;
  while (last + 1 < layers.size() && layers[last + 1] == layers[first]) ++last;
  return last;
}

std::string LayersText(size_t first, size_t last) {
  return first == last ? std::to_string(first) : std::to_string(first) + "-" + std::to_string(last);
}

std::string StrideCell(const LayerShape& shape) {
  return shape.upsample > 1 ? ScaleText(shape) : std::to_string(shape.stride);
}

void AddCandidates(TextTable& table, const CostReport& report, size_t first, size_t last) {
  const LayerSpec& layer = report.space.layers()[first];
  for (size_t c = 0; c < layer.candidates.size(); ++c) {
    const bool opens = c == 0;
    const LayerShape& shape = layer.shape;
    table.AddRow({opens ? LayersText(first, last) : "",
                  opens ? std::to_string(shape.in) + " → " + std::to_string(shape.out) : "",
                  opens ? SizeText(shape.input) : "", opens ? StrideCell(shape) : "",
                  CandidateName(layer.candidates[c]), Cell(report.costs, report.costs.candidates_lc[first][c]),
                  Cell(report.parameters, report.parameters.candidates_lc[first][c]),
                  Cell(report.memory, report.memory.candidates_lc[first][c])});
  }
}

std::string Totals(const CostReport& report) {
  const CostTable& costs = report.costs;
  const CostTable& parameters = report.parameters;
  const CostTable& memory = report.memory;
  if (report.space.IsNetwork()) {
    return "total: " + Cell(costs, costs.Least()) + " " + costs.unit + ", " + Cell(parameters, parameters.Least()) +
           " parameters, " + FormatBytes(memory.Least()) + " of activations at most at once\n";
  }
  TextTable table({{""}, {costs.unit, Align::kRight}, {"parameters", Align::kRight}, {kMemory, Align::kRight}});
  const auto add = [&](const std::string& what, double (CostTable::*of)() const) {
    table.AddRow(
        {what, Cell(costs, (costs.*of)()), Cell(parameters, (parameters.*of)()), Cell(memory, (memory.*of)())});
  };
  add("fixed part", &CostTable::FixedPart);
  add("least", &CostTable::Least);
  add("mean", &CostTable::Mean);
  add("most", &CostTable::Most);
  return table.Text();
}

std::string AtOutputText(const CostReport& report) {
  const CostTable& macs = *report.macs_at_output;
  std::string range = Cell(macs, macs.Least());
  if (!report.space.IsNetwork()) range += " to " + Cell(macs, macs.Most());
  return "counting each deconvolution at its output, as papers on key-points do: " + range + " MACs\n";
}

// Whether any candidate has one.
bool HasDeconvolutions(const SearchSpace& space) {
  for (const LayerSpec& layer : space.layers()) {
    for (const BlockSpec& block : layer.candidates) {
      for (const Step& step : GraphOf(block, layer.shape).steps) {
        if (std::holds_alternative<DeconvolutionStep>(step.operation)) return true;
      }
    }
  }
  return false;
}

}  // namespace

CostReport MakeCostReport(const SearchSpace& space, const CostModel& model) {
  CostReport report{.space = space,
                    .costs = MakeCostTable(model, space),
                    .parameters = MakeCostTable(*MakeParametersModel(), space),
                    .memory = MakeCostTable(*MakeMemoryModel(), space)};
  const std::unique_ptr<CostModel> at_output = MakeMacsModel(DeconvolutionMacs::kAtOutput);
  if (model.unit() == at_output->unit() && HasDeconvolutions(space)) {
    report.macs_at_output = MakeCostTable(*at_output, space);
  }
  return report;
}

std::string CostText(const CostReport& report) {
  const SearchSpace& space = report.space;
  std::string text = space.name() + ": " + SizeText(space.input()) + " images, " + std::to_string(space.classes()) +
                     (space.has_heat_maps() ? " key-points, " : " classes, ") + std::to_string(space.layers().size()) +
                     " layers, " + std::to_string(space.SearchableLayers()) + " of them searched\n\n";
  TextTable table({{"layer"},
                   {"channels"},
                   {"input"},
                   {"stride"},
                   {"candidate"},
                   {report.costs.unit, Align::kRight},
                   {"parameters", Align::kRight},
                   {kMemory, Align::kRight}});
  for (size_t first = 0; first < space.layers().size();) {
    const size_t last = LastEqual(space.layers(), first);
    AddCandidates(table, report, first, last);
    first = last + 1;
  }
  table.AddRow({"", "", "", "", "stem and head", Cell(report.costs, report.costs.fixed),
                Cell(report.parameters, report.parameters.fixed), Cell(report.memory, report.memory.fixed)});
  return text + table.Text() + "\n" + Totals(report) + (report.macs_at_output ? AtOutputText(report) : "");
}

Json CostJson(const CostReport& report) {
  const SearchSpace& space = report.space;
  const CostTable& costs = report.costs;
  Json layers = Json::array();
  for (size_t l = 0; l < space.layers().size(); ++l) {
    const auto& [shape, blocks] = space.layers()[l];
    Json candidates = Json::array();
    for (size_t c = 0; c < blocks.size(); ++c) {
      candidates.push_back({{"name", CandidateName(blocks[c])},
                            {"cost", Number(costs, costs.candidates_lc[l][c])},
                            {"parameters", Number(report.parameters, report.parameters.candidates_lc[l][c])},
                            {"memory_bytes", Number(report.memory, report.memory.candidates_lc[l][c])}});
    }
    layers.push_back({{"in", shape.in},
                      {"out", shape.out},
                      {"stride", shape.stride},
                      {"input", {shape.input.height, shape.input.width}},
                      {"candidates", std::move(candidates)}});
    if (shape.upsample > 1) layers.back()["upsample"] = shape.upsample;
  }
  Json json = {{"space", space.name()},
               {"unit", costs.unit},
               {"input", {space.input().height, space.input().width}},
               {"classes", space.classes()},
               {"stem_and_head", Number(costs, costs.fixed)},
               {"fixed_part", Number(costs, costs.FixedPart())},
               {"layers", std::move(layers)},
               {"least", Number(costs, costs.Least())},
               {"mean", costs.Mean()},
               {"most", Number(costs, costs.Most())},
               {"least_parameters", Number(report.parameters, report.parameters.Least())},
               {"most_parameters", Number(report.parameters, report.parameters.Most())},
               {"least_memory_bytes", Number(report.memory, report.memory.Least())},
               {"most_memory_bytes", Number(report.memory, report.memory.Most())},
               {"networks", space.NetworkCount()}};
  if (space.has_heat_maps()) json["head"] = NameOf(space.head().kind);
  if (const auto& macs = report.macs_at_output) {
    json["least_macs_at_output"] = Number(*macs, macs->Least());
    json["most_macs_at_output"] = Number(*macs, macs->Most());
  }
  return json;
}

std::vector<std::string> CandidatesAbove(const CostReport& report, double target) {
  std::vector<std::string> texts;
  const CostTable& costs = report.costs;
  for (size_t l = 0; l < costs.candidates_lc.size(); ++l) {
    const LayerSpec& layer = report.space.layers()[l];
    for (size_t c = 0; c < costs.candidates_lc[l].size(); ++c) {
      const double cost = costs.candidates_lc[l][c];
      if (cost <= target) continue;
      texts.push_back(DescribeLayer(l, layer.shape) + ": " + CandidateName(layer.candidates[c]) + " alone costs " +
                      Cell(costs, cost) + " " + costs.unit + ", more than the target of " + Cell(costs, target));
    }
  }
  return texts;
}

}  // namespace danas
