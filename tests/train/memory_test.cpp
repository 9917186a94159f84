#include "danas/train/memory.h"

#include <gtest/gtest.h>

#include <cstring>
#include <memory>

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

}  // namespace
}  // namespace danas
