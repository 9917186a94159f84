#include "danas/train/finite_check.h"

#include <gtest/gtest.h>

#include <limits>

#include "danas/core/error.h"
#include "tests/support/test_support.h"

namespace danas {
namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
constexpr double kInfinity = std::numeric_limits<double>::infinity();

TEST(FiniteCheck, AcceptsFiniteNumbers) {
  for (const OnNonFinite choice : {OnNonFinite::kStop, OnNonFinite::kSkip}) {
    EXPECT_TRUE(FiniteCheck("x", choice, "").Accepts(-1e300, 0, "batch 1"));
  }
}

TEST(FiniteCheck, SkipsWhereTheConfigSaysSo) {
  const FiniteCheck check("x", OnNonFinite::kSkip, "");
  for (const double bad : {kNan, kInfinity, -kInfinity}) {
    EXPECT_FALSE(check.Accepts(bad, 1, "batch 1"));
    EXPECT_FALSE(check.Accepts(1, bad, "batch 1"));
  }
}

TEST(FiniteCheck, StopsWithTheStepTheValueAndTheAdvice) {
  const FiniteCheck check("step1, epoch 3/20, weights", OnNonFinite::kStop, "Lower the learning rate");
  test::ExpectErrorContains<NumericError>(
      [&] { check.Accepts(kNan, kInfinity, "batch 2 of 3"); },
      {"step1, epoch 3/20, weights: the loss of batch 2 of 3 is nan, not a finite number. Lower the learning rate"});
  test::ExpectErrorContains<NumericError>([&] { check.Accepts(1, kInfinity, "batch 2 of 3"); },
                                          {"weights: the gradients' norm of batch 2 of 3 is inf, not a finite number"});
}

}  // namespace
}  // namespace danas
