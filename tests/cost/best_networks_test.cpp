#include "danas/cost/best_networks.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "danas/arch/space_file.h"
#include "danas/core/error.h"
#include "danas/cost/band_sampler.h"
#include "danas/cost/budgeted_choice.h"
#include "tests/cost/cost_support.h"
#include "tests/support/test_support.h"

namespace danas::test {
namespace {

using Scores = std::vector<std::vector<double>>;
using Network = std::vector<size_t>;

Scores MakeScores(const CostTable& table, RandomStream& stream) {
  Scores score_lc;
  for (const auto& cost_c : table.candidates_lc) {
    auto& score_c = score_lc.emplace_back();
    for (size_t c = 0; c < cost_c.size(); ++c) score_c.push_back(stream.Normal());
  }
  return score_lc;
}

double Total(const Scores& score_lc, const Network& network) {
  double total = 0;
  for (size_t l = 0; l < network.size(); ++l) total += score_lc[l][network[l]];
  return total;
}

std::vector<Network> ByTrial(const CostTable& table, const Scores& score_lc, const CostBand& band) {
  std::vector<Network> networks;
  ForEachNetwork(table, [&](const Network& choice) {
    if (band.Holds(table.OfNetwork(choice))) networks.push_back(choice);
  });
  std::ranges::sort(networks,
                    [&](const Network& a, const Network& b) { return Total(score_lc, a) > Total(score_lc, b); });
  return networks;
}

struct Case {
  CostTable table;
  Scores score_lc;
  CostBand band;
};

Case MakeCase(RandomStream& stream, bool whole) {
  Case made;
  made.table = MakeTable({3, 2, 4, 1, 3}, whole ? 100 : 0.3, [&] {
    return whole ? 7 * static_cast<double>(stream.UniformInt(30)) : stream.Uniform(0.1, 2);
  });
  made.score_lc = MakeScores(made.table, stream);
  const double middle = stream.Uniform(made.table.Least(), made.table.Most());
  made.band = {0.9 * middle, 1.1 * middle};
  return made;
}

TEST(BestNetworks, AreThoseOfTrialInOrder) {
  RandomStream stream(1, "costs");
  for (int trial = 0; trial < 60; ++trial) {
    const Case made = MakeCase(stream, trial % 2 == 0);
    const std::vector<Network> all = ByTrial(made.table, made.score_lc, made.band);
    if (all.empty()) continue;
    EXPECT_EQ(BestNetworks(made.table, made.score_lc, made.band, 1000), all) << "trial " << trial;
    const size_t count = std::min<size_t>(5, all.size());
    EXPECT_EQ(BestNetworks(made.table, made.score_lc, made.band, count),
              std::vector<Network>(all.begin(), all.begin() + static_cast<std::ptrdiff_t>(count)));
  }
}

TEST(BestNetworks, TheFirstIsTheBestWithinABudget) {
  const CostTable table = MakeCostTable(*MakeMacsModel(), LoadSpace("shuffle_mobile").space);
  RandomStream stream(2, "scores");
  for (const double budget : {1e8, 2.3e8, 4.67e8}) {
    const Scores score_lc = MakeScores(table, stream);
    const double best = Total(score_lc, BestWithin(table, score_lc, budget));
    const std::vector<Network> networks = BestNetworks(table, score_lc, {0, budget}, 200);
    ASSERT_EQ(networks.size(), 200u);
    EXPECT_NEAR(Total(score_lc, networks[0]), best, 1e-12 * std::abs(best));
    for (size_t n = 1; n < networks.size(); ++n) {
      EXPECT_LE(Total(score_lc, networks[n]), Total(score_lc, networks[n - 1]) + 1e-12);
      EXPECT_LE(table.OfNetwork(networks[n]), budget);
    }
  }
}

// Without a preference every network is as good: the search must not try all beginnings before it finds one.
TEST(BestNetworks, EqualScoresEndSoon) {
  const CostTable table = MakeCostTable(*MakeMacsModel(), LoadSpace("shuffle_mobile").space);
  Scores score_lc;
  for (const auto& cost_c : table.candidates_lc) {
    score_lc.emplace_back(cost_c.size(), -std::log(static_cast<double>(cost_c.size())));
  }
  std::vector<Network> networks = BestNetworks(table, score_lc, {2.2e8, 2.3e8}, 1000);
  EXPECT_EQ(networks.size(), 1000u);
  std::ranges::sort(networks);
  EXPECT_EQ(std::ranges::unique(networks).size(), 0u) << "a network was found twice";
}

TEST(BestNetworks, EmptyBandsAndWrongScoresSayWhy) {
  const CostTable table{"MACs", 5, {{1, 10}, {1, 10}}};
  const Scores score_lc = {{0, 1}, {0, 1}};
  for (const CostBand& band : {CostBand{8, 15}, CostBand{30, 40}, CostBand{20, 10}}) {
    const std::initializer_list<std::string_view> names = {"no network costs between", "of this space cost 7 to 25"};
    ExpectErrorContains<ConfigError>([&] { BestNetworks(table, score_lc, band, 1); }, names);
    ExpectErrorContains<ConfigError>([&] { MaxMarginals(table, score_lc, band); }, names);
  }
  ExpectErrorContains<ConfigError>([&] { BestNetworks(table, {{0, 1}}, {0, 100}, 1); }, {"shapes"});
  ExpectErrorContains<ConfigError>([&] { MaxMarginals(table, {{0, std::nan("")}, {0, 1}}, {0, 100}); }, {"finite"});
}

TEST(MaxMarginals, AreThoseOfTrial) {
  RandomStream stream(3, "costs");
  constexpr double kNone = -std::numeric_limits<double>::infinity();
  for (int trial = 0; trial < 60; ++trial) {
    const Case made = MakeCase(stream, /*whole=*/true);
    const std::vector<Network> all = ByTrial(made.table, made.score_lc, made.band);
    if (all.empty()) continue;
    Scores expected;
    for (const auto& score_c : made.score_lc) expected.emplace_back(score_c.size(), kNone);
    for (const Network& network : all) {
      for (size_t l = 0; l < network.size(); ++l) {
        expected[l][network[l]] = std::max(expected[l][network[l]], Total(made.score_lc, network));
      }
    }
    const Scores found = MaxMarginals(made.table, made.score_lc, made.band);
    for (size_t l = 0; l < expected.size(); ++l) {
      for (size_t c = 0; c < expected[l].size(); ++c) {
        if (expected[l][c] == kNone) {
          EXPECT_EQ(found[l][c], kNone) << "trial " << trial << ", layer " << l << ", candidate " << c;
        } else {
          EXPECT_NEAR(found[l][c], expected[l][c], 1e-12)
              << "trial " << trial << ", layer " << l << ", candidate " << c;
        }
      }
    }
  }
}

// The best network's candidates have its total as marginal, whatever the unit of cost.
TEST(MaxMarginals, OfTheBestNetworkAreItsTotal) {
  const CostTable table = MakeCostTable(*MakeMacsModel(), LoadSpace("mobile_small").space);
  RandomStream stream(4, "scores");
  const Scores score_lc = MakeScores(table, stream);
  const CostBand band{0.95 * table.Mean(), 1.02 * table.Mean()};
  const Network best = BestNetworks(table, score_lc, band, 1)[0];
  const Scores marginal_lc = MaxMarginals(table, score_lc, band);
  for (size_t l = 0; l < best.size(); ++l) {
    EXPECT_NEAR(marginal_lc[l][best[l]], *std::ranges::max_element(marginal_lc[l]), 1e-9);
    EXPECT_GE(marginal_lc[l][best[l]], Total(score_lc, best) - 1e-9);
  }
}

// Scores of neighbouring candidates besides.
NetworkScores MakePairScores(const Case& made, RandomStream& stream) {
  NetworkScores scores{.score_lc = made.score_lc};
  for (size_t l = 0; l + 1 < made.score_lc.size(); ++l) {
    auto& pair_cd = scores.pair_lcd.emplace_back(made.score_lc[l].size());
    for (auto& pair_d : pair_cd) {
      for (size_t d = 0; d < made.score_lc[l + 1].size(); ++d) pair_d.push_back(stream.Normal());
    }
  }
  return scores;
}

double TotalByHand(const NetworkScores& scores, const Network& network) {
  double total = Total(scores.score_lc, network);
  for (size_t l = 0; l + 1 < network.size(); ++l) total += scores.pair_lcd[l][network[l]][network[l + 1]];
  return total;
}

std::vector<Network> ByTrial(const CostTable& table, const NetworkScores& scores, const CostBand& band) {
  std::vector<Network> networks;
  ForEachNetwork(table, [&](const Network& choice) {
    if (band.Holds(table.OfNetwork(choice))) networks.push_back(choice);
  });
  std::ranges::sort(
      networks, [&](const Network& a, const Network& b) { return TotalByHand(scores, a) > TotalByHand(scores, b); });
  return networks;
}

TEST(BestNetworks, WithPairsAreThoseOfTrialInOrder) {
  RandomStream stream(5, "pairs");
  int tried = 0;
  for (int trial = 0; trial < 60; ++trial) {
    const Case made = MakeCase(stream, trial % 2 == 0);
    const NetworkScores scores = MakePairScores(made, stream);
    const std::vector<Network> all = ByTrial(made.table, scores, made.band);
    if (all.empty()) continue;
    EXPECT_EQ(BestNetworks(made.table, scores, made.band, 1000), all) << "trial " << trial;
    EXPECT_EQ(BestNetworks(made.table, scores, made.band, 1), std::vector<Network>{all.front()});
    EXPECT_NEAR(scores.Total(all.front()), TotalByHand(scores, all.front()), 1e-12);
    ++tried;
  }
  EXPECT_GT(tried, 30);
}

TEST(MaxMarginals, WithPairsAreThoseOfTrial) {
  RandomStream stream(6, "pairs");
  constexpr double kNone = -std::numeric_limits<double>::infinity();
  for (int trial = 0; trial < 60; ++trial) {
    const Case made = MakeCase(stream, /*whole=*/true);
    const NetworkScores scores = MakePairScores(made, stream);
    const std::vector<Network> all = ByTrial(made.table, scores, made.band);
    if (all.empty()) continue;
    Scores expected;
    for (const auto& score_c : made.score_lc) expected.emplace_back(score_c.size(), kNone);
    for (const Network& network : all) {
      for (size_t l = 0; l < network.size(); ++l) {
        expected[l][network[l]] = std::max(expected[l][network[l]], TotalByHand(scores, network));
      }
    }
    const Scores found = MaxMarginals(made.table, scores, made.band);
    for (size_t l = 0; l < expected.size(); ++l) {
      for (size_t c = 0; c < expected[l].size(); ++c) {
        if (expected[l][c] == kNone) {
          EXPECT_EQ(found[l][c], kNone) << "trial " << trial << ", layer " << l << ", candidate " << c;
        } else {
          EXPECT_NEAR(found[l][c], expected[l][c], 1e-12) << "trial " << trial << ", layer " << l << ", " << c;
        }
      }
    }
  }
}

TEST(BestNetworks, PairsOfNoWorthChangeNothing) {
  RandomStream stream(7, "pairs");
  for (int trial = 0; trial < 20; ++trial) {
    const Case made = MakeCase(stream, trial % 2 == 0);
    if (ByTrial(made.table, made.score_lc, made.band).empty()) continue;
    NetworkScores scores = MakePairScores(made, stream);
    for (auto& pair_cd : scores.pair_lcd) {
      for (auto& pair_d : pair_cd) std::ranges::fill(pair_d, 0.0);
    }
    EXPECT_EQ(BestNetworks(made.table, scores, made.band, 10), BestNetworks(made.table, made.score_lc, made.band, 10));
    const Scores paired = MaxMarginals(made.table, scores, made.band);
    const Scores single = MaxMarginals(made.table, made.score_lc, made.band);
    for (size_t l = 0; l < single.size(); ++l) {
      for (size_t c = 0; c < single[l].size(); ++c) {
        if (std::isfinite(single[l][c]))
          EXPECT_NEAR(paired[l][c], single[l][c], 1e-12);
        else
          EXPECT_EQ(paired[l][c], single[l][c]);
      }
    }
  }
}

TEST(BestNetworks, PairsOfAnotherShapeAreRefused) {
  const CostTable table{"MACs", 5, {{1, 10}, {1, 10}}};
  NetworkScores scores{.score_lc = {{0, 1}, {0, 1}}, .pair_lcd = {{{0, 1}}}};
  ExpectErrorContains<ConfigError>([&] { BestNetworks(table, scores, {0, 100}, 1); }, {"pairs", "shapes"});
  scores.pair_lcd = {{{0, 1}, {0, std::nan("")}}};
  ExpectErrorContains<ConfigError>([&] { MaxMarginals(table, scores, {0, 100}); }, {"pair", "finite"});
}

}  // namespace
}  // namespace danas::test
