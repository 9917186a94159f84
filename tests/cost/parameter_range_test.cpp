#include "danas/cost/parameter_range.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <limits>

#include "tests/cost/cost_support.h"

namespace danas::test {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

// By looking at every network; low above high where there is none.
CostBand ByTrial(const CostTable& costs, const CostBand& band, const CostTable& parameters) {
  CostBand range{.low = kInfinity, .high = -kInfinity};
  ForEachNetwork(costs, [&](const std::vector<size_t>& choice) {
    if (!band.Holds(costs.OfNetwork(choice))) return;
    range.low = std::min(range.low, parameters.OfNetwork(choice));
    range.high = std::max(range.high, parameters.OfNetwork(choice));
  });
  return range;
}

CostTable Parameters(RandomStream& stream) {
  return MakeTable({3, 2, 4, 1, 3, 4}, 10, [&] { return static_cast<double>(stream.UniformInt(1000)); });
}

TEST(ParametersWithin, AreThoseOfAllNetworksWhereCostsAreWholeSteps) {
  RandomStream stream(1, "costs");
  int found = 0;
  for (int trial = 0; trial < 60; ++trial) {
    CostTable costs =
        MakeTable({3, 2, 4, 1, 3, 4}, 100, [&] { return 7.0 * static_cast<double>(stream.UniformInt(30)); });
    if (trial % 3 == 0) costs.fold = CostFold::kMax;
    const CostTable parameters = Parameters(stream);
    const double middle = 0.5 * (costs.Least() + costs.Most());
    const CostBand band{.low = middle, .high = middle + static_cast<double>(stream.UniformInt(40))};
    const CostBand expected = ByTrial(costs, band, parameters);
    const auto range = ParametersWithin(costs, band, parameters);
    ASSERT_EQ(range.has_value(), expected.low <= expected.high) << trial;
    if (!range) continue;
    ++found;
    EXPECT_EQ(range->low, expected.low) << trial;
    EXPECT_EQ(range->high, expected.high) << trial;
  }
  EXPECT_GT(found, 20);
}

TEST(ParametersWithin, AreThoseOfNetworksOfTheBandForAnyCosts) {
  RandomStream stream(2, "costs");
  for (int trial = 0; trial < 30; ++trial) {
    CostTable costs = MakeTable({3, 2, 4, 1, 3, 4}, 0.3, [&] { return stream.Uniform(0.1, 2); });
    costs.candidates_lc[0][0] = 1000;  // far beyond the band: steps are not made coarser for it
    const CostTable parameters = Parameters(stream);
    const CostBand band{.low = 1.3 * costs.Least(), .high = 1.6 * costs.Least()};
    const double edge = 8 * (band.high - costs.Least()) / 32768;
    const auto range = ParametersWithin(costs, band, parameters);
    const CostBand all = ByTrial(costs, band, parameters);
    const CostBand inner = ByTrial(costs, {.low = band.low + edge, .high = band.high - edge}, parameters);
    ASSERT_LE(inner.low, inner.high);
    ASSERT_TRUE(range.has_value());
    EXPECT_GE(range->low, all.low);
    EXPECT_LE(range->low, inner.low);
    EXPECT_LE(range->high, all.high);
    EXPECT_GE(range->high, inner.high);
  }
}

TEST(ParametersWithin, NothingOutsideOfTheSpace) {
  RandomStream stream(3, "costs");
  const CostTable costs = MakeTable({3, 2}, 100, [&] { return static_cast<double>(stream.UniformInt(30)); });
  const CostTable parameters = MakeTable({3, 2}, 1, [] { return 5; });
  EXPECT_FALSE(ParametersWithin(costs, {.low = 1, .high = costs.Least() - 1}, parameters));
  EXPECT_FALSE(ParametersWithin(costs, {.low = costs.Most() + 1, .high = 1e9}, parameters));
  EXPECT_EQ(ParametersWithin(costs, {.low = 0, .high = 1e9}, parameters)->low, 11);
  const CostTable one = MakeTable({1, 1}, 0.5, [] { return 0.25; });
  EXPECT_TRUE(ParametersWithin(one, {.low = 0.9, .high = 1.1}, MakeTable({1, 1}, 1, [] { return 5; })));
}

}  // namespace
}  // namespace danas::test
