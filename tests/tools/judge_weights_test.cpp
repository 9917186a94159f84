// A search that ranks classes first, by networks whose weights are there or are not.
#include <gmock/gmock.h>

#include "tests/tools/run_danas.h"

namespace danas::test {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

class JudgedProject : public SmallProject {
 public:
  JudgedProject() {
    config()["schedule"]["ranking"] = "auto";
    config()["easiness"] = {{"models", {"mobilenetv1_0.25=weights/v1.pth", "mobilenetv2_0.25=weights/v2.safetensors"}},
                            {"resamples", 100}};
    config()["zoo"] = {{"epochs", 1}, {"train", {{"batch", 30}}}};
    WriteConfig();
  }

  Outcome Search(std::vector<std::string> arguments) const {
    arguments.insert(arguments.begin(), {"search", "--config", "config.json", "--no-probe", "--run", "found"});
    return Run(arguments);
  }
};

// What to get, where it goes, and what to say without it.
TEST(JudgeWeights, ASearchWithoutThemSaysWhatToDo) {
  const JudgedProject project;
  const Outcome outcome = project.Search({});
  EXPECT_EQ(outcome.code, 5);
  EXPECT_THAT(outcome.err, AllOf(HasSubstr("schedule.ranking 'auto'"), HasSubstr("weights/v1.pth (mobilenetv1_0.25)"),
                                 HasSubstr("weights/v2.safetensors (mobilenetv2_0.25)"),
                                 HasSubstr("Download them to these paths"), HasSubstr("easiness.models=NAME=FILE"),
                                 HasSubstr("--set schedule.ranking=random")));
  EXPECT_FALSE(std::filesystem::exists(project / "found"));
  EXPECT_FALSE(std::filesystem::exists(project / "runs"));
  const Outcome easiness = project.Run({"easiness", "--config", "config.json", "--no-probe", "--out", "ranked"});
  EXPECT_EQ(easiness.code, 5);
  EXPECT_THAT(easiness.err, HasSubstr("weights/v1.pth (mobilenetv1_0.25)"));
  EXPECT_FALSE(std::filesystem::exists(project / "ranked"));
}

TEST(JudgeWeights, WhatTheErrorAdvisesWorks) {
  const JudgedProject project;
  const Outcome random = project.Search({"--set", "schedule.ranking=random"});
  EXPECT_EQ(random.code, 0) << random.err;
}

TEST(JudgeWeights, ADryRunPlansWithoutThem) {
  const JudgedProject project;
  const Outcome plan = project.Search({"--dry-run"});
  EXPECT_EQ(plan.code, 0) << plan.err;
  EXPECT_THAT(plan.out, AllOf(HasSubstr("missing weights: weights/v1.pth"), HasSubstr("step3")));
  EXPECT_THAT(plan.err, AllOf(HasSubstr("classes is not known yet; the plan assumes the dataset's order"),
                              HasSubstr("weights of the networks that rank the classes are missing")));
  const Outcome without_data = project.Search({"--dry-run", "--set", "data.root=", "--json"});
  EXPECT_EQ(without_data.code, 0) << without_data.err;
  EXPECT_EQ(Json::parse(without_data.out)["phases"].size(), 4U);
  EXPECT_THAT(without_data.err, HasSubstr("not known yet; the plan assumes an arbitrary order"));
  EXPECT_FALSE(std::filesystem::exists(project / "found"));
}

TEST(JudgeWeights, JudgeWhereTheConfigNamesThem) {
  const JudgedProject project;
  ASSERT_EQ(project.Run({"train", "--model", "mobilenetv2_0.25", "--config", "config.json", "--run", "trained"}).code,
            0);
  std::filesystem::create_directory(project / "weights");
  std::filesystem::copy(project / "trained/weights.safetensors", project / "weights/v2.safetensors");
  const Outcome one = project.Search({});
  EXPECT_EQ(one.code, 5);
  EXPECT_THAT(one.err, AllOf(HasSubstr("v1.pth"), Not(HasSubstr("v2.safetensors"))));

  const std::string models = "easiness.models=mobilenetv2_0.25=weights/v2.safetensors,shufflenetv2_0.5";
  const Outcome outcome = project.Search({"--set", models});
  ASSERT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_THAT(outcome.err, AllOf(HasSubstr("weights from weights/v2.safetensors"), HasSubstr("to train, 1 epochs")));
  EXPECT_TRUE(std::filesystem::exists(project / "found/easiness/confusion-mobilenetv2_0.25.csv"));
  EXPECT_TRUE(std::filesystem::exists(project / "found/best.json"));
  const Json judges = Json::parse(ReadText(project / "found/easiness/judges.json"));
  EXPECT_EQ(judges[0]["weights"], "weights/v2.safetensors");
  EXPECT_EQ(judges[1]["weights"], "");

  // Those of the command line go first.
  const Outcome given = project.Run({"easiness", "--config", "config.json", "--no-probe", "--dry-run", "--weights",
                                     "mobilenetv1_0.25=weights/v2.safetensors"});
  EXPECT_EQ(given.code, 0) << given.err;
  EXPECT_THAT(given.out, AllOf(HasSubstr("weights from weights/v2.safetensors"), Not(HasSubstr("v1.pth"))));
}

// The configs for ImageNet are the paper's, and say what they need before they look for a million images.
TEST(JudgeWeights, TheConfigsForImagenetNameThoseOfTorchvision) {
  const TempDir folder;
  const std::vector<std::string> command = {"search", "--config", "imagenet_shuffle", "--device", "cpu"};
  const Outcome outcome = RunDanas(folder.path(), command);
  EXPECT_EQ(outcome.code, 5);
  EXPECT_THAT(outcome.err, AllOf(HasSubstr("weights/resnet34-b627a593.pth (resnet34)"), HasSubstr("torchvision"),
                                 HasSubstr("--set schedule.ranking=random")));
  std::vector<std::string> at_random = command;
  at_random.insert(at_random.end(), {"--set", "schedule.ranking=random"});
  EXPECT_THAT(RunDanas(folder.path(), at_random).err, HasSubstr("data/imagenet"));  // the next thing that is not there
}

}  // namespace
}  // namespace danas::test
