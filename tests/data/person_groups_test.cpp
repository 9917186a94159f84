#include "danas/data/person_groups.h"

#include <gtest/gtest.h>

#include <set>
#include <utility>

#include "danas/core/error.h"
#include "danas/data/subset.h"
#include "tests/support/test_support.h"

namespace danas {
namespace {

using test::ExpectErrorContains;

// One person in each of `count` pictures. The ids fall: ties by id are not ties by place.
std::shared_ptr<const DatasetIndex> Persons(int64_t count) {
  PersonSet set;
  set.layout.names = {"nose"};
  for (int64_t i = 0; i < count; ++i) {
    set.images.push_back({.id = i, .file = std::to_string(i), .height = 10, .width = 10});
    set.persons.push_back({.id = 1000 - i, .image = i, .box = {}, .keypoints = {}});
  }
  DatasetIndex index;
  index.name = "persons";
  index.classes = {.ids = {"person"}, .labels = {"person"}};
  index.labels.assign(static_cast<size_t>(count), 0);
  index.fingerprint = 7;
  index.persons = index.annotated = std::make_shared<const PersonSet>(std::move(set));
  return std::make_shared<const DatasetIndex>(std::move(index));
}

// The error of sample i is errors[i].
PersonDifficulty Difficulty(const DatasetIndex& set, const std::vector<double>& errors) {
  PersonDifficulty difficulty{.source = "hard.json", .fingerprint = {}, .persons = {}};
  for (size_t i = 0; i < errors.size(); ++i) {
    difficulty.persons.push_back({.id = set.persons->persons[i].id, .error = errors[i]});
  }
  return difficulty;
}

Config WithShares(const std::vector<double>& classes) {
  Config config;
  config.task = TaskKind::kKeypoints;
  config.seed = 3;
  config.data.validation_images = 10;
  config.schedule.difficulty = "hard.json";
  config.schedule.classes = classes;
  return config;
}

std::vector<double> MixedErrors(size_t count) {
  std::vector<double> errors;
  for (size_t i = 0; i < count; ++i) errors.push_back(static_cast<double>(i * 37 % count) / static_cast<double>(count));
  return errors;
}

// Errors of the persons of `subset` in the first `groups` groups.
std::vector<double> ErrorsIn(const Subset& subset, const GroupedPersons& grouped, int groups,
                             const std::vector<double>& errors) {
  const std::vector<int> order = grouped.ranking.Positions(grouped.set->classes.ids);
  std::vector<double> found;
  for (const int64_t sample : EasiestClasses(subset, order, groups).images) {
    found.push_back(errors[static_cast<size_t>(sample)]);
  }
  std::ranges::sort(found);
  return found;
}

TEST(GroupPersons, TakesTheEasiestByQuantilesOfThePersonsForTheWeights) {
  const auto set = Persons(50);
  const std::vector<double> errors = MixedErrors(50);
  const Config config = WithShares({0.25, 0.25, 0.5, 1});
  const GroupedPersons grouped = GroupPersons(set, config, Difficulty(*set, errors));
  EXPECT_EQ(grouped.set->size(), 50);
  EXPECT_EQ(grouped.ranking.source, "hard.json");
  EXPECT_EQ(grouped.ranking.order, (std::vector<std::string>{"group1", "group2", "group3"}));
  EXPECT_EQ(grouped.set->outputs().ids, std::vector<std::string>{"nose"});

  const Split split = SplitTrainingSet(grouped.set, config.data, config.seed);
  EXPECT_EQ(split.weights.images, SplitTrainingSet(set, config.data, config.seed).weights.images);
  const std::vector<double> all = ErrorsIn(split.weights, grouped, 3, errors);
  ASSERT_EQ(all.size(), 40u);
  for (const auto& [groups, persons] : {std::pair(1, 10), std::pair(2, 20)}) {
    const std::vector<double> easy = ErrorsIn(split.weights, grouped, groups, errors);
    EXPECT_EQ(easy, std::vector<double>(all.begin(), all.begin() + persons));
    // α sees exactly those who are as easy.
    const std::vector<double> alpha = ErrorsIn(split.architecture, grouped, groups, errors);
    std::vector<double> expected = ErrorsIn(split.architecture, grouped, 3, errors);
    std::erase_if(expected, [&](double error) { return error > easy.back(); });
    EXPECT_EQ(alpha, expected);
    EXPECT_FALSE(alpha.empty());
  }
  EXPECT_EQ(ErrorsIn(split.architecture, grouped, 3, errors).size(), 10u);
}

TEST(GroupPersons, ReversedBeginsWithTheHardest) {
  const auto set = Persons(50);
  const std::vector<double> errors = MixedErrors(50);
  Config config = WithShares({0.3, 1});
  config.schedule.classes = {0.3, 0.3, 1};
  config.schedule.reverse = true;
  const GroupedPersons grouped = GroupPersons(set, config, Difficulty(*set, errors));
  EXPECT_EQ(grouped.ranking.source, "hard.json, reversed");
  const Split split = SplitTrainingSet(grouped.set, config.data, config.seed);
  const std::vector<double> all = ErrorsIn(split.weights, grouped, 2, errors);
  EXPECT_EQ(ErrorsIn(split.weights, grouped, 1, errors), std::vector<double>(all.end() - 12, all.end()));
}

TEST(GroupPersons, TiesGoByTheAnnotationsId) {
  const auto set = Persons(40);
  Config config = WithShares({0.5, 1});
  const GroupedPersons grouped = GroupPersons(set, config, Difficulty(*set, std::vector<double>(40, 0.5)));
  const Split split = SplitTrainingSet(grouped.set, config.data, config.seed);
  const std::vector<int64_t>& all = split.weights.images;  // their ids fall
  EXPECT_EQ(EasiestClasses(split.weights, {0, 1}, 1).images, std::vector<int64_t>(all.end() - 15, all.end()));
}

TEST(GroupPersons, SaysBoundsAndPersonsOfEachGroup) {
  const auto set = Persons(30);
  std::vector<double> errors(30, 0.125);
  for (size_t i = 0; i < 15; ++i) errors[i] = 0.75;
  Config config = WithShares({0.333, 1});
  config.schedule.classes = {0.333, 1, 1};
  const GroupedPersons grouped = GroupPersons(set, config, Difficulty(*set, errors));
  EXPECT_EQ(grouped.set->classes.labels,
            (std::vector<std::string>{"0-33.3 % (error ≤ 0.125)", "33.3-100 % (error ≤ 0.75)"}));
  const std::string text = GroupsText(grouped.set, config);
  EXPECT_NE(text.find("from easy to hard by hard.json"), std::string::npos) << text;
  EXPECT_NE(text.find("0-33.3 % (error ≤ 0.125): 7 and "), std::string::npos) << text;
  EXPECT_NE(text.find("33.3-100 % (error ≤ 0.75): 13 and "), std::string::npos) << text;
  config.schedule.difficulty.clear();
  EXPECT_EQ(GroupsText(set, config), "");
}

TEST(GroupPersons, WhoIsHarderThanAnybodyForTheWeightsComesLast) {
  const auto set = Persons(40);
  const Config config = WithShares({0.1, 0.1, 1});
  const Split split = SplitTrainingSet(set, config.data, config.seed);
  std::vector<double> errors(40, 0.2);
  for (const int64_t sample : split.architecture.images) errors[static_cast<size_t>(sample)] = 0.9;
  const GroupedPersons grouped = GroupPersons(set, config, Difficulty(*set, errors));
  const Subset architecture = SplitTrainingSet(grouped.set, config.data, config.seed).architecture;
  EXPECT_EQ(EasiestClasses(architecture, {0, 1}, 1).size(), 0);
  EXPECT_EQ(EasiestClasses(architecture, {0, 1}, 2).size(), 10);
}

TEST(GroupPersons, ErrorsOfAnotherSetAreRefused) {
  const auto set = Persons(40);
  PersonDifficulty difficulty = Difficulty(*set, std::vector<double>(40, 0.5));
  difficulty.persons.pop_back();
  ExpectErrorContains<DataError>(
      [&] {
        GroupPersons(set, WithShares({0.5, 1}), difficulty);
      },
      {"hard.json", "missing: 1 (961)"});
}

}  // namespace
}  // namespace danas
