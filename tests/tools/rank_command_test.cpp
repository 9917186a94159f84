// danas rank and danas choose, on one small search.
#include <gmock/gmock.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <map>
#include <memory>
#include <set>

#include "tests/tools/run_danas.h"

namespace danas::test {
namespace {

namespace fs = std::filesystem;

using testing::AllOf;
using testing::HasSubstr;

// Four candidates in three layers.
class RankCommandTest : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    project_ = std::make_unique<SmallProject>();
    ASSERT_EQ(project_->Run({"search", "-q", "--no-probe", "--config", "config.json", "--run", "run"}).code, 0);
  }
  static void TearDownTestSuite() { project_.reset(); }

  static Outcome Run(const std::string& command, const std::vector<std::string>& options) {
    std::vector<std::string> words = {command, "-q", "--run", "run"};
    words.insert(words.end(), options.begin(), options.end());
    return project_->Run(words);
  }
  static Json Result(const std::string& command, std::vector<std::string> options) {
    options.push_back("--json");
    const Outcome outcome = Run(command, options);
    EXPECT_EQ(outcome.code, 0) << outcome.err;
    return Json::parse(outcome.out);
  }
  static Json Ranked(const std::vector<std::string>& options) { return Result("rank", options); }
  static void ExpectError(const Outcome& outcome, int code, const std::vector<std::string>& parts) {
    EXPECT_EQ(outcome.code, code) << outcome.err;
    for (const std::string& part : parts) EXPECT_THAT(outcome.err, HasSubstr(part));
  }

  // 64 networks of which each has an accuracy that follows its cost, but for every third.
  static std::string TableOfTruth(const Json& ranked) {
    std::string text =
        "# layer 0: ir_e1_k3 ir_e1_k5 ir_e3_k3 ir_e3_k5\n"
        "network,macs,parameters,seed,loss,accuracy\n";
    int row = 0;
    for (const Json& network : ranked["networks"]) {
      const double cost = network["cost"].get<double>();
      const double accuracy = ++row % 3 == 0 ? 0.5 : 0.4 + cost / 1e6;
      text += network["network"].get<std::string>() + "," + std::to_string(std::llround(cost)) + ",1,0,1.0," +
              std::to_string(accuracy) + "\n";
    }
    return text;
  }

  static std::unique_ptr<SmallProject> project_;
};

std::unique_ptr<SmallProject> RankCommandTest::project_;

TEST_F(RankCommandTest, ScoresEveryNetworkByTheStateBeforeTheFirstPruning) {
  const Json ranked = Ranked({"--all"});
  EXPECT_THAT(ranked["state"]["file"].get<std::string>(), HasSubstr("run/checkpoints/000003.json"));
  EXPECT_EQ(ranked["state"]["when"], "before the pruning of step1");
  EXPECT_EQ(ranked["state"]["classes"], 2);
  EXPECT_EQ(ranked["images"], 20);
  ASSERT_EQ(ranked["networks"].size(), 64u);
  std::set<std::string> names;
  double before = 0;
  for (const Json& network : ranked["networks"]) {
    names.insert(network["network"].get<std::string>());
    EXPECT_GE(network["loss"].get<double>(), before);
    before = network["loss"].get<double>();
    EXPECT_EQ(network["score"].get<double>(), -before);
  }
  EXPECT_EQ(names.size(), 64u);
  // Alike beside others, alone, and by two processes.
  WriteText(*project_ / "two.txt", "0-1-2\n3-0-1\n");
  const Json two = Ranked({"--archs", "two.txt", "--ranks", "2", "--device", "cpu"});
  ASSERT_EQ(two["networks"].size(), 2u);
  EXPECT_EQ(Ranked({"--archs", "two.txt"})["networks"], two["networks"]);
}

TEST_F(RankCommandTest, TheNewestStateWithAllCandidatesScoresAFoundNetwork) {
  const Json best = Ranked({"--archs", "run/best.json"});
  ASSERT_EQ(best["networks"].size(), 1u);
  EXPECT_EQ(best["state"]["when"], "at the end");
  EXPECT_EQ(best["state"]["classes"], 3);
  EXPECT_EQ(best["images"], 30);
  // As a list and as lines.
  const Json genotype = Json::parse(ReadText(*project_ / "run/best.json"));
  WriteText(*project_ / "list.json", Json{genotype, genotype}.dump());
  WriteText(*project_ / "lines.jsonl", genotype.dump() + "\n" + genotype.dump() + "\n");
  for (const char* file : {"list.json", "lines.jsonl"}) {
    EXPECT_EQ(Ranked({"--archs", file})["networks"], best["networks"]) << file;
  }
}

TEST_F(RankCommandTest, AlphaThatNothingLookedAtIsNoScore) {
  fs::copy(*project_ / "run", *project_ / "untrained_alpha", fs::copy_options::recursive);
  const fs::path file = *project_ / "untrained_alpha/config.json";
  Json config = Json::parse(ReadText(file));
  config["search"]["paths"] = "fair";
  config["search"]["pruning"]["score"] = "paths";
  config["search"]["final"] = "scored";
  WriteText(file, config.dump());
  for (const char* command : {"rank", "choose"}) {
    ExpectError(project_->Run({command, "-q", "--run", "untrained_alpha", "--score", "alpha"}), 2,
                {"untrained_alpha did not train α", "search.pruning.score", "--score supernet"});
  }
}

TEST_F(RankCommandTest, SamplesLieInTheBandAndFollowTheSeed) {
  const auto names = [](const Json& ranked) {
    std::set<std::string> found;
    for (const Json& network : ranked["networks"]) found.insert(network["network"].get<std::string>());
    return found;
  };
  const std::vector<std::string> few = {"--sample", "5", "--band", "20%", "--score", "macs"};
  const Json sample = Ranked(few);
  EXPECT_EQ(names(sample).size(), 5u);
  EXPECT_FALSE(sample.contains("state"));
  for (const Json& network : sample["networks"]) {
    EXPECT_GE(network["cost"].get<double>(), 0.8 * 120e3);
    EXPECT_LE(network["cost"].get<double>(), 1.2 * 120e3);
  }
  EXPECT_EQ(names(Ranked(few)), names(sample));
  EXPECT_NE(names(Ranked({"--sample", "5", "--band", "0.2", "--score", "macs", "--seed", "1"})), names(sample));
  EXPECT_GT(names(Ranked({"--band", "0.2", "--score", "parameters"})).size(), 5u);
  ExpectError(Run("rank", {"--band", "0.0001"}), 3, {"no network costs", "Widen --band"});
}

TEST_F(RankCommandTest, OtherScoresOrderOtherwise) {
  const Json alpha = Ranked({"--all", "--score", "alpha"}), macs = Ranked({"--all", "--score", "macs"});
  EXPECT_EQ(alpha["state"]["when"], "before the pruning of step1");
  EXPECT_LT(alpha["networks"][0]["score"].get<double>(), 0);
  EXPECT_FALSE(alpha["networks"][0].contains("loss"));
  for (const Json& network : macs["networks"]) EXPECT_EQ(network["score"], network["cost"]);
  for (const char* score : {"naswot", "zico"}) {
    const Json untrained = Ranked({"--all", "--score", score});
    EXPECT_FALSE(untrained.contains("state"));
    std::set<double> different;
    for (const Json& network : untrained["networks"]) different.insert(network["score"].get<double>());
    EXPECT_GT(different.size(), 60u) << score;
    EXPECT_EQ(Ranked({"--all", "--score", score, "--ranks", "2", "--device", "cpu"})["networks"],
              untrained["networks"]);
  }
  const Json batch = Ranked({"--all"}),
             recalibrated = Ranked({"--all", "--set", "search.scoring.statistics=recalibrated"});
  EXPECT_EQ(recalibrated["statistics"], "recalibrated");
  EXPECT_NE(batch["networks"], recalibrated["networks"]);
}

TEST_F(RankCommandTest, SaysHowWellTheOrderAgreesWithTrainedNetworks) {
  const Json all = Ranked({"--all", "--score", "macs"});
  const std::string table = TableOfTruth(all);
  WriteText(*project_ / "truth.csv", table);
  const Json by_macs = Ranked({"--truth", "truth.csv", "--score", "macs", "--budget", "110k", "--budget", "1M"});
  EXPECT_EQ(by_macs["networks"].size(), 64u);
  EXPECT_EQ(by_macs["truth"]["networks"], 64);
  EXPECT_GT(by_macs["truth"]["tau"]["value"].get<double>(), 0.1);
  ASSERT_EQ(by_macs["truth"]["budgets"].size(), 2u);
  EXPECT_EQ(by_macs["truth"]["budgets"][1]["networks"], 64);
  const Outcome text = Run("rank", {"--truth", "truth.csv"});
  EXPECT_THAT(text.out, AllOf(HasSubstr("τ-b over all pairs"), HasSubstr("before the pruning of step1")));
  // Of those asked for, the table may lack some.
  WriteText(*project_ / "half.csv",
            table.substr(0, table.size() / 2).substr(0, table.rfind('\n', table.size() / 2) + 1));
  const Json half = Ranked({"--truth", "half.csv", "--all", "--score", "macs"});
  EXPECT_EQ(half["networks"].size(), 64u);
  EXPECT_EQ(half["truth"]["networks"].get<int>() + half["truth"]["unknown"].get<int>(), 64);
  EXPECT_GT(half["truth"]["unknown"].get<int>(), 10);
}

TEST_F(RankCommandTest, SaysWhatIsWrong) {
  ExpectError(Run("rank", {}), 2, {"--archs, --all, --sample, --band and --truth"});
  ExpectError(Run("rank", {"--all", "--budget", "1M"}), 2, {"--budget requires --truth"});
  ExpectError(Run("rank", {"--all", "--set", "search.budget=1M"}), 2,
              {"search.budget", "cannot differ from the search's value"});
  ExpectError(project_->Run({"rank", "-q", "--run", "none", "--all"}), 5, {"none"});
  ExpectError(project_->Run({"rank", "-q", "--run", "data", "--all"}), 5, {"data is not the folder of a search"});
  WriteText(*project_ / "bad.txt", "0-1-2\n0-1-7\n");
  ExpectError(Run("rank", {"--archs", "bad.txt"}), 3, {"bad.txt, line 2", "candidate 7 in layer 2"});
  WriteText(*project_ / "bad.csv", "network,loss,accuracy\n0-1,1,0.5\n");
  ExpectError(Run("rank", {"--truth", "bad.csv"}), 3, {"bad.csv, line 2", "has 2 layers"});
  Json other = Json::parse(ReadText(*project_ / "run/best.json"));
  other["network"]["layers"][1]["candidates"][0]["operator"]["kernel"] = 7;
  WriteText(*project_ / "other.json", other.dump());
  ExpectError(Run("rank", {"--archs", "other.json"}), 3, {"other.json", "layers[1]"});
  fs::rename(*project_ / "data", *project_ / "moved");
  ExpectError(Run("rank", {"--all"}), 4, {"data"});
  EXPECT_EQ(Ranked({"--all", "--data", "moved"})["networks"].size(), 64u);
  fs::rename(*project_ / "moved", *project_ / "data");
}

TEST_F(RankCommandTest, LeavesTheRunAsItIs) {
  std::map<std::string, std::string> before;
  for (const auto& entry : fs::recursive_directory_iterator(*project_ / "run")) {
    if (entry.is_regular_file()) before[entry.path().string()] = ReadText(entry.path());
  }
  Ranked({"--sample", "3"});
  for (const auto& [path, text] : before) EXPECT_EQ(ReadText(path), text) << path;
}

TEST_F(RankCommandTest, ChoosesForAnotherBudget) {
  const Json chosen = Result("choose", {"--budget", "100k", "--out", "small.json"});
  EXPECT_EQ(chosen["best"], "small.json");
  const Json cost = Json::parse(project_->Run({"cost", "--arch", "small.json", "--json"}).out);
  EXPECT_LE(cost["most"].get<double>(), 102e3);
  EXPECT_GE(cost["most"].get<double>(), 95e3);
  EXPECT_EQ(chosen["networks"][0]["cost"], cost["most"]);
  EXPECT_EQ(chosen["limits"][0]["kind"], "budget");
  EXPECT_TRUE(chosen.contains("margin"));
  EXPECT_EQ(Result("choose", {"--budget", "100k", "--out", "again.json"})["networks"], chosen["networks"]);
  // It can be trained.
  EXPECT_EQ(project_->Run({"finetune", "-q", "--arch", "small.json", "--run", "trained"}).code, 0);
  const Json alpha = Result("choose", {"--budget", "100k", "--score", "alpha", "--out", "alpha.json"});
  EXPECT_FALSE(alpha["networks"][0].contains("loss"));
}

TEST_F(RankCommandTest, ChoosesByTheFitOfTheLastChoice) {
  fs::copy(*project_ / "run", *project_ / "wide", fs::copy_options::recursive);
  Json config = Json::parse(ReadText(*project_ / "wide/config.json"));
  config["search"]["budget_min"] = 1;
  WriteText(*project_ / "wide/config.json", config.dump());
  const auto choose = [](std::vector<std::string> options) {
    options.insert(options.begin(), {"choose", "-q", "--run", "wide", "--budget", "120k", "--out", "wide.json"});
    return project_->Run(options);
  };
  const std::string main = "search.final_effects=main";
  const Json losses = Json::parse(choose({"--json"}).out);
  EXPECT_EQ(losses["effects"], "none");
  ASSERT_GT(losses["networks"].size(), 10u);  // more than there are effects
  const Json fitted = Json::parse(choose({"--json", "--set", main}).out);
  EXPECT_EQ(fitted["effects"], "main");
  EXPECT_TRUE(fitted["z"].is_number());
  std::map<std::string, double> loss_of;
  for (const Json& network : losses["networks"]) loss_of[network["network"]] = network["loss"];
  double difference = 0, sum = 0;
  for (const Json& network : fitted["networks"]) {
    EXPECT_EQ(network["loss"], loss_of.at(network["network"]));
    EXPECT_EQ(network["score"].get<double>(), -network["fitted_loss"].get<double>());
    const double off = network["fitted_loss"].get<double>() - network["loss"].get<double>();
    sum += off;
    difference = std::max(difference, std::abs(off));
  }
  EXPECT_GT(difference, 1e-5);  // a fit is not the losses,
  EXPECT_NEAR(sum, 0, 1e-4);    // but has their mean
  EXPECT_EQ(Json::parse(ReadText(*project_ / "wide.json"))["origin"]["score"]["effects"], "main");
  EXPECT_THAT(choose({"--set", main}).out,
              AllOf(HasSubstr("fitted"), HasSubstr("ranked by a fit of their losses (search.final_effects main)")));
  const Outcome few = choose({"--json", "--set", main, "--sample", "2"});
  EXPECT_EQ(Json::parse(few.out)["effects"], "none");
  EXPECT_THAT(few.err, HasSubstr("Raise --sample"));
  ExpectError(choose({"--set", "search.final=argmax"}), 2, {"search.final:", "search.final_effects"});
  ExpectError(Run("rank", {"--set", main}), 2, {"search.final_effects: cannot differ from the search's value"});
}

TEST_F(RankCommandTest, ChoosesWithinSeveralLimits) {
  const Json one = Result("choose", {"--budget", "110k", "--out", "one.json"});
  const double parameters = one["networks"].back()["parameters"].get<double>();
  std::vector<double> all;
  for (const Json& network : one["networks"]) all.push_back(network["parameters"].get<double>());
  const double least = std::ranges::min(all);
  const Json both =
      Result("choose", {"--budget", "110k", "--limit", "parameters=" + std::to_string(least), "--out", "both.json"});
  ASSERT_FALSE(both["networks"].empty());
  for (const Json& network : both["networks"]) EXPECT_LE(network["parameters"].get<double>(), least);
  EXPECT_EQ(both["limits"].size(), 2u);
  EXPECT_GE(parameters, least);
  const Outcome text = Run("choose", {"--budget", "110k", "--limit", "parameters=" + std::to_string(least)});
  EXPECT_THAT(text.out, AllOf(HasSubstr("parameters at most"), HasSubstr("those within the other limits from"),
                              HasSubstr("run/chosen.json")));
  fs::remove(*project_ / "run/chosen.json");
  ExpectError(Run("choose", {"--limit", "parameters=10"}), 3,
              {"no network meets these limits together", "parameters at most 10", "networks of the space range from",
               "raise at least one"});
  ExpectError(Run("choose", {"--limit", "params=10"}), 2, {"params", "expected macs, parameters, latency or memory"});
  ExpectError(Run("choose", {"--limit", "macs"}), 2, {"KIND=COUNT"});
  ExpectError(Run("choose", {"--limit", "latency=10"}), 2, {"search.latency_table"});
  ExpectError(Run("choose", {"--budget", "10"}), 3,
              {"no network meets these limits", "networks of the space range from"});
}

TEST_F(RankCommandTest, WithoutTheStateBeforeAPruningDroppedCandidatesAreGone) {
  Json config = project_->config();
  config["checkpoint"] = {{"before_pruning", false}};
  WriteText(*project_ / "lean.json", config.dump());
  ASSERT_EQ(project_->Run({"search", "-q", "--no-probe", "--config", "lean.json", "--run", "lean"}).code, 0);
  // The one at the end of warm-up has them all.
  const Outcome outcome = project_->Run({"rank", "-q", "--run", "lean", "--all", "--json"});
  EXPECT_EQ(Json::parse(outcome.out)["state"]["when"], "at the end of warmup");
  for (const char* name : {"000002.json", "000002.safetensors"}) fs::remove(*project_ / "lean/checkpoints" / name);
  ExpectError(project_->Run({"rank", "-q", "--run", "lean", "--all"}), 3,
              {"no saved state", "checkpoint.before_pruning"});
}

}  // namespace
}  // namespace danas::test
