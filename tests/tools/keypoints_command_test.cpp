// Key-points from end to end: search, fine-tuning, resuming, ranks, evaluation, export, on persons of two coloured
// dots.
#include <gmock/gmock.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <iterator>
#include <set>

#include "danas/core/random.h"
#include "danas/core/seconds_since.h"
#include "tests/tools/compare_runs.h"
#include "tests/tools/run_danas.h"

namespace danas::test {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

constexpr int kHeight = 72, kWidth = 96;

// A grey picture with noise, a red dot left and a blue one right of the middle of a person's box.
struct DotPerson {
  explicit DotPerson(int64_t number) {
    RandomStream stream(5, "dots", {static_cast<uint64_t>(number)});
    left = {static_cast<int>(14 + stream.UniformInt(20)), static_cast<int>(16 + stream.UniformInt(38))};
    right = {static_cast<int>(54 + stream.UniformInt(20)), static_cast<int>(16 + stream.UniformInt(38))};
    pixels.resize(size_t{3} * kHeight * kWidth);
    for (char& value : pixels) value = static_cast<char>(90 + stream.UniformInt(30));
    Dot(left, 0);
    Dot(right, 2);
  }

  void Dot(const std::array<int, 2>& at, int channel) {
    for (int y = at[1] - 3; y <= at[1] + 3; ++y) {
      for (int x = at[0] - 3; x <= at[0] + 3; ++x) {
        for (int c = 0; c < 3; ++c) pixels[static_cast<size_t>(3 * (y * kWidth + x) + c)] = c == channel ? '\xf0' : 10;
      }
    }
  }

  std::array<int, 2> left, right;
  std::string pixels;
};

void WriteDots(const std::filesystem::path& root, const std::string& set, int64_t first, int64_t count) {
  Json images = Json::array(), annotations = Json::array();
  for (int64_t i = first; i < first + count; ++i) {
    const DotPerson person(i);
    const std::string name = std::to_string(i) + ".ppm";
    WriteText(root / set / name,
              "P6 " + std::to_string(kWidth) + " " + std::to_string(kHeight) + " 255\n" + person.pixels);
    images.push_back({{"id", i}, {"file_name", name}, {"height", kHeight}, {"width", kWidth}});
    annotations.push_back({{"id", i + 1},
                           {"image_id", i},
                           {"category_id", 1},
                           {"iscrowd", 0},
                           {"area", 3500.0},
                           {"bbox", {8, 8, 80, 56}},
                           {"num_keypoints", 2},
                           {"keypoints", {person.left[0], person.left[1], 2, person.right[0], person.right[1], 2}}});
  }
  const Json text = {
      {"images", images},
      {"annotations", annotations},
      {"categories", {{{"id", 1}, {"name", "dots"}, {"keypoints", {"left", "right"}}, {"skeleton", {{1, 2}}}}}}};
  WriteText(root / "annotations" / ("person_keypoints_" + set + ".json"), text.dump());
}

class KeypointsCommandTest : public testing::Test {
 protected:
  KeypointsCommandTest() {
    WriteDots(folder_ / "data", "train2017", 0, 40);
    WriteDots(folder_ / "data", "val2017", 100, 12);
    config_ = Json::parse(R"({
      "task": "keypoints", "space": "mobile_tiny", "seed": 3,
      "data": {"root": "data", "format": "coco", "image_size": 48, "image_width": 64, "validation_images": 8,
               "workers": 1},
      "keypoints": {"flip_pairs": ["left", "right"], "upper_body": ["left"], "sigmas": [0.1, 0.1],
                    "pictures": 3, "head": {"layers": 1, "channels": 16, "groups": [2, 4]}},
      "schedule": {"ranking": "listed", "classes": [1, 1], "warmup_epochs": 1, "epochs_per_step": 1},
      "search": {"preset": "paper", "budget": "3M", "budget_min": 1, "budget_max": "20M"},
      "train": {"batch": 8, "optimizer": "adam", "lr": 0.002, "weight_decay": 0},
      "finetune": {"epochs": 25, "dropout": 0,
                   "train": {"batch": 8, "optimizer": "adam", "lr": 0.003, "lr_decay": "steps", "lr_steps": [20, 23],
                             "lr_warmup_epochs": 0, "weight_decay": 0}},
      "runtime": {"threads": 1}
    })");
    WriteConfig();
  }

  void WriteConfig() { WriteText(folder_ / "config.json", config_.dump(1)); }

  Outcome Run(const std::vector<std::string>& arguments, const std::string& before = "") {
    return RunDanas(folder_.path(), arguments, before);
  }

  void Search(const std::string& run, const std::vector<std::string>& more = {}) {
    std::vector<std::string> arguments = {"search", "--config", "config.json", "--no-probe", "--run", run};
    arguments.insert(arguments.end(), more.begin(), more.end());
    const Outcome outcome = Run(arguments);
    ASSERT_EQ(outcome.code, 0) << outcome.err;
  }

  // "whole", and in "run" the same search, killed in its middle.
  void SearchWholeAndKillAnother() {
    config_["checkpoint"] = {{"every", 0.0005}, {"min_seconds", 0}};
    config_["schedule"]["epochs_per_step"] = 6;
    WriteConfig();
    const auto start = std::chrono::steady_clock::now();
    Search("whole");
    const double seconds = SecondsSince(start);
    // What ended before its first checkpoint, or came to its end, is begun again, at another moment.
    double share = 0.6;
    bool killed = false;
    for (int tries = 0; tries < 20 && !killed; ++tries) {
      std::filesystem::remove_all(folder_ / "run");
      const Outcome outcome = Run({"search", "--config", "config.json", "--no-probe", "--run", "run"},
                                  "timeout -s KILL " + std::to_string(share * seconds));
      const bool begun = std::filesystem::exists(folder_ / "run/checkpoints");
      killed = outcome.code != 0 && begun;
      share *= outcome.code == 0 ? 0.8 : 1.3;
    }
    ASSERT_TRUE(killed) << "no moment found to end the search in its middle";
  }

  void ExpectSameAsWhole() {
    EXPECT_TRUE(Weights("whole") == Weights("run"));
    EXPECT_EQ(ReadText(folder_ / "whole/best.json"), ReadText(folder_ / "run/best.json"));
  }

  // A file of errors of the training set's persons, the greatest of person 39's (38.ppm), and a schedule that takes the
  // easier half first.
  void WriteDifficulty() {
    Json persons = Json::array();
    for (int id = 1; id <= 40; ++id) persons.push_back({{"id", id}, {"error", id * 21 % 41 / 50.0}});
    WriteText(folder_ / "difficulty.json", Json{{"persons", persons}}.dump());
    config_["schedule"]["difficulty"] = "difficulty.json";
    config_["schedule"]["classes"] = {0.5, 0.5, 1};
    WriteConfig();
  }

  std::vector<Json> EventsOf(const std::string& run, const std::string& kind) {
    std::vector<Json> events;
    for (const Json& event : Events(folder_ / run / "log.jsonl")) {
      if (event["event"] == kind) events.push_back(event);
    }
    return events;
  }

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

  std::string Weights(const std::string& run) { return ReadText(folder_ / run / "weights.safetensors"); }

  TempDir folder_;
  Json config_;
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

TEST_F(KeypointsCommandTest, TwoProcessesFindWhatOneFinds) {
  config_["runtime"]["precision"] = "float64";
  config_["search"]["relaxation"] = {{"draws", "batch"}};
  WriteConfig();
  Search("one", {"--set", "train.bn_groups=2"});
  Search("two", {"--ranks", "2"});
  const auto network_of = [&](const std::string& run) {
    return Json::parse(ReadText(folder_ / run / "best.json"))["layers"];
  };
  EXPECT_EQ(network_of("one"), network_of("two"));
}

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

TEST_F(KeypointsCommandTest, FromEasyToHard) {
  config_["finetune"]["epochs"] = 12;
  config_["finetune"]["train"]["lr_steps"] = {8};
  WriteConfig();
  Search("search");
  ASSERT_EQ(Run({"finetune", "--arch", "search/best.json", "--config", "config.json", "--run", "judge"}).code, 0);
  const Outcome judged = Run({"evaluate", "--run", "judge", "--difficulty", "errors.json"});
  ASSERT_EQ(judged.code, 0) << judged.err;
  EXPECT_THAT(judged.out, HasSubstr("errors.json: 40 persons"));
  const Json file = Json::parse(ReadText(folder_ / "errors.json"));
  EXPECT_EQ(file["format"], 1);
  EXPECT_EQ(file["network"], "judge/network.json");
  ASSERT_EQ(file["persons"].size(), 40u);
  std::set<double> errors;
  for (const Json& person : file["persons"]) errors.insert(person["error"].get<double>());
  EXPECT_GT(errors.size(), 20u);  // each has its own

  config_["schedule"]["classes"] = {0.25, 0.5, 0.75, 1};
  config_["schedule"]["difficulty"] = "errors.json";
  WriteConfig();
  const Outcome planned = Run({"search", "--config", "config.json", "--no-probe", "--dry-run", "--json"});
  ASSERT_EQ(planned.code, 0) << planned.err;
  EXPECT_THAT(planned.err, HasSubstr("persons from easy to hard by errors.json"));
  Search("ordered");
  EXPECT_THAT(ReadText(folder_ / "ordered/run.log"), HasSubstr("persons from easy to hard by errors.json"));
  const Json plan = Json::parse(planned.out)["phases"];
  const std::vector<Json> epochs = EventsOf("ordered", "epoch");
  ASSERT_EQ(epochs.size(), 4u);
  std::vector<double> seen, by_alpha;
  for (size_t e = 0; e < epochs.size(); ++e) {
    seen.push_back(epochs[e]["images"]);
    EXPECT_EQ(plan[e]["weight_images"], epochs[e]["images"]);
    if (e > 0) by_alpha.push_back(plan[e]["architecture_images"]);
  }
  EXPECT_EQ(seen[1], 2 * seen[0]);
  EXPECT_EQ(seen[2], 3 * seen[0]);
  EXPECT_EQ(seen[3], 4 * seen[0]);
  EXPECT_EQ(seen[3], 32);
  EXPECT_TRUE(std::ranges::is_sorted(by_alpha));
  EXPECT_EQ(by_alpha.back(), 8);
  const Json start = EventsOf("ordered", "search_start").at(0);
  EXPECT_EQ(start["ranking"], "errors.json");
  EXPECT_THAT(start["class_labels"].at(0).get<std::string>(), HasSubstr("0-25 % (error ≤ "));
}

TEST_F(KeypointsCommandTest, HardPersonsAreNotLookedAtBeforeTheirPhase) {
  WriteDifficulty();
  WriteText(folder_ / "data/train2017/38.ppm", "no picture");
  const Outcome easy_first = Run({"search", "--config", "config.json", "--no-probe", "--run", "a"});
  EXPECT_NE(easy_first.code, 0);
  EXPECT_THAT(easy_first.err, HasSubstr("38.ppm"));
  const std::vector<Json> epochs = EventsOf("a", "epoch");
  ASSERT_EQ(epochs.size(), 2u);  // warm-up and step 1
  EXPECT_EQ(epochs[1]["phase"], "step1");

  const Outcome hard_first =
      Run({"search", "--config", "config.json", "--no-probe", "--run", "b", "--set", "schedule.reverse=true"});
  EXPECT_THAT(hard_first.err, HasSubstr("38.ppm"));
  EXPECT_LT(EventsOf("b", "epoch").size(), 2u);
}

TEST_F(KeypointsCommandTest, OrderedSearchesResumeAndTakePackedData) {
  WriteDifficulty();
  SearchWholeAndKillAnother();
  const std::string difficulty = ReadText(folder_ / "difficulty.json");
  WriteText(folder_ / "difficulty.json", difficulty + "\n");
  const Outcome changed = Run({"search", "--resume", "run"});
  EXPECT_NE(changed.code, 0);
  EXPECT_THAT(changed.err, AllOf(HasSubstr("schedule.difficulty"), HasSubstr("has changed")));
  WriteText(folder_ / "difficulty.json", difficulty);
  const Outcome resumed = Run({"search", "--resume", "run"});
  ASSERT_EQ(resumed.code, 0) << resumed.err;
  ExpectSameAsWhole();
  const Outcome ranked = Run({"rank", "--run", "run", "--archs", "run/best.json"});
  EXPECT_EQ(ranked.code, 0) << ranked.err;

  ASSERT_EQ(Run({"data", "pack", "data", "packed", "--keep-bytes"}).code, 0);
  const Outcome packed = Run({"search", "--config", "config.json", "--no-probe", "--run", "packed-run", "--data",
                              "packed", "--set", "data.format=auto"});
  EXPECT_EQ(packed.code, 0) << packed.err;
  EXPECT_TRUE(Weights("whole") == Weights("packed-run"));
}

TEST_F(KeypointsCommandTest, TwoProcessesKeepTheOrderOfPersons) {
  WriteDifficulty();
  config_["runtime"]["precision"] = "float64";
  config_["search"]["relaxation"] = {{"draws", "batch"}};
  WriteConfig();
  Search("one", {"--set", "train.bn_groups=2"});
  Search("two", {"--ranks", "2"});
  const auto network_of = [&](const std::string& run) {
    return Json::parse(ReadText(folder_ / run / "best.json"))["layers"];
  };
  EXPECT_EQ(network_of("one"), network_of("two"));
  const std::vector<Json> one = EventsOf("one", "epoch"), two = EventsOf("two", "epoch");
  ASSERT_EQ(one.size(), two.size());
  for (size_t e = 0; e < one.size(); ++e) {
    EXPECT_EQ(one[e]["images"], two[e]["images"]);
    EXPECT_NEAR(one[e]["train_loss"].get<double>(), two[e]["train_loss"].get<double>(), 1e-9);
  }
}

TEST_F(KeypointsCommandTest, DifficultiesThatDoNotFitAreRefused) {
  WriteDifficulty();
  const auto fails = [&](const std::vector<std::string>& settings, const std::vector<std::string>& words) {
    std::vector<std::string> arguments = {"search", "--config", "config.json", "--no-probe", "--run", "refused"};
    for (const std::string& setting : settings) arguments.insert(arguments.end(), {"--set", setting});
    const Outcome outcome = Run(arguments);
    EXPECT_NE(outcome.code, 0);
    for (const std::string& word : words) EXPECT_THAT(outcome.err, HasSubstr(word));
    EXPECT_FALSE(std::filesystem::exists(folder_ / "refused")) << outcome.err;
  };
  fails({"schedule.classes=[0.5, 0.75]"}, {"schedule.classes", "must be 1"});
  fails({"schedule.classes=[1, 1]"}, {"schedule.classes", "would change nothing"});
  fails({"schedule.classes=[5, 40]"}, {"schedule.classes", "fractions of the persons"});
  fails({"schedule.classes=[0.05, 0.05, 1]"}, {"schedule.classes", "step1", "batch norm needs 2", "difficulty.json"});
  fails({"schedule.difficulty=nowhere.json"}, {"nowhere.json", "danas evaluate"});
  fails({"task=classification", "data.image_width=0", "data.validation_images=0", "data.validation_fraction=0.1"},
        {"schedule.difficulty", "schedule.ranking"});
  Json file = Json::parse(ReadText(folder_ / "difficulty.json"));
  file["persons"].erase(3);
  WriteText(folder_ / "difficulty.json", file.dump());
  fails({}, {"difficulty.json", "missing: 1 (4)"});
}

}  // namespace
}  // namespace danas::test
