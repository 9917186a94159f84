#include "danas/cost/band_sampler.h"

#include <gtest/gtest.h>

#include <cmath>
#include <map>

#include "danas/arch/space_file.h"
#include "danas/core/error.h"
#include "tests/cost/cost_support.h"
#include "tests/support/test_support.h"

namespace danas::test {
namespace {

// Chi-square of draws against the uniform distribution over the networks in the band, as a number of standard
// deviations.
double Deviation(const CostTable& table, double low, double high, uint64_t seed, int draws) {
  std::map<std::vector<size_t>, int> count;
  ForEachNetwork(table, [&](const std::vector<size_t>& choice) {
    const double cost = table.OfNetwork(choice);
    if (cost >= low && cost <= high) count[choice] = 0;
  });
  RandomStream stream(seed, "band");
  for (int i = 0; i < draws; ++i) {
    const std::vector<size_t> choice = SampleNetworkWithin(table, low, high, stream);
    const auto found = count.find(choice);
    EXPECT_NE(found, count.end()) << "cost " << table.OfNetwork(choice) << " is outside the band";
    if (found != count.end()) ++found->second;
  }
  const double expected = static_cast<double>(draws) / static_cast<double>(count.size());
  double chi = 0;
  for (const auto& [choice, n] : count) chi += (n - expected) * (n - expected) / expected;
  const double freedom = static_cast<double>(count.size()) - 1;
  return (chi - freedom) / std::sqrt(2 * freedom);
}

// Three standard deviations of a right sampler are rare, and seeds are fixed; a sampler that, say, drew layer by layer
// is hundreds away.
TEST(BandSampler, IsUniformInTheBand) {
  RandomStream costs(4, "costs");
  const CostTable whole =
      MakeTable({3, 4, 3, 2, 3}, 100, [&] { return 7 * static_cast<double>(costs.UniformInt(30)); });
  const double middle = whole.Mean();
  EXPECT_LT(std::abs(Deviation(whole, 0.9 * middle, 1.1 * middle, 1, 20000)), 3);
  EXPECT_LT(std::abs(Deviation(whole, 0, 1e9, 2, 20000)), 3);
}

TEST(BandSampler, IsUniformForBrokenCosts) {
  RandomStream costs(5, "costs");
  const CostTable broken = MakeTable({3, 4, 3, 3}, 0.3, [&] { return costs.Uniform(0.1, 2); });
  const double middle = broken.Mean();
  EXPECT_LT(std::abs(Deviation(broken, 0.95 * middle, 1.05 * middle, 3, 1000)), 3);
}

TEST(BandSampler, FindsASingleNetwork) {
  const CostTable table{"MACs", 5, {{1, 10, 100}, {1, 10, 100}, {1, 10, 100}}};
  RandomStream stream(6, "band");
  EXPECT_EQ(SampleNetworkWithin(table, 116, 116, stream).size(), 3u);  // 1 + 10 + 100 + 5 in some order
  EXPECT_EQ(SampleNetworkWithin(table, 305, 1e300, stream), (std::vector<size_t>{2, 2, 2}));
  EXPECT_EQ(SampleNetworkWithin(table, -1e300, 8, stream), (std::vector<size_t>{0, 0, 0}));
  const CostTable equal{"MACs", 5, {{1, 1}, {2}}};
  EXPECT_EQ(SampleNetworkWithin(equal, 8, 8, stream)[1], 0u);
}

TEST(BandSampler, SameStreamSameNetwork) {
  const CostTable table = MakeCostTable(*MakeMacsModel(), LoadSpace("mobile_small").space);
  RandomStream a(7, "random networks", {1});
  RandomStream b(7, "random networks", {1});
  const double cost = table.Mean();
  EXPECT_EQ(SampleNetworkWithin(table, 0.95 * cost, 1.05 * cost, a),
            SampleNetworkWithin(table, 0.95 * cost, 1.05 * cost, b));
}

TEST(BandSampler, LargestSpaceInItsTails) {
  const CostTable table = MakeCostTable(*MakeMacsModel(), LoadSpace("shuffle_mobile").space);
  RandomStream stream(8, "band");
  for (const double center : {7e7, 2.3e8, 4.67e8}) {
    const double cost = table.OfNetwork(SampleNetworkWithin(table, 0.95 * center, 1.05 * center, stream));
    EXPECT_GE(cost, 0.95 * center);
    EXPECT_LE(cost, 1.05 * center);
  }
}

TEST(BandSampler, EmptyBandsSayWhatIsReachable) {
  const CostTable table{"MACs", 5, {{1, 10}, {1, 10}}};
  RandomStream stream(9, "band");
  const auto fails = [&](double low, double high) {
    ExpectErrorContains<ConfigError>([&] { SampleNetworkWithin(table, low, high, stream); },
                                     {"no network costs between", "MACs", "reaches from 7 to 25", "widen the band"});
  };
  fails(0, 6.5);
  fails(26, 30);
  fails(8, 15);
  fails(17, 24);
  fails(20, 10);
  fails(std::nan(""), 10);
  const CostTable broken{"ms", 0.5, {{0.1, 1.7}, {0.1, 1.6}}};
  ExpectErrorContains<ConfigError>([&] { SampleNetworkWithin(broken, 1.0, 1.5, stream); },
                                   {"costs between 1 and 1.5 ms", "reaches from 0.7 to 3.8"});
}

}  // namespace
}  // namespace danas::test
