// Planned costs, by a script that plays danas.
#include "danas/study/planned_cost.h"

#include <gtest/gtest.h>

#include <cmath>

#include "danas/core/error.h"
#include "danas/core/text_file.h"
#include "tests/study/study_support.h"

namespace danas {
namespace {

using test::ExpectErrorContains;

class PlannedCosts : public ::testing::Test {
 protected:
  // Notes its words, one call a line, then does what `script` says.
  std::filesystem::path Program(const std::string& script) const {
    const std::filesystem::path program = folder_ / "danas";
    test::WriteText(program, "#!/bin/sh\necho \"$*\" >> '" + (folder_ / "calls").string() + "'\n" + script + "\n");
    std::filesystem::permissions(program, std::filesystem::perms::owner_all);
    return program;
  }
  Study Read(const std::string& more, const std::string& arms, const std::string& outcome) const {
    return test::StudyOf(folder_, test::StudyText(more, arms, outcome));
  }
  std::vector<std::string> Calls() const { return LinesOf(test::ReadText(folder_ / "calls")); }

  test::TempDir folder_;
};

TEST_F(PlannedCosts, AreThoseOfThePlans) {
  const Study study =
      Read(R"("budgets": ["0.3M", "0.4M"], "cost": {"images": 100, "training_images": 10, "device": "V100",
              "macs_per_second": 1000}, )",
           R"("each": {}, "one": {"one_search": true, "images": 50}, "drawn": {"random": 2})",
           R"({"finetune": {"set": {"finetune.epochs": 7}}})");
  const StudyPlan plan = PlanStudy(study, "runs/s", "the/data");
  const std::vector<ArmCost> costs = PlanCosts(study, plan, Program("echo '{\"macs\": 5e6}'"));
  ASSERT_EQ(costs.size(), 3u);
  EXPECT_EQ(costs[0].searches, 4);  // two seeds, two budgets
  EXPECT_EQ(costs[0].search_macs, 4 * 5e6);
  EXPECT_EQ(costs[0].trainings, 4);
  EXPECT_EQ(costs[0].training_macs, 3 * 2 * (0.3e6 + 0.4e6) * 7 * 10);
  EXPECT_EQ(costs[1].searches, 2);
  EXPECT_EQ(costs[1].trainings, 4);
  EXPECT_EQ(costs[2].searches, 0);
  EXPECT_EQ(costs[2].trainings, 8);
  const std::vector<std::string> calls = Calls();
  ASSERT_EQ(calls.size(), 3u);  // once for each budget of one arm, once for all of the other
  for (const std::string& call : calls) {
    EXPECT_TRUE(call.starts_with("search --config ")) << call;
    EXPECT_NE(call.find(" --no-probe --dry-run --images "), std::string::npos) << call;
    for (const char* without : {"--data", "--run", "--resume", "the/data", "runs/s"}) {
      EXPECT_EQ(call.find(without), std::string::npos) << call;
    }
  }
  EXPECT_NE(calls[0].find("--images 100 "), std::string::npos) << calls[0];
  EXPECT_NE(calls[1].find("--images 50 "), std::string::npos) << calls[1];
  const std::string text = CostsText(costs, study);
  for (const char* word : {"V100 hours each", "of each", "5.0M", "1.0k MACs a second on each V100"}) {
    EXPECT_NE(text.find(word), std::string::npos) << word << " in\n" << text;
  }
}

TEST_F(PlannedCosts, OfATrainingAreNotKnownWithoutMacs) {
  const Study study = Read(R"("cost": {"images": 100}, "set": {"search.cost": "parameters", "search.budget": "20k"}, )",
                           R"("a": {})", R"({"finetune": {}})");
  const std::vector<ArmCost> costs = PlanCosts(study, PlanStudy(study, "s", ""), Program("echo '{\"macs\": 5}'"));
  EXPECT_TRUE(std::isnan(costs[0].training_macs));
  EXPECT_NE(CostsText(costs, study).find("-"), std::string::npos);
}

TEST_F(PlannedCosts, AFailedPlanNamesItsStep) {
  const Study study = Read(R"("cost": {"images": 100}, )", R"("a": {})", R"({"truth": "t.csv"})");
  const StudyPlan plan = PlanStudy(study, "s", "");
  ExpectErrorContains<ConfigError>([&] { PlanCosts(study, plan, Program("exit 3")); },
                                   {"'a, seed 0: search' cannot be planned", "exit code 3"});
  ExpectErrorContains<ConfigError>([&] { PlanCosts(study, plan, Program("echo words")); },
                                   {"'a, seed 0: search' cannot be planned", "MACs"});
  ExpectErrorContains<FileError>([&] { PlanCosts(study, plan, folder_ / "nothing"); }, {"cannot start"});
}

}  // namespace
}  // namespace danas
