// danas models: the zoo's networks and what they cost.
#include <iostream>

#include "commands.h"
#include "danas/arch/zoo.h"
#include "danas/core/json.h"
#include "danas/core/units.h"
#include "danas/cost/cost_model.h"
#include "danas/report/text_table.h"

namespace danas {
namespace {

struct Variant {
  const char* name;
  const char* ending;
  int side;
  int classes;
};
// What each variant is made for: ImageNet and CIFAR-10.
constexpr Variant kFull{"full", "_full", 224, 1000};
constexpr Variant kSmall{"small", "_small", 32, 10};

SearchSpace MakeVariant(const ZooModel& model, const Variant& variant, const CommandLine& line) {
  const int side = line.image_size > 0 ? line.image_size : variant.side;
  return MakeZooNetwork(model.name + variant.ending, {side, side}, line.classes > 0 ? line.classes : variant.classes);
}

Json ToJson(const ZooModel& model, const Variant& variant, const SearchSpace& network) {
  Json json = {{"name", model.name},
               {"network", model.network},
               {"family", NameOf(model.family)},
               {"width", model.width},
               {"variant", variant.name},
               {"input", {network.input().height, network.input().width}},
               {"classes", network.classes()},
               {"macs", CountMacs(network)},
               {"parameters", CountParameters(network)}};
  if (model.groups > 0) json["groups"] = model.groups;
  return json;
}

// "224x224, 1000 classes"
std::string Heading(const SearchSpace& network) {
  return std::to_string(network.input().height) + "x" + std::to_string(network.input().width) + ", " +
         std::to_string(network.classes()) + " classes";
}

}  // namespace

int RunModels(const CommandLine& line) {
  Json list = Json::array();
  TextTable table({{"network"},
                   {"MACs", Align::kRight},
                   {"params", Align::kRight},
                   {"small MACs", Align::kRight},
                   {"params", Align::kRight}});
  std::string headings;
  for (const ZooModel& model : ZooModels()) {
    std::vector<std::string> cells = {model.name};
    for (const Variant& variant : {kFull, kSmall}) {
      const SearchSpace network = MakeVariant(model, variant, line);
      list.push_back(ToJson(model, variant, network));
      cells.push_back(FormatCount(static_cast<double>(CountMacs(network))));
      cells.push_back(FormatCount(static_cast<double>(CountParameters(network))));
      if (list.size() <= 2) headings += (headings.empty() ? "full: " : "; small: ") + Heading(network);
    }
    table.AddRow(cells);
  }
  std::cout << (line.json ? JsonText(list, 2) + "\n" : table.Text() + "\n" + headings + "\n");
  return 0;
}

}  // namespace danas
