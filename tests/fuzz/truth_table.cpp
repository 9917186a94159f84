// A table of trained networks, of a small space that is shipped.
#include "danas/easiness/truth_table.h"

#include "danas/arch/space_file.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace danas;
  static const fuzz::Folder folder;
  static const SearchSpace space = LoadSpace("mobile_tiny").space;
  const std::filesystem::path file = folder.Write("table.csv", fuzz::Text(data, size));
  fuzz::Accepts([&] {
    const std::vector<TrainedNetwork> networks = ReadTruthTable(file, space);
    fuzz::Require(!networks.empty(), "a table has a trained network");
    for (const TrainedNetwork& network : networks) {
      fuzz::Require(network.network.size() == space.layers().size(), "a network has a candidate for each layer");
      fuzz::Require(network.accuracy() >= 0 && network.accuracy() <= 1, "an accuracy is a share");
    }
  });
  return 0;
}
