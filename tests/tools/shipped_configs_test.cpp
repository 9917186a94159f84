// Every shipped config loads and plans without its data.
#include <gtest/gtest.h>

#include <sstream>

#include "tests/tools/run_danas.h"

namespace danas::test {
namespace {

std::vector<std::string> ShippedConfigs() {
  std::istringstream lines(RunDanas(std::filesystem::temp_directory_path(), {"config", "list"}).out);
  std::vector<std::string> names;
  for (std::string name; std::getline(lines, name);) names.push_back(name);
  return names;
}

Json PlanOf(const std::string& name) {
  const Outcome outcome = RunDanas(
      std::filesystem::temp_directory_path(),
      {"search", "--config", name, "--device", "cpu", "--set", "data.root=", "--dry-run", "--no-probe", "--json"});
  EXPECT_EQ(outcome.code, 0) << name << ": " << outcome.err;
  return outcome.code == 0 ? Json::parse(outcome.out) : Json();
}

TEST(ShippedConfigs, LoadAndPlanWithoutData) {
  const std::vector<std::string> names = ShippedConfigs();
  EXPECT_GE(names.size(), 10u);
  for (const std::string& name : names) {
    const Json plan = PlanOf(name);
    EXPECT_GE(plan["phases"].size(), 4u) << name;
    EXPECT_GT(plan["memory_bytes"].get<double>(), 0) << name;
    EXPECT_LT(plan["least"], plan["budget"]) << name;
    EXPECT_GT(plan["most"], plan["budget"]) << name;
  }
}

// The paper's machine has four GPUs of 32 GB, each with a quarter of the batch.
TEST(ShippedConfigs, ImagenetFitsFourGpusOf32GB) {
  for (const std::string& name : ShippedConfigs()) {
    if (!name.starts_with("imagenet")) continue;
    EXPECT_LE(PlanOf(name)["memory_bytes"].get<double>(), 4 * 32e9) << name;
  }
}

Outcome Predict(const std::vector<std::string>& more, const std::string& name = "coco_keypoints.json") {
  std::vector<std::string> words = {"search", "--config", name, "--set", "data.root=", "--dry-run"};
  words.insert(words.end(), more.begin(), more.end());
  return RunDanas(std::filesystem::temp_directory_path(), words);
}

// The paper's search for key-points on its machine, and whether its network is in the space (Table 7).
TEST(ShippedConfigs, KeypointSearchIsPredictedForFourGpus) {
  // The GPU that the config asks for need not be here either.
  const Outcome outcome = Predict({"--images", "149813", "--predict", "4xv100", "--device", "cuda", "--json"});
  ASSERT_EQ(outcome.code, 0) << outcome.err;
  const Json plan = Json::parse(outcome.out);
  EXPECT_LT(plan["parameters_least"], 10.9e6);
  EXPECT_GT(plan["parameters_most"], 10.9e6);
  EXPECT_LT(plan["band_parameters_least"], 10.9e6);
  EXPECT_GT(plan["band_parameters_most"], 10.9e6);
  EXPECT_LT(plan["least"], 2.18e9);
  EXPECT_GT(plan["most"], 2.18e9);
  EXPECT_TRUE(plan["seconds"].is_null());  // nothing was timed
  const Json& prediction = plan["prediction"];
  EXPECT_EQ(prediction["gpus"], 4);
  EXPECT_EQ(prediction["phases"].size(), 4u);
  EXPECT_GT(prediction["seconds"]["low"].get<double>(), 3600);
  EXPECT_GT(prediction["seconds"]["high"], prediction["seconds"]["low"]);
  EXPECT_EQ(prediction["memory_bytes"], plan["memory_bytes"]);
  const Outcome text = Predict({"--images", "149813", "--predict", "4xv100"});
  EXPECT_NE(text.out.find("predicted for 4 V100 by a model; nothing was measured"), std::string::npos) << text.out;
  EXPECT_NE(text.out.find("\nparameters: 1.9M to 36.7M; "), std::string::npos) << text.out;
  EXPECT_NE(Predict({"--predict", "4xv100"}).out.find("time unknown without images"), std::string::npos);
}

TEST(ShippedConfigs, EveryOneIsPredicted) {
  for (const std::string& name : ShippedConfigs()) {
    const Outcome outcome = Predict({"--images", "1281167", "--predict", "1xh100", "--json"}, name);
    ASSERT_EQ(outcome.code, 0) << name << ": " << outcome.err;
    EXPECT_GT(Json::parse(outcome.out)["prediction"]["seconds"]["low"].get<double>(), 0) << name;
  }
}

TEST(ShippedConfigs, PredictionsNeedAPlanAndGpusThatAreKnown) {
  const auto folder = std::filesystem::temp_directory_path();
  EXPECT_EQ(RunDanas(folder, {"search", "--config", "quickstart", "--predict", "4xv100"}).code, 2);
  EXPECT_EQ(Predict({"--predict", "4xv10"}).code, 2);
  EXPECT_EQ(Predict({"--predict-set", "memory_share=0.2"}).code, 2);
  EXPECT_EQ(Predict({"--predict", "4xv100", "--gpus", "4"}).code, 2);
  EXPECT_EQ(Predict({"--predict", "4xv100", "--predict-set", "memory_share=zero"}).code, 2);
}

}  // namespace
}  // namespace danas::test
