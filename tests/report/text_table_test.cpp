#include "danas/report/text_table.h"

#include <gtest/gtest.h>

#include <stdexcept>

namespace danas {
namespace {

TEST(TextTable, AlignsByCharactersNotBytes) {
  TextTable table({{"name"}, {"α steps", Align::kRight}});
  table.AddRow({"größer", "7"});
  table.AddRow({"b", "1,234,567"});
  EXPECT_EQ(table.Text(),
            "name      α steps\n"
            "──────  ─────────\n"
            "größer          7\n"
            "b       1,234,567\n");
}

TEST(TextTable, LinesEndWithoutSpaces) {
  TextTable table({{"a"}, {"b"}});
  table.AddRow({"x", ""});
  EXPECT_EQ(table.Text(), "a  b\n─  ─\nx\n");
}

TEST(TextTable, RefusesARowOfAnotherLength) {
  TextTable table({{"a"}, {"b"}});
  EXPECT_THROW(table.AddRow({"x"}), std::invalid_argument);
}

TEST(CutToWidth, CutsWholeCharacters) {
  EXPECT_EQ(CutToWidth("αβγδ", 4), "αβγδ");
  EXPECT_EQ(CutToWidth("αβγδ", 3), "αβ…");
  EXPECT_EQ(CutToWidth("abc", 1), "…");
  EXPECT_EQ(CutToWidth("abc", 0), "");
  EXPECT_EQ(DisplayWidth(CutToWidth("überlänge", 5)), 5u);
}

}  // namespace
}  // namespace danas
