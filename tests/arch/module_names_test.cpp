#include "danas/arch/module_names.h"

#include <gtest/gtest.h>

#include <set>

#include "danas/arch/space_file.h"

namespace danas {
namespace {

TEST(ModuleNames, AttributesArePython) {
  EXPECT_EQ(AttributeName("expand"), "expand");
  EXPECT_EQ(AttributeName("branch.expand"), "branch_expand");
  EXPECT_EQ(AttributeName("lambda"), "lambda_");
  EXPECT_EQ(AttributeName("half"), "half_");
}

TEST(ModuleNames, LeaveOutTheCandidate) {
  const SearchSpace space = LoadSpace("mobile_plus_small").space;
  const SearchSpace network = space.Select(std::vector<size_t>(space.layers().size(), 1));
  const auto names = ModuleNames(network);
  EXPECT_EQ(names.front(), (std::pair<std::string, std::string>("stem", "stem")));
  EXPECT_EQ(names.back(), (std::pair<std::string, std::string>("head.classifier", "classifier")));
  const std::string candidate = CandidateName(network.layers()[3].candidates[0]);
  EXPECT_EQ(ExportedName(names, "layers.3." + candidate + ".op.norm.running_var"), "layers.3.op.norm.running_var");
  EXPECT_THROW(ExportedName(names, "layers.99.op.weight"), std::invalid_argument);
  EXPECT_THROW(ModuleNames(space), std::invalid_argument);
}

// No two parts of a network come to one name, in any shipped space.
TEST(ModuleNames, AreDistinct) {
  for (const std::string& name : ShippedSpaces()) {
    const SearchSpace space = LoadSpace(name).space;
    for (const size_t place : {0, 2, 5}) {
      std::vector<size_t> choice;
      for (const LayerSpec& layer : space.layers()) choice.push_back(place % layer.candidates.size());
      std::set<std::string> seen;
      for (const auto& [own, exported] : ModuleNames(space.Select(choice))) {
        EXPECT_TRUE(seen.insert(exported).second) << name << ": " << own << " is called " << exported << " too";
      }
    }
  }
}

}  // namespace
}  // namespace danas
