#include "danas/easiness/class_schedule.h"

#include <gtest/gtest.h>

#include "danas/core/error.h"
#include "tests/support/test_support.h"

namespace danas {
namespace {

ScheduleConfig WithClasses(std::vector<double> classes) {
  ScheduleConfig config;
  config.classes = std::move(classes);
  return config;
}

std::vector<int> Counts(const std::vector<Phase>& phases) {
  std::vector<int> counts;
  for (const Phase& phase : phases) counts.push_back(phase.classes);
  return counts;
}

TEST(ClassSchedule, DefaultIsThePapersOnImageNet) {
  const std::vector<Phase> phases = MakePhases(ScheduleConfig(), 1000);
  EXPECT_EQ(Counts(phases), (std::vector<int>{100, 300, 600, 1000}));
  const std::vector<std::string> names = {"warmup", "step1", "step2", "step3"};
  for (size_t i = 0; i < phases.size(); ++i) {
    EXPECT_EQ(phases[i].name, names[i]);
    EXPECT_EQ(phases[i].epochs, i == 0 ? 10 : 20);
    EXPECT_EQ(phases[i].searches, i > 0);
  }
}

TEST(ClassSchedule, SharesRoundToAtLeastTwo) {
  EXPECT_EQ(Counts(MakePhases(ScheduleConfig(), 10)), (std::vector<int>{2, 3, 6, 10}));
  EXPECT_EQ(Counts(MakePhases(ScheduleConfig(), 2)), (std::vector<int>{2, 2, 2, 2}));
  EXPECT_EQ(Counts(MakePhases(WithClasses({0.25, 0.75}), 10)), (std::vector<int>{3, 8}));  // halves away from zero
}

TEST(ClassSchedule, CountsAreTakenAsTheyAre) {
  EXPECT_EQ(Counts(MakePhases(WithClasses({3, 5, 8, 10}), 10)), (std::vector<int>{3, 5, 8, 10}));
  EXPECT_EQ(Counts(MakePhases(WithClasses({100, 100, 100, 100}), 1000)), (std::vector<int>{100, 100, 100, 100}));
}

TEST(ClassSchedule, NoWarmUpWithoutEpochs) {
  ScheduleConfig config;
  config.warmup_epochs = 0;
  const std::vector<Phase> phases = MakePhases(config, 1000);
  ASSERT_EQ(phases.size(), 3U);
  EXPECT_EQ(phases[0].name, "step1");
  EXPECT_EQ(phases[0].classes, 300);
}

TEST(ClassSchedule, RefusesWhatTeachesNothing) {
  const auto phases = [](std::vector<double> classes, int count) {
    return [=] { MakePhases(WithClasses(classes), count); };
  };
  test::ExpectErrorContains<ConfigError>(phases({1, 5}, 10), {"schedule.classes: 1 class", "cross-entropy is 0"});
  test::ExpectErrorContains<ConfigError>(phases({5, 11}, 10), {"11 is more than the dataset's 10"});
  test::ExpectErrorContains<ConfigError>(phases({5, 3}, 10), {"decreases from 5 to 3 classes"});
  test::ExpectErrorContains<ConfigError>(phases({0.6, 0.3}, 10), {"decreases from 6 to 3 classes"});
  test::ExpectErrorContains<ConfigError>(phases({0.5, 10}, 10), {"neither a whole number"});
  test::ExpectErrorContains<ConfigError>(phases({10}, 10), {"at least two numbers", "found 1"});
  test::ExpectErrorContains<ConfigError>(phases({}, 10), {"at least two numbers", "found 0"});
  test::ExpectErrorContains<ConfigError>(phases({0.5, 1}, 1), {"the dataset has 1 class"});
}

TEST(MakeGroupPhases, GroupsComeInWhereTheSharesRise) {
  ScheduleConfig config = WithClasses({0.25, 0.25, 0.5, 1});
  EXPECT_EQ(GroupShares(config), (std::vector<double>{0.25, 0.5, 1}));
  EXPECT_EQ(Counts(MakeGroupPhases(config)), (std::vector<int>{1, 1, 2, 3}));
  EXPECT_EQ(MakeGroupPhases(config).front().name, "warmup");
  config.warmup_epochs = 0;
  EXPECT_EQ(Counts(MakeGroupPhases(config)), (std::vector<int>{1, 2, 3}));
  EXPECT_EQ(Counts(MakeGroupPhases(WithClasses({0.5, 1, 1}))), (std::vector<int>{1, 2, 2}));
}

TEST(PersonsInShares, AreRoundedAndOneAtLeast) {
  EXPECT_EQ(PersonsInShares({0.25, 0.5, 1}, 10), (std::vector<int64_t>{3, 5, 10}));  // halves away from zero
  EXPECT_EQ(PersonsInShares({0.01, 0.02, 1}, 3), (std::vector<int64_t>{1, 1, 3}));
}

}  // namespace
}  // namespace danas
