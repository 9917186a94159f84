#include "danas/figures/run_page.h"

#include <gtest/gtest.h>

namespace danas {
namespace {

size_t CountOf(const std::string& text, const std::string& part) {
  size_t count = 0;
  for (size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++count;
  return count;
}

bool Has(const std::string& text, const std::string& part) { return CountOf(text, part) > 0; }

// A training for key-points that is over, with so many pictures.
ReportedRun Pose(const std::string& name, size_t pictures) {
  ReportedRun run{.name = name, .record = {}, .state = "finished"};
  TrainingRecord& training = run.record.training.emplace();
  training.start.task = "keypoints";
  training.start.epochs = 1;
  events::TrainingEpoch& epoch = training.epochs.emplace_back();
  epoch.epoch = 1, epoch.train_loss = 0.004, epoch.train_accuracy = 0.5;
  training.end.emplace().test_last_epoch = {
      .images = 68,
      .top1 = 0.75,
      .top5 = {},
      .keypoints =
          events::KeypointFields{.persons = 68, .found = 60, .ap = 0.6843, .ap_medium = -1, .ap_large = 0.7125}};
  TrainedRun& result = training.result.emplace();
  result.top1 = 0.75, result.ap = 0.6843;
  for (size_t p = 0; p < pictures; ++p) {
    training.pictures.push_back({.name = "<" + std::to_string(p) + ">.jpg", .bytes = "\xff\xd8\xff"});
  }
  return run;
}

std::string PageOf(const std::vector<ReportedRun>& runs) { return MakeReportPage(runs, "danas 1", "now").html; }

TEST(RunPage, OfATrainingForKeyPoints) {
  const std::string page = PageOf({Pose("pose", 3)});
  EXPECT_TRUE(Has(page, "test AP")) << page;
  EXPECT_TRUE(Has(page, "<td class=\"number\">0.684</td>"));
  EXPECT_TRUE(Has(page, "<td class=\"number\">–</td>"));  // nobody is of medium size
  EXPECT_FALSE(Has(page, "-1.000"));
  EXPECT_FALSE(Has(page, "top-1"));
  EXPECT_EQ(CountOf(page, "src=\"data:image/jpeg;base64,/9j/\""), 3U);
  EXPECT_TRUE(Has(page, "alt=\"persons found in &lt;1&gt;.jpg\""));
}

TEST(RunPage, PicturesAreBounded) {
  EXPECT_EQ(CountOf(PageOf({Pose("a", 100)}), "<img "), 24U);
  std::vector<ReportedRun> many;
  for (int r = 0; r < 30; ++r) many.push_back(Pose("run" + std::to_string(r), 8));
  EXPECT_EQ(CountOf(PageOf(many), "<img "), 24U);
}

TEST(RunPage, TasksBesideEachOtherHaveColumnsOfTheirOwn) {
  ReportedRun classes{.name = "classes", .record = {}, .state = "finished"};
  TrainingRecord& training = classes.record.training.emplace();
  training.end.emplace().test_last_epoch = {.images = 100, .top1 = 0.5, .top5 = {}, .keypoints = {}};
  training.result.emplace().top1 = 0.5;
  const std::string alone = PageOf({classes});
  EXPECT_TRUE(Has(alone, "test top-1 [95 %]"));
  EXPECT_FALSE(Has(alone, "AP"));
  EXPECT_FALSE(Has(alone, "Key-points found"));
  const std::string both = PageOf({classes, Pose("pose", 0)});
  EXPECT_TRUE(Has(both, "test top-1 [95 %]"));
  EXPECT_TRUE(Has(both, "test AP"));
}

}  // namespace
}  // namespace danas
