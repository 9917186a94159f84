#include <gtest/gtest.h>

#include "danas/core/json.h"
#include "danas/core/text_fault.h"

namespace danas {
namespace {

// "line:column: what"; "" where there is none.
std::string FaultOf(std::string_view text) {
  const auto fault = FindJsonFault(text);
  return fault ? FaultText("", *fault).substr(1) : "";
}

struct Case {
  const char* text;
  const char* fault;
};

void ExpectFaults(std::initializer_list<Case> cases) {
  for (const auto& [text, fault] : cases) {
    EXPECT_EQ(FaultOf(text), fault) << text;
    EXPECT_FALSE(Json::accept(text)) << text;
  }
}

TEST(JsonFault, CommasAndColons) {
  ExpectFaults({
      {"{\n\"a\": 1,\n}", "2:7: a comma before the closing '}'; leave it out"},
      {"[1, 2 ,\n\n]", "1:7: a comma before the closing ']'; leave it out"},
      {"{\n\"a\": 1\n\"b\": 2}", "2:7: a comma is missing here"},
      {"[1 2]", "1:3: a comma is missing here"},
      {"[[1] [2]]", "1:5: a comma is missing here"},
      {"[1,,2]", "1:4: one comma too many"},
      {"[,1]", "1:2: a value is missing before the comma"},
      {"{\"a\": 1; \"b\": 2}", "1:8: a comma is expected, not ';'"},
      {"{\"a\" 1}", "1:5: a colon and a value are missing after the key"},
      {"{\"a\": }", "1:7: a value is missing after the colon"},
      {"{\"a\"=1}", "1:5: a colon is expected after the key, not '='"},
      {"{\"a\": 1 : 2}", "1:9: a second colon after one key"},
      {"[\"a\": 1]", "1:5: a list has no keys; keys and values need { } around them"},
      {"\"a\": 1", "1:4: keys and values need { } around them"},
  });
}

TEST(JsonFault, Brackets) {
  ExpectFaults({
      {"{\n\"a\": [1,\n2\n", "3:2: the text ends here, but the '[' in line 2 is not closed; a ']' is missing"},
      {"{\n\"a\": 1\n", "2:7: the text ends here, but the '{' in line 1 is not closed; a '}' is missing"},
      {"{\"a\":", "1:6: the text ends here, but the '{' in line 1 is not closed; a '}' is missing"},
      {"{\"a\": [1, 2}", "1:12: a ']' is expected before this '}': the '[' in line 1 is not closed"},
      {"[{]", "1:3: this ']' does not close the '{' in line 1"},
      {"{}}", "1:3: this '}' closes nothing; leave it out"},
      {"]", "1:1: this ']' closes nothing; leave it out"},
      {"{}\n{}", "2:1: text after the end of the value; JSON has only one"},
      {"", "1:1: the text is empty"},
      {" \n\t", "1:1: the text is empty"},
  });
}

TEST(JsonFault, WhatOthersWrite) {
  ExpectFaults({
      {"// c\n{}", "1:1: JSON does not allow comments; leave this one out"},
      {"{\n  \"a\": 1 /* c */\n}", "2:10: JSON does not allow comments; leave this one out"},
      {"{\n\"a\": 1  # c\n}", "2:9: JSON does not allow comments; leave this one out"},
      {"{'a': 1}", "1:2: JSON uses double quotes, not single ones"},
      {"[\"a\", 'b']", "1:7: JSON uses double quotes, not single ones"},
      {"{a: 1}", "1:2: the key 'a' needs double quotes: \"a\""},
      {"{\"a\": True}", "1:7: JSON writes true, not 'True'"},
      {"{\"a\": False}", "1:7: JSON writes false, not 'False'"},
      {"[1,\n None]", "2:2: JSON writes null, not 'None'"},
      {"{\"a\": NaN}", "1:7: JSON has no 'NaN'; use a finite number or null"},
      {"{\"a\": -Infinity}", "1:7: JSON has no '-Infinity'; use a finite number or null"},
      {"{\"a\": adam}", "1:7: the word 'adam' is not a value; text needs double quotes"},
      {"{\"a\": \u201cx\u201d}", "1:7: a typographic quote; JSON uses the plain one, \""},
      {"{\"\u00fc\": \u00a01}", "1:7: a non-breaking space; use a plain one"},
      {"<html>", "1:1: a value is expected here"},
  });
}

TEST(JsonFault, Numbers) {
  ExpectFaults({
      {"[01]", "1:2: '01' is not a JSON number: write it without the leading zero"},
      {"[+5]", "1:2: '+5' is not a JSON number: write it without the plus sign"},
      {"[.5]", "1:2: '.5' is not a JSON number: write a zero before the point"},
      {"[5.]", "1:2: '5.' is not a JSON number: write a digit after the point"},
      {"[2M]", "1:2: '2M' is not a number; text needs double quotes"},
      {"[0x10]", "1:2: '0x10' is not a number; text needs double quotes"},
      {"[1_000]", "1:2: '1_000' is not a number; text needs double quotes"},
      {"[-]", "1:2: '-' is not a number; text needs double quotes"},
      {"[1e999]", "1:2: '1e999' is too large for a number"},
  });
  EXPECT_EQ(FaultOf("[1e-999, -0, 0.0e+0, 123456789012345678901234567890]"), "");
}

TEST(JsonFault, Texts) {
  ExpectFaults({
      {"{\"a\": \"x\n}", "1:7: the text that starts here is not closed on its line: a double quote is missing"},
      {"[\"x", "1:2: the text that starts here is not closed on its line: a double quote is missing"},
      {"[\"x\\", "1:2: the text that starts here is not closed on its line: a double quote is missing"},
      {"[\"x\ty\"]", "1:4: a tab inside text; write it as \\t"},
      {"[\"x\x01y\"]", "1:4: a control character inside text"},
      {"[\"C:\\Users\"]", "1:5: '\\U' is not an escape in JSON; a backslash itself is written \\\\"},
      {"[\"\\u12\"]", "1:3: '\\u' needs four hexadecimal digits; a backslash itself is written \\\\"},
      {"[\"\\ud83d\"]", "1:3: '\\ud83d' is one half of a character; write the character itself"},
      {"[\"\\ude00\"]", "1:3: '\\ude00' is one half of a character; write the character itself"},
      {"[\"\xff\"]", "1:2: the text that starts here is not UTF-8; save the file in that encoding"},
  });
}

TEST(JsonFault, IsNoneInJson) {
  for (const char* text : {"{}", "[]", " null\r\n", "\xEF\xBB\xBF{\"a\": [1, -2.5E+3, true, false, null, {}]}",
                           "\"\\u00fc \\ud83d\\ude00 \\/ \\\" \xc3\xbc \x7f\""}) {
    EXPECT_EQ(FaultOf(text), "") << text;
    EXPECT_TRUE(Json::accept(text)) << text;
  }
}

TEST(JsonFault, NestingIsBounded) {
  const auto lists = [](int levels) { return std::string(levels, '[') + std::string(levels, ']'); };
  EXPECT_EQ(FaultOf(lists(kMostJsonLevels)), "");
  EXPECT_EQ(FaultOf(lists(kMostJsonLevels + 1)), "1:101: nested deeper than 100 levels");
  EXPECT_EQ(FaultOf(std::string(1'000'000, '[')), "1:101: nested deeper than 100 levels");
}

TEST(ForeignBytes, AreNamedWithTheirPlace) {
  const auto found = [](std::string_view text) {
    const auto fault = FindForeignBytes(text);
    return fault ? FaultText("f", *fault) : "";
  };
  EXPECT_EQ(found("a: \xc3\xbc\n\t\r\n"), "");
  EXPECT_EQ(found("a\nb\x01"), "f:2:2: a control character (byte 1); text files contain none");
  EXPECT_EQ(found(std::string_view("a\n\xc3\xbc: \0", 8)),
            "f:2:4: a control character (byte 0); text files contain none");
  EXPECT_EQ(found("a\n\xc3\xbc: caf\xe9\n"), "f:2:7: bytes that are not UTF-8; save the file in that encoding");
  for (const std::string_view text : {std::string_view("\xff\xfe{\0}\0", 6), std::string_view("\xfe\xff\0{\0}", 6),
                                      std::string_view("{\0}\0", 4), std::string_view("\0{\0}", 4)}) {
    EXPECT_EQ(found(text), "f:1:1: the text is in UTF-16; save it in UTF-8");
  }
}

TEST(QuotedText, IsShortAndPlain) {
  EXPECT_EQ(QuotedText("a\x1b[31m\n"), "'a?[31m?'");
  EXPECT_EQ(QuotedText(std::string(41, 'x')), "'" + std::string(40, 'x') + "...'");
  EXPECT_EQ(QuotedText("\u00fc"), "'\u00fc'");
}

}  // namespace
}  // namespace danas
