#include "danas/report/progress_line.h"

#include <gtest/gtest.h>

#include "danas/report/text_table.h"

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

TEST(SecondsLeft, FollowsFromTheShareDone) {
  EXPECT_DOUBLE_EQ(SecondsLeft(60, 0.25).value(), 180);
  EXPECT_DOUBLE_EQ(SecondsLeft(60, 1).value(), 0);
  EXPECT_FALSE(SecondsLeft(60, 0).has_value());
  EXPECT_FALSE(SecondsLeft(0.5, 0.1).has_value());
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
  EXPECT_FALSE(ProgressLine(file).Due());
  bytes.clear();
  ProgressLine(file).Show(Example());
  EXPECT_EQ(bytes.back(), '\n');
  EXPECT_EQ(bytes.find('\r'), std::string::npos);
}

}  // namespace
}  // namespace danas
