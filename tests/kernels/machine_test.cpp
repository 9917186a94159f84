#include "danas/kernels/machine.h"

#include <gtest/gtest.h>

#include "danas/kernels/level.h"

namespace danas::kernels {
namespace {

// Bounds that any machine of the last decade lies within.
TEST(Machine, MeasuresWhatAProcessorCanBe) {
  const double multiply_adds = MeasureMultiplyAdds(1), bandwidth = MeasureBandwidth(1);
  if (Levels().empty()) {
    EXPECT_EQ(multiply_adds, 0);
  } else {
    EXPECT_GT(multiply_adds, 1e8);
  }
  EXPECT_LT(multiply_adds, 1e12);  // one thread
  EXPECT_GT(bandwidth, 1e7);
  EXPECT_LT(bandwidth, 1e13);
}

}  // namespace
}  // namespace danas::kernels
