// The studies that come with danas.
#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "danas/config/shipped.h"
#include "danas/study/plan.h"
#include "danas/study/study_file.h"

namespace danas {
namespace {

const std::set<std::string> kTables = {"table1", "table2", "table3", "table4", "table5", "table6", "tau"};

TEST(ShippedStudies, LoadAndPlan) {
  const std::vector<std::string> names = ShippedNames("studies");
  for (const std::string& table : kTables) {
    EXPECT_TRUE(std::ranges::count(names, table) == 1) << table;
    EXPECT_TRUE(std::ranges::count(names, table + "_small") == 1) << table;
  }
  for (const std::string& name : names) {
    const Study study = ReadStudy(name);
    EXPECT_EQ(study.name, name);
    const StudyPlan plan = PlanStudy(study, "s", "");
    EXPECT_EQ(plan.trials.size(), study.arms.size() * study.seeds.size() * std::max<size_t>(1, study.budgets.size()))
        << name;
    EXPECT_TRUE(study.outcome.truth.empty() || std::filesystem::exists(study.outcome.truth)) << name;
  }
}

// What docs/tables.md says of them.
TEST(ShippedStudies, OfTablesSayTheirCost) {
  for (const std::string& table : kTables) {
    const Study paper = ReadStudy(table), small = ReadStudy(table + "_small");
    ASSERT_TRUE(paper.cost && small.cost) << table;
    EXPECT_EQ(paper.cost->images, 1281167) << table;
    EXPECT_EQ(paper.cost->device, "V100") << table;
    EXPECT_GT(small.cost->macs_per_second, 0) << table;
    EXPECT_EQ(small.seeds.size(), small.outcome.truth.empty() ? 5u : 10u) << table;
    EXPECT_FALSE(small.about.empty()) << table;
  }
}

// "search.budget" of "search.budget=0.5M".
std::set<std::string> Keys(const Settings& settings) {
  std::set<std::string> keys;
  for (const std::string& text : settings) keys.insert(text.substr(0, text.find('=')));
  return keys;
}

// The arms of a table at small scale are those of the paper's, set the same keys, and there may be more.
TEST(ShippedStudies, SmallTablesVaryWhatTheTablesDo) {
  for (const char* table : {"table4", "table6", "tau"}) {
    const Study small = ReadStudy(table + std::string("_small"));
    for (const StudyArm& arm : ReadStudy(table).arms) {
      const auto same = std::ranges::find(small.arms, arm.name, &StudyArm::name);
      ASSERT_NE(same, small.arms.end()) << table << ": " << arm.name;
      EXPECT_EQ(Keys(same->settings), Keys(arm.settings)) << table << ": " << arm.name;
      EXPECT_EQ(same->random, arm.random) << table << ": " << arm.name;
    }
  }
}

}  // namespace
}  // namespace danas
