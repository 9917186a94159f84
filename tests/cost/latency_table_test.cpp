#include "danas/cost/latency_table.h"

#include <gtest/gtest.h>

#include "danas/core/error.h"
#include "tests/arch/arch_support.h"
#include "tests/support/test_support.h"

namespace danas::test {
namespace {

LatencyConditions Here() {
  return {.machine = "a \"quoted\": processor, 2 cores",
          .device = "cpu",
          .threads = 2,
          .batch = 4,
          .kernels = "fused (avx2)",
          .danas = "danas 0.1.0",
          .date = "2026-01-31T12:00:00Z"};
}

TEST(LatencyTable, IsReadBackToTheBit) {
  LatencyTable table{.measured_on = Here(), .entries = {}};
  table.entries["ir_e1_k3-input:8x6x8-output:8x6x8-stride:1"] = {
      .mean = 0.1 + 0.2, .count = 19, .var = 1e-300, .low = 0.3, .high = 1.0 / 3, .outliers = 1};
  table.entries["Logits-input:4x3x20-output:6"] = {.mean = 0, .count = 1, .var = 0, .low = 0, .high = 0, .outliers = 0};
  const LatencyTable read = ParseLatencyTable(LatencyTableText(table), "table");
  ASSERT_EQ(read.entries.size(), 2u);
  for (const auto& [key, entry] : table.entries) {
    const LatencyEntry& there = read.entries.at(key);
    EXPECT_EQ(there.mean, entry.mean);
    EXPECT_EQ(there.count, entry.count);
    EXPECT_EQ(there.var, entry.var);
    EXPECT_EQ(there.low, entry.low);
    EXPECT_EQ(there.high, entry.high);
    EXPECT_EQ(there.outliers, entry.outliers);
  }
  ASSERT_TRUE(read.measured_on);
  EXPECT_TRUE(DifferencesFrom(*read.measured_on, Here()).empty());
  EXPECT_EQ(read.measured_on->date, Here().date);
  EXPECT_EQ(LatencyTableText(read), LatencyTableText(table));
}

TEST(LatencyTable, ForeignTablesNeedAMeanAlone) {
  const LatencyTable table = ParseLatencyTable("a:\n  mean: 2\n  count: many\nb: {mean: 3}\n", "table");
  EXPECT_FALSE(table.measured_on);
  EXPECT_EQ(table.entries.at("a").mean, 2);
  EXPECT_EQ(table.entries.at("b").mean, 3);
}

TEST(LatencyTable, BrokenOnes) {
  const std::string text = LatencyTableText({.measured_on = Here(), .entries = {{"a", {.mean = 1, .count = 2}}}});
  const auto fails = [&](const std::string& from, const std::string& to, std::string_view says) {
    std::string broken = text;
    broken.replace(broken.find(from), from.size(), to);
    ExpectErrorContains<ConfigError>([&] { ParseLatencyTable(broken, "t.yaml"); }, {"t.yaml", says});
  };
  fails("threads: 2", "threads: two", "threads");
  fails("threads: 2", "thread: 2", "threads");
  fails("batch: 4", "batch: 0", "batch");
  fails("count: 2", "count: 0", "count");
  fails("mean: 1", "mean: -1", "not negative");
  ExpectErrorContains<ConfigError>([&] { ParseLatencyTable(text.substr(0, text.find("\"a\"")), "t.yaml"); },
                                   {"empty latency table"});
}

TEST(LatencyTable, SaysWhatIsDifferentHere) {
  LatencyConditions here = Here();
  here.danas = "danas 9";  // told, but no reason to measure again
  here.date = "2027-01-31T12:00:00Z";
  EXPECT_TRUE(DifferencesFrom(Here(), here).empty());
  here.batch = 1;
  here.machine = "another";
  const std::vector<std::string> differences = DifferencesFrom(Here(), here);
  ASSERT_EQ(differences.size(), 2u);
  EXPECT_EQ(differences[0], "the machine is another, not " + Here().machine);
  EXPECT_EQ(differences[1], "the batch is 1, not 4");
}

TEST(LatencyTable, KeysOfASpaceInTheOrderOfComputation) {
  const SearchSpace space = SmallSpace();
  const LatencyKeys keys = LatencyKeysOf(space);
  ASSERT_EQ(keys.candidates_lc.size(), space.layers().size());
  const std::vector<std::string> of_network = keys.OfNetwork({2, 0, 0});
  ASSERT_EQ(of_network.size(), 6u);
  EXPECT_TRUE(of_network[0].starts_with("Conv-input"));
  EXPECT_EQ(of_network[1], "");  // passes its input on
  EXPECT_TRUE(of_network[4].starts_with("Conv_1-input"));
  EXPECT_TRUE(of_network[5].starts_with("Logits-input"));
  // What the keys name is what the cost model asks for.
  LatencyTable table;
  double value = 1;
  for (const std::string& key : keys.Distinct()) table.entries[key] = {.mean = value *= 2};
  const CostTable costs = MakeCostTable(*MakeLatencyModel(table, "made up"), space);
  double sum = 0;
  for (const std::string& key : of_network) sum += key.empty() ? 0 : table.entries.at(key).mean;
  EXPECT_EQ(costs.OfNetwork({2, 0, 0}), sum);
}

}  // namespace
}  // namespace danas::test
