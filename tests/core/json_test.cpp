#include "danas/core/json.h"

#include <gtest/gtest.h>

#include <limits>

namespace danas {
namespace {

std::string Lists(int levels) { return std::string(levels, '[') + std::string(levels, ']'); }

TEST(ParseJson, ReadsWhatIsJsonAndDiscardsWhatIsNone) {
  EXPECT_EQ(ParseJson(R"({"a": [1, "b"]})"), Json({{"a", {1, "b"}}}));
  for (const char* text : {"", "{", "{\"a\"", "[1,]", "\"\\\"", "nul", "[\"\xff\"]"}) {
    EXPECT_TRUE(ParseJson(text).is_discarded()) << text;
  }
}

TEST(ParseJson, DeepNestingIsNone) {
  EXPECT_TRUE(ParseJson(Lists(kMostJsonLevels)).is_array());
  EXPECT_TRUE(ParseJson(Lists(kMostJsonLevels + 1)).is_discarded());
  EXPECT_TRUE(ParseJson(Lists(1'000'000)).is_discarded());
  EXPECT_TRUE(ParseJson("{\"a\":" + Lists(kMostJsonLevels) + "}").is_discarded());
}

TEST(ParseJson, BracketsInTextsDoNotNest) {
  const std::string brackets(1000, '[');
  EXPECT_EQ(ParseJson("[\"\\\"" + brackets + "\\\\\", {}]"), Json({"\"" + brackets + "\\", Json::object()}));
  std::string beside;
  for (int i = 0; i < 1000; ++i) beside += (i == 0 ? "" : ",") + Lists(2);
  EXPECT_EQ(ParseJson("[" + beside + "]").size(), 1000U);
}

TEST(WholeAt, HoldsWhatInt64CannotHoldAtItsEnds) {
  const Json object = ParseJson(R"({"a": 7, "b": -7.9, "c": 1e44, "d": -1e300, "e": 18446744073709551615, "f": "7"})");
  EXPECT_EQ(WholeAt(object, "a"), 7);
  EXPECT_EQ(WholeAt(object, "b"), -7);
  EXPECT_EQ(WholeAt(object, "c"), std::numeric_limits<int64_t>::max());
  EXPECT_EQ(WholeAt(object, "d"), std::numeric_limits<int64_t>::min());
  EXPECT_EQ(WholeAt(object, "e"), std::numeric_limits<int64_t>::max());
  EXPECT_THROW(WholeAt(object, "f"), Json::exception);
  EXPECT_THROW(WholeAt(object, "g"), Json::exception);
}

}  // namespace
}  // namespace danas
