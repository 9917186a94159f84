// Key-points from end to end: search, fine-tuning, resuming, ranks, evaluation, export.
#include <filesystem>
#include <iterator>

#include "tests/tools/dot_persons.h"

namespace danas::test {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

class KeypointsCommandTest : public DotPersons {
 protected:
  int64_t CountFiles(const std::string& folder) {
    return std::distance(std::filesystem::directory_iterator(folder_ / folder), {});
  }

  // Of what `run` found, a moment long.
  std::vector<std::string> ShortFinetune(const std::string& run) {
    return {"finetune",
            "--arch",
            "search/best.json",
            "--config",
            "config.json",
            "--run",
            run,
            "--set",
            "finetune.epochs=1",
            "--set",
            "finetune.train.lr_steps=[0.5]"};
  }
};

TEST_F(KeypointsCommandTest, FromTheSearchToTheExport) {
  Search("search");
  const Json best = Json::parse(ReadText(folder_ / "search/best.json"));
  EXPECT_EQ(best["class_ids"], Json({"left", "right"}));

  const Outcome trained = Run({"finetune", "--arch", "search/best.json", "--config", "config.json", "--run", "final"});
  ASSERT_EQ(trained.code, 0) << trained.err;
  EXPECT_THAT(trained.out, AllOf(HasSubstr("test AP "), HasSubstr("PCK ")));
  const Json result = Json::parse(ReadText(folder_ / "final/result.json"))["test_last_epoch"];
  EXPECT_EQ(result["keypoints"]["persons"], 12);
  EXPECT_GT(result["keypoints"]["ap"].get<double>(), 0.5) << result.dump();  // untrained it is about 0
  EXPECT_FALSE(result.contains("top5"));
  const std::string log = ReadText(folder_ / "final/log.jsonl");
  EXPECT_EQ(Json::parse(log.substr(0, log.find('\n')))["task"], "keypoints");
  for (const std::string& shown : {trained.err, trained.out}) EXPECT_THAT(shown, Not(HasSubstr("top-1")));

  // What the training leaves for its page.
  EXPECT_EQ(CountFiles("final/pictures"), 3);
  ASSERT_EQ(Run({"report", "search", "final", "--out", "page.html"}).code, 0);
  const std::string page = ReadText(folder_ / "page.html");
  EXPECT_THAT(page, AllOf(HasSubstr("Key-points found"), HasSubstr("data:image/jpeg;base64,/9j/"), HasSubstr("PCK, %"),
                          Not(HasSubstr("top-1"))));
  EXPECT_THAT(Run({"status", "search"}).out, AllOf(HasSubstr("PCK"), Not(HasSubstr("top-1"))));
  EXPECT_THAT(Run({"compare", "final", "final"}).out, AllOf(HasSubstr("test AP"), Not(HasSubstr("top-1"))));

  const Outcome tested =
      Run({"evaluate", "--run", "final", "--json", "--results", "found.json", "--draw", "2", "--out", "pictures"});
  ASSERT_EQ(tested.code, 0) << tested.err;
  Json again = Json::parse(tested.out);
  EXPECT_EQ(again["keypoints"], result["keypoints"]);
  EXPECT_EQ(again["loss"], result["loss"]);
  EXPECT_EQ(Json::parse(ReadText(folder_ / "found.json")).size(), result["keypoints"]["found"].get<size_t>());
  EXPECT_TRUE(std::filesystem::exists(folder_ / "pictures/100.jpg"));
  EXPECT_TRUE(std::filesystem::exists(folder_ / "pictures/101.jpg"));
  EXPECT_FALSE(std::filesystem::exists(folder_ / "pictures/102.jpg"));

  const Outcome exported = Run({"export", "--run", "final", "--to", "pytorch", "--out", "taken"});
  EXPECT_EQ(exported.code, 0) << exported.err;
}

TEST_F(KeypointsCommandTest, PicturesAddToATrainingThatIsDone) {
  Search("search");
  const Outcome full = Run(ShortFinetune("full"),
                           "LD_PRELOAD=" + Quoted(DANAS_FAULTS) +
                               " DANAS_FAULT=" + Quoted("path=full/pictures;calls=write;at=2;do=ENOSPC;lasting=1"));
  ASSERT_EQ(full.code, 0) << full.err;
  EXPECT_THAT(full.err, HasSubstr("the training is finished, but its pictures could not be written"));
  EXPECT_THAT(full.out, HasSubstr("test AP "));
  EXPECT_TRUE(std::filesystem::exists(folder_ / "full/result.json"));
  EXPECT_EQ(CountFiles("full/pictures"), 1);  // whole ones alone

  // Killed among them it has ended, and its page shows what there is.
  const Outcome killed = Run(ShortFinetune("killed"),
                             "LD_PRELOAD=" + Quoted(DANAS_FAULTS) +
                                 " DANAS_FAULT=" + Quoted("path=killed/pictures;calls=rename;at=2;do=kill-before"));
  EXPECT_NE(killed.code, 0);
  const Outcome again = Run({"finetune", "--resume", "killed"});
  EXPECT_EQ(again.code, 0) << again.err;
  ASSERT_EQ(Run({"report", "killed"}).code, 0);
  EXPECT_THAT(ReadText(folder_ / "killed/report.html"), HasSubstr("alt=\"persons found in 100.jpg\""));

  // Of two processes the first writes; their number is the config's.
  std::vector<std::string> two = ShortFinetune("two");
  two.insert(two.end(), {"--ranks", "2", "--set", "keypoints.pictures=2"});
  ASSERT_EQ(Run(two).code, 0);
  EXPECT_EQ(CountFiles("two/pictures"), 2);
  std::vector<std::string> none = ShortFinetune("none");
  none.insert(none.end(), {"--set", "keypoints.pictures=0"});
  ASSERT_EQ(Run(none).code, 0);
  EXPECT_FALSE(std::filesystem::exists(folder_ / "none/pictures"));
}

TEST_F(KeypointsCommandTest, BoxesOfADetector) {
  Search("search");
  config_["finetune"]["epochs"] = 1;
  config_["finetune"]["train"]["lr_steps"] = {0.5};
  WriteConfig();
  ASSERT_EQ(Run({"finetune", "--arch", "search/best.json", "--config", "config.json", "--run", "final"}).code, 0);
  Json boxes = Json::array();
  for (int image = 100; image < 112; ++image) {
    boxes.push_back({{"image_id", image}, {"category_id", 1}, {"bbox", {8, 8, 80, 56}}, {"score", 1.0}});
  }
  WriteText(folder_ / "boxes.json", boxes.dump());
  const auto keypoints_of = [](const Outcome& outcome) { return Json::parse(outcome.out)["keypoints"]; };
  const Outcome by_truth = Run({"evaluate", "--run", "final", "--json"});
  const Outcome by_boxes = Run({"evaluate", "--run", "final", "--json", "--boxes", "boxes.json"});
  ASSERT_EQ(by_boxes.code, 0) << by_boxes.err;
  // Detected boxes are not clipped to the picture; these lie in it.
  EXPECT_EQ(keypoints_of(by_boxes)["persons"], keypoints_of(by_truth)["persons"]);
  EXPECT_NEAR(keypoints_of(by_boxes)["ap"].get<double>(), keypoints_of(by_truth)["ap"].get<double>(), 0.05);
  // They have no key-points to compare maps with.
  EXPECT_TRUE(Json::parse(by_truth.out)["loss"].is_number());
  for (const char* measure : {"loss", "top1"}) EXPECT_TRUE(Json::parse(by_boxes.out)[measure].is_null()) << measure;
  EXPECT_THAT(Run({"evaluate", "--run", "final", "--boxes", "boxes.json"}).out,
              AllOf(HasSubstr("12 boxes, in "), Not(HasSubstr("PCK"))));

  // The test set may come alone.
  std::filesystem::remove_all(folder_ / "data/train2017");
  std::filesystem::remove(folder_ / "data/annotations/person_keypoints_train2017.json");
  EXPECT_EQ(keypoints_of(Run({"evaluate", "--run", "final", "--json"})), keypoints_of(by_truth));

  boxes[3]["image_id"] = 7;
  WriteText(folder_ / "other.json", boxes.dump());
  const Outcome other = Run({"evaluate", "--run", "final", "--boxes", "other.json"});
  EXPECT_NE(other.code, 0);
  EXPECT_THAT(other.err, AllOf(HasSubstr("other.json"), HasSubstr("7")));
}

TEST_F(KeypointsCommandTest, TwoProcessesFindWhatOneFinds) { SearchByOneAndTwo(); }

TEST_F(KeypointsCommandTest, ResumedIsUninterrupted) {
  SearchWholeAndKillAnother();
  const Outcome resumed = Run({"search", "--resume", "run"});
  ASSERT_EQ(resumed.code, 0) << resumed.err;
  ExpectSameAsWhole();
}

TEST_F(KeypointsCommandTest, PlansRefuseWhatSearchesWouldAndNoFolderIsLeft) {
  const std::vector<std::pair<const char*, const char*>> unfit = {
      {"keypoints.names=[\"a\"]", "keypoints.names"},
      {"keypoints.flip_pairs=[\"left\"]", "keypoints.flip_pairs"},
      {"keypoints.upper_body=[\"tail\"]", "keypoints.upper_body"},
      {"keypoints.joint_weights=[1,2,3]", "keypoints.joint_weights"},
      {"keypoints.sigmas=[0.1]", "keypoints.sigmas"}};
  for (const auto& [setting, key] : unfit) {
    for (const char* how : {"--dry-run", "--yes"}) {
      const Outcome outcome =
          Run({"search", "--config", "config.json", "--no-probe", how, "--run", "unfit", "--set", setting});
      EXPECT_NE(outcome.code, 0) << setting;
      EXPECT_THAT(outcome.err, HasSubstr(key));
      EXPECT_FALSE(std::filesystem::exists(folder_ / "unfit")) << setting;
    }
  }
}

TEST_F(KeypointsCommandTest, WhatDoesNotFitIsSaid) {
  config_["task"] = "classification";
  config_["data"].erase("image_width");
  config_["space"] = "mobile_tiny";
  WriteConfig();
  const Outcome classes = Run({"search", "--config", "config.json", "--no-probe", "--run", "a"});
  EXPECT_NE(classes.code, 0);
  EXPECT_THAT(classes.err, HasSubstr("task"));

  config_["task"] = "keypoints";
  config_["data"]["image_width"] = 64;
  config_["schedule"]["ranking"] = "auto";
  WriteConfig();
  const Outcome ranking = Run({"search", "--config", "config.json", "--no-probe", "--run", "d"});
  EXPECT_NE(ranking.code, 0);
  EXPECT_THAT(ranking.err, HasSubstr("schedule.ranking"));

  config_["schedule"]["ranking"] = "listed";
  config_["keypoints"]["sigmas"] = {0.1};
  WriteConfig();
  const Outcome sigmas = Run({"search", "--config", "config.json", "--no-probe", "--run", "b"});
  EXPECT_NE(sigmas.code, 0);
  EXPECT_THAT(sigmas.err, HasSubstr("keypoints.sigmas"));

  config_["keypoints"]["sigmas"] = {0.1, 0.1};
  config_["keypoints"]["names"] = {"left", "middle", "right"};
  WriteConfig();
  const Outcome names = Run({"search", "--config", "config.json", "--no-probe", "--run", "c"});
  EXPECT_NE(names.code, 0);
  EXPECT_THAT(names.err, HasSubstr("keypoints.names"));
}

}  // namespace
}  // namespace danas::test
