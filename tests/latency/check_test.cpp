#include "danas/latency/check.h"

#include <gtest/gtest.h>

#include <set>

#include "danas/core/error.h"
#include "tests/arch/arch_support.h"
#include "tests/support/test_support.h"

namespace danas::test {
namespace {

// Network n takes n + 1 ms, and more in the visit number `slow_visit`, which the reference shows.
class MadeUpWholes : public TimedWholes {
 public:
  void Build(size_t network) override {
    network_ = network;
    built.push_back(network);
  }
  std::vector<double> Passes(int64_t count) override {
    now += static_cast<double>(count);
    return std::vector<double>(static_cast<size_t>(count), (slow() ? 2 : 1) * static_cast<double>(network_ + 1));
  }
  double Reference() override { return slow() ? 2 : 1; }

  double now = 0;
  size_t slow_visit = 3;
  std::vector<size_t> built;

 private:
  bool slow() const { return built.size() == slow_visit; }
  size_t network_ = 0;
};

TEST(TimedWholes, EveryPlaceIsVisitedInEveryRound) {
  MadeUpWholes wholes;
  const auto entries = TimeWholes({0, 2, 1, 2}, {.rounds = 5, .seconds = 1e9}, wholes, [&] { return wholes.now; });
  EXPECT_EQ(wholes.built.size(), 20u);
  for (size_t round = 0; round < 5; ++round) {
    const auto begin = wholes.built.begin() + 4 * static_cast<std::ptrdiff_t>(round);
    EXPECT_EQ(std::multiset<size_t>(begin, begin + 4), (std::multiset<size_t>{0, 1, 2, 2}));
  }
  ASSERT_EQ(entries.size(), 4u);
  const std::vector<double> expected = {1, 3, 2, 3};
  int64_t left_out = 0;
  for (size_t i = 0; i < 4; ++i) {
    EXPECT_EQ(entries[i].mean, expected[i]);
    left_out += entries[i].outliers;
  }
  EXPECT_EQ(left_out, 1);
}

TEST(TimedWholes, ARoundMustBeOver) {
  MadeUpWholes wholes;
  ExpectErrorContains<ConfigError>(
      [&] {
        TimeWholes({0, 1}, {.rounds = 5, .seconds = 1}, wholes, [&] { return wholes.now; });
      },
      {"--minutes"});
}

TEST(TimedWholes, NetworksOfACheckDiffer) {
  const SearchSpace space = SmallSpace();
  const auto networks = NetworksToCheck(space, 100, 1);
  const std::set<std::vector<size_t>> different(networks.begin(), networks.end());
  EXPECT_EQ(different.size(), networks.size());
  EXPECT_EQ(networks.size(), 6u);  // there are no more
  EXPECT_EQ(NetworksToCheck(space, 3, 1), NetworksToCheck(space, 3, 1));
}

}  // namespace
}  // namespace danas::test
