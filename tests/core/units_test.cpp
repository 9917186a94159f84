#include "danas/core/units.h"

#include <gtest/gtest.h>

#include <limits>

#include "danas/core/error.h"
#include "tests/support/test_support.h"

namespace danas {
namespace {

TEST(Count, ReadsSuffixesAndExponents) {
  EXPECT_DOUBLE_EQ(ParseCount("0"), 0);
  EXPECT_DOUBLE_EQ(ParseCount("323M"), 323e6);
  EXPECT_DOUBLE_EQ(ParseCount("0.3G"), 0.3e9);
  EXPECT_DOUBLE_EQ(ParseCount("15k"), 15000);
  EXPECT_DOUBLE_EQ(ParseCount("2T"), 2e12);
  EXPECT_DOUBLE_EQ(ParseCount("3.2e8"), 3.2e8);
  EXPECT_DOUBLE_EQ(ParseCount("1e3M"), 1e9);
}

TEST(Count, RefusesEverythingElse) {
  for (const char* text :
       {"", "M", "323 M", "323m", "323MM", "-5M", "1,000", "nan", "inf", "1e999", "0x10", " 5", "5 "}) {
    test::ExpectErrorContains<ConfigError>([&] { ParseCount(text); }, {"'" + std::string(text) + "'", "323M"});
  }
  // A suffix must not carry a finite number past the largest double.
  test::ExpectErrorContains<ConfigError>([] { ParseCount("1e305G"); }, {"1e305G"});
}

TEST(Format, Count) {
  EXPECT_EQ(FormatCount(0), "0");
  EXPECT_EQ(FormatCount(999), "999");
  EXPECT_EQ(FormatCount(1000), "1.0k");
  EXPECT_EQ(FormatCount(322918720), "322.9M");
  EXPECT_EQ(FormatCount(999950000), "1.0G");  // never "1000.0M"
  EXPECT_EQ(FormatCount(2.6e16), "26000.0T");
}

TEST(Format, Bytes) {
  EXPECT_EQ(FormatBytes(0), "0 B");
  EXPECT_EQ(FormatBytes(1023), "1023 B");
  EXPECT_EQ(FormatBytes(1024), "1.0 KiB");
  EXPECT_EQ(FormatBytes(1610612736), "1.5 GiB");
}

TEST(Format, Duration) {
  EXPECT_EQ(FormatDuration(0.25), "0.25 s");
  EXPECT_EQ(FormatDuration(9.994), "9.99 s");
  EXPECT_EQ(FormatDuration(9.996), "10 s");
  EXPECT_EQ(FormatDuration(62), "1 min 02 s");
  EXPECT_EQ(FormatDuration(59.7), "1 min 00 s");
  EXPECT_EQ(FormatDuration(7500), "2 h 05 min");
  EXPECT_EQ(FormatDuration(3 * 86400 + 4 * 3600), "3 d 04 h");
  EXPECT_EQ(FormatDuration(std::numeric_limits<double>::infinity()), "unknown");
}

TEST(Format, ThousandsAndDecimals) {
  EXPECT_EQ(FormatThousands(0), "0");
  EXPECT_EQ(FormatThousands(999), "999");
  EXPECT_EQ(FormatThousands(1234567), "1,234,567");
  EXPECT_EQ(FormatThousands(-100), "-100");
  EXPECT_EQ(FormatThousands(-123456), "-123,456");
  EXPECT_EQ(FormatThousands(std::numeric_limits<int64_t>::min()), "-9,223,372,036,854,775,808");
  EXPECT_EQ(FormatDecimals(1.005, 1), "1.0");
  EXPECT_EQ(FormatDecimals(-0.25, 2), "-0.25");
  EXPECT_EQ(FormatDecimals(1e300, 0).size(), 301u);
}

TEST(NearestName, EditDistanceCountsEdits) {
  EXPECT_EQ(EditDistance("", ""), 0u);
  EXPECT_EQ(EditDistance("abc", ""), 3u);
  EXPECT_EQ(EditDistance("", "abc"), 3u);
  EXPECT_EQ(EditDistance("kitten", "sitting"), 3u);
  EXPECT_EQ(EditDistance("augmnet", "augment"), 2u);
}

TEST(NearestName, SuggestsOnlyWhatMayBeMeant) {
  const std::vector<std::string> names = {"augment", "root", "test", "train"};
  EXPECT_EQ(NearestName("augmnet", names), "augment");
  EXPECT_EQ(NearestName("tain", names), "train");
  EXPECT_EQ(NearestName("root", names), "root");
  EXPECT_EQ(NearestName("validation", names), "");
  EXPECT_EQ(NearestName("x", {}), "");
}

TEST(FormatCost, HasItsUnitOnce) {
  EXPECT_EQ(FormatCost(322918720, "MACs"), "322.9M MACs");
  EXPECT_EQ(FormatCostNumber(322918720, "MACs"), "322.9M");
  EXPECT_EQ(FormatCost(12.3456, "ms"), "12.35 ms");
  EXPECT_EQ(FormatCostNumber(12.3456, "ms", 3), "12.346");
  EXPECT_EQ(FormatCost(5619712, "bytes"), "5.4 MiB");
  EXPECT_EQ(FormatCostNumber(5619712, "bytes"), "5.4 MiB");
}

}  // namespace
}  // namespace danas
