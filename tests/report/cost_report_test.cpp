#include "danas/report/cost_report.h"

#include <gtest/gtest.h>

#include "tests/arch/arch_support.h"

namespace danas {
namespace {

CostReport ReportOf(const SearchSpace& space) {
  return {space, MakeCostTable(*MakeMacsModel(), space), MakeCostTable(*MakeParametersModel(), space),
          MakeCostTable(*MakeMemoryModel(), space)};
}

TEST(CostJson, HoldsTheTablesNumbers) {
  const CostReport report = ReportOf(test::SmallSpace());
  const Json json = CostJson(report);
  ASSERT_EQ(json["layers"].size(), 3u);
  EXPECT_EQ(json["layers"][0]["candidates"][1]["name"], "ir_e3_k5");
  EXPECT_EQ(json["layers"][0]["candidates"][1]["cost"].get<double>(), report.costs.candidates_lc[0][1]);
  EXPECT_EQ(json["layers"][1]["candidates"][1]["parameters"].get<double>(), report.parameters.candidates_lc[1][1]);
  EXPECT_EQ(json["layers"][1]["candidates"][0]["memory_bytes"].get<double>(), report.memory.candidates_lc[1][0]);
  EXPECT_EQ(json["least_memory_bytes"].get<double>(), report.memory.Least());
  EXPECT_EQ(json["most_memory_bytes"].get<double>(), report.memory.Most());
  EXPECT_EQ(json["least"].get<double>(), report.costs.Least());
  EXPECT_EQ(json["mean"].get<double>(), report.costs.Mean());
  EXPECT_TRUE(json["most"].is_number_integer());
}

TEST(CostText, ANetworkHasATotalAndASpaceARange) {
  const SearchSpace space = test::SmallSpace();
  const std::string text = CostText(ReportOf(space));
  EXPECT_NE(text.find("ir_e3_k5"), std::string::npos) << text;
  EXPECT_NE(text.find("least"), std::string::npos) << text;
  EXPECT_NE(text.find("memory (bytes)"), std::string::npos) << text;
  const SearchSpace network = space.Select({0, 0, 0});
  const std::string total = CostText(ReportOf(network));
  EXPECT_NE(total.find("total: "), std::string::npos) << total;
  // ir_e6_k3 of 8 -> 12 from 8 x 6 to 4 x 3: 4 * 48 * (48 + 12) bytes
  EXPECT_NE(total.find("11.2 KiB of activations"), std::string::npos) << total;
  EXPECT_EQ(total.find("least"), std::string::npos) << total;
}

TEST(CostText, EqualNeighboursShareALine) {
  SpaceParts parts = test::SmallParts();
  parts.layers.push_back(parts.layers[2]);
  EXPECT_NE(CostText(ReportOf(SearchSpace(parts))).find("2-3"), std::string::npos);
}

TEST(CandidatesAbove, NamesEachAndNoneAtTheTargetItself) {
  const CostReport report = ReportOf(test::SmallSpace());
  const double cost = report.costs.candidates_lc[1][0];
  const auto names = [&](double target) {
    size_t found = 0;
    for (const std::string& text : CandidatesAbove(report, target)) {
      found += text.find("layers[1]") != std::string::npos && text.find("ir_e6_k3") != std::string::npos;
    }
    return found;
  };
  EXPECT_EQ(names(cost), 0u);
  EXPECT_EQ(names(cost - 1), 1u);
  EXPECT_TRUE(CandidatesAbove(report, 1e12).empty());
}

}  // namespace
}  // namespace danas
