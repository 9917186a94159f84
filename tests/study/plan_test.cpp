#include "danas/study/plan.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "danas/config/shipped.h"
#include "danas/core/error.h"
#include "danas/core/file.h"
#include "danas/study/step_state.h"
#include "tests/study/study_support.h"

namespace danas {
namespace {

using test::ExpectErrorContains;
using test::StudyOf;
using test::StudyText;

std::string After(const StudyStep& step, const std::string& option) {
  const auto at = std::ranges::find(step.words, option);
  return at == step.words.end() ? "" : *(at + 1);
}

std::vector<std::string> Names(const StudyPlan& plan) {
  std::vector<std::string> names;
  for (const StudyStep& step : plan.steps) names.push_back(step.name);
  return names;
}

TEST(StudyPlan, GoesSeedBySeed) {
  const test::TempDir folder;
  const StudyPlan plan =
      PlanStudy(StudyOf(folder, StudyText(R"("budgets": ["0.3M", "0.4M"], )", R"("a": {})")), "s", "");
  EXPECT_EQ(Names(plan), (std::vector<std::string>{"a, seed 0, 0.3M: search", "a, seed 0, 0.3M: finetune",
                                                   "a, seed 0, 0.4M: search", "a, seed 0, 0.4M: finetune",
                                                   "a, seed 1, 0.3M: search", "a, seed 1, 0.3M: finetune",
                                                   "a, seed 1, 0.4M: search", "a, seed 1, 0.4M: finetune"}));
  EXPECT_EQ(plan.steps[1].needs, std::vector<size_t>{0});
  EXPECT_EQ(plan.trials[1].config.search.budget.value, 4e5);
  EXPECT_EQ(plan.trials[1].config.seed, 0);
}

TEST(StudyPlan, StepsAreCommands) {
  const test::TempDir folder;
  const Study study =
      StudyOf(folder, StudyText(R"("set": {"train.lr": 0.5, "train.batch": 4},
    "prepare": {"j": {"easiness": {"set": {"train.batch": 8}}}}, )",
                                R"("a": {"set": {"train.lr": 0.25, "schedule.ranking": "${j}/r.json"}})",
                                R"({"finetune": {"set": {"finetune.epochs": 9}}})"));
  const StudyPlan plan = PlanStudy(study, "runs/s", "/some data");
  const std::string config = ShippedFile("", "truth_a").string();
  EXPECT_EQ(CommandText(plan.steps[0]), "danas easiness --config " + config +
                                            " --set train.lr=0.5 --set train.batch=8 --data '/some data' --no-probe "
                                            "--out runs/s/prepare/j --resume auto");
  EXPECT_EQ(CommandText(plan.steps[1]),
            "danas search --config " + config +
                " --set train.batch=4 --set train.lr=0.25 --set schedule.ranking=runs/s/prepare/j/r.json --data "
                "'/some data' --seed 0 --no-probe --run runs/s/a/seed-0/search --resume auto");
  EXPECT_EQ(plan.steps[1].needs, std::vector<size_t>{0});
  EXPECT_EQ(CommandText(plan.steps[2]),
            "danas finetune --arch runs/s/a/seed-0/search/best.json --config " + config +
                " --set train.lr=0.5 --set train.batch=4 --set finetune.epochs=9 --data '/some data' --seed 0 --run "
                "runs/s/a/seed-0/finetune --resume auto");
}

TEST(StudyPlan, DrawsNearAnArmThatStandsLater) {
  const test::TempDir folder;
  const StudyPlan plan = PlanStudy(
      StudyOf(folder, StudyText("", R"("d": {"random": 2, "near": "a", "band": "2.5%"}, "a": {}, "r": {"random": 1})")),
      "s", "");
  const std::vector<std::string> names = Names(plan);
  const auto place = [&](const std::string& name) { return std::ranges::find(names, name) - names.begin(); };
  const StudyStep& near = plan.steps[static_cast<size_t>(place("d, seed 0: networks"))];
  EXPECT_EQ(After(near, "--arch"), "s/a/seed-0/search/best.json");
  EXPECT_EQ(After(near, "--band"), "2.5%");
  EXPECT_EQ(near.needs, std::vector<size_t>{static_cast<size_t>(place("a, seed 0: search"))});
  EXPECT_LT(place("a, seed 0: search"), place("d, seed 0: networks"));
  EXPECT_LT(place("d, seed 0: finetune-2"), place("a, seed 1: search"));
  const StudyStep& within = plan.steps[static_cast<size_t>(place("r, seed 1: networks"))];
  EXPECT_EQ(After(within, "--config"), ShippedFile("", "truth_a").string());
  EXPECT_EQ(After(within, "--seed"), "1");
}

TEST(StudyPlan, WithATableRandomArmsNeedNoStep) {
  const test::TempDir folder;
  const StudyPlan plan =
      PlanStudy(StudyOf(folder, StudyText("", R"("a": {}, "r": {"random": 12})", R"({"truth": "t.csv"})")), "s", "");
  EXPECT_EQ(Names(plan), (std::vector<std::string>{"a, seed 0: search", "a, seed 1: search"}));
  EXPECT_EQ(plan.trials.size(), 4u);
}

TEST(StudyPlan, SaysWhoseSettingsAreWrong) {
  const test::TempDir folder;
  const auto fails = [&](const std::string& arms, std::initializer_list<std::string_view> words) {
    const Study study = StudyOf(folder, StudyText("", arms, R"({"truth": "t.csv"})"));
    ExpectErrorContains<ConfigError>([&] { PlanStudy(study, "s", ""); }, words);
  };
  fails(R"("a": {}, "b": {"set": {"train.lrr": 1}})", {"study.json: arm 'b'", "train.lrr", "did you mean 'lr'"});
  fails(R"("a": {}, "b": {"set": {"space": "mobile_tiny"}})", {"arm 'b' changes the space"});
  fails(R"("a": {}, "b": {"set": {"search.cost": "parameters"}})",
        {"arm 'b' changes the space, the image size or the kind"});
  fails(R"("a": {"set": {"search.budgets": ["1M", "2M"]}})", {"arm 'a'", "search.budgets"});
}

TEST(StudyPlan, OneSearchFindsANetworkForEachBudget) {
  const test::TempDir folder;
  const StudyPlan plan =
      PlanStudy(StudyOf(folder, StudyText(R"("budgets": ["0.4M", "0.3M"], )",
                                          R"("a": {"one_search": true}, "d": {"random": 1, "near": "a"})")),
                "s", "");
  EXPECT_EQ(Names(plan), (std::vector<std::string>{
                             "a, seed 0: search", "a, seed 0, 0.4M: finetune", "d, seed 0, 0.4M: networks",
                             "d, seed 0, 0.4M: finetune", "a, seed 0, 0.3M: finetune", "d, seed 0, 0.3M: networks",
                             "d, seed 0, 0.3M: finetune", "a, seed 1: search", "a, seed 1, 0.4M: finetune",
                             "d, seed 1, 0.4M: networks", "d, seed 1, 0.4M: finetune", "a, seed 1, 0.3M: finetune",
                             "d, seed 1, 0.3M: networks", "d, seed 1, 0.3M: finetune"}));
  const StudyStep& search = plan.steps[0];
  EXPECT_NE(CommandText(search).find("'search.budgets=[0.3M,0.4M]'"), std::string::npos) << CommandText(search);
  EXPECT_EQ(search.folder, "s/a/seed-0/search");
  EXPECT_EQ(search.found, (std::vector<std::string>{"best-300k.json", "best-400k.json"}));
  EXPECT_EQ(After(plan.steps[1], "--arch"), "s/a/seed-0/search/best-400k.json");
  EXPECT_EQ(After(plan.steps[2], "--arch"), "s/a/seed-0/search/best-400k.json");
  EXPECT_EQ(After(plan.steps[4], "--arch"), "s/a/seed-0/search/best-300k.json");
  EXPECT_EQ(plan.steps[4].needs, std::vector<size_t>{0});
  EXPECT_EQ(plan.trials[0].sharing, 2);
  EXPECT_EQ(plan.trials[0].config.search.budget.value, 4e5);
  EXPECT_TRUE(plan.trials[0].config.search.budgets.empty());
}

// --data is of the study's dataset.
TEST(StudyPlan, ADatasetOfItsOwnStays) {
  const test::TempDir folder;
  const StudyPlan plan = PlanStudy(StudyOf(folder, StudyText("", R"("a": {}, "b": {"set": {"data.root": "other"}})",
                                                             R"({"finetune": {"set": {"data": {"root": "target"}}}})")),
                                   "s", "given");
  EXPECT_EQ(After(plan.steps[0], "--data"), "given");
  EXPECT_EQ(After(plan.steps[1], "--data"), "");
  EXPECT_NE(CommandText(plan.steps[1]).find("--set data.root=target"), std::string::npos);
  EXPECT_EQ(After(plan.steps[2], "--data"), "");
  EXPECT_NE(CommandText(plan.steps[2]).find("--set data.root=other"), std::string::npos);
}

void ExpectPlanFails(const std::string& text, std::initializer_list<std::string_view> words) {
  const test::TempDir folder;
  const Study study = StudyOf(folder, text);
  ExpectErrorContains<ConfigError>([&] { PlanStudy(study, "s", ""); }, words);
}

TEST(StudyPlan, ArmsThatAreAlikeAreNamed) {
  const std::string same = "'first' and 'second' have the same settings";
  ExpectPlanFails(StudyText("", R"("first": {}, "second": {})"), {"study.json", same});
  ExpectPlanFails(StudyText(R"("set": {"train.lr": 0.5}, )",
                            R"("first": {}, "x": {"set": {"train.lr": 0.25}}, "second": {"set": {"train.lr": 0.5}})"),
                  {same});
  // A preset's values and the same ones written out.
  ExpectPlanFails(StudyText("", R"("first": {"set": {"search.preset": "robust"}}, "second": {"set": {"search": {
    "paths": "fair", "paths_band": false, "pruning.score": "paths", "pruning.budget": "aware", "pruning.certain": 2,
    "final": "scored", "final_effects": "main"}}})"),
                  {same});
  ExpectPlanFails(StudyText("", R"("first": {"random": 2}, "second": {"random": 2})"), {same});
  ExpectPlanFails(StudyText("", R"("a": {}, "first": {"random": 1, "near": "a"}, "second": {"random": 1, "near": "a",
    "band": "5%"})"),
                  {same});
}

// They search nothing, and with a table they train nothing.
TEST(StudyPlan, RandomArmsThatAreAlikeAreNamed) {
  const auto arms = [](const std::string& set) {
    return R"("first": {"random": 2}, "second": {"random": 2, "set": {)" + set + "}}";
  };
  const std::string same = "'first' and 'second' have the same settings", truth = R"({"truth": "t.csv"})";
  ExpectPlanFails(StudyText("", arms(R"("search.alpha_lr": 0.01, "schedule.epochs_per_step": 9)")), {same});
  ExpectPlanFails(StudyText("", arms(R"("finetune.epochs": 9)"), truth), {same});
  const test::TempDir folder;
  EXPECT_NO_THROW(PlanStudy(StudyOf(folder, StudyText("", arms(R"("finetune.epochs": 9)"))), "s", ""));
  EXPECT_NO_THROW(PlanStudy(StudyOf(folder, StudyText("", arms(R"("search.budget": "0.6M")"), truth)), "s", ""));
}

TEST(StudyPlan, ArmsMayDifferInOneThing) {
  const test::TempDir folder;
  const auto plans = [&](const std::string& more, const std::string& arms) {
    EXPECT_NO_THROW(PlanStudy(StudyOf(folder, StudyText(more, arms)), "s", "")) << arms;
  };
  plans("", R"("a": {}, "b": {"set": {"train.lr": 0.25}})");
  plans("", R"("a": {}, "r": {"random": 1}, "s": {"random": 2}, "n": {"random": 1, "near": "a"},
               "m": {"random": 1, "near": "a", "band": "6%"})");
  plans(R"("budgets": ["0.3M", "0.4M"], )", R"("a": {}, "b": {"one_search": true})");
}

// The networks of truth_a cost 230k to 1,030k MACs.
TEST(StudyPlan, BudgetsOutOfReachAreToldWithTheRange) {
  const std::string range = "networks of the space truth_a cost 230";
  ExpectPlanFails(StudyText("", R"("a": {}, "poor": {"set": {"search.budget": "0.1M"}})", R"({"truth": "t.csv"})"),
                  {"arm 'poor'", "at most 102.0k MACs", range, "Raise the budget"});
  ExpectPlanFails(StudyText(R"("budgets": ["0.5M", "0.1M"], )", R"("a": {})"),
                  {"arm 'a'", "at most 102.0k MACs", range});
  ExpectPlanFails(StudyText("", R"("rich": {"random": 1, "set": {"search.budget": "2M"}})", R"({"truth": "t.csv"})"),
                  {"arm 'rich'", "at least 1.9M MACs", range, "Lower the budget"});
  const auto of_paths = [](const std::string& set) {
    return StudyText("", R"("a": {"set": {"search": {"paths": "uniform", "final": "argmax", )" + set + "}}}",
                     R"({"truth": "t.csv"})");
  };
  ExpectPlanFails(of_paths(R"("budget": "2M")"), {"arm 'a'", "at least 1.9M MACs", range});
  ExpectPlanFails(of_paths(R"("budget": 230300, "budget_min": 230300, "budget_max": 230301)"),
                  {"arm 'a'", "no network costs 230.3k MACs to 230.3k MACs", range, "widen the band"});
  const test::TempDir folder;
  EXPECT_NO_THROW(PlanStudy(StudyOf(folder, of_paths(R"("budget": "2M", "paths_band": false)")), "s", ""));
}

// Of memory, truth_a's networks have 24, 27, 32 or 56 KiB, and a band may lie between.
TEST(StudyPlan, BudgetsOfMemoryAreToldWithTheNearest) {
  const auto text = [](const std::string& budget) {
    return StudyText(R"("set": {"search.cost": "memory"}, )",
                     R"("a": {"random": 1, "set": {"search.budget": )" + budget + "}}", R"({"truth": "t.csv"})");
  };
  const std::string range = "networks of the space truth_a cost 24.0 KiB to 56.0 KiB";
  ExpectPlanFails(text("20000"), {"arm 'a'", "at most 19.9 KiB", range, "Raise the budget"});
  ExpectPlanFails(text("70000"), {"arm 'a'", "at least 64.9 KiB", range, "Lower the budget"});
  ExpectPlanFails(text("40000"), {"arm 'a'", "no network costs 37.1 KiB to 39.8 KiB", range,
                                  "the nearest that networks have are 32768 and 57344 bytes", "widen the band"});
  const test::TempDir folder;
  EXPECT_NO_THROW(PlanStudy(StudyOf(folder, text("32768")), "s", ""));
}

// α's argmax may cost less than the band; and how many classes the images have is not known.
TEST(StudyPlan, BudgetsThatMayBeMetAreLetPass) {
  const test::TempDir folder;
  const auto plans = [&](const std::string& arms, const std::string& outcome) {
    EXPECT_NO_THROW(PlanStudy(StudyOf(folder, StudyText("", arms, outcome)), "s", "")) << arms;
  };
  plans(R"("a": {"set": {"search.budget": "2M", "search.final": "argmax"}})", R"({"truth": "t.csv"})");
  plans(R"("a": {"random": 1, "set": {"search.budget": "2M"}})", R"({"finetune": {}})");
}

TEST(StudyPlan, LimitsThatExcludeEachOtherAreNamed) {
  ExpectPlanFails(StudyText(R"("budgets": ["0.3M", "0.5M"], )", R"("a": {"set": {"search.budget_max": "0.4M"}})"),
                  {"arm 'a'", "search.budget_max: 400000 is below search.budget (500000) by 100000",
                   "exclude each other", "raise search.budget_max or lower search.budget"});
  ExpectPlanFails(StudyText("", R"("a": {"set": {"search": {"budget": "0.5M", "budget_min": "0.6M"}}})"),
                  {"arm 'a'", "search.budget_min: 600000 is above search.budget (500000) by 100000",
                   "exclude each other", "lower search.budget_min or raise search.budget"});
}

TEST(StudyPlan, ALearnerThatAChoiceCannotUseIsTheArms) {
  ExpectPlanFails(StudyText("", R"("a": {}, "unlearnt": {"set": {"search": {"learner": "none", "paths": "uniform",
    "pruning.ratio": 0, "final": "argmax"}}})"),
                  {"study.json: arm 'unlearnt'", "search.learner", "argmax"});
}

// What was asked for, against a record that is changed by hand.
class StepRecord : public ::testing::Test {
 protected:
  StudyPlan Plan(const std::string& more = "") const {
    return PlanStudy(StudyOf(folder_, StudyText(more, R"("a": {}, "r": {"random": 3})")), folder_ / "s", "");
  }
  void Record(const StudyPlan& plan) const {
    for (const StudyStep& step : plan.steps) WriteAsked(step);
  }
  test::TempDir folder_;
};

TEST_F(StepRecord, TheSameStudyGoesOn) {
  CheckUnchanged(Plan());
  Record(Plan());
  CheckUnchanged(Plan());
  CheckUnchanged(Plan(R"("set": {"data.workers": 3, "checkpoint.every": 7, "data.root": "elsewhere"}, )"));
}

// The rule of --resume, key by key.
TEST_F(StepRecord, AStepMayChangeWhatAResumedRunMay) {
  Record(Plan());
  for (const std::string may : {R"("runtime.device": "cpu")", R"("ranks.timeout": 5)", R"("log.tensorboard": true)",
                                R"("data.format": "folder")", R"("data.class_names": "names.txt")"}) {
    CheckUnchanged(Plan(R"("set": {)" + may + "}, "));
  }
  for (const std::string may_not : {R"("runtime.threads": 3)", R"("data.max_pixels": 5)"}) {
    EXPECT_THROW(CheckUnchanged(Plan(R"("set": {)" + may_not + "}, ")), ConfigError) << may_not;
  }
}

TEST_F(StepRecord, OtherSettingsAreRefused) {
  Record(Plan());
  ExpectErrorContains<ConfigError>([&] { CheckUnchanged(Plan(R"("set": {"train.lr": 0.75}, )")); },
                                   {"study.json: the study was changed", "'a, seed 0: search' (train.lr 0.05 -> 0.75)",
                                    "and 11 more steps alike", "a new name", "--run"});
  ExpectErrorContains<ConfigError>(
      [&] {
        CheckUnchanged(PlanStudy(StudyOf(folder_, StudyText("", R"("a": {}, "r": {"random": 4})")), folder_ / "s", ""));
      },
      {"'r, seed 0: networks' (count 3 -> 4)"});
}

// As a record of an earlier danas, which did not know the key.
TEST_F(StepRecord, AKeyThatWasNotKnownHadItsDefault) {
  const StudyPlan plan = Plan();
  Record(plan);
  Json asked = plan.steps.front().asked;
  asked["config"]["train"].erase("clip_norm");
  WriteFileAtomically(AskedFile(plan.steps.front()), asked.dump());
  CheckUnchanged(plan);
  ExpectErrorContains<ConfigError>([&] { CheckUnchanged(Plan(R"("set": {"train.clip_norm": 3}, )")); },
                                   {"train.clip_norm"});
}

TEST_F(StepRecord, ASearchIsDoneWithItsLastEvent) {
  const StudyPlan plan = Plan();
  const StudyStep& search = plan.steps.front();
  EXPECT_EQ(StateOf(search), StepState::kToDo);
  WriteAsked(search);
  EXPECT_EQ(StateOf(search), StepState::kBegun);
  test::WriteText(search.folder / "best.json", "{}");
  test::WriteText(search.folder / "log.jsonl", "{\"event\": \"epoch\"}\n");
  EXPECT_EQ(StateOf(search), StepState::kBegun);
  test::WriteText(search.folder / "log.jsonl", "{\"event\": \"epoch\"}\n{\"event\": \"search_end\"}\n");
  EXPECT_EQ(StateOf(search), StepState::kDone);
}

TEST_F(StepRecord, ADrawIsDoneWithItsLastNetwork) {
  const StudyPlan plan = Plan();
  const auto draw = std::ranges::find(plan.steps, StepKind::kDraw, &StudyStep::kind);
  test::WriteText(draw->folder / "random-2.json", "{}");
  EXPECT_NE(StateOf(*draw), StepState::kDone);
  test::WriteText(draw->folder / "random-3.json", "{}");
  EXPECT_EQ(StateOf(*draw), StepState::kDone);
}

}  // namespace
}  // namespace danas
