#include "danas/core/json_records.h"

#include <gtest/gtest.h>

#include "danas/core/error.h"
#include "tests/support/test_support.h"

namespace danas {
namespace {

class JsonRecords : public ::testing::Test {
 protected:
  // Each record as "list place value", in a row.
  std::string Read(std::string_view text, const JsonRecordPlan& plan) {
    const auto path = test::WriteText(folder_ / "a.json", text);
    std::string row;
    lists_ = ReadJsonRecords(path, plan, [&](JsonRecord&& record) {
      row += record.list + " " + std::to_string(record.place) + " " + JsonText(record.value) + ";";
    });
    return row;
  }

  // The message, without the path.
  std::string ErrorOf(std::string_view text, const JsonRecordPlan& plan = {.lists = {"a"}, .passed_over = {"big"}}) {
    try {
      Read(text, plan);
    } catch (const DataError& error) {
      return std::string(error.what()).substr((folder_ / "a.json").string().size());
    }
    return "no error";
  }

  test::TempDir folder_;
  std::vector<std::string> lists_;
};

TEST_F(JsonRecords, GiveTheListsThatWereAskedFor) {
  const std::string text =
      R"({"info": {"a": [1, {"b": [2]}]}, "a": [{"id": 1, "name": "x"}, {"id": -2.5}], "other": [[1]],
                               "b": [true, null, [1, [2]]], "n": 7})";
  EXPECT_EQ(Read(text, {.lists = {"a", "b", "c"}, .passed_over = {}}),
            R"(a 0 {"id":1,"name":"x"};a 1 {"id":-2.5};b 0 true;b 1 null;b 2 [1,[2]];)");
  EXPECT_EQ(lists_, (std::vector<std::string>{"a", "b"}));
}

TEST_F(JsonRecords, PassOverKeysOfARecordAndNoDeeper) {
  EXPECT_EQ(Read(R"({"a": [{"big": [[1, {"id": 3}], 2], "id": 1}, {"big": 5, "c": {"big": 1}, "d": [{"big": 2}]}]})",
                 {.lists = {"a"}, .passed_over = {"big"}}),
            R"(a 0 {"id":1};a 1 {"c":{"big":1},"d":[{"big":2}]};)");
}

TEST_F(JsonRecords, OfAFileThatIsOneList) {
  EXPECT_EQ(Read("[{\"a\": [1]}, 2]", {.lists = {""}, .passed_over = {}}), " 0 {\"a\":[1]}; 1 2;");
  EXPECT_EQ(Read("[]", {.lists = {""}, .passed_over = {}}), "");
  EXPECT_EQ(lists_, std::vector<std::string>{""});
}

TEST_F(JsonRecords, ErrorsSayWhere) {
  EXPECT_EQ(ErrorOf(R"({"a": [1, {"id": 2)"),
            ": byte 19: the file ends too soon in 'a', record 2; it was cut off: get it again");
  EXPECT_EQ(ErrorOf(""), ": byte 1: the file ends too soon; it was cut off: get it again");
  EXPECT_EQ(ErrorOf(R"({"a": [)"), ": byte 8: the file ends too soon in 'a', record 1; it was cut off: get it again");
  EXPECT_EQ(ErrorOf(R"({"a": [1 2]})"), ": byte 10: not JSON: '2' was not expected");
  EXPECT_EQ(ErrorOf(R"({"a": [1]} x)"), ": byte 12: not JSON: 'x' was not expected");
  EXPECT_EQ(ErrorOf(R"({"a": [1,]})"), ": byte 10: not JSON: ']' was not expected");
  EXPECT_EQ(ErrorOf(R"({"a": [1, NaN]})"), ": byte 11: 'N' is no number of JSON");
  EXPECT_EQ(ErrorOf(R"({"a": [1, -Infinity]})"), ": byte 12: '-I' is no number of JSON");
  EXPECT_EQ(ErrorOf(R"({"a": [1, 1e999]})"), ": byte 15: '1e999' is beyond what a number can hold");
}

TEST_F(JsonRecords, ErrorsOfShape) {
  EXPECT_EQ(ErrorOf(R"({"a": {"b": 1}})"), ": 'a' is no list");
  EXPECT_EQ(ErrorOf(R"({"a": 1})"), ": 'a' is no list");
  EXPECT_EQ(ErrorOf(R"({"a": [], "a": []})"), ": 'a' is there twice");
  EXPECT_EQ(ErrorOf("[1]"), ": is a list, expected an object with the lists 'a'");
  EXPECT_EQ(ErrorOf("3"), ": holds a single value, expected an object with the lists 'a'");
  EXPECT_EQ(ErrorOf("{}", {.lists = {""}, .passed_over = {}}), ": is an object, expected a list");
  EXPECT_EQ(ErrorOf(R"({"a": [)" + std::string(200, '[') + std::string(200, ']') + "]}"),
            ": in 'a', record 1 is nested too deep");
  std::string many = R"({"a": [[0)";
  for (int i = 0; i < 10'000; ++i) many += ",0";
  EXPECT_EQ(ErrorOf(many + "]]}"), ": in 'a', record 1 has more than 10000 values");
  EXPECT_EQ(ErrorOf("\x1f\x8b\b\0\0\0\0\0").substr(0, 2), ": ");
}

TEST_F(JsonRecords, WhatIsPassedOverMayBeDeepAndLong) {
  const std::string deep = std::string(5000, '[') + std::string(5000, ']');
  EXPECT_EQ(Read(R"({"x": )" + deep + R"(, "a": [{"big": )" + deep + R"(, "id": 1}]})",
                 {.lists = {"a"}, .passed_over = {"big"}}),
            "a 0 {\"id\":1};");
}

TEST_F(JsonRecords, AMissingFileIsSaid) {
  test::ExpectErrorContains<FileError>([&] { ReadJsonRecords(folder_ / "none.json", {}, [](JsonRecord&&) {}); },
                                       {"none.json", "No such file"});
  test::ExpectErrorContains<FileError>([&] { ReadJsonRecords(folder_.path(), {}, [](JsonRecord&&) {}); },
                                       {"Is a directory"});
  test::ExpectErrorContains<FileError>([&] { ReadJsonRecords("/dev/null", {}, [](JsonRecord&&) {}); },
                                       {"/dev/null: is not a file"});
}

}  // namespace
}  // namespace danas
