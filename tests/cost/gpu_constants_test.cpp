#include "danas/cost/gpu_constants.h"

#include <gtest/gtest.h>

#include "danas/core/error.h"
#include "tests/support/test_support.h"

namespace danas::test {
namespace {

TEST(GpuConstants, EveryKindHasAllOfThemWithASource) {
  EXPECT_EQ(GpuKinds(), (std::vector<std::string>{"v100", "a100", "h100"}));
  for (const std::string& kind : GpuKinds()) {
    const GpuConstants constants = ConstantsOf(kind);
    EXPECT_EQ(constants.kind, kind);
    for (const GpuConstant& constant : DescribedConstants(kind)) {
      EXPECT_GT(constants.*constant.value, 0) << kind << " " << constant.name;
      EXPECT_FALSE(constant.source.empty()) << kind << " " << constant.name;
    }
  }
  EXPECT_LT(ConstantsOf("v100").memory, ConstantsOf("a100").memory);
  EXPECT_EQ(sizeof(GpuConstants), sizeof(std::string) + DescribedConstants("v100").size() * sizeof(double))
      << "a number that is neither printed nor changed";
}

TEST(GpuConstants, ChangeByName) {
  GpuConstants constants = ConstantsOf("h100");
  ChangeConstant(constants, "memory_share=0.25");
  ChangeConstant(constants, "network=1.25e9");
  EXPECT_EQ(constants.memory_share, 0.25);
  EXPECT_EQ(constants.network, 1.25e9);
  EXPECT_EQ(constants.memory, ConstantsOf("h100").memory);
  EXPECT_EQ(constants.AtHalfShares().memory_share, 0.125);
  EXPECT_EQ(constants.AtHalfShares().arithmetic_share, 0.25);
  ExpectErrorContains<UsageError>([&] { ChangeConstant(constants, "memory_shar=1"); }, {"did you mean 'memory_share'"});
  for (const char* wrong : {"memory_share", "memory_share=", "memory_share=0", "memory_share=-1", "memory_share=1x",
                            "memory_share=inf", "memory_share=nan"}) {
    ExpectErrorContains<UsageError>([&] { ChangeConstant(constants, wrong); }, {wrong, "a number above 0"});
  }
}

TEST(GpuConstants, ReadsHowManyOfWhichKind) {
  EXPECT_EQ(ParseGpuGroup("4xv100").count, 4);
  EXPECT_EQ(ParseGpuGroup("1024xh100").gpu.kind, "h100");
  EXPECT_EQ(NameOf(ParseGpuGroup("4xv100")), "4 V100");
  for (const char* wrong : {"", "4", "v100", "0xv100", "-1xv100", "1025xv100", "4 v100", "4*v100"}) {
    ExpectErrorContains<UsageError>([&] { ParseGpuGroup(wrong); }, {"1 to 1024", "4xv100"});
  }
  ExpectErrorContains<UsageError>([] { ParseGpuGroup("4xt4"); }, {"'t4'", "v100, a100, h100", "--predict-set"});
}

}  // namespace
}  // namespace danas::test
