// danas search for several budgets, and the commands that take what it leaves.
#include <gmock/gmock.h>

#include <filesystem>
#include <memory>

#include "tests/tools/run_danas.h"

namespace danas::test {
namespace {

namespace fs = std::filesystem;

using testing::HasSubstr;
using testing::Not;

const std::vector<std::string> kBudgets = {"--set", "search.budgets=[100k, 120k, 150k]"};

class BudgetsTest : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    project_ = std::make_unique<SmallProject>();
    const Outcome searched = Search({"--run", "run", "--json"});
    ASSERT_EQ(searched.code, 0) << searched.err;
    result_ = Json::parse(searched.out);
  }
  static void TearDownTestSuite() { project_.reset(); }

  static Outcome Search(std::vector<std::string> options) {
    std::vector<std::string> words = {"search", "-q", "--no-probe", "--config", "config.json"};
    words.insert(words.end(), kBudgets.begin(), kBudgets.end());
    words.insert(words.end(), options.begin(), options.end());
    return project_->Run(words);
  }

  static std::unique_ptr<SmallProject> project_;
  static Json result_;
};

std::unique_ptr<SmallProject> BudgetsTest::project_;
Json BudgetsTest::result_;

TEST_F(BudgetsTest, LeaveANetworkEach) {
  ASSERT_EQ(result_["found"].size(), 3u);
  const std::vector<std::pair<std::string, double>> budgets = {{"100k", 100e3}, {"120k", 120e3}, {"150k", 150e3}};
  for (size_t b = 0; b < 3; ++b) {
    EXPECT_EQ(result_["found"][b]["budget"], budgets[b].first);
    EXPECT_EQ(result_["found"][b]["best"], "run/best-" + budgets[b].first + ".json");
    EXPECT_LE(result_["found"][b]["cost"].get<double>(), 1.02 * budgets[b].second);
  }
  EXPECT_FALSE(fs::exists(*project_ / "run/best.json"));
  const Outcome again = project_->Run({"search", "--resume", "run", "--json"});
  EXPECT_EQ(again.code, 0);
  EXPECT_THAT(again.err, HasSubstr("already finished"));
  EXPECT_EQ(Json::parse(again.out), result_);
}

TEST_F(BudgetsTest, AreNamedWhereOneNetworkIsWanted) {
  for (const char* arch : {"run", "run/best.json"}) {
    const Outcome outcome = project_->Run({"finetune", "--arch", arch, "--run", "final"});
    EXPECT_EQ(outcome.code, 5) << outcome.err;
    EXPECT_THAT(outcome.err, HasSubstr("networks in it: run/best-100k.json, run/best-120k.json, run/best-150k.json"));
  }
  EXPECT_EQ(project_->Run({"cost", "--arch", "run/best-120k.json"}).code, 0);
}

TEST_F(BudgetsTest, RankAndChooseTakeTheSupernet) {
  const Outcome ranked = project_->Run({"rank", "-q", "--run", "run", "--archs", "run/best-120k.json", "--json"});
  ASSERT_EQ(ranked.code, 0) << ranked.err;
  EXPECT_EQ(Json::parse(ranked.out)["state"]["when"], "at the end");
  const Outcome band = project_->Run({"rank", "-q", "--run", "run", "--band", "5%", "--score", "macs", "--json"});
  ASSERT_EQ(band.code, 0) << band.err;
  for (const Json& network : Json::parse(band.out)["networks"]) {
    const double cost = network["cost"].get<double>();
    EXPECT_TRUE((cost >= 95e3 && cost <= 126e3) || (cost >= 142.5e3 && cost <= 157.5e3)) << cost;
  }
  const Outcome by_alpha = project_->Run({"rank", "-q", "--run", "run", "--all", "--score", "alpha"});
  EXPECT_EQ(by_alpha.code, 2);
  EXPECT_THAT(by_alpha.err, HasSubstr("search.budgets"));

  const Outcome which = project_->Run({"choose", "-q", "--run", "run"});
  EXPECT_EQ(which.code, 2);
  EXPECT_THAT(which.err, HasSubstr("Give one with --budget"));
  const Outcome chosen = project_->Run({"choose", "-q", "--run", "run", "--budget", "120k", "--json"});
  ASSERT_EQ(chosen.code, 0) << chosen.err;
  EXPECT_TRUE(fs::exists(*project_ / "run/chosen.json"));
}

TEST_F(BudgetsTest, PlanAndStatusSayThem) {
  const Outcome plan = Search({"--dry-run"});
  ASSERT_EQ(plan.code, 0) << plan.err;
  EXPECT_THAT(plan.out, HasSubstr("budgets: 100k, 120k, 150k MACs"));
  EXPECT_THAT(plan.out, HasSubstr("3 α passes"));
  EXPECT_THAT(plan.out, Not(HasSubstr("\nbudget: ")));
  const Outcome status = project_->Run({"status", "run"});
  EXPECT_THAT(status.out, HasSubstr("budgets 100k (found "));
  const Outcome log = project_->Run({"log", "run"});
  EXPECT_EQ(log.code, 0) << log.err;
  EXPECT_THAT(log.out, HasSubstr("150k: found: "));
}

TEST_F(BudgetsTest, DoNotChangeOnTheWay) {
  const Outcome fork =
      project_->Run({"search", "--resume", "run", "--fork", "other", "--set", "search.budgets=[100k, 150k]"});
  EXPECT_EQ(fork.code, 3) << fork.err;
  EXPECT_THAT(fork.err, HasSubstr("search.budgets"));
  const Outcome bounded = Search({"--run", "bounded", "--set", "search.budget_max=130k"});
  EXPECT_EQ(bounded.code, 3);
  EXPECT_THAT(bounded.err, HasSubstr("search.budget_max: 130000, but search.budgets is set"));
}

}  // namespace
}  // namespace danas::test
