#include "danas/report/prediction_text.h"

#include <gtest/gtest.h>

#include <sstream>

#include "danas/report/text_table.h"

namespace danas {
namespace {

StepSeconds Step(double gpu, double host, double reduce = 0, double loader = 0) {
  StepSeconds step{.gpu = gpu, .host = host, .compute = std::max(gpu, host), .reduce = reduce, .loader = loader};
  step.total = std::max(step.compute + reduce, loader);
  return step;
}

PredictedSearch Example() {
  PredictedSearch predicted{.gpus = ParseGpuGroup("4xv100"), .batch = 128};
  predicted.phases = {{.name = "warmup", .weight_step = {Step(1.3, 0.2), Step(2.6, 0.2)}, .seconds = {15120, 30240}},
                      {.name = "step1",
                       .weight_step = {Step(0.01, 0.2), Step(0.3, 0.2)},
                       .alpha_step = {Step(0.02, 0.03), Step(0.02, 0.03)},
                       .seconds = {3600, 7200}}};
  return predicted;
}

void ExpectContains(const std::string& text, const std::string& part) {
  EXPECT_NE(text.find(part), std::string::npos) << part << " is not in\n" << text;
}

TEST(PredictionText, SaysThatItIsAPredictionAndHowWrongItWas) {
  const std::string text = PredictionText(Example(), 20.0 * (1 << 30));
  ExpectContains(text, "predicted for 4 V100 by a model; nothing was measured\n");
  ExpectContains(text, "predicted total: 5 h 12 min to 10 h 24 min; 20.0 GiB of tensors on each GPU\n");
  ExpectContains(text, "2.6 to 3.1 times");
  ExpectContains(text, "docs/scaling.md");
  EXPECT_EQ(text.find("that is more than"), std::string::npos) << text;
  std::istringstream lines(PredictionText(Example(), 40.0 * (1 << 30)));
  for (std::string line; std::getline(lines, line);) EXPECT_LE(DisplayWidth(line), 80u) << line;
}

TEST(PredictionText, SaysWhatAStepIsBoundBy) {
  PredictedSearch predicted = Example();
  std::string text = PredictionText(predicted, 1);
  ExpectContains(text, "1300 to 2600  GPU");
  ExpectContains(text, "200 to 300  host, GPU");
  ExpectContains(text, "30.0");
  predicted.phases[0].weight_step = {Step(1, 0, 1.5), Step(1, 0, 0, 3)};
  ExpectContains(PredictionText(predicted, 1), "messages, loader");
}

TEST(PredictionText, SaysWhatDoesNotFit) {
  const std::string text = PredictionText(Example(), 40.0 * (1 << 30));
  ExpectContains(text, "note: that is more than the 32.0 GiB of a V100");
  ExpectContains(text, "train.micro_batch");
  EXPECT_EQ(PredictionJson(Example(), 40.0 * (1 << 30))["fits"], false);
  EXPECT_EQ(PredictionJson(Example(), 20.0 * (1 << 30))["fits"], true);
}

TEST(PredictionText, WithoutImagesThereIsNoTime) {
  PredictedSearch predicted = Example();
  for (PredictedPhase& phase : predicted.phases) phase.seconds = {};
  ExpectContains(PredictionText(predicted, 1), "predicted total: time unknown without images; ");
}

TEST(PredictionJson, HasStepsInSecondsAndConstantsWithSources) {
  const Json json = PredictionJson(Example(), 1e9);
  EXPECT_EQ(json["gpu"], "v100");
  EXPECT_EQ(json["gpus"], 4);
  EXPECT_EQ(json["measured"], false);
  EXPECT_EQ(json["seconds"]["low"], 18720);
  EXPECT_EQ(json["seconds"]["high"], 37440);
  EXPECT_EQ(json["phases"][0]["weight_step"]["high"]["total"], 2.6);
  EXPECT_TRUE(json["phases"][0]["alpha_step"].is_null());
  EXPECT_EQ(json["phases"][1]["alpha_step"]["low"]["host"], 0.03);
  bool found = false;
  for (const Json& constant : json["constants"]) {
    if (constant["name"] == "memory_share") found = constant["value"] == 0.7;
    EXPECT_FALSE(constant["source"].get<std::string>().empty());
  }
  EXPECT_TRUE(found);
}

}  // namespace
}  // namespace danas
