// A latency table; a small space is looked up in it.
#include "danas/arch/space_file.h"
#include "danas/cost/cost_model.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace danas;
  static const fuzz::Folder folder;
  static const SearchSpace space = LoadSpace("mobile_tiny").space;
  const std::filesystem::path path = folder.Write("table.yaml", fuzz::Text(data, size));
  std::unique_ptr<CostModel> model;
  if (!fuzz::Accepts([&] { model = ReadLatencyModel(path); })) return 0;
  fuzz::Accepts([&] {
    const CostTable table = MakeCostTable(*model, space);
    fuzz::Require(table.Least() >= 0 && table.Least() <= table.Most(), "latencies are ordered");
  });
  return 0;
}
