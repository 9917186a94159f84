// A search space, JSON or YAML: written in full it reads as an equal space, and its costs can be told.
#include <cmath>

#include "danas/arch/space_file.h"
#include "danas/cost/cost_model.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace danas;
  static const fuzz::Folder folder;
  const bool is_json = size > 0 && data[0] == '{';
  const std::filesystem::path path = folder.Write(is_json ? "space.json" : "space.yaml", fuzz::Text(data, size));
  fuzz::Accepts([&] {
    const SearchSpace space = LoadSpace(path.string()).space;
    const Json json = Json::parse(JsonText(ToJson(space)));
    fuzz::Require(SpaceFromJson(json, "again") == space, "a space that is written reads as an equal one");
    for (const auto& model : {MakeMacsModel(), MakeParametersModel()}) {
      const CostTable table = MakeCostTable(*model, space);
      fuzz::Require(table.Least() >= 0 && std::isfinite(table.Most()), "a space's costs are numbers");
    }
  });
  return 0;
}
