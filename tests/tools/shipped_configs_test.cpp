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
  const Outcome outcome = RunDanas(std::filesystem::temp_directory_path(),
                                   {"search", "--config", name, "--device", "cpu", "--set", "data.root=", "--dry-run",
                                    "--no-probe", "--json"});
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

}  // namespace
}  // namespace danas::test
