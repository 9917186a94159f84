// The protocol, on networks whose times are made up and a clock that the test moves.
#include "danas/latency/measure.h"

#include <gtest/gtest.h>

#include <set>

#include "danas/core/error.h"
#include "danas/core/file.h"
#include "danas/latency/measure_table.h"
#include "tests/arch/arch_support.h"
#include "tests/support/test_support.h"

namespace danas::test {
namespace {

// Part p of a network takes 10 p + its candidate; the first passes of a visit take longer. A pass is a second.
class MadeUp : public TimedNetworks {
 public:
  explicit MadeUp(const LatencyKeys& keys) : keys_(keys) {}

  void BeginRound() override { ++rounds; }
  std::vector<std::vector<double>> Passes(const std::vector<size_t>& choice, int64_t count) override {
    std::vector<std::vector<double>> milliseconds;
    for (int64_t i = 0; i < count; ++i) milliseconds.push_back(Pass(choice));
    return milliseconds;
  }
  double Reference() override {
    last_.clear();
    return 1;
  }
  Clock clock() {
    return [this] { return now; };
  }

  double now = 0;
  int rounds = 0;
  int passes = 0;
  std::set<std::pair<size_t, size_t>> taken;

 private:
  std::vector<double> Pass(const std::vector<size_t>& choice) {
    ++now;
    ++passes;
    warm_ = choice == last_ ? warm_ + 1 : 0;
    last_ = choice;
    std::vector<double> ms = {1};
    for (size_t l = 0; l < choice.size(); ++l) {
      ms.push_back(10.0 * static_cast<double>(l + 1) + static_cast<double>(choice[l]));
      taken.insert({l, choice[l]});
    }
    ms.push_back(2);
    ms.push_back(3);
    if (warm_ < 2) ms.assign(ms.size(), 1000);
    return ms;
  }

  LatencyKeys keys_;
  std::vector<size_t> last_;
  int warm_ = 0;
};

LatencyKeys Keys() {
  return {.stem = "stem",
          .candidates_lc = {{"a0", "a1", "a2"}, {"b0", ""}, {"c0"}},
          .expand = "expand",
          .logits = "logits"};
}

TEST(LatencyRounds, EveryCandidateTakesItsTurn) {
  for (int64_t round = 0; round < 20; ++round) {
    const auto networks = NetworksOfRound({3, 2, 1}, round, 5);
    ASSERT_EQ(networks.size(), 3u);
    std::set<size_t> first, second;
    for (const std::vector<size_t>& network : networks) {
      first.insert(network[0]);
      second.insert(network[1]);
      EXPECT_EQ(network[2], 0u);
    }
    EXPECT_EQ(first.size(), 3u);
    EXPECT_EQ(second.size(), 2u);
  }
  EXPECT_EQ(NetworksOfRound({3, 2, 1}, 4, 5), NetworksOfRound({3, 2, 1}, 4, 5));
  std::set<std::vector<std::vector<size_t>>> different;
  for (int64_t round = 0; round < 20; ++round) different.insert(NetworksOfRound({3, 2, 1}, round, 5));
  EXPECT_GT(different.size(), 5u);
}

TEST(LatencyRounds, MeasureEveryKeyWithoutTheWarmUp) {
  MadeUp networks(Keys());
  LatencySamples samples;
  int kept = 0;
  MeasureRounds(Keys(), {.rounds = 4, .warmups = 2, .passes = 3, .seconds = 1e9}, networks, networks.clock(), samples,
                [&](const LatencySamples& so_far) { EXPECT_EQ(so_far.rounds, ++kept); });
  EXPECT_EQ(kept, 4);
  EXPECT_EQ(networks.rounds, 4);
  EXPECT_EQ(networks.passes, 4 * 3 * 5);
  EXPECT_EQ(networks.taken.size(), 6u);
  const LatencyTable table = TableOf(samples);
  std::map<std::string, double> means;
  for (const auto& [key, entry] : table.entries) means[key] = entry.mean;
  EXPECT_EQ(
      means,
      (std::map<std::string, double>{
          {"stem", 1}, {"a0", 10}, {"a1", 11}, {"a2", 12}, {"b0", 20}, {"c0", 30}, {"expand", 2}, {"logits", 3}}));
  EXPECT_EQ(table.entries.at("stem").count, 12);
  EXPECT_EQ(table.entries.at("a1").count, 4);
}

TEST(LatencyRounds, StopInTimeWithWholeRounds) {
  MadeUp networks(Keys());
  LatencySamples samples;
  // A round takes 3 visits of 5 passes of a second: the fourth is cut short.
  MeasureRounds(Keys(), {.rounds = 9, .least_rounds = 3, .warmups = 2, .passes = 3, .seconds = 52}, networks,
                networks.clock(), samples, [](const LatencySamples&) {});
  EXPECT_EQ(samples.rounds, 3);
  EXPECT_EQ(samples.reference_ms.size(), 9u);
  EXPECT_EQ(samples.blocks.at("a0").size(), 3u);
}

TEST(LatencyRounds, TooFewRoundsMakeNoTable) {
  MadeUp networks(Keys());
  LatencySamples samples;
  ExpectErrorContains<ConfigError>(
      [&] {
        MeasureRounds(Keys(), {.rounds = 9, .least_rounds = 3, .warmups = 2, .passes = 3, .seconds = 40}, networks,
                      networks.clock(), samples, [](const LatencySamples&) {});
      },
      {"only 2 rounds", "--minutes"});
  EXPECT_EQ(samples.rounds, 2);
}

LatencyConditions Conditions() {
  return {.machine = "m", .device = "cpu", .threads = 1, .batch = 1, .kernels = "k", .danas = "d", .date = "t"};
}

TEST(LatencyResume, AContinuedTableIsTheUninterruptedOne) {
  const TempDir folder;
  const SearchSpace space = SmallSpace();
  const LatencyKeys keys = LatencyKeysOf(space);
  const LatencySchedule schedule{.rounds = 6, .least_rounds = 3, .warmups = 2, .passes = 3, .seconds = 1e9};
  MadeUp whole(keys);
  const MeasuredTable expected =
      MeasureTableOf(whole, whole.clock(), space, schedule, Conditions(), folder / "whole.yaml");
  EXPECT_EQ(expected.rounds_before, 0);

  LatencySchedule short_of_time = schedule;
  short_of_time.seconds = 2.5 * whole.now / 6;
  MadeUp cut(keys);
  EXPECT_THROW(MeasureTableOf(cut, cut.clock(), space, short_of_time, Conditions(), folder / "t.yaml"), ConfigError);
  EXPECT_TRUE(std::filesystem::exists(folder / "t.yaml.part"));
  EXPECT_FALSE(std::filesystem::exists(folder / "t.yaml"));
  MadeUp rest(keys);
  const MeasuredTable continued = MeasureTableOf(rest, rest.clock(), space, schedule, Conditions(), folder / "t.yaml");
  EXPECT_EQ(continued.rounds_before, 2);
  EXPECT_EQ(rest.rounds, 4);
  EXPECT_EQ(LatencyTableText(continued.table), LatencyTableText(expected.table));
}

TEST(LatencyResume, OtherSettingsBeginAnew) {
  const TempDir folder;
  const SearchSpace space = SmallSpace();
  const LatencySchedule schedule{.rounds = 2, .warmups = 2, .passes = 3, .seconds = 1e9};
  const auto before = [&](const SearchSpace& of, const LatencySchedule& by, const LatencyConditions& here) {
    MadeUp first(LatencyKeysOf(space)), networks(LatencyKeysOf(of));
    std::filesystem::remove(PartOf(folder / "t.yaml"));
    MeasureTableOf(first, first.clock(), space, schedule, Conditions(), folder / "t.yaml");
    return MeasureTableOf(networks, networks.clock(), of, by, here, folder / "t.yaml").rounds_before;
  };
  EXPECT_EQ(before(space, schedule, Conditions()), 2);
  LatencySchedule more = schedule;
  more.rounds = 3;
  EXPECT_EQ(before(space, more, Conditions()), 2);
  LatencyConditions here = Conditions();
  here.batch = 2;
  EXPECT_EQ(before(space, schedule, here), 0);
  here = Conditions();
  here.danas = "another";
  EXPECT_EQ(before(space, schedule, here), 0);
  LatencySchedule longer = schedule;
  longer.passes = 5;
  EXPECT_EQ(before(space, longer, Conditions()), 0);
  EXPECT_EQ(before(space.WithClasses(7), schedule, Conditions()), 0);
}

TEST(LatencyResume, ABrokenFileIsNotOverwritten) {
  const TempDir folder;
  WriteText(folder / "t.yaml.part", "mine");
  MadeUp networks(LatencyKeysOf(SmallSpace()));
  ExpectErrorContains<ConfigError>(
      [&] { MeasureTableOf(networks, networks.clock(), SmallSpace(), {}, Conditions(), folder / "t.yaml"); },
      {"t.yaml.part", "move it away"});
  EXPECT_EQ(ReadFile(folder / "t.yaml.part"), "mine");
}

}  // namespace
}  // namespace danas::test
