#include "danas/core/utc_time.h"

#include <gtest/gtest.h>

namespace danas {
namespace {

TEST(UtcTime, WritesAndReads) {
  EXPECT_EQ(FormatUtc(0), "1970-01-01T00:00:00Z");
  EXPECT_EQ(FormatUtc(1769860800), "2026-01-31T12:00:00Z");
  EXPECT_EQ(ParseUtc("2026-01-31T12:00:00Z"), std::time_t{1769860800});
  EXPECT_EQ(ParseUtc("2024-02-29T23:59:59Z"), std::time_t{1709251199});
}

TEST(UtcTime, RefusesOtherTexts) {
  for (const char* text :
       {"", "now", "2026-01-31", "2026-01-31T12:00:00", "2026-01-31T12:00:00Z ", "2026-1-31T12:00:00Z",
        "2025-02-29T12:00:00Z", "2026-01-31T24:00:00Z", "2026-01-31 12:00:00Z"}) {
    EXPECT_FALSE(ParseUtc(text).has_value()) << text;
  }
}

}  // namespace
}  // namespace danas
