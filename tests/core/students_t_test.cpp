#include "danas/core/students_t.h"

#include <gtest/gtest.h>

#include <cmath>

#include "danas/core/json.h"
#include "tests/support/test_support.h"

namespace danas {
namespace {

// tests/golden/students_t.py, by SciPy.
const Json& Golden() {
  static const Json golden = Json::parse(test::ReadText(test::SourcePath("tests/golden/students_t.json")));
  return golden;
}

TEST(StudentsT, TwoSidedPAgreesWithScipy) {
  for (const Json& row : Golden().at("two_sided")) {
    const double t = row.at(0), degrees = row.at(1), expected = row.at(2);
    EXPECT_NEAR(TwoSidedP(t, degrees), expected, 1e-12 * expected) << "t " << t << ", " << degrees << " degrees";
    EXPECT_EQ(TwoSidedP(t, degrees), TwoSidedP(-t, degrees));
  }
  EXPECT_EQ(TwoSidedP(INFINITY, 3), 0);
}

TEST(StudentsT, QuantilesAgreeWithScipy) {
  for (const Json& row : Golden().at("quantile")) {
    const double share = row.at(0), degrees = row.at(1), expected = row.at(2);
    EXPECT_NEAR(StudentQuantile(share, degrees), expected, 1e-9 * expected)
        << "share " << share << ", " << degrees << " degrees";
  }
  EXPECT_NEAR(StudentQuantile(0.5, 4), 0, 1e-12);
  EXPECT_NEAR(StudentQuantile(0.975, 2), 4.303, 5e-4);  // as every table has it
}

TEST(StudentsT, DetectableShiftAgreesWithTheNoncentralT) {
  for (const Json& row : Golden().at("detectable")) {
    const double degrees = row.at(0), expected = row.at(1);
    EXPECT_NEAR(DetectableShift(degrees), expected, 1e-7 * expected) << degrees << " degrees";
  }
}

}  // namespace
}  // namespace danas
