#include "danas/report/plan_text.h"

#include <gtest/gtest.h>

#include <sstream>

#include "danas/report/text_table.h"

namespace danas {
namespace {

SearchPlan Example() {
  SearchPlan plan;
  plan.device = "cpu, 2 threads";
  plan.batch = 256;
  plan.micro_batch = 64;
  plan.searchable_layers = 21;
  plan.networks = 2e26;
  plan.unit = "MACs";
  plan.least = 65e6, plan.most = 527e6, plan.budget = 325e6, plan.budget_max = 331.5e6;
  PhasePlan phase;
  phase.phase = {.name = "warmup", .classes = 100, .epochs = 10, .searches = false};
  phase.weight_images = 123456;
  phase.weight_steps = 4830;
  phase.candidates = 17.4;
  phase.macs_per_image = 3.1e9, phase.macs_per_step = 2.4e12, phase.parameters = 31e6;
  phase.memory_bytes = 64.5 * (1 << 30);
  phase.seconds = 100;
  plan.phases.push_back(phase);
  phase.phase = {.name = "step1", .classes = 300, .epochs = 20, .searches = true};
  phase.architecture_images = 15000;
  phase.alpha_steps = 120;
  plan.phases.push_back(phase);
  return plan;
}

TEST(PlanText, FitsEightyColumns) {
  std::istringstream lines(PlanText(Example()));
  for (std::string line; std::getline(lines, line);) EXPECT_LE(DisplayWidth(line), 80u) << line;
}

TEST(PlanText, SaysSumsAndWhatIsNotKnown) {
  const std::string text = PlanText(Example());
  EXPECT_NE(text.find("10^26 networks of 65.0M to 527.0M MACs"), std::string::npos) << text;
  EXPECT_NE(text.find("3,703,680 training images seen, 9,660 weight steps, 120 α steps"), std::string::npos) << text;
  EXPECT_NE(text.find("in parts of 64"), std::string::npos) << text;
  EXPECT_NE(text.find("time not estimated"), std::string::npos) << text;
  EXPECT_NE(text.find("fewer than 200 α steps"), std::string::npos) << text;

  SearchPlan probed = Example();
  probed.probed = true;
  EXPECT_NE(PlanText(probed).find("about 3 min 20 s"), std::string::npos) << PlanText(probed);
}

TEST(PlanJson, TimesAreNullWithoutAProbe) {
  EXPECT_TRUE(PlanJson(Example())["seconds"].is_null());
  EXPECT_TRUE(PlanJson(Example())["phases"][1]["seconds"].is_null());
  SearchPlan probed = Example();
  probed.probed = true;
  EXPECT_EQ(PlanJson(probed)["seconds"], 200.0);
  EXPECT_EQ(PlanJson(probed)["phases"][1]["alpha_steps"], 120);
}

}  // namespace
}  // namespace danas
