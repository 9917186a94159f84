#include "danas/cost/band_sampler.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <stdexcept>

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

// Drawn and computed probabilities against the sum over all networks of the products of their candidates' weights.
TEST(BandSampler, WeightsMakeProbabilities) {
  RandomStream costs(10, "costs");
  const CostTable table = MakeTable({3, 4, 3}, 100, [&] { return 7 * static_cast<double>(costs.UniformInt(30)); });
  std::vector<std::vector<double>> weight_lc, expected_lc;
  for (const auto& cost_c : table.candidates_lc) {
    expected_lc.emplace_back(cost_c.size(), 0.0);
    for (auto& weight_c = weight_lc.emplace_back(); weight_c.size() < cost_c.size();) {
      weight_c.push_back(costs.Uniform(0, 3));
    }
  }
  weight_lc[1][2] = 0;
  const CostBand band{0.8 * table.Mean(), 1.2 * table.Mean()};
  double sum = 0;
  ForEachNetwork(table, [&](const std::vector<size_t>& choice) {
    if (!band.Holds(table.OfNetwork(choice))) return;
    double weight = 1;
    for (size_t l = 0; l < choice.size(); ++l) weight *= weight_lc[l][choice[l]];
    for (size_t l = 0; l < choice.size(); ++l) expected_lc[l][choice[l]] += weight;
    sum += weight;
  });
  const BandSampler sampler(table, band, weight_lc);
  const auto probability_lc = sampler.Probabilities();
  std::vector<std::vector<double>> drawn_lc = expected_lc;
  for (auto& drawn_c : drawn_lc) std::ranges::fill(drawn_c, 0.0);
  RandomStream stream(11, "band");
  constexpr int kDraws = 20000;
  for (int i = 0; i < kDraws; ++i) {
    const std::vector<size_t> choice = sampler.Draw(stream);
    for (size_t l = 0; l < choice.size(); ++l) drawn_lc[l][choice[l]] += 1.0 / kDraws;
  }
  for (size_t l = 0; l < expected_lc.size(); ++l) {
    for (size_t c = 0; c < expected_lc[l].size(); ++c) {
      EXPECT_NEAR(probability_lc[l][c], expected_lc[l][c] / sum, 1e-12);
      EXPECT_NEAR(drawn_lc[l][c], expected_lc[l][c] / sum, 4 * 0.5 / std::sqrt(kDraws));
    }
  }
  EXPECT_EQ(drawn_lc[1][2], 0);
}

TEST(BandSampler, WrongWeightsAreRefused) {
  const CostTable table{"MACs", 5, {{1, 10}, {1, 10}}};
  EXPECT_THROW(BandSampler(table, {0, 100}, {{1, 1}}), std::invalid_argument);
  EXPECT_THROW(BandSampler(table, {0, 100}, {{1, 1}, {1, -1}}), std::invalid_argument);
  EXPECT_THROW(BandSampler(table, {0, 100}, {{1, 1}, {1, std::nan("")}}), std::invalid_argument);
  ExpectErrorContains<ConfigError>([&] { BandSampler(table, {0, 100}, {{0, 0}, {1, 1}}); }, {"no network"});
}

TEST(BandSampler, EmptyBandsSayWhatIsReachable) {
  const CostTable table{"MACs", 5, {{1, 10}, {1, 10}}};
  RandomStream stream(9, "band");
  const auto fails = [&](double low, double high) {
    ExpectErrorContains<ConfigError>(
        [&] { SampleNetworkWithin(table, low, high, stream); },
        {"no network costs between", "MACs", "of this space cost 7 to 25", "widen the band"});
  };
  fails(0, 6.5);
  fails(26, 30);
  fails(8, 15);
  fails(17, 24);
  fails(20, 10);
  fails(std::nan(""), 10);
  const CostTable broken{"ms", 0.5, {{0.1, 1.7}, {0.1, 1.6}}};
  ExpectErrorContains<ConfigError>([&] { SampleNetworkWithin(broken, 1.0, 1.5, stream); },
                                   {"costs between 1 and 1.5 ms", "of this space cost 0.7 to 3.8"});
}

}  // namespace
}  // namespace danas::test
