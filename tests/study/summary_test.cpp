#include "danas/study/summary.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "danas/core/error.h"
#include "tests/study/study_support.h"

namespace danas {
namespace {

using Results = std::vector<std::optional<TrialResult>>;

class StudySummaries : public ::testing::Test {
 protected:
  StudySummaries()
      : study_(test::StudyOf(folder_, test::StudyText(R"("budgets": ["0.3M", "0.4M"], "against": "b", )",
                                                      R"("a": {}, "b": {"set": {"train.lr": 0.5}}, "r": {"random": 1})",
                                                      R"({"truth": "t.csv"})"))),
        plan_(PlanStudy(study_, "s", "")) {}

  // Accuracy in percent; every arm and budget has a value of its own.
  static TrialResult Result(double percent, double macs) {
    return {.accuracy = percent / 100,
            .truth = TruthOutcome{.accuracy = percent / 100, .budget_share = 0.1, .band_share = 0.2, .regret = 0.01},
            .cost = 3e5,
            .finding = {.macs = macs, .seconds = macs * 3.6},
            .network = "0-1"};
  }

  Results Made() const {
    Results results;
    for (const StudyTrial& trial : plan_.trials) {
      const double arm = trial.arm == 0 ? 81 : trial.arm == 1 ? 80 : 75;
      const double budget = *trial.budget == 0 ? 0 : 2;
      const double noise = trial.arm == 0 ? 0.5 * static_cast<double>(trial.seed) : 0;
      results.emplace_back(Result(arm + budget + noise + static_cast<double>(trial.seed), trial.arm == 0 ? 500 : 1000));
    }
    return results;
  }

  size_t Place(size_t arm, int64_t seed, size_t budget) const {
    for (size_t i = 0; i < plan_.trials.size(); ++i) {
      const StudyTrial& trial = plan_.trials[i];
      if (trial.arm == arm && trial.seed == seed && trial.budget == budget) return i;
    }
    throw std::out_of_range("no such trial");
  }

  test::TempDir folder_;
  Study study_;
  StudyPlan plan_;
};

TEST_F(StudySummaries, MeansOverBudgetsThenSeeds) {
  const StudySummary summary = Summarize(study_, plan_, Made());
  ASSERT_EQ(summary.budgets.size(), 3u);
  const ArmSummary& a = summary.budgets[0].arms[0];
  EXPECT_EQ(a.accuracy.count, 2u);
  EXPECT_NEAR(a.accuracy.mean, (82 + 83.5) / 2, 1e-9);  // seed 0: 81 and 83; seed 1: 82.5 and 84.5
  EXPECT_NEAR(a.budget_share.mean, 10, 1e-9);
  EXPECT_NEAR(a.band_share.mean, 20, 1e-9);
  EXPECT_NEAR(a.regret.mean, 1, 1e-9);
  EXPECT_EQ(summary.budgets[2].budget, "0.4M");
  EXPECT_NEAR(summary.budgets[2].arms[0].accuracy.mean, (83 + 84.5) / 2, 1e-9);
}

TEST_F(StudySummaries, ComparesWithTheArmAndWithRandom) {
  const StudySummary summary = Summarize(study_, plan_, Made());
  const std::vector<ArmSummary>& arms = summary.budgets[0].arms;
  EXPECT_NEAR(arms[0].against->difference.mean, 1.25, 1e-9);  // 1 and 1.5
  EXPECT_FALSE(arms[1].against);
  EXPECT_NEAR(arms[2].against->difference.mean, -5, 1e-9);
  EXPECT_EQ(*arms[2].against->p, 0);
  EXPECT_EQ(*arms[2].against->p_holm, 0);
  EXPECT_NEAR(*arms[0].against->p_holm, *arms[0].against->p, 1e-12);
  EXPECT_NEAR(arms[1].improvement->mean, 100 * (5.0 / 76 + 5.0 / 77) / 2, 1e-9);
  EXPECT_FALSE(arms[2].improvement);
  EXPECT_NEAR(*arms[0].macs_ratio, 0.5, 1e-12);
  EXPECT_NEAR(arms[0].hours.mean, 0.5, 1e-12);
  EXPECT_EQ(summary.random, "r");
}

TEST_F(StudySummaries, PairsAreSeedsThatBothHave) {
  Results results = Made();
  results[Place(0, 1, 1)].reset();
  const StudySummary summary = Summarize(study_, plan_, results);
  const ArmSummary& over_all = summary.budgets[0].arms[0];
  EXPECT_EQ(over_all.accuracy.count, 1u);  // a seed counts with all its budgets
  EXPECT_EQ(over_all.wanted, 2);
  EXPECT_EQ(over_all.against->difference.count, 1u);
  EXPECT_FALSE(over_all.against->p);
  EXPECT_EQ(summary.budgets[1].arms[0].accuracy.count, 2u);
  EXPECT_EQ(summary.budgets[2].arms[0].accuracy.count, 1u);
}

TEST_F(StudySummaries, NothingThereYet) {
  const Results none(plan_.trials.size());
  const StudySummary summary = Summarize(study_, plan_, none);
  const std::string text = SummaryText(summary, study_);
  EXPECT_NE(text.find("0 of 2"), std::string::npos) << text;
  EXPECT_EQ(text.find("nan"), std::string::npos) << text;
  EXPECT_TRUE(ToJson(summary, study_, plan_, none).at("trials").empty());
}

TEST_F(StudySummaries, TextAndMarkdownSayTheSame) {
  StudySummary summary = Summarize(study_, plan_, Made());
  summary.planned = true;
  summary.notes = {"a note"};
  const std::string text = SummaryText(summary, study_), markdown = SummaryMarkdown(summary, study_);
  for (const std::string cell :
       {"82.75 ± 9.53", "+1.25", "10.0 ± 0.0", "−5.00", "a note", "scoring and finalists are missing"}) {
    EXPECT_NE(text.find(cell), std::string::npos) << cell << " in\n" << text;
    EXPECT_NE(markdown.find(cell), std::string::npos) << cell << " in\n" << markdown;
  }
  EXPECT_NE(markdown.find("### mean over the budgets"), std::string::npos);
}

TEST_F(StudySummaries, UnknownNumbersAreNullInJson) {
  Results results = Made();
  results.front()->finding.macs = std::numeric_limits<double>::quiet_NaN();
  const Json json = Json::parse(JsonText(ToJson(Summarize(study_, plan_, results), study_, plan_, results)));
  EXPECT_TRUE(json.at("trials").at(0).at("macs_passed").is_null());
  EXPECT_TRUE(json.at("summaries").at(0).at("arms").at(0).at("macs_passed").at("mean").is_null());
  EXPECT_NEAR(json.at("summaries").at(0).at("arms").at(1).at("top1_percent").at("mean").get<double>(), 81.5, 1e-9);
}

class SearchCosts : public ::testing::Test {
 protected:
  FindingCost Cost(const std::string& log) const {
    test::WriteText(folder_ / "log.jsonl", log);
    return CostOfSearch(folder_.path());
  }
  test::TempDir folder_;
};

constexpr const char* kStart =
    R"({"event": "search_start", "phases": [)"
    R"({"epochs": 2, "searches": false, "weight_images": 10, "architecture_images": 5, "macs_per_image": 100,)"
    R"( "alpha_macs_per_image": 400},)"
    R"({"epochs": 3, "searches": true, "weight_images": 20, "architecture_images": 5, "macs_per_image": 100,)"
    R"( "alpha_macs_per_image": 400}]})"
    "\n";

TEST_F(SearchCosts, AreWhatTheSearchSaysItPassed) {
  const FindingCost cost =
      Cost(std::string(kStart) +
           R"({"event": "search_end", "macs_passed": {"weights": 1, "total": 77}, "timing": {"seconds": 9}})"
           "\n");
  EXPECT_EQ(cost.macs, 77);
  EXPECT_EQ(cost.seconds, 9);
  EXPECT_FALSE(cost.planned);
}

TEST_F(SearchCosts, ElseWhatWasPlanned) {
  const FindingCost cost = Cost(std::string(kStart) + R"({"event": "search_end", "timing": {"seconds": 9}})" + "\n");
  EXPECT_EQ(cost.macs, 2 * 1000 + 3 * (2000 + 2000));
  EXPECT_TRUE(cost.planned);
}

TEST_F(SearchCosts, ABrokenLogIsNamed) {
  test::ExpectErrorContains<ConfigError>([&] { Cost("{\"event\": \"epoch\"}\n"); },
                                         {"log.jsonl", "'search_end' is missing"});
  test::ExpectErrorContains<ConfigError>([&] { Cost("{\"event\": \"search_end\"}\n"); },
                                         {"log.jsonl", "'timing' of the event 'search_end' is missing"});
}

}  // namespace
}  // namespace danas
