// The statistics of a latency table, on numbers that were made up.
#include "danas/cost/latency_samples.h"

#include <gtest/gtest.h>

#include "danas/core/error.h"
#include "tests/support/test_support.h"

namespace danas::test {
namespace {

LatencySamples Made(const std::vector<double>& reference, const std::vector<double>& of_a) {
  LatencySamples samples{.subject = "s", .rounds = 3, .reference_ms = reference};
  for (size_t v = 0; v < of_a.size(); ++v) {
    samples.blocks["a"].push_back({.visit = static_cast<int64_t>(v), .milliseconds = of_a[v]});
  }
  return samples;
}

TEST(LatencySamples, AKeyIsTheMedianOfItsBlocks) {
  const LatencyEntry entry = TableOf(Made({1, 1, 1, 1, 1}, {4, 1, 2, 3, 5})).entries.at("a");
  EXPECT_EQ(entry.mean, 3);
  EXPECT_EQ(entry.count, 5);
  EXPECT_EQ(entry.outliers, 0);
  EXPECT_EQ(entry.var, 2.5);
  EXPECT_EQ(entry.low, 1);  // of so few the range
  EXPECT_EQ(entry.high, 5);
}

TEST(LatencySamples, WhatWasMeasuredWhileTheMachineWasSlowDoesNotCount) {
  const LatencyEntry entry = TableOf(Made({1, 1.09, 1.2, 1, 2}, {4, 5, 50, 6, 60})).entries.at("a");
  EXPECT_EQ(entry.mean, 5);
  EXPECT_EQ(entry.count, 3);
  EXPECT_EQ(entry.outliers, 2);
}

// Better than nothing, and what follows from it is wide.
TEST(LatencySamples, AKeyWithSlowVisitsAloneKeepsThem) {
  LatencySamples samples = Made({1, 1, 1, 2}, {4, 5, 6, 9});
  samples.blocks["b"] = {{.visit = 3, .milliseconds = 7}};
  EXPECT_EQ(TableOf(samples).entries.at("b").mean, 7);
  EXPECT_EQ(TableOf(samples).entries.at("a").mean, 5);
}

TEST(LatencySamples, FarBlocksAreOutliers) {
  const LatencyEntry entry =
      TableOf(Made(std::vector<double>(9, 1.0), {10, 10.1, 9.9, 10.2, 9.8, 10, 10.1, 9.9, 14})).entries.at("a");
  EXPECT_EQ(entry.outliers, 1);
  EXPECT_EQ(entry.count, 8);
  EXPECT_EQ(entry.mean, 10);
  EXPECT_LT(entry.var, 0.1);
}

TEST(LatencySamples, QualityTellsDriftAndWidth) {
  const LatencySamples samples = Made({1, 1, 1, 1.02, 1.02, 1.02, 9}, {10, 11, 12, 10, 11, 12, 11});
  const LatencyTable table = TableOf(samples);
  const LatencyQuality quality = QualityOf(samples, table);
  EXPECT_EQ(quality.keys, 1);
  EXPECT_EQ(quality.visits, 7);
  EXPECT_EQ(quality.slow_visits, 1);
  EXPECT_EQ(quality.blocks, 7);
  EXPECT_EQ(quality.outliers, 1);
  EXPECT_NEAR(quality.drift, 0.02, 1e-12);
  EXPECT_NEAR(quality.median_error, 1.0 / 11, 1e-12);
  EXPECT_NEAR(quality.worst_error, 1.0 / 11, 1e-12);
}

TEST(LatencySamples, AreReadBackToTheBit) {
  LatencySamples samples = Made({1.0 / 3, 0.1}, {0.1 + 0.2, 7});
  samples.conditions = {
      .machine = "m", .device = "cpu", .threads = 3, .batch = 2, .kernels = "k", .danas = "d", .date = "now"};
  const LatencySamples read = ParseSamples(SamplesText(samples), "part");
  EXPECT_EQ(read.subject, "s");
  EXPECT_EQ(read.rounds, 3);
  EXPECT_EQ(read.reference_ms, samples.reference_ms);
  EXPECT_EQ(read.blocks, samples.blocks);
  EXPECT_EQ(SamplesText(read), SamplesText(samples));
}

TEST(LatencySamples, BrokenFiles) {
  const std::string text = SamplesText(Made({1, 2}, {3, 4}));
  const auto fails = [](const std::string& broken) {
    ExpectErrorContains<ConfigError>([&] { ParseSamples(broken, "t.part"); }, {"t.part", "move it away"});
  };
  fails("");
  fails("[]");
  fails(text.substr(0, text.size() / 2));
  for (const auto& [from, to] : std::vector<std::pair<std::string, std::string>>{{"[1,4.0]", "[2,4.0]"},
                                                                                 {"[1,4.0]", "[-1,4.0]"},
                                                                                 {"[1,4.0]", "[1,-4.0]"},
                                                                                 {"[1,4.0]", "[1]"},
                                                                                 {"\"rounds\":3", "\"rounds\":-1"},
                                                                                 {"[[0,3.0],[1,4.0]]", "[]"}}) {
    std::string broken = text;
    ASSERT_NE(broken.find(from), std::string::npos) << text;
    fails(broken.replace(broken.find(from), from.size(), to));
  }
}

}  // namespace
}  // namespace danas::test
