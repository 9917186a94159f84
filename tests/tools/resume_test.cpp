// A search that is killed again and again, at moments that nothing chose, ends with the files of one that ran through.
#include <gmock/gmock.h>

#include <algorithm>

#include "tests/tools/compare_runs.h"
#include "tests/tools/killed_search.h"

namespace danas::test {
namespace {

using testing::HasSubstr;

class ResumeTest : public KilledSearch {
 protected:
  // Kills the run in "run" after each share of a whole search's time, then lets it end.
  void KillAndResume(const std::vector<double>& shares) {
    BeginAndKill(shares.front());
    for (size_t i = 1; i < shares.size(); ++i) {
      const Outcome outcome =
          project_.Run({"search", "--resume", "run"}, "timeout -s KILL " + std::to_string(shares[i] * seconds_));
      if (outcome.code == 0) return;
      ASSERT_EQ(outcome.code, 128 + 9) << outcome.err;
    }
    const Outcome last = project_.Run({"search", "--resume", "run"});
    EXPECT_EQ(last.code, 0) << last.err;
  }
};

TEST_F(ResumeTest, KilledRunsEndAsOneThatRanThrough) {
  SearchWhole();
  KillAndResume({0.5, 0.4, 0.45, 0.5, 0.35, 0.5});
  ExpectSameRun(project_ / "whole", project_ / "run");
}

TEST_F(ResumeTest, SoDoRunsWithAlphaStepsInBetween) {
  project_.config()["search"]["alpha_pass"] = "every_k";
  project_.config()["search"]["alpha_every"] = 3;
  project_.config()["train"]["ema_decay"] = 0.9;
  project_.WriteConfig();
  SearchWhole();
  KillAndResume({0.6, 0.5});
  ExpectSameRun(project_ / "whole", project_ / "run");
}

TEST_F(ResumeTest, SoDoRunsTrainedByFairPaths) {
  project_.config()["search"]["paths"] = "fair";
  project_.config()["search"]["paths_band"] = false;
  project_.config()["search"]["alpha_batch"] = 8;
  project_.config()["search"]["alpha_micro_batch"] = 4;
  project_.config()["search"]["relaxation"] = {{"temperature_end", 0.2}, {"draws", "micro_batch"}};
  project_.WriteConfig();
  SearchWhole();
  KillAndResume({0.6, 0.5});
  ExpectSameRun(project_ / "whole", project_ / "run");
}

TEST_F(ResumeTest, SoDoRunsWithTheFormerNamesOfTheirLoss) {
  project_.config()["search"]["loss"] = {{"kind", "fbnet"}, {"fbnet", {{"factor", 0.3}}}};
  project_.WriteConfig();
  SearchWhole();
  BeginAndKill(0.6);
  Json config = Json::parse(ReadText(project_ / "run/config.json"));
  config["search"]["loss"] = {{"kind", "fbnet"}, {"exponent", -1.0}, {"weight", 0.3}};
  WriteText(project_ / "run/config.json", config.dump(2));
  const Outcome outcome = project_.Run(
      {"search", "--config", "config.json", "--no-probe", "--run", "run", "--resume", "auto"});
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_THAT(outcome.err, HasSubstr("search.loss.weight is now called search.loss.fbnet.factor; it was read as that"));
  EXPECT_THAT(outcome.err, testing::Not(HasSubstr("going on with")));
  for (const char* file : {"best.json", "weights.safetensors"}) {
    EXPECT_EQ(ReadText(project_ / "whole" / file), ReadText(project_ / "run" / file)) << file;
  }
}

TEST_F(ResumeTest, AnInterruptedRunKeepsItsLastBatch) {
  SearchWhole();
  BeginAndKill(0.6, "INT");
  EXPECT_EQ(project_.Run({"search", "--resume", "run"}).code, 0);
  ExpectSameRun(project_ / "whole", project_ / "run");
}

TEST_F(ResumeTest, TrainingsGoOnToo) {
  project_.config()["finetune"]["epochs"] = 150;
  project_.config()["finetune"]["train"]["ema_decay"] = 0.9;
  project_.config()["schedule"]["epochs_per_step"] = 1;
  project_.WriteConfig();
  ASSERT_EQ(Search("found").code, 0);
  const std::vector<std::string> command = {"finetune", "--arch",      "found/best.json",
                                            "--config", "config.json", "--run"};
  auto whole = command, killed = command;
  whole.emplace_back("whole");
  killed.emplace_back("run");
  seconds_ = SecondsOf([&] { EXPECT_EQ(project_.Run(whole).code, 0); });
  BeginAndKill(killed, 0.6);
  const Outcome outcome = project_.Run({"finetune", "--resume", "run"});
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  for (const char* file : {"weights.safetensors", "weights-ema.safetensors", "network.json"}) {
    EXPECT_EQ(ReadText(project_ / "whole" / file), ReadText(project_ / "run" / file)) << file;
  }
}

TEST_F(ResumeTest, AFinishedRunIsLeftAlone) {
  SearchWhole();
  const std::string before = ReadText(project_ / "whole" / "log.jsonl");
  const Outcome outcome = project_.Run({"search", "--resume", "whole"});
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_THAT(outcome.err, HasSubstr("already finished"));
  EXPECT_EQ(ReadText(project_ / "whole" / "log.jsonl"), before);
}

TEST_F(ResumeTest, AlteredCheckpointsArePassedOver) {
  SearchWhole();
  BeginAndKill(0.7);
  std::vector<std::filesystem::path> tensors;
  for (const auto& entry : std::filesystem::directory_iterator(project_ / "run" / "checkpoints")) {
    if (entry.path().extension() == ".safetensors") tensors.push_back(entry.path());
  }
  ASSERT_GE(tensors.size(), 2U);
  std::string bytes = ReadText(*std::max_element(tensors.begin(), tensors.end()));
  bytes[bytes.size() - 5] ^= 1;
  WriteText(*std::max_element(tensors.begin(), tensors.end()), bytes);
  const Outcome outcome = project_.Run({"search", "--resume", "run"});
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  ExpectSameRun(project_ / "whole", project_ / "run");
}

TEST_F(ResumeTest, OtherConfigsAreRefusedAndHarmlessOnesTaken) {
  SearchWhole();
  BeginAndKill(0.6);
  const Outcome other = project_.Run(
      {"search", "--resume", "run", "--set", "train.lr=0.1", "--set", "seed=3", "--set", "data.decode=reduced"});
  EXPECT_EQ(other.code, 3);
  EXPECT_THAT(other.err, HasSubstr("seed 0 -> 3"));
  EXPECT_THAT(other.err, HasSubstr("train.lr 0.05 -> 0.1"));
  EXPECT_THAT(other.err, HasSubstr("data.decode \"exact\" -> \"reduced\""));
  const Outcome harmless =
      project_.Run({"search", "--resume", "run", "--set", "data.workers=2", "--set", "log.tensorboard=false"});
  EXPECT_EQ(harmless.code, 0) << harmless.err;
  EXPECT_THAT(harmless.err, HasSubstr("data.workers 1 -> 2"));
  EXPECT_THAT(harmless.err, HasSubstr("log.tensorboard true -> false"));
}

TEST_F(ResumeTest, WhatCannotGoOnIsAnError) {
  EXPECT_EQ(project_.Run({"search", "--resume", "nowhere"}).code, 5);
  EXPECT_EQ(project_.Run({"search", "--resume", "auto"}).code, 2);
  EXPECT_EQ(project_.Run({"search", "--resume", "x", "--config", "config.json"}).code, 2);
  const Outcome fork = project_.Run({"search", "--config", "config.json", "--fork", "new"});
  EXPECT_EQ(fork.code, 2);
  EXPECT_THAT(fork.err, HasSubstr("--fork requires --resume"));
}

TEST_F(ResumeTest, RunsEndedBeforeTheirFirstCheckpointBeginAnew) {
  SearchWhole();
  const std::vector<std::string> resume = {"search", "--config", "config.json", "--no-probe",
                                           "--run",  "run",      "--resume",    "auto"};
  const auto begins_anew = [&](const char* when) {
    const Outcome outcome = project_.Run(resume);
    EXPECT_EQ(outcome.code, 0) << when << ": " << outcome.err;
    ExpectSameRun(project_ / "whole", project_ / "run");
    std::filesystem::remove_all(project_ / "run");
  };
  WriteText(project_ / "run" / "log.jsonl", "");
  begins_anew("before the config was written");
  WriteText(project_ / "run" / "log.jsonl", "");
  WriteText(project_ / "run" / "config.json.tmp-1", "{");
  begins_anew("while the config was written");
  const std::string log = ReadText(project_ / "whole" / "log.jsonl");
  WriteText(project_ / "run" / "config.json", ReadText(project_ / "whole" / "config.json"));
  WriteText(project_ / "run" / "log.jsonl", log.substr(0, log.find('\n') + 1) + "{\"ev");
  begins_anew("before the first checkpoint was written");

  WriteText(project_ / "run" / "config.json", ReadText(project_ / "whole" / "config.json"));
  WriteText(project_ / "run" / "log.jsonl", log);
  const Outcome lost = project_.Run({"search", "--resume", "run"});
  EXPECT_EQ(lost.code, 6) << lost.err;
  EXPECT_THAT(lost.err, HasSubstr("contains no checkpoint"));
  EXPECT_EQ(ReadText(project_ / "run" / "log.jsonl"), log);
}

TEST_F(ResumeTest, TheSignalBeforeATimeLimitKeepsTheLastBatch) {
  SearchWhole();
  BeginAndKill(0.6, "USR1");
  EXPECT_EQ(project_.Run({"search", "--resume", "run"}).code, 0);
  ExpectSameRun(project_ / "whole", project_ / "run");
}

TEST_F(ResumeTest, ALauncherThatStartsAJobAgainGoesOn) {
  const std::vector<std::string> command = {"search", "--config", "config.json", "--no-probe", "--run", "run"};
  SearchWhole();
  BeginAndKill(command, 0.6);
  EXPECT_EQ(project_.Run(command).code, 5);  // the folder is taken
  EXPECT_EQ(project_.Run(command, "SLURM_RESTART_COUNT=1").code, 0);
  ExpectSameRun(project_ / "whole", project_ / "run");
}

TEST_F(ResumeTest, AForkGoesOnWithOtherSettingsAndLeavesItsRunAlone) {
  SearchWhole();
  BeginAndKill(0.7);
  const std::string log = ReadText(project_ / "run" / "log.jsonl");
  const Outcome fixed = project_.Run({"search", "--resume", "run", "--fork", "fork", "--set", "seed=3"});
  EXPECT_EQ(fixed.code, 3);
  EXPECT_THAT(fixed.err, HasSubstr("seed 0 -> 3"));
  EXPECT_FALSE(std::filesystem::exists(project_ / "fork"));

  const Outcome same = project_.Run({"search", "--resume", "run", "--fork", "same"});
  EXPECT_EQ(same.code, 0) << same.err;
  ExpectSameRun(project_ / "whole", project_ / "same");

  const Outcome fork = project_.Run({"search", "--resume", "run", "--fork", "fork", "--set", "train.lr=0.01"});
  EXPECT_EQ(fork.code, 0) << fork.err;
  EXPECT_EQ(Json::parse(ReadText(project_ / "fork" / "fork.json")).at("changes"), Json({"train.lr 0.05 -> 0.01"}));
  EXPECT_NE(ReadText(project_ / "fork" / "weights.safetensors"), ReadText(project_ / "whole" / "weights.safetensors"));
  EXPECT_EQ(ReadText(project_ / "run" / "log.jsonl"), log);
}

TEST_F(ResumeTest, AutoBeginsAndGoesOn) {
  const std::vector<std::string> command = {"search", "--config", "config.json", "--no-probe",
                                            "--run",  "run",      "--resume",    "auto"};
  SearchWhole();
  BeginAndKill(command, 0.6);
  EXPECT_EQ(project_.Run(command).code, 0);
  ExpectSameRun(project_ / "whole", project_ / "run");
}

}  // namespace
}  // namespace danas::test
