// The zoo from the program itself: its costs, and a network trained, tested again and compared.
#include <gtest/gtest.h>

#include <map>

#include "tests/tools/run_danas.h"

namespace danas::test {
namespace {

// (name, variant) -> (MACs, parameters)
using Costs = std::map<std::pair<std::string, std::string>, std::pair<int64_t, int64_t>>;

Costs CostsIn(const Json& rows) {
  Costs costs;
  for (const Json& row : rows) costs[{row["name"], row["variant"]}] = {row["macs"], row["parameters"]};
  return costs;
}

// Counted by running PyTorch modules: tests/golden/zoo.py.
TEST(ModelsCommand, CostsOfEveryNetworkAreExact) {
  const Outcome outcome = RunDanas(std::filesystem::temp_directory_path(), {"models", "--json"});
  ASSERT_EQ(outcome.code, 0) << outcome.err;
  const Costs golden = CostsIn(Json::parse(ReadText(SourcePath("tests/golden/zoo.json"))));
  const Costs found = CostsIn(Json::parse(outcome.out));
  EXPECT_EQ(found.size(), 66u);
  for (const auto& [model, costs] : golden) {
    ASSERT_TRUE(found.contains(model)) << model.first;
    EXPECT_EQ(found.at(model), costs) << model.first << ", " << model.second;
  }
  // As the papers' authors and torchvision print them.
  const auto published = [&](const char* name) { return found.at({name, "full"}); };
  EXPECT_EQ(published("resnet34"), std::pair(int64_t{3663761408}, int64_t{21797672}));
  EXPECT_EQ(published("vgg16"), std::pair(int64_t{15470264320}, int64_t{138357544}));
  EXPECT_EQ(published("mobilenetv2"), std::pair(int64_t{300774272}, int64_t{3504872}));
  EXPECT_EQ(published("shufflenetv1_1.0_g8"), std::pair(int64_t{138365952}, int64_t{2433768}));
}

TEST(ModelsCommand, OtherSizesAndClasses) {
  const Outcome outcome =
      RunDanas(std::filesystem::temp_directory_path(), {"models", "--size", "64", "--classes", "200", "--json"});
  ASSERT_EQ(outcome.code, 0) << outcome.err;
  for (const Json& row : Json::parse(outcome.out)) {
    EXPECT_EQ(row["input"], Json({64, 64}));
    EXPECT_EQ(row["classes"], 200);
  }
  EXPECT_NE(RunDanas(std::filesystem::temp_directory_path(), {"models"}).out.find("mobilenetv2_0.25"),
            std::string::npos);
}

TEST(TrainCommand, TrainsANetworkThatEvaluateAndCompareRead) {
  SmallProject project;
  project.config()["zoo"] = {{"epochs", 2}, {"train", {{"batch", 15}, {"lr", 0.02}}}};
  project.WriteConfig();
  const Outcome trained =
      project.Run({"train", "--model", "shufflenetv2_0.5", "--config", "config.json", "--run", "run", "--json"});
  ASSERT_EQ(trained.code, 0) << trained.err;
  EXPECT_NE(trained.err.find("configs/zoo/shufflenet_small.json"), std::string::npos) << trained.err;
  EXPECT_NE(trained.err.find("shufflenetv2_0.5_small: "), std::string::npos) << trained.err;
  const Json result = Json::parse(trained.out);
  EXPECT_EQ(result["epochs"], 2);
  EXPECT_EQ(result["test_last_epoch"]["images"], 60);
  // The recipe's, where the config says nothing.
  const Json config = Json::parse(ReadText(project / "run/config.json"));
  EXPECT_EQ(config["zoo"]["train"]["nesterov"], true);
  EXPECT_EQ(config["zoo"]["train"]["lr"], 0.02);
  for (const char* file : {"network.json", "weights-epoch1.safetensors", "weights.safetensors", "result.json"}) {
    EXPECT_TRUE(std::filesystem::exists(project / "run" / file)) << file;
  }

  const Outcome again = project.Run({"evaluate", "--run", "run", "--json"});
  ASSERT_EQ(again.code, 0) << again.err;
  EXPECT_EQ(Json::parse(again.out)["top1"], result["test_last_epoch"]["top1"]);
  const Outcome by_name = project.Run({"evaluate", "--model", "shufflenetv2_0.5", "--weights",
                                       "run/weights.safetensors", "--config", "config.json", "--json"});
  ASSERT_EQ(by_name.code, 0) << by_name.err;
  EXPECT_EQ(Json::parse(by_name.out)["per_class"], Json::parse(again.out)["per_class"]);

  const Outcome table = project.Run({"compare", "run", "--json"});
  ASSERT_EQ(table.code, 0) << table.err;
  EXPECT_EQ(Json::parse(table.out)["runs"][0]["network"], "shufflenetv2_0.5");
}

TEST(TrainCommand, WithoutAConfigTheDatasetChoosesOne) {
  SmallProject project;
  const Outcome trained = project.Run({"train", "--model", "mobilenetv1_0.25", "--data", "data", "--device", "cpu",
                                       "--set", "zoo.epochs=1", "--set", "zoo.train.batch=16", "--set",
                                       "data.image_size=16", "--set", "data.test_resize=16", "--run", "run"});
  ASSERT_EQ(trained.code, 0) << trained.err;
  EXPECT_NE(trained.err.find("configs/fashion_mnist.json"), std::string::npos) << trained.err;
  EXPECT_NE(trained.err.find("configs/zoo/mobilenet_small.json"), std::string::npos) << trained.err;
  const Json config = Json::parse(ReadText(project / "run/config.json"));
  EXPECT_EQ(config["data"]["validation_fraction"], 0.2);
  EXPECT_EQ(config["zoo"]["train"]["lr_warmup_epochs"], 0.5);
}

TEST(TrainCommand, RefusesWhatItCannotDo) {
  SmallProject project;
  const auto fails = [&](const std::vector<std::string>& arguments, int code, const std::string& word) {
    const Outcome outcome = project.Run(arguments);
    EXPECT_EQ(outcome.code, code) << outcome.err;
    EXPECT_NE(outcome.err.find(word), std::string::npos) << outcome.err;
    EXPECT_FALSE(std::filesystem::exists(project / "runs"));
  };
  fails({"train", "--model", "resnet19", "--config", "config.json"}, 3, "did you mean 'resnet18'");
  fails({"train", "--model", "resnet18"}, 3, "no dataset is specified");
  fails({"train", "--model", "resnet18", "--data", "nowhere"}, 4, "nowhere");
  fails({"train", "--config", "config.json"}, 2, "--model");
  fails({"train", "--model", "resnet18", "--config", "config.json", "--set", "zoo.train.micro_batch=9999"}, 3,
        "/zoo/resnet_small.json: zoo.train.micro_batch: 9999 is above zoo.train.batch");
  fails({"evaluate", "--model", "resnet18", "--config", "config.json"}, 2, "--weights");
  fails({"evaluate", "--model", "resnet18", "--run", "x", "--config", "config.json"}, 2, "--model");
  WriteText(project / "w.safetensors", "");
  fails({"evaluate", "--model", "resnet18", "--weights", "w.safetensors", "--config", "config.json"}, 6,
        "w.safetensors");
}

// A recipe for every family, at both sizes.
TEST(ZooRecipes, AreValidConfigs) {
  std::vector<std::string> arguments = {"config", "check"};
  for (const char* family : {"resnet", "vgg", "mobilenet", "shufflenet"}) {
    for (const char* size : {"", "_small"}) {
      arguments.push_back(SourcePath(std::string("configs/zoo/") + family + size + ".json").string());
    }
  }
  const Outcome outcome = RunDanas(std::filesystem::temp_directory_path(), arguments);
  EXPECT_EQ(outcome.code, 0) << outcome.err;
}

}  // namespace
}  // namespace danas::test
