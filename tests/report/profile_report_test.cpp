#include "danas/report/profile_report.h"

#include <gmock/gmock.h>

namespace danas {
namespace {

using testing::HasSubstr;
using testing::Not;

StepProfile OnGpu() {
  return {
      .step = "w step",
      .plain_seconds = 0.020,
      .wall_seconds = 0.025,
      .on_gpu = true,
      .kernel_seconds = 0.005,
      .operator_seconds = 0.019,
      .kernels = {{.name = "gemm", .count = 1200, .seconds = 0.003}, {.name = "norm", .count = 30, .seconds = 0.003}},
      .operators = {{.name = "aten::conv2d", .count = 8, .seconds = 0.019}}};
}

TEST(ProfileReport, SaysForHowLongTheGpuWasIdle) {
  const std::string text = ProfileText(OnGpu());
  EXPECT_THAT(text, HasSubstr("w step: 20.00 ms without the profiler, 25.00 ms with it\n"));
  EXPECT_THAT(text, HasSubstr("a kernel or copy ran for 5.00 ms: the GPU was idle for 75.0 % of the step without the "
                              "profiler, 80.0 % of the profiled one\n"));
  EXPECT_THAT(text, HasSubstr("gemm            1,200  3.00    50.0 %\n"));
  EXPECT_THAT(text, HasSubstr("all             1,230  6.00   100.0 %\n"));
  EXPECT_THAT(text, HasSubstr("aten::conv2d                8  19.00   100.0 %\n"));
}

TEST(ProfileReport, AProcessorIsNotCalledIdle) {
  StepProfile profile = OnGpu();
  profile.on_gpu = false;
  profile.kernels.clear();
  EXPECT_THAT(ProfileText(profile), Not(HasSubstr("GPU")));
  EXPECT_THAT(ProfileText(profile), HasSubstr("an operator ran for 19.00 ms\n"));
  EXPECT_FALSE(ProfileJson(profile).contains("idle_share"));
}

TEST(ProfileReport, AGpuWithoutKernelsIsNotCalledIdleButUnseen) {
  StepProfile profile = OnGpu();
  profile.kernels.clear();
  EXPECT_THAT(ProfileText(profile), HasSubstr("the profiler saw no kernel"));
  EXPECT_THAT(ProfileText(profile), Not(HasSubstr("idle")));
  EXPECT_FALSE(ProfileJson(profile).contains("idle_share"));
}

TEST(ProfileReport, WhatComesAfterTheFirstRowsIsSummedUp) {
  StepProfile profile = OnGpu();
  profile.operators.clear();
  for (int i = 0; i < 32; ++i) {
    profile.operators.push_back({.name = "op" + std::to_string(i), .count = 2, .seconds = 0.001});
  }
  const std::string text = ProfileText(profile);
  EXPECT_THAT(text, HasSubstr("op29 "));
  EXPECT_THAT(text, Not(HasSubstr("op30 ")));
  EXPECT_THAT(text, HasSubstr("2 others                    4   2.00     6.2 %\n"));
  EXPECT_THAT(text, HasSubstr("all                        64  32.00   100.0 %\n"));
  EXPECT_EQ(ProfileJson(profile).at("operators").size(), 32u);
}

TEST(ProfileReport, JsonHoldsTheSameNumbers) {
  const Json json = ProfileJson(OnGpu());
  EXPECT_EQ(json.at("step"), "w step");
  EXPECT_DOUBLE_EQ(json.at("idle_share").get<double>(), 0.8);
  EXPECT_DOUBLE_EQ(json.at("idle_share_plain").get<double>(), 0.75);
  EXPECT_EQ(json.at("gpu_kernels").at(0).at("count"), 1200);
  EXPECT_EQ(json.at("operators").at(0).at("name"), "aten::conv2d");
}

}  // namespace
}  // namespace danas
