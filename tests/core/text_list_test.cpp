#include "danas/core/text_list.h"

#include <gtest/gtest.h>

namespace danas {
namespace {

using Texts = std::vector<std::string>;

TEST(TextList, AllOfThem) {
  EXPECT_EQ(Joined({}), "");
  EXPECT_EQ(Joined({"a", "", "c"}), "a, , c");
  EXPECT_EQ(Joined({"a", "b"}, " "), "a b");
  EXPECT_EQ(JoinedNotEmpty({"", "a", "", "b"}, "  "), "a  b");
}

TEST(TextList, TheFirstAndHowManyMore) {
  const Texts texts = {"a", "b", "c"};
  EXPECT_EQ(FirstOf(texts, 2), "a, b, ...");
  EXPECT_EQ(FirstOf(texts, 3), "a, b, c");
  EXPECT_EQ(FirstClausesOf(texts, 1), "a; and 2 more");
  EXPECT_EQ(FirstClausesOf(texts, 3), "a; b; c");
  EXPECT_EQ(FirstQuotedOf(texts, 2), "'a', 'b' and 1 more");
  EXPECT_EQ(FirstQuotedOf(texts, 5), "'a', 'b', 'c'");
  EXPECT_EQ(FirstQuotedOf({}, 5), "");
}

}  // namespace
}  // namespace danas
