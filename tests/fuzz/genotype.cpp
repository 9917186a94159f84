// A network that a search found (best.json): what is read and written again is the same.
#include "danas/arch/genotype.h"
#include "danas/arch/space_file.h"
#include "danas/cost/cost_model.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace danas;
  static const fuzz::Folder folder;
  const std::filesystem::path path = folder.Write("best.json", fuzz::Text(data, size));
  fuzz::Accepts([&] {
    const Genotype genotype = ReadGenotype(path);
    const std::string text = JsonText(ToJson(genotype));
    const Genotype again = GenotypeFromJson(Json::parse(text), "again");
    fuzz::Require(again.network == genotype.network, "a network that is written reads as an equal one");
    fuzz::Require(JsonText(ToJson(again)) == text, "a genotype that is written reads as the same");
    fuzz::Require(CountMacs(genotype.network) >= 0, "a network's MACs can be counted");
  });
  return 0;
}
