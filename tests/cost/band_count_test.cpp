#include "danas/cost/band_count.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "danas/arch/space_file.h"
#include "danas/core/error.h"
#include "tests/cost/cost_support.h"
#include "tests/support/test_support.h"

namespace danas::test {
namespace {

std::vector<std::vector<size_t>> ByTrial(const CostTable& table, const CostBand& band) {
  std::vector<std::vector<size_t>> networks;
  ForEachNetwork(table, [&](const std::vector<size_t>& choice) {
    if (band.Holds(table.OfNetwork(choice))) networks.push_back(choice);
  });
  std::ranges::sort(networks);
  return networks;
}

TEST(BandCount, WholeAndBrokenCostsAgainstTrial) {
  RandomStream stream(1, "costs");
  for (int trial = 0; trial < 40; ++trial) {
    const bool whole = trial % 2 == 0;
    const CostTable table = MakeTable({3, 2, 4, 1, 3}, whole ? 100 : 0.3, [&] {
      return whole ? 7 * static_cast<double>(stream.UniformInt(30)) : stream.Uniform(0.1, 2);
    });
    const double a = stream.Uniform(table.Least(), table.Most()), b = stream.Uniform(table.Least(), table.Most());
    const CostBand band{std::min(a, b), std::max(a, b)};
    const auto networks = ByTrial(table, band);
    EXPECT_EQ(CountNetworks(table, band), static_cast<double>(networks.size())) << "trial " << trial;
    EXPECT_EQ(AllNetworks(table, band, 1000), networks) << "trial " << trial;
  }
}

TEST(BandCount, EndsAreIncluded) {
  const CostTable table{"MACs", 5, {{1, 10}, {1, 10}}};
  EXPECT_EQ(CountNetworks(table, {7, 16}), 3);
  EXPECT_EQ(CountNetworks(table, {7.5, 15.5}), 0);
  EXPECT_EQ(CountNetworks(table, {16, 7}), 0);
  EXPECT_EQ(CountNetworks(table, {-1, 1e300}), 4);
  EXPECT_EQ(AllNetworks(table, {16, 16}, 2), (std::vector<std::vector<size_t>>{{0, 1}, {1, 0}}));
}

TEST(BandCount, ManyOfOneStepAreExact) {
  // 2^24 networks: too many to walk. Their costs are 24 + (number of second candidates): a binomial count.
  const CostTable table{"MACs", 0, std::vector<std::vector<double>>(24, {1, 2})};
  EXPECT_EQ(CountNetworks(table, {24, 24}), 1);
  EXPECT_EQ(CountNetworks(table, {36, 36}), 2704156);  // 24 choose 12
  EXPECT_EQ(CountNetworks(table, {0, 100}), 16777216);
}

TEST(BandCount, OfALargeSpaceIsNeverTooMany) {
  RandomStream stream(2, "costs");
  const CostTable table =
      MakeTable(std::vector<size_t>(11, 4), 0.1, [&] { return stream.Uniform(0.1, 2); });  // 4^11 networks
  const double middle = table.Mean();
  for (const double width : {0.001, 0.01, 0.1}) {
    const CostBand band{middle * (1 - width), middle * (1 + width)};
    double truth = 0;
    ForEachNetwork(table, [&](const std::vector<size_t>& choice) { truth += band.Holds(table.OfNetwork(choice)); });
    const double counted = CountNetworks(table, band);
    EXPECT_LE(counted, truth);
    EXPECT_GE(counted, width < 0.01 ? 0 : 0.9 * truth);
  }
  EXPECT_EQ(CountNetworks(table, {0, 1e9}), std::pow(4.0, 11));
}

TEST(BandCount, TooManyToListSaysSo) {
  const CostTable table = MakeCostTable(*MakeMacsModel(), LoadSpace("mobile_small").space);
  ExpectErrorContains<ConfigError>([&] { AllNetworks(table, {0, 1e18}, 10); }, {"more than 10 networks", "narrow it"});
}

}  // namespace
}  // namespace danas::test
