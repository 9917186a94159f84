#include "danas/arch/expression.h"

#include <gtest/gtest.h>

#include <stdexcept>
#include <string>

#include "tests/support/test_support.h"

namespace danas {
namespace {

double ValueOf(const std::string& text) {
  return Expression(text).Evaluate({{"in", 24}, {"out", 40}, {"e", 1.5}, {"stride", 2}});
}

TEST(Expression, IsArithmeticAsUsual) {
  EXPECT_EQ(ValueOf("2 + 3 * 4 - 6 / 3"), 12);
  EXPECT_EQ(ValueOf("2 - 3 - 4"), -5);
  EXPECT_EQ(ValueOf("16 / 4 / 2"), 2);
  EXPECT_EQ(ValueOf("(2 + 3) * -4"), -20);
  EXPECT_EQ(ValueOf("--1.5e1"), 15);
  EXPECT_EQ(ValueOf("in * e + out"), 76);
  EXPECT_EQ(ValueOf("round(in / 7) + floor(2.9) + ceil(2.1) + abs(-1) + min(4, 3, 5) + max(1)"), 13);
}

TEST(Expression, ComparesWithOneAndNought) {
  EXPECT_EQ(ValueOf("in < out"), 1);
  EXPECT_EQ(ValueOf("in >= out"), 0);
  EXPECT_EQ(ValueOf("stride == 2 and in != out"), 1);
  EXPECT_EQ(ValueOf("not stride == 2 or in <= 24"), 1);
  EXPECT_EQ(ValueOf("not (stride == 2 or e > 1)"), 0);
}

// The values of MobileNetV2's public code.
TEST(Expression, MakesDivisibleAsMobileNet) {
  EXPECT_EQ(ValueOf("make_divisible(36, 8)"), 40);
  EXPECT_EQ(ValueOf("make_divisible(35, 8)"), 32);
  EXPECT_EQ(ValueOf("make_divisible(10, 8)"), 16);  // 8 would be less than nine tenths
  EXPECT_EQ(ValueOf("make_divisible(1, 8)"), 8);
  EXPECT_EQ(ValueOf("make_divisible(24 * 0.35, 8)"), 8);
}

TEST(Expression, SaysItsNames) {
  EXPECT_EQ(Expression("round(in * e) + in").names(), (std::set<std::string>{"e", "in"}));
  EXPECT_TRUE(Expression("3").names().empty());
}

TEST(Expression, SaysWhatIsWrongAndWhere) {
  const auto refuses = [](const std::string& text, const std::string& why) {
    test::ExpectErrorContains<std::invalid_argument>([&] { Expression{text}; }, {why});
  };
  refuses("", "expected a number, a name or '(' at character 1");
  refuses("in +", "at character 5");
  refuses("in out", "expected an operator or the end at character 4");
  refuses("(in", "expected ')' at character 4");
  refuses("sqrt(in)", "instead of 'sqrt'");
  refuses("round(1, 2)", "expected 1 arguments of round");
  refuses("make_divisible(8)", "2 arguments of make_divisible");
  refuses("1e999", "expected a number");
  refuses("in and", "at character 7");
  refuses(std::string(2000, '1'), "longer than");
  refuses(std::string(400, '('), "terms within each other");
  refuses("not " + std::string(300, '-') + "1", "terms within each other");
}

TEST(Expression, SaysWhatHasNoValue) {
  const auto fails = [](const std::string& text, const std::string& why) {
    test::ExpectErrorContains<std::invalid_argument>([&] { ValueOf(text); }, {why});
  };
  fails("in / (out - 40)", "divides by 0");
  fails("1e300 * 1e300", "not a finite number");
  fails("make_divisible(in, stride - 2)", "divisor above 0");
}

}  // namespace
}  // namespace danas
