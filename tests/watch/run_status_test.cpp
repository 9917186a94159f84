#include "danas/watch/run_status.h"

#include <gmock/gmock.h>

#include "danas/core/checkpoint_files.h"
#include "danas/core/error.h"
#include "danas/core/json.h"
#include "danas/core/run_folder.h"
#include "danas/core/units.h"
#include "danas/core/utc_time.h"
#include "danas/watch/live_text.h"
#include "danas/watch/status_text.h"
#include "tests/support/test_support.h"

namespace danas {
namespace {

using test::ExpectErrorContains;
using test::ReadText;
using test::TempDir;
using test::WriteText;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

constexpr std::time_t kBegun = 1769860800;

std::string Line(const std::string& event, int seconds, Json fields = Json::object()) {
  Json line = {{"event", event}, {"time", FormatUtc(kBegun + seconds)}};
  line.update(fields);
  return line.dump() + "\n";
}

// Warm-up of 1 epoch with 2 units of work, then two steps of 2 epochs with 4 units each: 18 in all.
std::string SearchStart() {
  const auto phase = [](const char* name, int classes, int epochs, int images) {
    return Json{{"phase", name},
                {"classes", classes},
                {"epochs", epochs},
                {"weight_images", 0},
                {"architecture_images", images},
                {"macs_per_image", 1}};
  };
  return Line("search_start", 0,
              {{"space", "tiny"},
               {"unit", "MACs"},
               {"budget", 2e6},
               {"budget_max", 2.04e6},
               {"phases", {phase("warmup", 2, 1, 1), phase("step1", 3, 2, 2), phase("step2", 4, 2, 2)}}});
}

std::string Epoch(const char* phase, int epoch, int seconds) {
  return Line("epoch", seconds,
              {{"phase", phase},
               {"epoch", epoch},
               {"train_loss", 1.25},
               {"train_accuracy", 0.5},
               {"validation_loss", 1.5},
               {"validation_accuracy", 0.25},
               {"expected_cost", 2.5e6},
               {"timing", {{"seconds", 10.0}, {"share_waited", 0.25}}}});
}

std::string Alpha(const char* phase, int epoch) {
  const auto layer = [](std::vector<std::string> names) { return Json{{"candidates", names}}; };
  return Line("alpha", 0,
              {{"phase", phase}, {"epoch", epoch}, {"layers", {layer({"a", "b", "c"}), layer({"a", "b", "c"})}}});
}

class RunStatusTest : public testing::Test {
 protected:
  void Log(const std::string& text) { WriteText(folder_ / "log.jsonl", text); }
  RunStatus Status(int seconds = 100) const { return ReadRunStatus(folder_.path(), kBegun + seconds); }

  TempDir folder_;
};

TEST_F(RunStatusTest, OnlyStarted) {
  Log("");
  const RunStatus status = Status();
  EXPECT_EQ(status.kind, RunKind::kUnknown);
  EXPECT_EQ(status.life, RunLife::kUnknown);
  EXPECT_THAT(StatusText(status), HasSubstr("being set up"));
}

TEST_F(RunStatusTest, OfKeyPoints) {
  Json start = Json::parse(SearchStart());
  start["task"] = "keypoints";
  Log(start.dump() + "\n" + Epoch("warmup", 1, 10) + Epoch("step1", 1, 30));
  const RunStatus search = Status();
  const std::string text = StatusText(search);
  EXPECT_THAT(text, HasSubstr("PCK 50.0 %; validation loss 1500.000e-3, PCK 25.0 %"));
  EXPECT_THAT(text, Not(HasSubstr("classes")));
  EXPECT_THAT(text, Not(HasSubstr("top-1")));
  EXPECT_THAT(StatusTable({search}), HasSubstr("  PCK  "));

  Log(Line("finetune_start", 0, {{"task", "keypoints"}, {"epochs", 1}}) +
      Line("epoch", 10, {{"epoch", 1}, {"train_loss", 0.004}, {"train_accuracy", 0.75}}) +
      Line("finetune_end", 20, {{"test_last_epoch", {{"top1", 0.5}, {"keypoints", {{"ap", 0.25}}}}}}));
  const RunStatus training = Status();
  EXPECT_THAT(StatusText(training), HasSubstr("\n  test        AP 0.250, PCK 50.00 %\n"));
  EXPECT_THAT(StatusLine(training), HasSubstr("loss 4.000e-3, AP 0.250, PCK 50.00 %"));
  EXPECT_THAT(StatusTable({training}), AllOf(HasSubstr("   AP  "), HasSubstr("0.250"), HasSubstr("50.0 %")));
  const Json json = StatusJson({training})["runs"][0];
  EXPECT_EQ(json["task"], "keypoints");
  EXPECT_EQ(json["test_keypoints"]["ap"], 0.25);

  // Beside a run of another task each says what it is.
  Log(SearchStart() + Epoch("warmup", 1, 10));
  const RunStatus classes = Status();
  EXPECT_EQ(StatusJson({classes})["runs"][0].count("task"), 0U);
  EXPECT_THAT(StatusTable({classes, training}),
              AllOf(HasSubstr("accuracy"), HasSubstr("top-1 50.0 %"), HasSubstr("PCK 50.0 %")));
}

TEST_F(RunStatusTest, SaysWhatTheLastPruningLeft) {
  const Json cut = {{"layer", 0}, {"dropped", {"c"}}, {"kept", {"a", "b"}}};
  Log(SearchStart() + Epoch("warmup", 1, 10) + Epoch("step1", 1, 30) +
      Line("pruning", 40,
           {{"phase", "step1"},
            {"layers", Json::array({cut})},
            {"networks_in_band", 430},
            {"cuts", 5},
            {"unclear_cuts", 1},
            {"above_noise", true}}));
  EXPECT_THAT(StatusText(Status()),
              HasSubstr("\n  pruning     430 networks left within the budget, 1 of 5 cuts below 2 standard errors\n"));
}

TEST_F(RunStatusTest, SeveralBudgets) {
  Json start = Json::parse(SearchStart());
  for (const char* field : {"budget", "budget_max"}) start.erase(field);
  start["budgets"] = {{{"budget", "1.5M"}, {"target", 1.5e6}}, {{"budget", "2M"}, {"target", 2e6}}};
  const auto pruning = [](const char* phase, const char* budget, int networks, int unclear) {
    return Line("pruning", 40,
                {{"phase", phase},
                 {"layers", Json::array()},
                 {"networks_in_band", networks},
                 {"cuts", 5},
                 {"unclear_cuts", unclear},
                 {"budget", budget}});
  };
  const std::string log = start.dump() + "\n" + Epoch("warmup", 1, 10) + Epoch("step1", 1, 30) +
                          pruning("step1", "1.5M", 7, 5) + pruning("step2", "1.5M", 430, 1) +
                          pruning("step2", "2M", 320, 2) +
                          Line("supernet_pruned", 40, {{"phase", "step2"}, {"candidates", {3, 2}}});
  Log(log);
  const std::string text = StatusText(Status());
  EXPECT_THAT(text, HasSubstr("budgets 1.5M, 2M\n"));
  EXPECT_THAT(text, HasSubstr("5 left; by layer 3 2\n"));
  EXPECT_THAT(text, HasSubstr("320 networks left within the budget, 3 of 10 cuts below 2 standard errors\n"));
  Log(log + Line("search_end", 50, {{"found", {{{"cost", 1.4e6}}, {{"cost", 2.01e6}}}}}));
  EXPECT_THAT(StatusText(Status()), HasSubstr("budgets 1.5M (found 1.4M MACs), 2M (found 2.0M MACs)\n"));
}

TEST_F(RunStatusTest, ASearchThatDied) {
  Log(SearchStart() + Epoch("warmup", 1, 10) + Epoch("step1", 1, 30) + R"({"event":"epoch","time":"20)");
  WriteText(folder_ / "alpha.jsonl", Alpha("warmup", 1) + Alpha("step1", 1));
  WriteText(folder_ / "lock", "");
  { const RunFolder taken = RunFolder::Reopen(folder_.path()); }
  const RunStatus status = Status();
  EXPECT_EQ(status.kind, RunKind::kSearch);
  EXPECT_EQ(status.life, RunLife::kDied);
  EXPECT_EQ(status.what, "tiny");
  EXPECT_EQ(status.begun, kBegun);
  EXPECT_EQ(status.last_sign_seconds, 70);
  EXPECT_EQ(status.at.phase, "step1");
  EXPECT_EQ(status.at.phase_number, 2);
  EXPECT_EQ(status.at.epoch, 2);
  EXPECT_DOUBLE_EQ(status.share_done.value(), 6.0 / 18);
  EXPECT_FALSE(status.seconds_left.has_value());
  EXPECT_EQ(status.validation_accuracy, 0.25);
  EXPECT_EQ(status.expected_cost, 2.5e6);
  EXPECT_EQ(status.budget, 2e6);
  EXPECT_THAT(status.candidates, ElementsAre(3, 3));
  EXPECT_THAT(status.warnings, IsEmpty());
  EXPECT_THAT(StatusText(status), HasSubstr("died; last activity 1 min 10 s ago (process "));
  EXPECT_THAT(StatusLine(status), HasSubstr("search died, step1 2/2, 33 % done, loss 1.250, top-1 50.0 %"));
}

TEST_F(RunStatusTest, WhatIsScoredCountsAsWork) {
  Json start = Json::parse(SearchStart());
  start["phases"][1]["scoring_macs"] = 6;
  start["final_macs"] = 12;
  Log(start.dump() + "\n" + Epoch("warmup", 1, 10) + Epoch("step1", 2, 30));
  EXPECT_DOUBLE_EQ(Status().share_done.value(), 10.0 / 36);
  Log(start.dump() + "\n" + Epoch("warmup", 1, 10) + Epoch("step1", 2, 30) + Epoch("step2", 1, 50));
  EXPECT_DOUBLE_EQ(Status().share_done.value(), 20.0 / 36);
}

TEST_F(RunStatusTest, ASearchThatLives) {
  Log(SearchStart() + Epoch("warmup", 1, 10) + Epoch("step1", 1, 30) + Epoch("step1", 2, 50) +
      Line("pruning", 50, {{"phase", "step1"}, {"layers", {{{"layer", 1}, {"dropped", {"a", "c"}}}}}}));
  WriteText(folder_ / "alpha.jsonl", Alpha("step1", 2));
  const RunFolder folder = RunFolder::Reopen(folder_.path());
  RunStatus status = Status(60);
  EXPECT_EQ(status.life, RunLife::kRunning);
  EXPECT_EQ(status.at.phase, "step2");
  EXPECT_EQ(status.at.epoch, 1);
  EXPECT_EQ(status.at.classes, 4);
  EXPECT_THAT(status.candidates, ElementsAre(3, 1));
  EXPECT_DOUBLE_EQ(status.share_done.value(), 10.0 / 18);
  EXPECT_DOUBLE_EQ(status.seconds_left.value(), 8 * 30.0 / 10 - 10);  // 30 s for 10 units, 10 s ago

  Json progress = {{"time", FormatUtc(kBegun + 58)},
                   {"label", "step2, epoch 1/2, weights"},
                   {"done", 3},
                   {"total", 4},
                   {"loss", 0.75},
                   {"accuracy", 0.625},
                   {"images_per_second", 1234.0},
                   {"share_done", 0.7},
                   {"seconds_left", 20.0}};
  WriteText(folder_ / "progress.json", progress.dump());
  status = Status(60);
  EXPECT_EQ(status.share_done, 0.7);
  EXPECT_EQ(status.seconds_left, 18);
  EXPECT_THAT(StatusText(status),
              HasSubstr("step2, epoch 1/2, weights, batch 3 of 4\n  now         loss 0.750, top-1 62.5 %, "
                        "1,234 images/s, 2 s ago"));
  EXPECT_THAT(StatusTable({status}), HasSubstr("step2 1/2  70 %"));

  progress["time"] = FormatUtc(kBegun + 40);  // of the pass before the last epoch's end
  WriteText(folder_ / "progress.json", progress.dump());
  EXPECT_FALSE(Status(60).pass.has_value());

  EXPECT_THAT(Status(60).warnings, IsEmpty());
  EXPECT_THAT(Status(5000).warnings, ElementsAre(HasSubstr("written nothing for more than 10 minutes")));
}

TEST_F(RunStatusTest, OnAnotherMachine) {
  Log(SearchStart());
  WriteText(folder_ / "lock", "process 7 on a.host.elsewhere");
  const RunStatus status = Status();
  EXPECT_EQ(status.life, RunLife::kUnknown);
  EXPECT_THAT(StatusText(status), HasSubstr("started by process 7 on a.host.elsewhere, which cannot be seen from here; "
                                            "last activity 1 min 40 s ago"));
}

TEST_F(RunStatusTest, FinishedSearchAndTraining) {
  Log(SearchStart() + Epoch("step2", 2, 30) +
      Line("search_end", 40, {{"cost", 1.9e6}, {"timing", {{"seconds", 40.0}}}}));
  RunStatus status = Status();
  EXPECT_EQ(status.life, RunLife::kFinished);
  EXPECT_EQ(status.share_done, 1);
  EXPECT_EQ(status.cost, 1.9e6);
  EXPECT_THAT(StatusText(status), HasSubstr("finished 1 min 00 s ago, took 40 s"));
  EXPECT_THAT(StatusText(status), Not(HasSubstr("\n  at ")));
  EXPECT_THAT(StatusText(status), Not(HasSubstr("\n  time ")));

  const std::string begun =
      Line("train_start", 0, {{"model", "resnet18"}, {"epochs", 4}}) +
      Line("epoch", 10, {{"epoch", 1}, {"train_loss", 1.0}, {"seconds", 10.0}, {"seconds_waited", 4.0}});
  Log(begun);
  status = Status();
  EXPECT_EQ(status.kind, RunKind::kTrain);
  EXPECT_EQ(status.what, "resnet18");
  EXPECT_EQ(status.at.epoch, 2);
  EXPECT_EQ(status.share_done, 0.25);
  EXPECT_EQ(status.seconds_left, 0) << "three epochs of 10 s, 90 s ago";
  Log(begun + Line("train_end", 45, {{"seconds", 45.0}, {"test_last_epoch", {{"top1", 0.875}}}}));
  status = Status();
  EXPECT_EQ(status.life, RunLife::kFinished);
  EXPECT_EQ(status.test_accuracy, 0.875);
}

TEST_F(RunStatusTest, SaysWhatASearchSpentItsTimeOn) {
  const Json seconds_of = {
      {"weights", 30.0}, {"architecture", 0.0}, {"scoring", 8.0}, {"finalists", 2.0}, {"total", 40.0}};
  Log(SearchStart() + Line("search_end", 40,
                           {{"macs_passed", {{"weights", 1e12}, {"total", 1.5e12}}},
                            {"timing", {{"seconds", 41.0}, {"seconds_of", seconds_of}}}}));
  const RunStatus status = Status();
  EXPECT_THAT(StatusText(status), HasSubstr("\n  time        75.0 % weights, 20.0 % scoring, 5.0 % finalists; " +
                                            FormatCount(1.5e12) + " MACs in forward passes\n"));
  const Json json = StatusJson({status}).at("runs").at(0);
  EXPECT_EQ(json.at("spent").at("scoring"), 0.2);
  EXPECT_EQ(json.at("macs_passed"), 1.5e12);
}

TEST_F(RunStatusTest, Rankings) {
  const std::string judged = Line("easiness_start", 0, {{"judges", {{{"name", "a"}}, {{"name", "b"}}}}}) +
                             Line("network_judged", 20, {{"name", "a"}});
  Log(judged);
  EXPECT_EQ(Status().kind, RunKind::kEasiness);
  EXPECT_THAT(StatusText(Status()), HasSubstr("1/2 evaluated"));
  std::filesystem::create_directory(folder_ / "easiness");
  EXPECT_EQ(Status().kind, RunKind::kSearch) << "one that ranks classes first";
  EXPECT_THAT(StatusText(Status()), HasSubstr("1/2 evaluated"));
  std::filesystem::remove(folder_ / "easiness");
  Log(judged + Line("easiness_end", 30));
  EXPECT_EQ(Status().life, RunLife::kFinished);
}

TEST_F(RunStatusTest, RunLogTellsWarningsAndTheEnd) {
  Log(SearchStart());
  WriteText(folder_ / "lock", "");
  { const RunFolder taken = RunFolder::Reopen(folder_.path()); }
  const std::string start = FormatUtc(kBegun) + " ";
  WriteText(folder_ / "run.log", start + "info: device: cpu\n" + start + "warning: few steps\n" + start +
                                     "warning: few steps\n" + start + "error: the disk is full\n");
  RunStatus status = Status();
  EXPECT_EQ(status.life, RunLife::kStopped);
  EXPECT_EQ(status.stopped_by, "the disk is full");
  EXPECT_THAT(status.warnings, ElementsAre("2026-01-31T12:00:00Z warning: few steps"));
  WriteText(folder_ / "run.log", start + "error: the disk is full\n" + start + "info: device: cpu\n");
  status = Status();
  EXPECT_EQ(status.life, RunLife::kDied) << "after it went on";
  const RunFolder folder = RunFolder::Reopen(folder_.path());
  EXPECT_EQ(Status().life, RunLife::kRunning);
}

TEST_F(RunStatusTest, CheckpointsThatAreWhole) {
  Log(SearchStart());
  const auto write = [&](int64_t number) {
    const CheckpointFiles files = FilesOfCheckpoint(folder_.path(), number);
    WriteText(files.tensors, "tensors");
    WriteCheckpointManifest(files, {.values = {{"x", 0.1}}});
    return files;
  };
  const CheckpointFiles whole = write(3);
  std::filesystem::remove(whole.tensors);  // gigabytes, which nobody reads to tell how a run is
  EXPECT_EQ(Status().checkpoint.value().number, 3);
  const std::string text = ReadText(whole.manifest);
  std::string altered = text;
  altered[altered.find("0.1") + 2] = '2';
  WriteText(folder_ / "checkpoints/000004.json", altered);
  WriteText(folder_ / "checkpoints/000005.json", text.substr(0, 12));
  WriteText(folder_ / "checkpoints/000006.json", "{\"format_version\": 99}");
  const RunStatus status = Status();
  EXPECT_EQ(status.checkpoint.value().number, 3);
  EXPECT_THAT(status.warnings,
              ElementsAre(HasSubstr("000006.json: format_version 99 is newer"), HasSubstr("000005.json is not JSON"),
                          HasSubstr("000004.json does not match its own hash")));
}

TEST_F(RunStatusTest, BrokenFilesAreTold) {
  Log("not json\n[1]\n" + SearchStart() + "{\"event\": 5}\n\n" + Epoch("warmup", 1, 10));
  WriteText(folder_ / "progress.json", "{");
  WriteText(folder_ / "alpha.jsonl", "\xff\xfe\n{\"event\":\"alpha\",\"layers\":[3,{\"candidates\":7}]}\n");
  WriteText(folder_ / "run.log", "no time\n2026-99-31T12:00:00Z error: never\n");
  const RunStatus status = Status();
  EXPECT_THAT(status.warnings, ElementsAre("log.jsonl: 3 lines that are not events", HasSubstr("progress.json")));
  EXPECT_EQ(status.train_loss, 1.25);
  EXPECT_EQ(status.share_waited, 0.25);
}

TEST_F(RunStatusTest, ValuesOfOtherTypesAreLeftOut) {
  Log(R"({"event":"search_start","time":5,"phases":{"a":1},"unit":3,"budget":"much"})"
      "\n"
      R"({"event":"epoch","phase":["warmup"],"epoch":1e300,"train_loss":"low","timing":7})"
      "\n"
      R"({"event":"pruning","layers":[{"layer":-1,"dropped":"x"},{"layer":1e99}]})"
      "\n");
  WriteText(folder_ / "alpha.jsonl", R"({"event":"alpha","layers":[{}]})"
                                     "\n");
  WriteText(folder_ / "lock", std::string("\0\0\x01", 3));
  const RunStatus status = Status();
  EXPECT_FALSE(status.train_loss.has_value());
  EXPECT_FALSE(StatusText(status).empty());
  EXPECT_FALSE(StatusTable({status}).empty());
  EXPECT_EQ(StatusJson({status}).at("runs").size(), 1U);
}

TEST_F(RunStatusTest, AClockThatWasSetBackMakesNothingOlder) {
  Log(SearchStart() + Epoch("warmup", 1, 10));
  EXPECT_EQ(Status(-1000).last_sign_seconds, 0);
}

TEST_F(RunStatusTest, FolderWithoutRuns) {
  ExpectErrorContains<FileError>([&] { Status(); }, {"contains no run"});
  ExpectErrorContains<FileError>([&] { FindRuns(folder_.path()); }, {"contains no run"});
  ExpectErrorContains<FileError>([&] { FindRuns(folder_ / "none"); }, {"there is no folder"});
  WriteText(folder_ / "b/log.jsonl", "");
  WriteText(folder_ / "a/x/log.jsonl", "");
  WriteText(folder_ / "b/easiness/log.jsonl", "");
  WriteText(folder_ / "1/2/3/4/log.jsonl", "");
  EXPECT_THAT(FindRuns(folder_.path()), ElementsAre(folder_ / "a/x", folder_ / "b"));
}

TEST(StatusJson, LeavesOutWhatIsNotKnown) {
  RunStatus status;
  status.folder = "runs/mine";
  status.life = RunLife::kDied;
  status.share_done = 0.5;
  const Json expected = {
      {"folder", "runs/mine"}, {"kind", "run"}, {"state", "died"}, {"share_done", 0.5}, {"warnings", Json::array()}};
  EXPECT_EQ(StatusJson({status}), (Json{{"runs", Json::array({expected})}}));
}

TEST(LiveText, IsDrawnOverTheTextBefore) {
  LiveText live;
  EXPECT_EQ(live.Draw("one\ntwo\n", 80, 24), "\rone\x1b[K\ntwo\x1b[K\n\x1b[J");
  EXPECT_EQ(live.Draw("three\n", 80, 24), "\r\x1b[2Athree\x1b[K\n\x1b[J");
  EXPECT_EQ(live.Draw("four\n", 80, 24),
            "\r\x1b[1A"
            "four\x1b[K\n\x1b[J");
}

TEST(LiveText, IsCutToTheTerminal) {
  LiveText live;
  EXPECT_EQ(live.Draw("a long line\n2\n3\n4\n", 5, 3), "\ra lo…\x1b[K\n2\x1b[K\n\x1b[J");
  EXPECT_EQ(live.Draw("1\n", 5, 2),
            "\r\x1b[1A"
            "1\x1b[K\n\x1b[J");
}

}  // namespace
}  // namespace danas
