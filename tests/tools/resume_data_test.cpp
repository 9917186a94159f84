// A run resumes with the images that it began with, wherever they lie, and with no others: what changed is named,
// before anything in the run's folder is touched.
#include <gmock/gmock.h>

#include <algorithm>
#include <filesystem>

#include "tests/tools/compare_runs.h"
#include "tests/tools/run_danas.h"

namespace danas::test {
namespace {

using testing::AllOf;
using testing::ContainsRegex;
using testing::HasSubstr;
using testing::Not;

namespace fs = std::filesystem;

// Three classes of 16 x 16 pictures: a bright bar whose place is the class.
std::string Photo(int label, int number) {
  std::string bytes = "P6\n16 16\n255\n";
  for (int p = 0; p < 256; ++p) {
    const int value = (p / 16 / 5 == label ? 180 : 60) + (number * 7 + p * 13) % 50;
    bytes += std::string(3, static_cast<char>(value));
  }
  return bytes;
}

void WritePhotos(const fs::path& folder, int images) {
  int label = 0;
  for (const char* name : {"ant", "bee", "cat"}) {
    for (int i = 0; i < images; ++i) WriteText(folder / name / (std::to_string(i) + ".ppm"), Photo(label, i));
    ++label;
  }
}

// Of a folder's files, but for `lock`.
std::map<std::string, std::string> FilesIn(const fs::path& folder) {
  std::map<std::string, std::string> files;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    if (!entry.is_regular_file() || entry.path().filename() == "lock") continue;
    files.emplace(entry.path().lexically_relative(folder).string(), ReadText(entry.path()));
  }
  return files;
}

// Without what says where the images lie.
std::vector<Json> EventsBut(const fs::path& log, const std::string& name) {
  std::vector<Json> events = Events(log);
  std::erase_if(events, [&](const Json& event) { return event.at("event") == name; });
  return events;
}

Json EventNamed(const fs::path& log, const std::string& name) {
  for (const Json& event : Events(log)) {
    if (event.at("event") == name) return event;
  }
  return {};
}

// A whole run in "whole", and "run": the same as it was in the middle, after an earlier checkpoint.
class ResumeDataTest : public testing::Test {
 protected:
  ResumeDataTest() {
    WritePhotos(project_ / "photos/train", 16);
    WritePhotos(project_ / "photos/test", 4);
    Json& config = project_.config();
    config["space"] = (project_ / "space.json").string();
    config["data"]["root"] = "photos";
    config["data"]["format"] = "folder";
    config["data"]["validation_fraction"] = 0.25;
    config["checkpoint"] = {{"every", 0}, {"min_seconds", 0}};
    config["log"] = {{"tensorboard", false}};
    config["zoo"] = {{"epochs", 3}, {"train", {{"batch", 12}, {"lr", 0.02}}}};
    config["easiness"] = {{"models", {"mobilenetv1_0.25"}}, {"resamples", 100}};
    project_.WriteConfig();
  }

  void Run(std::vector<std::string> arguments, const std::string& run = "whole") {
    command_ = arguments.front();
    arguments.insert(arguments.end(), {command_ == "easiness" ? "--out" : "--run", run, "--config", "config.json"});
    const Outcome outcome = project_.Run(arguments);
    ASSERT_EQ(outcome.code, 0) << outcome.err;
  }
  void Search() { Run({"search", "--no-probe"}); }

  // Takes back the last `checkpoints`, and what only a run that ended has.
  void CutRun(size_t checkpoints) {
    fs::remove_all(project_ / "run");
    fs::copy(project_ / "whole", project_ / "run", fs::copy_options::recursive);
    for (const char* file : {"best.json", "weights.safetensors", "result.json", "easiness.html", "ranking.json"}) {
      fs::remove(project_ / "run" / file);
    }
    std::vector<fs::path> files;
    if (fs::exists(project_ / "run/checkpoints")) {
      for (const auto& entry : fs::directory_iterator(project_ / "run/checkpoints")) files.push_back(entry.path());
    }
    std::sort(files.rbegin(), files.rend());
    ASSERT_TRUE(checkpoints == 0 || files.size() > 2 * checkpoints);
    for (size_t i = 0; i < 2 * checkpoints; ++i) fs::remove(files[i]);
  }

  Outcome Resume(const std::vector<std::string>& more = {}) const {
    std::vector<std::string> arguments = {command_, "--resume", "run"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return project_.Run(arguments);
  }

  template <typename Matcher>
  void ExpectRefused(const Matcher& message, const std::vector<std::string>& more = {}) const {
    const auto before = FilesIn(project_ / "run");
    const Outcome outcome = Resume(more);
    EXPECT_EQ(outcome.code, 4) << outcome.err;
    EXPECT_THAT(outcome.err, AllOf(message, Not(HasSubstr("report it"))));
    EXPECT_EQ(FilesIn(project_ / "run"), before);
  }
  void ExpectSameWeights() const {
    EXPECT_EQ(ReadText(project_ / "run/weights.safetensors"), ReadText(project_ / "whole/weights.safetensors"));
  }
  fs::path photos() const { return project_ / "photos"; }

  SmallProject project_;
  std::string command_;
};

TEST_F(ResumeDataTest, ASearchNamesEachKindOfChange) {
  Search();
  CutRun(2);
  const fs::path train = photos() / "train";

  fs::rename(train / "ant", train / "dog");
  ExpectRefused(
      AllOf(HasSubstr("training set " + train.string() + ": 1 class renamed ('ant' to 'dog')."), HasSubstr("--data")));
  fs::rename(train / "dog", train / "ant");

  WriteText(train / "dog/0.ppm", Photo(0, 99));
  ExpectRefused(HasSubstr("1 class added ('dog'), 1 image added (dog/0.ppm)"));
  fs::remove_all(train / "dog");

  fs::rename(train / "cat", project_ / "cat");
  ExpectRefused(HasSubstr("1 class removed ('cat'), 16 images removed (cat/0.ppm, cat/1.ppm, cat/10.ppm and 13 more)"));
  fs::rename(project_ / "cat", train / "cat");

  WriteText(train / "bee/77.ppm", Photo(1, 77));
  ExpectRefused(HasSubstr("1 image added (bee/77.ppm)"));
  fs::rename(train / "bee/77.ppm", train / "bee/3.ppm");  // in its place, with as many bytes
  ExpectRefused(HasSubstr("1 image altered (bee/3.ppm)"));
  fs::remove(train / "bee/3.ppm");
  ExpectRefused(HasSubstr("1 image removed (bee/3.ppm)"));
  WriteText(train / "bee/3.ppm", Photo(1, 3));

  WriteText(photos() / "test/cat/0.ppm", "not looked at by a search");
  const Outcome outcome = Resume();
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  ExpectSameRun(project_ / "whole", project_ / "run");
}

TEST_F(ResumeDataTest, ASearchGoesOnWithImagesThatMoved) {
  Search();
  CutRun(2);
  fs::create_directory(project_ / "new");
  fs::rename(photos(), project_ / "new/place");
  ExpectRefused(AllOf(HasSubstr("data.root: there is no photos."),
                      HasSubstr("started with the training set " + (photos() / "train").string()),
                      HasSubstr("--resume run --data PLACE")));

  const Outcome outcome = Resume({"--data", "new/place"});
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_THAT(outcome.err, HasSubstr("data.root \"photos\" -> \"new/place\""));
  EXPECT_THAT(outcome.err, HasSubstr("the same 48 images (contents of 48 compared)"));
  ExpectSameWeights();
  for (const char* file : {"space-step1.json", "space-step2.json", "space-step3.json", "config.json"}) {
    EXPECT_EQ(ReadText(project_ / "whole" / file), ReadText(project_ / "run" / file)) << file;
  }
  EXPECT_EQ(Events(project_ / "run/alpha.jsonl"), Events(project_ / "whole/alpha.jsonl"));
  EXPECT_EQ(EventsBut(project_ / "run/log.jsonl", "data_moved"), Events(project_ / "whole/log.jsonl"));
  const Json moved = EventNamed(project_ / "run/log.jsonl", "data_moved");
  EXPECT_EQ(moved, (Json{{"event", "data_moved"},
                         {"set", "training set"},
                         {"from", (photos() / "train").string()},
                         {"to", (project_ / "new/place/train").string()},
                         {"images", 48},
                         {"contents", 48}}));
  Json best = Json::parse(ReadText(project_ / "run/best.json"));
  EXPECT_EQ(best["origin"]["config"]["data"]["root"], "new/place");
  best["origin"]["config"]["data"]["root"] = "photos";
  best["origin"]["dataset"] = "photos/train";
  EXPECT_EQ(best, Json::parse(ReadText(project_ / "whole/best.json")));
}

TEST_F(ResumeDataTest, ImagesThatMovedAndChangedAreRefused) {
  Search();
  CutRun(2);
  fs::rename(photos(), project_ / "moved");
  WriteText(project_ / "moved/train/bee/3.ppm", Photo(2, 3));
  ExpectRefused(HasSubstr("1 image altered (bee/3.ppm)"), {"--data", "moved"});
  const Outcome fork = Resume({"--data", "moved", "--fork", "fork"});
  EXPECT_EQ(fork.code, 4) << fork.err;
  EXPECT_THAT(fork.err, HasSubstr("1 image altered (bee/3.ppm)"));
  EXPECT_FALSE(fs::exists(project_ / "fork"));

  WriteText(project_ / "moved/train/bee/3.ppm", Photo(1, 3));
  const Outcome same = Resume({"--data", "moved", "--fork", "fork"});
  EXPECT_EQ(same.code, 0) << same.err;
  EXPECT_EQ(ReadText(project_ / "fork/weights.safetensors"), ReadText(project_ / "whole/weights.safetensors"));
}

TEST_F(ResumeDataTest, AnotherWorkingFolderIsNamedAsAnyOtherPlace) {
  Search();
  CutRun(2);
  fs::create_directory(project_ / "elsewhere");
  const Outcome without = RunDanas(project_ / "elsewhere", {"search", "--resume", "../run"});
  EXPECT_EQ(without.code, 4);
  EXPECT_THAT(without.err, HasSubstr("--resume ../run --data PLACE"));
  const Outcome outcome = RunDanas(project_ / "elsewhere", {"search", "--resume", "../run", "--data", "../photos"});
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  ExpectSameWeights();
  EXPECT_TRUE(EventNamed(project_ / "run/log.jsonl", "data_moved").is_null());  // they lie where they lay
}

TEST_F(ResumeDataTest, AutoTakesImagesThatMoved) {
  Search();
  CutRun(2);
  fs::rename(photos(), project_ / "moved");
  const std::vector<std::string> command = {"search", "--no-probe", "--config", "config.json", "--run",
                                            "run",    "--resume",   "auto",     "--data",      "moved"};
  const Outcome outcome = project_.Run(command);
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  ExpectSameWeights();
}

TEST_F(ResumeDataTest, ARunOfAnOlderDanasHasWhatItSaysCompared) {
  Search();
  CutRun(2);
  fs::remove(project_ / "run/images.list.gz");
  const fs::path train = photos() / "train";
  fs::rename(train / "ant", train / "dog");
  ExpectRefused(
      AllOf(HasSubstr("classes removed: 'ant'; classes added: 'dog'; fingerprint "), HasSubstr("older danas")));
  fs::rename(train / "dog", train / "ant");
  fs::rename(photos(), project_ / "moved");
  const Outcome outcome = Resume({"--data", "moved"});
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_THAT(outcome.err, HasSubstr("an older danas started it"));
  ExpectSameWeights();
  EXPECT_EQ(EventNamed(project_ / "run/log.jsonl", "data_moved").at("contents"), 0);
  EXPECT_TRUE(fs::exists(project_ / "run/images.list.gz"));
}

TEST_F(ResumeDataTest, ADamagedListIsTold) {
  Search();
  CutRun(2);
  WriteText(project_ / "run/images.list.gz", ReadText(project_ / "whole/images.list.gz").substr(0, 100));
  const Outcome outcome = Resume();
  EXPECT_EQ(outcome.code, 6);
  EXPECT_THAT(outcome.err, HasSubstr("images.list.gz"));
}

TEST_F(ResumeDataTest, WhatAForkCannotChangeEitherIsNotAdvised) {
  Search();
  CutRun(2);
  const Outcome seed = Resume({"--set", "seed=3"});
  EXPECT_EQ(seed.code, 3);
  EXPECT_THAT(seed.err, HasSubstr("--fork cannot change seed either"));
  const Outcome rate = Resume({"--set", "train.lr=0.1"});
  EXPECT_EQ(rate.code, 3);
  EXPECT_THAT(rate.err, HasSubstr("continue in a new folder with --fork"));
}

TEST_F(ResumeDataTest, ATrainingComparesBothSets) {
  Run({"train", "--model", "mobilenetv1_0.25"});
  CutRun(1);
  fs::rename(photos() / "test/cat", photos() / "test/kit");
  ExpectRefused(HasSubstr("test set " + (photos() / "test").string() + ": 1 class renamed ('cat' to 'kit')."));
  fs::rename(photos() / "train/cat", photos() / "train/kit");
  ExpectRefused(
      HasSubstr("training set " + (photos() / "train").string() + ": 1 class renamed ('cat' to 'kit'); test set"));
  fs::rename(photos() / "train/kit", photos() / "train/cat");
  fs::rename(photos() / "test/kit", photos() / "test/cat");
  WriteText(photos() / "train/dog/1.ppm", Photo(1, 1));
  WriteText(photos() / "test/dog/1.ppm", Photo(1, 1));
  ExpectRefused(HasSubstr("1 class added ('dog')"));  // was: none of the checkpoints is whole
  fs::remove_all(photos() / "train/dog");
  fs::remove_all(photos() / "test/dog");
  WriteText(photos() / "test/cat/1.ppm", Photo(0, 1));
  ExpectRefused(HasSubstr("1 image altered (cat/1.ppm)"));
  WriteText(photos() / "test/cat/1.ppm", Photo(2, 1));

  fs::rename(photos(), project_ / "moved");
  ExpectRefused(AllOf(HasSubstr("there is no photos."), HasSubstr("and the test set")));
  const Outcome outcome = Resume({"--data", "moved"});
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_THAT(outcome.err, ContainsRegex("validation loss .* \\((ant|bee|cat)\\)"));
  ExpectSameWeights();
  EXPECT_EQ(EventNamed(project_ / "run/log.jsonl", "data_moved").at("set"), "training set");
}

TEST_F(ResumeDataTest, SoDoesFinetuning) {
  Run({"search", "--no-probe"}, "search");
  Run({"finetune", "--arch", "search/best.json"});
  CutRun(1);
  WriteText(photos() / "train/cat/1.ppm", Photo(0, 1));
  ExpectRefused(HasSubstr("training set " + (photos() / "train").string() + ": 1 image altered (cat/1.ppm)"));
  WriteText(photos() / "train/cat/1.ppm", Photo(2, 1));
  fs::remove(photos() / "test/cat/1.ppm");
  ExpectRefused(HasSubstr("test set " + (photos() / "test").string() + ": 1 image removed (cat/1.ppm)"));
  fs::remove(project_ / "run/images.list.gz");
  ExpectRefused(HasSubstr("test set " + (photos() / "test").string() + ": 12 images before, 11 now"));
  WriteText(photos() / "test/cat/1.ppm", Photo(2, 1));
  fs::copy(project_ / "whole/images.list.gz", project_ / "run/images.list.gz");

  fs::rename(photos(), project_ / "moved");
  const Outcome outcome = Resume({"--data", "moved"});
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  ExpectSameWeights();
}

TEST_F(ResumeDataTest, TrainingsGoOnWithAutoToo) {
  Run({"search", "--no-probe"}, "search");
  const std::vector<std::vector<std::string>> commands = {
      {"train", "--model", "mobilenetv1_0.25", "--config", "config.json"}, {"finetune", "--arch", "search/best.json"}};
  for (std::vector<std::string> command : commands) {
    const auto with = [&](std::vector<std::string> more) {
      more.insert(more.begin(), command.begin(), command.end());
      return project_.Run(more);
    };
    fs::remove_all(project_ / "whole");
    const Outcome whole = with({"--run", "whole"});
    ASSERT_EQ(whole.code, 0) << whole.err;
    CutRun(1);
    const Outcome outcome = with({"--run", "run", "--resume", "auto"});
    EXPECT_EQ(outcome.code, 0) << outcome.err;
    ExpectSameWeights();
  }
}

TEST_F(ResumeDataTest, ARankingComparesThemAndItsTrainings) {
  Run({"easiness", "--no-probe"});
  CutRun(0);
  WriteText(photos() / "train/cat/1.ppm", Photo(0, 1));
  ExpectRefused(HasSubstr("1 image altered (cat/1.ppm)"));
  Run({"easiness", "--no-probe"}, "other");  // trains again: the network that is there saw other images
  EXPECT_EQ(std::distance(fs::directory_iterator(project_ / "runs/networks"), {}), 2);
  WriteText(photos() / "train/cat/1.ppm", Photo(2, 1));

  fs::rename(photos(), project_ / "moved");
  const Outcome outcome = Resume({"--data", "moved"});
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_EQ(Json::parse(ReadText(project_ / "run/ranking.json")).at("scores"),
            Json::parse(ReadText(project_ / "whole/ranking.json")).at("scores"));
  EXPECT_FALSE(EventNamed(project_ / "run/log.jsonl", "data_moved").is_null());
  EXPECT_EQ(std::distance(fs::directory_iterator(project_ / "runs/networks"), {}), 2);
}

TEST_F(ResumeDataTest, SoDoesTheRankingInASearch) {
  project_.config()["schedule"]["ranking"] = "auto";
  project_.WriteConfig();
  Search();
  CutRun(2);
  fs::remove(project_ / "run/easiness/ranking.json");
  fs::remove_all(project_ / "run/checkpoints");
  WriteText(photos() / "test/cat/1.ppm", Photo(0, 1));
  ExpectRefused(HasSubstr("test set " + (photos() / "test").string() + ": 1 image altered (cat/1.ppm)"));
  CutRun(2);  // ranked: the test set is not looked at any more
  fs::rename(photos(), project_ / "moved");
  const Outcome outcome = Resume({"--data", "moved"});
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  ExpectSameWeights();
}

}  // namespace
}  // namespace danas::test
