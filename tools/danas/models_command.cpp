#include "models_command.h"

#include <iostream>

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

SearchSpace MakeVariant(const ZooModel& model, const Variant& variant, const InputOptions& input) {
  const Size size = input.size != Size{} ? input.size : Size{variant.side, variant.side};
  return MakeZooNetwork(model.name + variant.ending, size, input.classes > 0 ? input.classes : variant.classes);
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

void DescribeOptions(CLI::App& app, ModelsOptions& options) {
  app.description("List the networks of the model zoo and their costs");
  app.footer(
      "Examples:\n"
      "  danas models\n"
      "  danas models --size 64 --classes 200 --json\n"
      "Each network has a full variant and a small one, for images of 28 to 64 pixels.");
  AddInput(app, options.input, "224 for the full variants, 32 for the small ones", "1000 and 10");
  AddJson(app, options.json);
}

int RunCommand(const ModelsOptions& options, const Call&) {
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
      const SearchSpace network = MakeVariant(model, variant, options.input);
      list.push_back(ToJson(model, variant, network));
      cells.push_back(FormatCount(static_cast<double>(CountMacs(network))));
      cells.push_back(FormatCount(static_cast<double>(CountParameters(network))));
      if (list.size() <= 2) headings += (headings.empty() ? "full: " : "; small: ") + Heading(network);
    }
    table.AddRow(cells);
  }
  std::cout << (options.json ? JsonText(list, 2) + "\n" : table.Text() + "\n" + headings + "\n");
  return 0;
}

}  // namespace danas
