#include "danas/cost/cost_model.h"

#include <gtest/gtest.h>

#include "danas/arch/space_file.h"
#include "danas/core/error.h"
#include "tests/arch/arch_support.h"
#include "tests/cost/cost_support.h"
#include "tests/support/test_support.h"

namespace danas::test {
namespace {

// Counted by hand: stem 3x3, 3 -> 8 on 8x6; head 1x1 12 -> 20 on 4x3, classifier 20 -> 5.
TEST(CostModel, StemAndHeadByHand) {
  const SearchSpace space = SmallSpace();
  EXPECT_EQ(MakeMacsModel()->Stem(space), 3 * 8 * 9 * 48);
  EXPECT_EQ(MakeParametersModel()->Stem(space), 3 * 8 * 9 + 16);
  EXPECT_EQ(MakeMacsModel()->Head(space), 12 * 20 * 12 + 20 * 5);
  EXPECT_EQ(MakeParametersModel()->Head(space), 12 * 20 + 40 + 20 * 5 + 5);
  SpaceParts parts = SmallParts();
  parts.head = {.channels = 0, .bias = false};
  EXPECT_EQ(MakeMacsModel()->Head(SearchSpace(parts)), 12 * 5);
  EXPECT_EQ(MakeParametersModel()->Head(SearchSpace(parts)), 12 * 5);
}

TEST(CostModel, IdentityIsFree) {
  EXPECT_EQ(MakeMacsModel()->Block(Identity(), {8, 8, 1, {8, 6}}), 0);
  EXPECT_EQ(MakeParametersModel()->Block(Identity(true), {8, 8, 1, {8, 6}}), 0);
  EXPECT_EQ(MakeMacsModel()->Block(Identity(true), {8, 12, 2, {8, 6}}), 8 * 12 * 12);
}

// One term per layer: least, most, mean and a network's cost are what a walk over all networks finds.
TEST(CostTable, SummariesAgreeWithAllNetworks) {
  const SearchSpace space = SmallSpace();
  const CostTable table = MakeCostTable(*MakeMacsModel(), space);
  double least = 1e300;
  double most = 0;
  double sum = 0;
  ForEachNetwork(table, [&](const std::vector<size_t>& choice) {
    const double cost = table.OfNetwork(choice);
    EXPECT_EQ(cost, static_cast<double>(CountMacs(space.Select(choice))));
    least = std::min(least, cost);
    most = std::max(most, cost);
    sum += cost;
  });
  EXPECT_EQ(table.Least(), least);
  EXPECT_EQ(table.Most(), most);
  EXPECT_DOUBLE_EQ(table.Mean(), sum / 6);
  EXPECT_EQ(table.FixedPart(), table.fixed + table.candidates_lc[2][0]);
  EXPECT_EQ(table.unit, "MACs");
}

TEST(CostTable, ChoicesThatDoNotFit) {
  const CostTable table = MakeCostTable(*MakeMacsModel(), SmallSpace());
  ExpectErrorContains<ConfigError>([&] { table.OfNetwork({0, 0}); }, {"2 candidates for 3 layers"});
  ExpectErrorContains<ConfigError>([&] { table.OfNetwork({0, 2, 0}); }, {"layers[1]", "no candidate 2"});
  ExpectErrorContains<ConfigError>([] { CountMacs(SmallSpace()); }, {"small is a search space, not a network"});
}

TEST(CostModel, IsChosenByTheConfig) {
  SearchConfig config;
  config.cost = CostKind::kParameters;
  EXPECT_EQ(MakeCostModel(config)->unit(), "parameters");
  config.cost = CostKind::kMacs;
  EXPECT_EQ(MakeCostModel(config)->unit(), "MACs");
  config.cost = CostKind::kLatency;
  ExpectErrorContains<ConfigError>([&] { MakeCostModel(config); }, {"search.latency_table names no file"});
  config.latency_table = SourcePath("tests/cost/latency_small.yaml").string();
  EXPECT_EQ(MakeCostModel(config)->unit(), "ms");
}

// MACs of whole maps at the largest sizes that a space may have stay exact.
TEST(CostModel, LargeCountsDoNotOverflow) {
  const BlockSpec block{.op = {OperatorKind::kNormal, 3}, .expand = 1};
  EXPECT_EQ(MakeMacsModel()->Block(block, {4096, 4096, 1, {1024, 1024}}), 10.0 * 4096 * 4096 * 1024 * 1024);
}

TEST(CostModel, CountsPastWholeNumbersAreErrors) {
  SpaceParts parts = SmallSpace().Select({0, 0, 0}).parts();
  parts.head.hidden.assign(3'000'000, 1 << 16);
  ExpectErrorContains<ConfigError>([&] { CountParameters(SearchSpace(parts)); }, {"more than 2^53 parameters"});
}

}  // namespace
}  // namespace danas::test
