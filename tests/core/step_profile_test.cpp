#include "danas/core/step_profile.h"

#include <gtest/gtest.h>

namespace danas {
namespace {

constexpr int64_t kMs = 1'000'000;

ProfiledEvent Operator(const char* name, int64_t start_ms, int64_t end_ms, int64_t thread = 1) {
  return {.name = name, .start = start_ms * kMs, .end = end_ms * kMs, .lane = thread};
}

ProfiledEvent Kernel(const char* name, int64_t start_ms, int64_t end_ms, int64_t stream = 7) {
  return {.name = name, .start = start_ms * kMs, .end = end_ms * kMs, .lane = stream, .on_gpu = true};
}

const ProfileRow& RowOf(const std::vector<ProfileRow>& rows, const std::string& name) {
  for (const ProfileRow& row : rows) {
    if (row.name == name) return row;
  }
  throw std::runtime_error("no row " + name);
}

TEST(StepProfile, AnOperatorsTimeIsItsOwn) {
  // conv2d [0, 10] calls convolution [1, 9], which calls pad [2, 4] and gemm [4, 8]; then conv2d again, without others.
  const StepProfile profile =
      FoldEvents({Operator("gemm", 4, 8), Operator("conv2d", 0, 10), Operator("convolution", 1, 9),
                  Operator("pad", 2, 4), Operator("conv2d", 20, 23)});
  EXPECT_DOUBLE_EQ(RowOf(profile.operators, "conv2d").seconds, 0.005);
  EXPECT_EQ(RowOf(profile.operators, "conv2d").count, 2);
  EXPECT_DOUBLE_EQ(RowOf(profile.operators, "convolution").seconds, 0.002);
  EXPECT_DOUBLE_EQ(RowOf(profile.operators, "pad").seconds, 0.002);
  EXPECT_DOUBLE_EQ(RowOf(profile.operators, "gemm").seconds, 0.004);
  EXPECT_EQ(profile.operators.front().name, "conv2d");
  EXPECT_DOUBLE_EQ(profile.operator_seconds, 0.013);
  EXPECT_TRUE(profile.kernels.empty());
}

TEST(StepProfile, ThreadsDoNotEncloseOneAnother) {
  const StepProfile profile = FoldEvents({Operator("forward", 0, 10, 1), Operator("backward", 2, 6, 2)});
  EXPECT_DOUBLE_EQ(RowOf(profile.operators, "forward").seconds, 0.010);
  EXPECT_DOUBLE_EQ(RowOf(profile.operators, "backward").seconds, 0.004);
  EXPECT_DOUBLE_EQ(profile.operator_seconds, 0.010);
}

TEST(StepProfile, AnEventOfTheSameTimeLiesWithinTheOneBeforeIt) {
  const StepProfile profile = FoldEvents({Operator("outer", 0, 4), Operator("inner", 0, 4)});
  EXPECT_DOUBLE_EQ(RowOf(profile.operators, "outer").seconds, 0);
  EXPECT_DOUBLE_EQ(RowOf(profile.operators, "inner").seconds, 0.004);
}

TEST(StepProfile, TheGpuIsIdleWhereNoStreamWorks) {
  // Two streams overlap from 2 to 4; idle from 6 to 9; one kernel within another.
  StepProfile profile = FoldEvents({Kernel("gemm", 0, 4, 7), Kernel("copy", 2, 6, 8), Kernel("gemm", 9, 15, 7),
                                    Kernel("norm", 10, 12, 8), Operator("conv2d", 0, 1)});
  EXPECT_DOUBLE_EQ(profile.kernel_seconds, 0.012);
  EXPECT_DOUBLE_EQ(profile.IdleShare(0.020), 0.4);
  EXPECT_DOUBLE_EQ(profile.IdleShare(0.016), 0.25);
  EXPECT_DOUBLE_EQ(profile.IdleShare(0.010), 0);  // a plain step that was shorter than the kernels of the profiled one
  ASSERT_EQ(profile.kernels.size(), 3u);
  EXPECT_EQ(profile.kernels[0].name, "gemm");
  EXPECT_EQ(profile.kernels[0].count, 2);
  EXPECT_DOUBLE_EQ(profile.kernels[0].seconds, 0.010);
  EXPECT_EQ(profile.operators.size(), 1u);
}

TEST(StepProfile, NothingIsNothing) {
  const StepProfile profile = FoldEvents({});
  EXPECT_EQ(profile.kernel_seconds, 0);
  EXPECT_EQ(profile.operator_seconds, 0);
  EXPECT_TRUE(profile.operators.empty());
}

}  // namespace
}  // namespace danas
