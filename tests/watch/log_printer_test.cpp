#include "danas/watch/log_printer.h"

#include <gmock/gmock.h>

#include <fstream>

#include "tests/support/test_support.h"

namespace danas {
namespace {

using test::TempDir;
using test::WriteText;
using testing::HasSubstr;

// The log of a run of long ago: every event is understood.
TEST(LogPrinter, PrintsLogsOfTheFirstVersion) {
  std::string text;
  LogPrinter printer(test::SourcePath("tests/golden/checkpoint-v1/run"), [&](std::string_view more) { text += more; });
  while (printer.PrintNew()) {
  }
  EXPECT_THAT(text, HasSubstr("epoch 1/"));
  EXPECT_THAT(text, testing::Not(HasSubstr("is missing or of the wrong type")));
}

class LogPrinterTest : public testing::Test {
 protected:
  LogPrinterTest() { WriteText(folder_ / "log.jsonl", ""); }

  static std::string Line(Json event, const char* time = "2026-01-31T12:00:00Z") {
    event["time"] = time;
    return event.dump() + "\n";
  }
  void Append(const char* file, const std::string& text) const { std::ofstream(folder_ / file, std::ios::app) << text; }
  std::string New() {
    text_.clear();
    while (printer_.PrintNew()) {
    }
    return text_;
  }

  TempDir folder_;
  std::string text_;
  LogPrinter printer_{folder_.path(), [this](std::string_view text) { text_ += text; }};
};

template <typename T>
Json LineOf(const T& event) {
  const Event made = events::ToEvent(event);
  Json line = {{"event", made.name}};
  line.update(made.fields);
  return line;
}

Json Epoch(const char* phase, int epoch) {
  events::SearchEpoch event;
  event.phase = phase;
  event.epoch = epoch;
  event.epochs = 2;
  event.classes = 3;
  event.train_loss = 1;
  event.train_accuracy = 0.5;
  event.timing.emplace().seconds = 2;
  return LineOf(event);
}

Json Alpha(const char* phase, int epoch, double value) {
  events::Alpha event;
  event.phase = phase;
  event.epoch = epoch;
  event.alpha_steps = 5;
  event.layers = {{.candidates = {"a", "b"}, .alpha = {value, 0}}};
  return LineOf(event);
}

TEST_F(LogPrinterTest, EventsWithTimesAndDays) {
  events::TrainingStart start;
  start.model = "resnet18";
  start.seed = 3;
  start.device = "cpu";
  start.epochs = 2;
  start.train_images = 1200;
  Append("log.jsonl", Line(LineOf(start)));
  events::TrainingEnd end;
  end.seconds = 61;
  end.test_last_epoch.top1 = 0.875;
  Append("log.jsonl", Line(LineOf(end), "2026-02-01T00:01:00Z"));
  EXPECT_EQ(New(),
            "--- 2026-01-31 (UTC)\n"
            "12:00:00  training of resnet18, seed 3, cpu: 2 epochs, 1,200 images\n"
            "--- 2026-02-01 (UTC)\n"
            "00:01:00  tested: top-1 87.50 %, 1 min 01 s\n");
  EXPECT_EQ(New(), "");
}

TEST_F(LogPrinterTest, ATrainingForKeyPoints) {
  events::TrainingStart start;
  start.task = "keypoints";
  start.device = "cpu";
  start.epochs = 2;
  start.train_images = 86;
  events::TrainingEnd end;
  end.seconds = 61;
  end.test_last_epoch = {.top1 = 0.5, .top5 = {}, .keypoints = events::KeypointFields{.ap = 0.25}};
  end.test_ema = {.top1 = 0.75, .top5 = {}, .keypoints = events::KeypointFields{.ap = 0.375}};
  Append("log.jsonl", Line(LineOf(start)) + Line(LineOf(end)));
  const std::string text = New();
  EXPECT_THAT(text, HasSubstr("2 epochs, 86 persons\n"));
  EXPECT_THAT(text, HasSubstr("tested: AP 0.250, PCK 50.00 % (average of the weights: AP 0.375, PCK 75.00 %), "));
}

TEST_F(LogPrinterTest, AlphaStandsBehindItsEpoch) {
  WriteText(folder_ / "alpha.jsonl", Line(Alpha("step1", 1, 0.1)) + Line(Alpha("step1", 2, 0.3)));
  Append("log.jsonl", Line(Epoch("step1", 1)) + Line(Epoch("step1", 2)));
  const std::string text = New();
  EXPECT_THAT(text, HasSubstr("12:00:00  step1, epoch 1/2, 3 classes: loss 1.000, top-1 50.0 %, 2.00 s\n"
                              "12:00:00    α changed by up to 0.100"));
  EXPECT_THAT(text, HasSubstr("epoch 2/2, 3 classes: loss 1.000, top-1 50.0 %, 2.00 s\n"
                              "12:00:00    α changed by up to 0.200"));
}

TEST_F(LogPrinterTest, AlphaThatComesLaterIsPrintedThen) {
  Append("log.jsonl", Line(Epoch("step1", 1)));
  EXPECT_THAT(New(), HasSubstr("epoch 1/2"));
  WriteText(folder_ / "alpha.jsonl", Line(Alpha("step0", 9, 9), "2026-01-31T11:00:00Z") + Line(Alpha("step1", 1, 0.1)));
  EXPECT_EQ(
      New(),
      "12:00:00    α changed by up to 0.100; the most likely candidate changed in 0 of 1 layers; 5 α steps so far\n");
}

TEST_F(LogPrinterTest, ALineIsPrintedOnceItIsWhole) {
  const std::string line = Line(Epoch("step1", 1));
  Append("log.jsonl", line.substr(0, 30));
  EXPECT_EQ(New(), "");
  Append("log.jsonl", line.substr(30));
  EXPECT_THAT(New(), HasSubstr("epoch 1/2"));
}

TEST_F(LogPrinterTest, ALogThatIsCutBackIsTold) {
  Append("log.jsonl", Line(Epoch("step1", 1)) + Line(Epoch("step1", 2)));
  New();
  WriteText(folder_ / "log.jsonl", Line(Epoch("step1", 1)));
  EXPECT_THAT(New(), HasSubstr("was resumed from a checkpoint"));
  Append("log.jsonl", Line(Epoch("step1", 2)));
  EXPECT_THAT(New(), HasSubstr("epoch 2/2"));
}

TEST_F(LogPrinterTest, WhatIsNotAsItShouldBe) {
  Append("log.jsonl",
         "not json\n\n" + Line({{"event", "epoch"}, {"epoch", "x"}}) + Line({{"event", "novel"}, {"x", 1}}));
  const std::string text = New();
  EXPECT_THAT(text, HasSubstr("(a line that is not an event: not json)"));
  EXPECT_THAT(text, HasSubstr("epoch: 'epoch' is missing or of the wrong type"));
  EXPECT_THAT(text, HasSubstr(R"(novel: {"event":"novel","x":1)"));
}

TEST_F(LogPrinterTest, ListsThatAreTooShort) {
  Json alpha = Alpha("step1", 1, 0.1);
  alpha["layers"][0]["alpha"] = Json::array();
  WriteText(folder_ / "alpha.jsonl", Line(alpha));
  Append("log.jsonl", Line(Epoch("step1", 1)));
  EXPECT_THAT(New(), HasSubstr("alpha: a list is too short"));
  events::ClassAccuracy accuracy;
  accuracy.loss = 0.5;
  accuracy.top1 = 0.25;
  Append("log.jsonl", Line(LineOf(accuracy)));
  EXPECT_THAT(New(), HasSubstr("validation loss 0.500, top-1 25.0 %\n"));
}

}  // namespace
}  // namespace danas
