#include "danas/tasks/keypoints/suppression.h"

#include <gtest/gtest.h>

#include <cmath>
#include <string>

#include "danas/core/file.h"
#include "danas/core/json.h"
#include "danas/core/text_file.h"
#include "tests/support/test_support.h"

namespace danas {
namespace {

const std::vector<double> kSigmas{0.05, 0.1};

FoundPerson At(double x, double score) {
  return {.score = score, .box_area = 400, .keypoints = {{.x = x, .y = 0}, {.x = x, .y = 10}}};
}

TEST(PersonScore, IsTheBoxTimesTheMeanOfSureKeypoints) {
  const std::vector<FoundKeypoint> keypoints{{.score = 0.6}, {.score = 0.2}, {.score = 0.9}, {.score = -1}};
  EXPECT_DOUBLE_EQ(PersonScore(0.5, keypoints), 0.5 * 0.75);  // 0.2 is not above 0.2
  EXPECT_EQ(PersonScore(0.5, std::vector<FoundKeypoint>{{.score = 0.1}}), 0);
}

TEST(SuppressDoubles, MeasuresWithTheMeanArea) {
  FoundPerson other = At(2, 1);
  other.box_area = 200;
  const double expected = (std::exp(-4 / 0.01 / 300 / 2) + std::exp(-4 / 0.04 / 300 / 2)) / 2;
  EXPECT_NEAR(FoundSimilarity(At(0, 1), other, kSigmas), expected, 1e-14);
}

// Neighbours at a distance of 1 are 0.92 alike, at 2 are 0.74: the one in the midst goes, and with it its reason to
// take the third away.
TEST(SuppressDoubles, KeepsTheBestOfThoseThatAreAlike) {
  EXPECT_GT(FoundSimilarity(At(0, 1), At(1, 1), kSigmas), 0.9);
  EXPECT_LT(FoundSimilarity(At(0, 1), At(2, 1), kSigmas), 0.9);
  const std::vector<FoundPerson> found{At(2, 0.3), At(1, 0.5), At(0, 0.9), At(50, 0.1)};
  EXPECT_EQ(SuppressDoubles(found, kSigmas), (std::vector<int64_t>{2, 0, 3}));
  EXPECT_EQ(SuppressDoubles(found, kSigmas, 1.0), (std::vector<int64_t>{2, 1, 0, 3}));
  EXPECT_TRUE(SuppressDoubles({}, kSigmas).empty());
}

TEST(SuppressDoubles, TakesTheFirstOfEqualScores) {
  EXPECT_EQ(SuppressDoubles(std::vector<FoundPerson>{At(0, 0.5), At(0, 0.5)}, kSigmas), std::vector<int64_t>{0});
}

// Of suppression_cases.jsonl; the script beside it says what stands where.
TEST(SuppressDoubles, KeepsWhomMmposeKeepsInTwoHundredCases) {
  int64_t count = 0;
  for (const std::string& line :
       LinesOf(ReadTextFile(test::SourcePath("tests/tasks/keypoints/suppression_cases.jsonl")))) {
    if (line.empty()) continue;
    const Json json = ParseJson(line);
    std::vector<FoundPerson> found;
    for (const Json& row : json.at("found")) {
      FoundPerson person{.score = row[0].get<double>(), .box_area = row[1].get<double>(), .keypoints = {}};
      for (size_t i = 2; i < row.size(); i += 2) {
        person.keypoints.push_back({.x = row[i].get<double>(), .y = row[i + 1].get<double>()});
      }
      found.push_back(std::move(person));
    }
    EXPECT_EQ(SuppressDoubles(found, json.at("sigmas").get<std::vector<double>>()),
              json.at("kept").get<std::vector<int64_t>>())
        << "case " << count;
    ++count;
  }
  EXPECT_EQ(count, 200);
}

}  // namespace
}  // namespace danas
