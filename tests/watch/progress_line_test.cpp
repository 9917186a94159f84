#include "danas/watch/progress_line.h"

#include <gtest/gtest.h>

#include <cmath>

#include "danas/core/json.h"
#include "danas/report/text_table.h"
#include "danas/watch/progress_file.h"
#include "tests/support/test_support.h"

namespace danas {
namespace {

Progress Example() {
  return {.label = "step2, epoch 3/4, weights",
          .done = 31,
          .total = 50,
          .images_per_second = 1843.2,
          .loss = 1.2344,
          .accuracy = 0.567,
          .run_share_done = 0.4};
}

TEST(FormatProgress, SaysAllWhereThereIsRoom) {
  EXPECT_EQ(FormatProgress(Example(), 725, 120),
            "step2, epoch 3/4, weights  62 %  1,843 img/s  loss 1.234  top-1 56.7 %  12 min 05 s left");
}

TEST(FormatProgress, OfKeyPoints) {
  Progress progress = Example();
  progress.loss = 0.0039124;
  EXPECT_EQ(FormatProgress(progress, 725, 120, events::WordsOf("keypoints")),
            "step2, epoch 3/4, weights  62 %  1,843 img/s  loss 3.912e-3  PCK 56.7 %  12 min 05 s left");
}

TEST(FormatProgress, FitsAndKeepsTheTimeLeft) {
  for (size_t columns = 45; columns <= 90; ++columns) {
    const std::string text = FormatProgress(Example(), 725, columns);
    EXPECT_LE(DisplayWidth(text), columns);
    EXPECT_NE(text.find("12 min 05 s left"), std::string::npos) << text;
  }
  EXPECT_EQ(FormatProgress(Example(), 725, 79),
            "step2, epoch 3/4, weights  62 %  loss 1.234  top-1 56.7 %  12 min 05 s left");
  EXPECT_EQ(FormatProgress(Example(), 725, 39), "step2, epoch 3…  62 %  12 min 05 s left");
}

TEST(FormatProgress, NoTimeLeftWhileItIsUnknownAndNoDivisionByNoBatches) {
  Progress progress = Example();
  progress.total = 0;
  EXPECT_EQ(FormatProgress(progress, std::nullopt, 120),
            "step2, epoch 3/4, weights  0 %  1,843 img/s  loss 1.234  top-1 56.7 %");
}

TimeLeft::Clock::time_point After(double seconds) {
  return TimeLeft::Clock::time_point{} + std::chrono::milliseconds(std::llround(1000 * seconds));
}

TEST(TimeLeft, FollowsFromTheShareDoneHere) {
  TimeLeft whole;
  whole.Update(0, After(0));
  EXPECT_FALSE(whole.seconds().has_value());
  whole.Update(0.25, After(60));
  EXPECT_NEAR(whole.seconds().value(), 180, 1e-9);
  whole.Update(0, After(60));  // of a test, which tells no share
  EXPECT_EQ(whole.share_done(), 0.25);
  whole.Update(1, After(100));
  EXPECT_NEAR(whole.seconds().value(), 0, 1e-9);

  TimeLeft resumed;
  resumed.Update(0.5, After(0));
  resumed.Update(0.5, After(30));
  EXPECT_FALSE(resumed.seconds().has_value());
  for (int i = 31; i <= 60; ++i) resumed.Update(0.5 + 0.01 * (i - 30), After(i));
  EXPECT_GT(resumed.seconds().value(), 20);
  EXPECT_LT(resumed.seconds().value(), 25) << "the 30 s of set-up count less and less";
}

TEST(TimeLeft, TakesTheSpeedOfLate) {
  TimeLeft slower;  // a phase of 50 s for one half, then one that is half as fast
  double share = 0;
  for (int i = 0; i <= 150; ++i) {
    slower.Update(share, After(i));
    if (i == 50) {
      EXPECT_NEAR(slower.seconds().value(), 50, 1);
    } else if (i == 100) {
      EXPECT_NEAR(slower.seconds().value(), 50, 8);
    }
    share += i < 50 ? 0.01 : 0.005;
  }
  EXPECT_NEAR(slower.seconds().value(), 0, 1);
}

TEST(TimeLeft, IsNotToldTooEarly) {
  TimeLeft early;
  early.Update(0, After(0));
  early.Update(0.1, After(0.5));
  EXPECT_FALSE(early.seconds().has_value());
}

TEST(ProgressLine, ShowsAtOnceOnATerminalAndRarelyElsewhere) {
  std::string bytes;
  const auto write = [&](std::string_view text) { bytes += text; };
  Screen terminal({.redraws = true, .columns = 80, .write = write});
  ProgressLine line(terminal);
  EXPECT_TRUE(line.Due());
  line.Show(Example());
  EXPECT_FALSE(line.Due());
  EXPECT_EQ(bytes.substr(0, 6), "\rstep2");

  Screen file({.redraws = false, .columns = 80, .write = write});
  ProgressLine rare(file);
  bytes.clear();
  EXPECT_TRUE(rare.Due());  // the first starts the clock for the time left
  rare.Show(Example());
  EXPECT_FALSE(rare.Due());
  EXPECT_EQ(bytes, "");
  rare.Show(Example());
  EXPECT_EQ(bytes.back(), '\n');
  EXPECT_EQ(bytes.find('\r'), std::string::npos);
}

TEST(ProgressFile, SaysHowFarARunIsUntilItIsFinished) {
  const test::TempDir folder;
  ProgressFile file(folder.path());
  EXPECT_TRUE(file.Due());
  file.Show(Example());
  EXPECT_FALSE(file.Due());
  const Json json = Json::parse(test::ReadText(folder / "progress.json"));
  EXPECT_EQ(json.at("label"), "step2, epoch 3/4, weights");
  EXPECT_EQ(json.at("done"), 31);
  EXPECT_EQ(json.at("share_done"), 0.4);
  EXPECT_TRUE(json.at("seconds_left").is_null());
  file.Remove();
  EXPECT_TRUE(std::filesystem::is_empty(folder.path()));
}

TEST(ProgressFile, ThatCannotBeWrittenEndsNothing) {
  const test::TempDir folder;
  ProgressFile file(folder / "gone");
  EXPECT_NO_THROW(file.Show(Example()));
}

}  // namespace
}  // namespace danas
