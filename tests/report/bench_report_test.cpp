#include "danas/report/bench_report.h"

#include <gmock/gmock.h>

namespace danas {
namespace {

using testing::HasSubstr;
using testing::Not;

SupernetBench TwoWays() {
  SupernetBench bench{.space = "mobile_small", .input = "32x32", .device = "cpu, 2 threads", .level = "avx2"};
  bench.images = 8;
  bench.steps = 3;
  bench.weight_macs = 3e9;
  bench.alpha_macs = 2e9;
  bench.weight_bytes = 4e8;
  bench.alpha_bytes = 2e8;
  bench.machine = {.threads = 2,
                   .multiply_adds_of_one = 26e9,
                   .multiply_adds_of_all = 50e9,
                   .bytes_of_one = 8e9,
                   .bytes_of_all = 10e9};
  bench.ways = {{.kernels = "fused",
                 .recompute = "none",
                 .weight_seconds = {0.15, 0.15},
                 .alpha_seconds = {0.05, 0.05},
                 .growth_bytes = {1 << 20, 1 << 20},
                 .busy_cores = {1.9, 1.9},
                 .search_seconds = 7200},
                {.kernels = "aten",
                 .recompute = "layer",
                 .weight_seconds = {0.45, 0.45},
                 .alpha_seconds = {0.15, 0.15},
                 .growth_bytes = {4 << 20, 4 << 20},
                 .busy_cores = {1.1, 1.1}}};
  return bench;
}

TEST(BenchReport, TextGivesTimesSharesAndTheRatioToTheFirstWay) {
  const std::string text = BenchText(TwoWays());
  EXPECT_THAT(text, HasSubstr("mobile_small, 32x32, 8 images per step, on cpu, 2 threads"));
  EXPECT_THAT(text, HasSubstr("multiply-adds per second (avx2): 26.0G with one thread, 50.0G with 2\n"));
  EXPECT_THAT(text, HasSubstr("2 rounds of 3 steps"));
  EXPECT_THAT(
      text,
      HasSubstr("fused                 150.0        50.0      80.0  1.0 MiB        1.90           50 %          30 %"));
  EXPECT_THAT(text,
              HasSubstr("aten, recompute / fused: time of both steps 3.00 [3.00, 3.00], memory 4.00 [4.00, 4.00]"));
  EXPECT_THAT(text, HasSubstr("a whole search, fused: about 2 h 00 min"));
  EXPECT_THAT(text, Not(HasSubstr("a whole search, aten")));
}

TEST(BenchReport, WhatIsNotKnownIsNotClaimed) {
  SupernetBench bench = TwoWays();
  bench.machine = {};
  EXPECT_THAT(BenchText(bench), Not(HasSubstr("%")));
}

TEST(BenchReport, JsonHoldsTheSameNumbers) {
  const Json json = BenchJson(TwoWays());
  EXPECT_EQ(json.at("ways").at(0).at("weight_step").at("share_of_arithmetic"), 0.4);
  EXPECT_EQ(json.at("ways").at(0).at("alpha_step").at("share_of_bandwidth"), 0.4);
  EXPECT_EQ(json.at("ways").at(0).at("search_seconds"), 7200);
  EXPECT_EQ(json.at("ways").at(0).at("busy_cores"), 1.9);
  EXPECT_EQ(json.at("multiply_adds_per_second_one_thread"), 26e9);
  EXPECT_FALSE(json.at("ways").at(0).contains("over_first"));
  EXPECT_DOUBLE_EQ(json.at("ways").at(1).at("over_first").at("pair").at("ratio").get<double>(), 3);
  EXPECT_EQ(json.at("ways").at(1).at("over_first").at("growth").at("low"), 4);
}

TEST(BenchReport, LoaderGivesImagesASecond) {
  const LoaderBench bench{
      .dataset = "set", .images = 1000, .batch = 32, .runs = {{.workers = 2, .seconds = {2, 4, 3}}}};
  EXPECT_THAT(BenchText(bench), HasSubstr("set: 1,000 images per pass, batches of 32; medians of 3 passes"));
  EXPECT_THAT(BenchText(bench), HasSubstr("2     333.3          3.00"));
  EXPECT_DOUBLE_EQ(BenchJson(bench).at("runs").at(0).at("images_per_second").get<double>(), 1000.0 / 3);
}

}  // namespace
}  // namespace danas
