#include "danas/tasks/keypoints/average_precision.h"

#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <map>

#include "danas/core/file.h"
#include "danas/core/json.h"
#include "danas/core/text_file.h"
#include "danas/tasks/keypoints/coco_results.h"
#include "tests/support/test_support.h"

namespace danas {
namespace {

std::array<double, 10> Numbers(const PersonPrecision& p) {
  return {p.ap, p.ap50, p.ap75, p.ap_medium, p.ap_large, p.ar, p.ar50, p.ar75, p.ar_medium, p.ar_large};
}

constexpr std::array kNames = {"AP", "AP50", "AP75", "APM", "APL", "AR", "AR50", "AR75", "ARM", "ARL"};

void ExpectNumbers(const PersonPrecision& precision, const std::vector<double>& expected, const std::string& where) {
  ASSERT_EQ(expected.size(), kNames.size());
  for (size_t i = 0; i < kNames.size(); ++i) {
    EXPECT_NEAR(Numbers(precision)[i], expected[i], 1e-12) << where << ": " << kNames[i];
  }
}

struct Case {
  PersonSet truth;
  std::vector<FoundPerson> found;
  std::vector<double> sigmas;
  std::vector<double> expected;
};

// A line of average_precision_cases.jsonl; the script beside it says what stands where.
Case ReadCase(const std::string& line) {
  const Json json = ParseJson(line);
  Case made;
  json.at("sigmas").get_to(made.sigmas);
  json.at("expected").get_to(made.expected);
  std::map<int64_t, int64_t> positions;
  for (const Json& id : json.at("images")) {
    positions[id.get<int64_t>()] = std::ssize(made.truth.images);
    made.truth.images.push_back({.id = id.get<int64_t>(), .file = "", .height = 480, .width = 640});
  }
  for (const Json& row : json.at("truth")) {
    Person person;
    person.id = std::ssize(made.truth.persons) + 1;
    person.image = positions.at(row[0].get<int64_t>());
    person.area = row[1].get<double>();
    person.crowd = row[2].get<int>() != 0;
    person.labelled = row[3].get<int64_t>();
    person.box = {row[4].get<double>(), row[5].get<double>(), row[6].get<double>(), row[7].get<double>()};
    for (size_t i = 8; i < row.size(); i += 3) {
      person.keypoints.push_back({row[i].get<double>(), row[i + 1].get<double>(), row[i + 2].get<int>()});
    }
    made.truth.persons.push_back(std::move(person));
  }
  for (const Json& row : json.at("found")) {
    FoundPerson person{.image = positions.at(row[0].get<int64_t>()), .score = row[1].get<double>(), .keypoints = {}};
    for (size_t i = 2; i < row.size(); i += 2) {
      person.keypoints.push_back({.x = row[i].get<double>(), .y = row[i + 1].get<double>(), .score = 1});
    }
    person.area = AreaOfKeypoints(person.keypoints);
    made.found.push_back(std::move(person));
  }
  return made;
}

TEST(AveragePrecision, IsThatOfPycocotoolsInAThousandCases) {
  int64_t count = 0;
  for (const std::string& line :
       LinesOf(ReadTextFile(test::SourcePath("tests/tasks/keypoints/average_precision_cases.jsonl")))) {
    if (line.empty()) continue;
    const Case made = ReadCase(line);
    const PersonPrecision precision = AveragePrecision(made.truth, made.found, made.sigmas);
    ExpectNumbers(precision, made.expected, "case " + std::to_string(count++));
    if (HasFailure()) break;
  }
  EXPECT_EQ(count, 1000);
}

PersonSet OnePerson(int64_t id) {
  PersonSet set;
  set.images.push_back({.id = 7, .file = "", .height = 100, .width = 100});
  set.persons.push_back({.id = id, .box = {10, 10, 40, 40}, .area = 1600, .labelled = 1, .keypoints = {{20, 20, 2}}});
  return set;
}

TEST(AveragePrecision, OfTheTruthItselfIsOne) {
  for (const int64_t id : {0, 1}) {
    const PersonSet set = OnePerson(id);
    const std::vector<FoundPerson> found{{.score = 0.5, .area = 1600, .keypoints = {{.x = 20, .y = 20}}}};
    const PersonPrecision precision = AveragePrecision(set, found, std::vector<double>{0.1});
    EXPECT_NEAR(precision.ap, 1, 1e-12);
    EXPECT_NEAR(precision.ap_medium, 1, 1e-12);
    EXPECT_EQ(precision.ap_large, -1);  // nobody is as large
    EXPECT_EQ(precision.ar, 1);
  }
}

TEST(AveragePrecision, WithoutTruthIsMinusOneAndWithoutResultsZero) {
  PersonSet set = OnePerson(1);
  EXPECT_EQ(AveragePrecision(set, {}, std::vector<double>{0.1}).ap, 0);
  set.persons.clear();
  EXPECT_EQ(AveragePrecision(set, {}, std::vector<double>{0.1}), PersonPrecision());
}

TEST(AreaOfKeypoints, IsThatOfTheBoxAroundThem) {
  EXPECT_EQ(AreaOfKeypoints(std::vector<FoundKeypoint>{{.x = -1, .y = 2}, {.x = 5, .y = 3}, {.x = 0, .y = 0}}), 18);
  EXPECT_EQ(AreaOfKeypoints(std::vector<FoundKeypoint>{{.x = 3, .y = 3}}), 0);
}

}  // namespace
}  // namespace danas
