#include "danas/easiness/person_difficulty.h"

#include <gtest/gtest.h>

#include "danas/core/error.h"
#include "tests/support/test_support.h"

namespace danas {
namespace {

using test::ExpectErrorContains;

constexpr uint64_t kFingerprint = 0x0123456789abcdef;

PersonDifficulty Parse(const std::string& text) { return ParseDifficulty(text, "hard.json"); }

TEST(PersonDifficulty, NeedsTheListOfPersonsAlone) {
  const PersonDifficulty read =
      Parse(R"({"persons": [{"id": 7, "error": 0.25, "name": "of another tool"}, {"error": 1, "id": 3}]})");
  EXPECT_EQ(read.source, "hard.json");
  EXPECT_EQ(read.fingerprint, "");
  EXPECT_EQ(read.persons, (std::vector<PersonError>{{.id = 7, .error = 0.25}, {.id = 3, .error = 1}}));
}

TEST(PersonDifficulty, IsReadAsItWasWritten) {
  const PersonDifficulty written{.source = "hard.json",
                                 .fingerprint = "0123456789abcdef",
                                 .persons = {{.id = 900100260, .error = 1.0 / 3}, {.id = 5, .error = 0}}};
  const std::string text = DifficultyText(written, {{"network", "runs/pose"}, {"average_precision", 0.5}});
  const PersonDifficulty read = Parse(text);
  EXPECT_EQ(read.fingerprint, written.fingerprint);
  EXPECT_EQ(read.persons, written.persons);
  EXPECT_EQ(Json::parse(text)["network"], "runs/pose");
  EXPECT_EQ(Parse(DifficultyText({.source = {}, .fingerprint = "f", .persons = {}}, Json::object())).persons.size(),
            0u);
}

TEST(PersonDifficulty, WhatIsWrongIsSaid) {
  const auto fails = [](const std::string& text, std::initializer_list<std::string_view> words) {
    ExpectErrorContains<DataError>([&] { Parse(text); }, words);
  };
  fails(R"({"people": []})", {"hard.json", "'persons'", "danas evaluate", "--difficulty"});
  fails(R"([{"id": 1, "error": 0}])", {"hard.json", "'persons'"});
  fails(R"({"persons": {"1": 0.5}})", {"'persons'", "no list"});
  fails(R"({"persons": [{"id": 1, "error": 0})", {"hard.json", "ends too soon"});
  fails(R"({"persons": [{"id": 1, "error": NaN}]})", {"hard.json", "no number of JSON"});
  fails(R"({"persons": [{"id": 1, "error": 0}, {"id": 2}]})", {"person 2", "'error'"});
  fails(R"({"persons": [{"id": 1, "error": null}]})", {"person 1", "'error'"});
  fails(R"({"persons": [{"id": 1, "error": "0.5"}]})", {"person 1", "'error'"});
  fails(R"({"persons": [{"error": 0.5}]})", {"person 1", "'id'"});
  fails(R"({"persons": [{"id": 1.5, "error": 0.5}]})", {"person 1", "'id'"});
  fails(R"({"persons": [4]})", {"person 1", "no object"});
  fails(R"({"persons": [{"id": 1, "error": 1.01}]})", {"person 1", "1.01", "from 0 to 1"});
  fails(R"({"persons": [{"id": 1, "error": -0.01}]})", {"person 1", "-0.01", "from 0 to 1"});
  fails(R"({"persons": [{"id": 1, "error": 0}, {"id": 2, "error": 0}, {"id": 1, "error": 0}]})",
        {"person 3", "the id 1", "twice"});
  fails(R"({"format": 2, "persons": []})", {"format 2", "newer danas"});
  fails(R"({"format": "one", "persons": []})", {"format"});
  fails(R"({"fingerprint": 5, "persons": []})", {"fingerprint", "text"});
}

TEST(PersonDifficulty, HasAnErrorOfEachPersonOfTheSet) {
  PersonDifficulty difficulty =
      Parse(R"({"persons": [{"id": 4, "error": 0.4}, {"id": 1, "error": 0.1}, {"id": 2, "error": 0.2}]})");
  // 2 is annotated, but nobody to learn from: a crowd.
  EXPECT_EQ(ErrorsOf(difficulty, {1, 4}, {1, 2, 4}, kFingerprint), (std::vector<double>{0.1, 0.4}));
  ExpectErrorContains<DataError>(
      [&] {
        ErrorsOf(difficulty, {1, 3, 4, 5}, {1, 2, 3, 4, 5}, kFingerprint);
      },
      {"hard.json", "4 persons", "missing: 2 (3, 5)", "danas evaluate"});
  ExpectErrorContains<DataError>(
      [&] {
        ErrorsOf(difficulty, {1}, {1, 2}, kFingerprint);
      },
      {"hard.json", "not annotated in this set: 1 (4)"});
  difficulty.fingerprint = "0123456789abcdef";
  EXPECT_EQ(ErrorsOf(difficulty, {1}, {1, 2, 4}, kFingerprint), std::vector<double>{0.1});
  difficulty.fingerprint = "fedcba9876543210";
  ExpectErrorContains<DataError>(
      [&] {
        ErrorsOf(difficulty, {1}, {1, 2, 4}, kFingerprint);
      },
      {"hard.json", "fedcba9876543210", "different training set", "0123456789abcdef"});
}

}  // namespace
}  // namespace danas
