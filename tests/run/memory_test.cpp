#include "danas/run/memory.h"

#include <ATen/ATen.h>
#include <gmock/gmock.h>

#include <cstring>
#include <memory>
#include <stdexcept>

#include "tests/support/sanitizer.h"

namespace danas {
namespace {

TEST(Memory, ThePeakFollowsWhatIsTouched) {
  const int64_t before = ResidentBytes();
  EXPECT_GT(before, 1 << 20);
  EXPECT_GE(PeakResidentBytes(), before);
  constexpr size_t kBytes = 256 << 20;
  {
    const std::unique_ptr<char[]> block(new char[kBytes]);
    std::memset(block.get(), 1, kBytes);
    EXPECT_NEAR(static_cast<double>(ResidentBytes() - before), kBytes, kBytes * 0.1);
  }
  EXPECT_GE(PeakResidentBytes(), before + static_cast<int64_t>(kBytes * 0.9));
  EXPECT_LT(ResidentBytes(), before + static_cast<int64_t>(kBytes / 2));
  EXPECT_EQ(PeakDeviceBytes(at::kCPU), 0);
}

TEST(OutOfMemoryText, SaysWhatToLower) {
  if (test::kAddressSanitizer) GTEST_SKIP() << "the address sanitizer ends a process that asks for a petabyte";
  try {
    at::empty({int64_t{1} << 50});
    FAIL() << "a petabyte";
  } catch (const c10::Error& error) {
    EXPECT_THAT(OutOfMemoryText(error), testing::StartsWith("out of memory: "));
    EXPECT_THAT(OutOfMemoryText(error), testing::HasSubstr("train.micro_batch"));
    EXPECT_THAT(OutOfMemoryText(error), testing::Not(testing::HasSubstr("\n")));
  }
  EXPECT_EQ(OutOfMemoryText(std::runtime_error("out of memory")), "");
  try {
    at::zeros({2}).view({3});
  } catch (const c10::Error& error) {
    EXPECT_EQ(OutOfMemoryText(error), "");
  }
}

}  // namespace
}  // namespace danas
