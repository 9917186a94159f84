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
  phase.cuts = 21;
  plan.phases.push_back(phase);
  return plan;
}

TEST(PlanText, FitsEightyColumns) {
  SearchPlan plan = Example();
  plan.final = {.networks = 1e6, .images = 50000, .finalists = 100, .finalist_training_images = 1231167};
  plan.final.finalist_images = 50000, plan.final.macs = 1.5e17;
  for (const char* paths : {"gumbel", "uniform", "fair"}) {
    plan.paths = paths, plan.path_cost_least = 308.75e6, plan.path_cost_most = 331.5e6;
    std::istringstream lines(PlanText(plan));
    for (std::string line; std::getline(lines, line);) EXPECT_LE(DisplayWidth(line), 80u) << line;
  }
}

TEST(PlanText, SaysWhatSeveralBudgetsTake) {
  SearchPlan plan = Example();
  plan.budgets = {{.name = "323M", .target = 323e6, .least = 306.85e6, .most = 329.46e6},
                  {.name = "372M", .target = 372e6, .least = 353.4e6, .most = 379.44e6},
                  {.name = "467M", .target = 467e6, .least = 443.65e6, .most = 476.34e6}};
  plan.phases[1].alpha_passes = 3;
  plan.separate_macs = 2 * plan.macs();
  plan.separate_memory_bytes = 60.5 * (1 << 30);
  const std::string text = PlanText(plan);
  EXPECT_NE(text.find("budgets: 323M, 372M, 467M MACs; networks from 0.95 to 1.02 times each\n"), std::string::npos)
      << text;
  EXPECT_NE(text.find("train for each in turn; 3 α passes\n"), std::string::npos) << text;
  EXPECT_NE(text.find(" MACs, 1.50 times one search; "), std::string::npos) << text;
  EXPECT_NE(text.find("at most 64.5 GiB of tensors, one search 60.5 GiB\n"), std::string::npos) << text;
  EXPECT_EQ(text.find("budget: "), std::string::npos);
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) EXPECT_LE(DisplayWidth(line), 80u) << line;
  const Json json = PlanJson(plan);
  EXPECT_FALSE(json.contains("budget"));
  EXPECT_EQ(json["budgets"][2]["budget"], "467M");
  EXPECT_EQ(json["separate_macs"], plan.separate_macs);
  for (PhasePlan& phase : plan.phases) phase.alpha_passes = 0;
  EXPECT_NE(PlanText(plan).find("train for each in turn; no α pass\n"), std::string::npos);
  EXPECT_EQ(PlanText(plan).find("α: not trained"), std::string::npos);  // said above, for all budgets
  plan.budgets.clear();
  EXPECT_NE(PlanText(plan).find("α: not trained; nothing uses it\n"), std::string::npos);
  plan.phases[1].alpha_passes = 1;
  EXPECT_EQ(PlanText(plan).find("α: not trained"), std::string::npos);
}

TEST(PlanText, SaysWhichPathsAreTrained) {
  SearchPlan plan = Example();
  EXPECT_EQ(PlanText(plan).find("paths:"), std::string::npos);
  EXPECT_TRUE(PlanJson(plan)["path_cost_most"].is_null());
  plan.paths = "uniform";
  EXPECT_NE(PlanText(plan).find("paths: a weight step trains one, of any cost\n"), std::string::npos) << PlanText(plan);
  plan.paths = "fair", plan.path_cost_least = 308.75e6, plan.path_cost_most = 331.5e6;
  EXPECT_NE(PlanText(plan).find("a fair group of them, of 308.8M to 331.5M MACs\n       no group is strictly fair"),
            std::string::npos)
      << PlanText(plan);
  plan.strictly_fair = true;
  EXPECT_NE(PlanText(plan).find("strictly fair wherever"), std::string::npos) << PlanText(plan);
  EXPECT_EQ(PlanJson(plan)["path_cost_most"], 331.5e6);
  plan.paths = "binned";
  EXPECT_NE(PlanText(plan).find("trains one, of 308.8M to 331.5M MACs\n       each of seven ranges of costs"),
            std::string::npos)
      << PlanText(plan);
  plan.path_cost_least = plan.path_cost_most = 0;
  plan.paths = "binarised";
  EXPECT_NE(PlanText(plan).find("trains one, each candidate as likely as in softmax(α)\n"), std::string::npos)
      << PlanText(plan);
  plan.paths = "softmax";
  EXPECT_NE(PlanText(plan).find("trains all candidates, weighted by softmax(α)\n"), std::string::npos)
      << PlanText(plan);
  plan.alpha_batch = 64;
  EXPECT_NE(PlanText(plan).find("α steps: batches of 64\n"), std::string::npos) << PlanText(plan);
}

TEST(PlanText, SaysWhatTheLastChoiceScores) {
  SearchPlan plan = Example();
  EXPECT_EQ(PlanText(plan).find("final choice"), std::string::npos);
  plan.final = {.networks = 1000, .images = 1000, .finalists = 8, .finalist_images = 5000, .macs = 1e12};
  plan.final.memory_bytes = 3.0 * (1 << 30);
  EXPECT_NE(PlanText(plan).find("final choice: at most 1,000 networks, on 1,000 validation images each;\n"
                                "              the best 8 scored on 5,000 images;\n"
                                "              at most 1.0T MACs, 0.0 % of the search, and 3.0 GiB of tensors\n"),
            std::string::npos)
      << PlanText(plan);
  EXPECT_EQ(plan.memory_bytes(), 64.5 * (1 << 30));
  plan.final.memory_bytes = 65.0 * (1 << 30);
  EXPECT_EQ(plan.memory_bytes(), 65.0 * (1 << 30));
  plan.probed = true, plan.final.seconds = 90, plan.final.finalist_macs = 4e11, plan.final.finalist_seconds = 30;
  EXPECT_NE(PlanText(plan).find(" of tensors;\n              about 1 min 30 s, of these the finalists' 30 s\n"),
            std::string::npos)
      << PlanText(plan);
  plan.probed = false;
  plan.final.networks = 1, plan.final.finalists = 1, plan.final.finalist_training_images = 2000;
  EXPECT_NE(PlanText(plan).find("at most 1 network, on 1,000 validation images each;\n"
                                "              the best one trained on 2,000 and scored on 5,000 images;\n"),
            std::string::npos)
      << PlanText(plan);
  EXPECT_EQ(PlanJson(plan)["final"]["networks"], 1);
}

TEST(PlanText, SaysSumsAndWhatIsNotKnown) {
  const std::string text = PlanText(Example());
  EXPECT_NE(text.find("10^26 networks of 65.0M to 527.0M MACs"), std::string::npos) << text;
  EXPECT_NE(text.find("3,703,680 training images seen, 9,660 weight steps, 120 α steps"), std::string::npos) << text;
  EXPECT_NE(text.find("in micro-batches of 64"), std::string::npos) << text;
  EXPECT_NE(text.find("time not estimated"), std::string::npos) << text;
  EXPECT_NE(text.find("note: step1 has 120 α steps for 21 cuts: reaching 2 standard errors takes a\n"
                      "      difference of 0.18 times its noise per step\n"),
            std::string::npos)
      << text;
  EXPECT_EQ(text.find("put off"), std::string::npos) << text;

  SearchPlan probed = Example();
  probed.probed = true;
  EXPECT_NE(PlanText(probed).find("about 3 min 20 s"), std::string::npos) << PlanText(probed);
}

TEST(PlanText, SaysHowManyParametersNetworksHave) {
  SearchPlan plan = Example();
  plan.parameters_least = 1.9e6, plan.parameters_most = 36.7e6;
  EXPECT_NE(PlanText(plan).find("\nparameters: 1.9M to 36.7M; of networks within the budget's band there are none\n"),
            std::string::npos)
      << PlanText(plan);
  EXPECT_TRUE(PlanJson(plan)["band_parameters_least"].is_null());
  plan.band_parameters_least = 3.6e6, plan.band_parameters_most = 29.5e6;
  EXPECT_NE(PlanText(plan).find("\nparameters: 1.9M to 36.7M; of networks within the budget's band 3.6M to 29.5M\n"),
            std::string::npos)
      << PlanText(plan);
  EXPECT_EQ(PlanJson(plan)["parameters_most"], 36.7e6);
  EXPECT_EQ(PlanJson(plan)["band_parameters_least"], 3.6e6);
  plan.unit = "parameters";  // said above
  EXPECT_EQ(PlanText(plan).find("\nparameters: "), std::string::npos) << PlanText(plan);
  plan.predicted = true;
  EXPECT_NE(PlanText(plan).find("time predicted below\n"), std::string::npos) << PlanText(plan);
}

TEST(PlanText, SaysWhatScoringForPruningsTakes) {
  SearchPlan plan = Example();
  EXPECT_EQ(PlanText(plan).find("prunings:"), std::string::npos);
  plan.pruning_score = "paths";
  plan.scoring_images = 1000;
  plan.phases[1].scored = 300;
  plan.phases[1].scoring_macs = 0.25 * plan.macs();
  plan.phases[1].scoring_memory_bytes = 2.0 * (1 << 30), plan.phases[1].scoring_seconds = 30;
  const std::string text = PlanText(plan);
  EXPECT_NE(text.find("prunings: by paths, 300 networks scored on at most 1,000 images each;\n"), std::string::npos)
      << text;
  EXPECT_NE(text.find(" MACs, 20.0 % of the search, and 2.0 GiB of tensors\n"), std::string::npos) << text;
  EXPECT_EQ(text.find("α steps for"), std::string::npos) << text;  // α decides nothing
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) EXPECT_LE(DisplayWidth(line), 80u) << line;
  EXPECT_EQ(PlanJson(plan)["phases"][1]["scored"], 300);
  EXPECT_TRUE(PlanJson(plan)["phases"][1]["scoring_seconds"].is_null());
  plan.probed = true;
  EXPECT_NE(PlanText(plan).find(" of tensors;\n          about 30 s\n"), std::string::npos) << PlanText(plan);
  EXPECT_EQ(PlanJson(plan)["phases"][1]["scoring_seconds"], 30);
}

TEST(PlanText, SaysWherePathsDoNotTellAllPairs) {
  SearchPlan plan = Example();
  plan.pruning_score = "paths";
  plan.phases[1].scored = 300, plan.phases[1].main_effects = 106, plan.phases[1].pair_effects = 500;
  EXPECT_NE(PlanText(plan).find("note: step1 has 300 networks for 106 effects of candidates and 500 of pairs:"),
            std::string::npos)
      << PlanText(plan);
  plan.phases[1].scored = 607;
  EXPECT_EQ(PlanText(plan).find("of pairs"), std::string::npos) << PlanText(plan);
}

TEST(PlanText, WarnsOfEachPhaseWithFewSteps) {
  SearchPlan plan = Example();
  plan.phases.push_back(plan.phases[1]);
  plan.phases[2].phase.name = "step2";
  plan.phases[2].alpha_steps = 200;
  plan.phases.push_back(plan.phases[1]);
  plan.phases[3].phase.name = "step3";
  plan.phases[3].alpha_steps = 4;
  plan.certain = 2;
  const std::string text = PlanText(plan);
  EXPECT_NE(text.find("step1 has 120"), std::string::npos) << text;
  EXPECT_EQ(text.find("step2 has"), std::string::npos) << text;
  EXPECT_NE(text.find("step3 has 4 α steps for 21 cuts: too few for 2 standard errors"), std::string::npos) << text;
  EXPECT_NE(text.find("note: cuts below 2.0 standard errors are put off"), std::string::npos) << text;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) EXPECT_LE(DisplayWidth(line), 80u) << line;
  plan.phases[3].cuts = 0;
  EXPECT_EQ(PlanText(plan).find("step3 has"), std::string::npos);
}

TEST(PlanJson, SaysAllMacs) {
  SearchPlan plan = Example();
  plan.final.macs = 7e12;
  EXPECT_EQ(PlanJson(plan)["macs"], plan.macs() + 7e12);
  EXPECT_GT(plan.macs(), 0);
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
