// A ranking by the program itself: networks trained, judged, reused, and handed to a search.
#include <gmock/gmock.h>

#include <sstream>

#include "tests/tools/run_danas.h"

namespace danas::test {
namespace {

using testing::HasSubstr;

class RankedProject : public SmallProject {
 public:
  RankedProject() {
    config()["zoo"] = {{"epochs", 2}, {"train", {{"batch", 15}, {"lr", 0.02}}}};
    config()["easiness"] = {{"models", {"shufflenetv2_0.5", "mobilenetv1_0.25@1"}}, {"resamples", 100}};
    WriteConfig();
  }
};

TEST(EasinessCommand, RanksShowsReusesAndASearchTakesIt) {
  RankedProject project;
  const Outcome dry = project.Run({"easiness", "--config", "config.json", "--dry-run"});
  ASSERT_EQ(dry.code, 0) << dry.err;
  EXPECT_THAT(dry.out, HasSubstr("to train, 2 epochs"));
  EXPECT_THAT(dry.out, HasSubstr("in total"));
  EXPECT_FALSE(std::filesystem::exists(project / "runs"));

  const Outcome refused =
      project.Run({"easiness", "--config", "config.json", "--no-train", "--no-probe", "--out", "r"});
  EXPECT_EQ(refused.code, 2);
  EXPECT_THAT(refused.err, HasSubstr("--no-train: not trained yet"));
  EXPECT_THAT(refused.err, HasSubstr("shufflenetv2_0.5, mobilenetv1_0.25@1"));
  EXPECT_FALSE(std::filesystem::exists(project / "r"));

  const Outcome first = project.Run({"easiness", "--config", "config.json", "--no-probe", "--out", "first", "--json"});
  ASSERT_EQ(first.code, 0) << first.err;
  EXPECT_THAT(first.err, HasSubstr("evaluated on 120 images"));
  const Json result = Json::parse(first.out);
  ASSERT_EQ(result["classes"].size(), 3U);
  for (const char* file : {"config.json", "log.jsonl", "ranking.json", "agreement.json", "easiness.html",
                           "confusion-shufflenetv2_0.5.csv", "figures/figure1-accuracy-shufflenetv2_0.5.svg",
                           "figures/figure2-lrp-mobilenetv1_0.25@1.svg", "figures/figure3-confusion.svg"}) {
    EXPECT_TRUE(std::filesystem::exists(project / "first" / file)) << file;
  }
  const Json ranking = Json::parse(ReadText(project / "first/ranking.json"));
  EXPECT_EQ(ranking["classes"], result["classes"]);
  EXPECT_EQ(ranking["networks"][1]["network"], "mobilenetv1_0.25@1");

  const Outcome second =
      project.Run({"easiness", "--config", "config.json", "--no-train", "--no-probe", "--out", "second"});
  ASSERT_EQ(second.code, 0) << second.err;
  EXPECT_THAT(second.err, HasSubstr("trained: runs/networks/shufflenetv2_0.5-"));
  EXPECT_THAT(second.out, HasSubstr("rank"));
  EXPECT_THAT(second.out, HasSubstr("Kendall's W of all 2"));
  Json again = Json::parse(ReadText(project / "second/ranking.json"));
  EXPECT_EQ(again, ranking);

  const Outcome search = project.Run(
      {"search", "--config", "config.json", "--no-probe", "--run", "search", "--set", "schedule.ranking=auto"});
  ASSERT_EQ(search.code, 0) << search.err;
  EXPECT_THAT(search.err, HasSubstr("trained: runs/networks/"));
  std::istringstream log(ReadText(project / "search/log.jsonl"));
  std::vector<std::string> events;
  Json start;
  for (std::string line; std::getline(log, line);) {
    events.push_back(Json::parse(line)["event"]);
    if (events.back() == "search_start") start = Json::parse(line);
  }
  EXPECT_EQ(
      std::vector(events.begin(), events.begin() + 5),
      (std::vector<std::string>{"easiness_start", "network_judged", "network_judged", "easiness_end", "search_start"}));
  EXPECT_EQ(start["ranking"], "search/easiness/ranking.json");
  EXPECT_EQ(start["class_order"], ranking["classes"]);

  // A search that was ended while it ranked ranks again, by the same networks.
  std::filesystem::copy(project / "search", project / "ended", std::filesystem::copy_options::recursive);
  for (const char* part : {"easiness/ranking.json", "checkpoints", "best.json"}) {
    std::filesystem::remove_all(project / "ended" / part);
  }
  const std::string whole_log = ReadText(project / "search/log.jsonl");
  WriteText(project / "ended/log.jsonl", whole_log.substr(0, whole_log.find("easiness_end") - 10));
  const Outcome resumed = project.Run({"search", "--resume", "ended"});
  ASSERT_EQ(resumed.code, 0) << resumed.err;
  EXPECT_THAT(resumed.err, HasSubstr("trained: runs/networks/"));
  EXPECT_EQ(ReadText(project / "ended/easiness/ranking.json"), ReadText(project / "search/easiness/ranking.json"));
  EXPECT_EQ(Json::parse(ReadText(project / "ended/best.json"))["network"],
            Json::parse(ReadText(project / "search/best.json"))["network"]);

  // A ranking of these classes, but of other images.
  WriteBars(project / "other", "train", 153);
  WriteBars(project / "other", "t10k", 60);
  const Outcome foreign = project.Run({"search", "--config", "config.json", "--data", "other", "--no-probe", "--set",
                                       "schedule.ranking=first/ranking.json"});
  EXPECT_EQ(foreign.code, 3);
  EXPECT_THAT(foreign.err, HasSubstr("to a different training set"));
}

TEST(EasinessCommand, WeightsFromAFileNeedNoTraining) {
  RankedProject project;
  ASSERT_EQ(project.Run({"train", "--model", "mobilenetv2_0.25", "--config", "config.json", "--run", "trained"}).code,
            0);
  const Outcome outcome =
      project.Run({"easiness", "--config", "config.json", "--models", "mobilenetv2_0.25", "--weights",
                   "mobilenetv2_0.25=trained/weights.safetensors", "--no-train", "--out", "run"});
  ASSERT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_THAT(outcome.err, HasSubstr("weights from trained/weights.safetensors"));
  EXPECT_FALSE(std::filesystem::exists(project / "runs/networks"));
  EXPECT_FALSE(std::filesystem::exists(project / "run/figures/figure1-accuracy-mobilenetv2_0.25.svg"));
  EXPECT_TRUE(std::filesystem::exists(project / "run/figures/figure3-histograms.svg"));
}

TEST(EasinessCommand, RefusesWhatItCannotDo) {
  RankedProject project;
  const auto fails = [&](std::vector<std::string> arguments, int code, const std::string& word) {
    arguments.insert(arguments.begin(), {"easiness", "--config", "config.json", "--no-probe"});
    const Outcome outcome = project.Run(arguments);
    EXPECT_EQ(outcome.code, code) << outcome.err;
    EXPECT_THAT(outcome.err, HasSubstr(word));
    EXPECT_FALSE(std::filesystem::exists(project / "runs"));
  };
  fails({"--models", "resnet19"}, 3, "did you mean 'resnet18'");
  fails({"--models", "resnet18,resnet18"}, 3, "listed twice");
  fails({"--models", "resnet18@x"}, 3, "expected a seed after the @");
  fails({"--models", "resnet18=a.pth,resnet18=b.pth"}, 3, "'resnet18' is listed twice");
  fails({"--models", "resnet18="}, 3, "expected a weights file after the =");
  fails({"--models", "resnet18=absent.pth"}, 5, "absent.pth (resnet18)");
  fails({"--weights", "resnet34=w.pth"}, 2, "not one of the networks");
  fails({"--weights", "shufflenetv2_0.5"}, 2, "expected NAME=FILE");
  fails({"--weights", "shufflenetv2_0.5=absent.pth"}, 5, "no such file");
  fails({"--data", "nowhere"}, 4, "nowhere");
}

}  // namespace
}  // namespace danas::test
