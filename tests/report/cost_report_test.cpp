#include "danas/report/cost_report.h"

#include <gtest/gtest.h>

#include "danas/arch/heat_map_head.h"
#include "tests/arch/arch_support.h"

namespace danas {
namespace {

CostReport ReportOf(const SearchSpace& space) { return MakeCostReport(space, *MakeMacsModel()); }

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

SearchSpace HeatMapSpace() {
  return WithHeatMapHead(test::SmallSpace(),
                         {.key_points = 5, .input = {24, 16}, .layers = 1, .channels = 8, .groups = {2, 4}});
}

// One deconvolution, 12 -> 8 of 16 weights each, at 6 x 4 pixels or at 12 x 8.
TEST(CostReport, CountsDeconvolutionsInBothWays) {
  const CostReport report = ReportOf(HeatMapSpace());
  ASSERT_TRUE(report.macs_at_output);
  EXPECT_EQ(report.macs_at_output->Least() - report.costs.Least(), 12 * 8 / 4 * 16 * (96 - 24));
  EXPECT_EQ(report.macs_at_output->Most() - report.costs.Most(), 12 * 8 / 2 * 16 * (96 - 24));
  const Json json = CostJson(report);
  EXPECT_EQ(json["least_macs_at_output"].get<double>(), report.macs_at_output->Least());
  EXPECT_EQ(json["most_macs_at_output"].get<double>(), report.macs_at_output->Most());
  EXPECT_EQ(json["head"], "heat_maps");
  EXPECT_EQ(json["layers"][3]["upsample"], 2);
  EXPECT_FALSE(json["layers"][2].contains("upsample"));
  const std::string text = CostText(report);
  for (const char* words : {"24x16 images, 5 key-points", "upsample 2", "counting each deconvolution at its output"}) {
    EXPECT_NE(text.find(words), std::string::npos) << text;
  }
}

TEST(CostReport, OfASpaceWithoutDeconvolutionsHasOneCount) {
  const CostReport report = ReportOf(test::SmallSpace());
  EXPECT_FALSE(report.macs_at_output);
  EXPECT_EQ(CostText(report).find("deconvolution"), std::string::npos);
  EXPECT_FALSE(CostJson(report).contains("least_macs_at_output"));
  EXPECT_FALSE(MakeCostReport(HeatMapSpace(), *MakeParametersModel()).macs_at_output) << "not beside other units";
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
