#include "danas/events/task_words.h"

#include <gtest/gtest.h>

#include "danas/events/search_events.h"

namespace danas::events {
namespace {

TEST(TaskWords, LogsWithoutATaskAreOfClasses) {
  const TaskWords words = WordsOf(std::nullopt);
  EXPECT_EQ(words, WordsOf("classification"));
  EXPECT_EQ(LossAndAccuracyText(words, 1.2344, 0.567), "loss 1.234, top-1 56.7 %");
  EXPECT_EQ(LossText(words, 1.2344, 4), "1.2344");
  EXPECT_TRUE(words.classes);
  EXPECT_FALSE(ToJson(SearchStart{}).contains("task"));
  EXPECT_FALSE(ToJson(TrainingStart{}).contains("task"));
}

TEST(TaskWords, OfKeyPoints) {
  const TaskWords words = WordsOf(kKeypointsTask);
  EXPECT_EQ(LossAndAccuracyText(words, 0.0039124, 0.567), "loss 3.912e-3, PCK 56.7 %");
  EXPECT_EQ(words.sample, "person");
  EXPECT_FALSE(words.classes);
}

TEST(TaskWords, TestsSayAveragePrecisionFirst) {
  EXPECT_EQ(TestText(0.8315, std::nullopt), "top-1 83.15 %");
  EXPECT_EQ(TestText(0.712, KeypointFields{.ap = 0.6843}), "AP 0.684, PCK 71.20 %");
  EXPECT_EQ(TestText(0.712, KeypointFields{.ap = -1}), "AP –, PCK 71.20 %");
  EXPECT_EQ(PrecisionText(0), "0.000");
  EXPECT_EQ(PrecisionText(kNotKnown), "–");
}

}  // namespace
}  // namespace danas::events
