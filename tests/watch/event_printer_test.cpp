#include "danas/watch/event_printer.h"

#include <gtest/gtest.h>

#include "danas/core/units.h"

namespace danas {
namespace {

class EventPrinterTest : public testing::Test {
 protected:
  std::string Printed(const Event& event) {
    text_.clear();
    printer_.Record(event);
    return text_;
  }

  std::string text_;
  Screen screen_{{.redraws = false, .columns = 80, .write = [this](std::string_view text) { text_ += text; }}};
  EventPrinter printer_{screen_};
};

Event Alpha(std::vector<double> first, std::vector<double> second) {
  return {"alpha",
          {{"phase", "step1"},
           {"epoch", 1},
           {"alpha_steps", 40},
           {"layers",
            {{{"candidates", {"ir_e1_k3", "ir_e3_k3"}}, {"alpha", first}},
             {{"candidates", {"ir_e1_k3", "ir_e6_k5"}}, {"alpha", second}}}}}};
}

TEST_F(EventPrinterTest, ClassesAfterAnEpoch) {
  EXPECT_EQ(Printed({"train_start", {{"class_ids", {"cat", "dog", "owl"}}}}), "");
  EXPECT_EQ(Printed({"class_accuracy",
                     {{"epoch", 1}, {"loss", 0.5}, {"top1", 0.75}, {"accuracy", {0.7, 0.65, 0.9}}, {"images", 30}}}),
            "  validation loss 0.500, top-1 75.0 %; from 65.0 % (dog) to 90.0 % (owl)\n");
}

TEST_F(EventPrinterTest, ClassesHaveNumbersWhereNobodyNamedThem) {
  EXPECT_EQ(Printed({"class_accuracy", {{"epoch", 2}, {"loss", 0.5}, {"top1", 0.75}, {"accuracy", {0.7, 0.65, 0.9}}}}),
            "  validation loss 0.500, top-1 75.0 %; from 65.0 % (class 1) to 90.0 % (class 2)\n");
}

TEST_F(EventPrinterTest, KeyPointsHaveNoClasses) {
  EXPECT_EQ(Printed({"search_start", {{"task", "keypoints"}, {"ranking", "listed"}, {"class_order", {"person"}}}}), "");
  EXPECT_EQ(Printed({"epoch",
                     {{"phase", "step1"},
                      {"epoch", 2},
                      {"epochs", 4},
                      {"classes", 1},
                      {"train_loss", 0.0041},
                      {"train_accuracy", 0.5},
                      {"validation_loss", 0.0039},
                      {"validation_accuracy", 0.25},
                      {"timing", {{"seconds", 61.0}}}}}),
            "step1, epoch 2/4: loss 4.100e-3, PCK 50.0 %; validation loss 3.900e-3, PCK 25.0 %, 1 min 01 s\n");
  const std::string end = Printed({"search_end", {{"weight_images", 432}, {"alpha_images", 192}}});
  EXPECT_NE(end.find("432 training persons in"), std::string::npos) << end;
  EXPECT_NE(end.find("192 validation persons in"), std::string::npos) << end;
  EXPECT_EQ(Printed({"search_start", {{"ranking", "listed"}, {"class_order", {"cat"}}}}),
            "classes, easiest first (listed): cat\n");
}

TEST_F(EventPrinterTest, ATrainingForKeyPoints) {
  EXPECT_EQ(Printed({"finetune_start", {{"task", "keypoints"}}}), "");
  const Json epoch = {{"epoch", 3}, {"train_loss", 0.0041}, {"train_accuracy", 0.5}, {"seconds", 2.0}};
  EXPECT_EQ(Printed({"epoch", epoch}), "epoch 3: loss 4.100e-3, PCK 50.0 %, 2.00 s\n");
  // Of one that is resumed an earlier process printed the start.
  EventPrinter resumed(screen_, events::WordsOf("keypoints"));
  text_.clear();
  resumed.Record({"epoch", epoch});
  EXPECT_EQ(text_, "epoch 3: loss 4.100e-3, PCK 50.0 %, 2.00 s\n");
}

TEST_F(EventPrinterTest, ImagesThatMoved) {
  EXPECT_EQ(Printed({"data_moved",
                     {{"set", "training set"}, {"from", "/a"}, {"to", "/b"}, {"images", 60000}, {"contents", 9000}}}),
            "the training set is now in /b, previously in /a: the same 60,000 images (contents of 9,000 compared)\n");
}

TEST_F(EventPrinterTest, EpochOfASearch) {
  const Json fields = {{"phase", "step1"},
                       {"epoch", 2},
                       {"epochs", 4},
                       {"classes", 5},
                       {"train_loss", 1.2344},
                       {"train_accuracy", 0.5},
                       {"validation_loss", 1.5},
                       {"validation_accuracy", 0.25},
                       {"expected_cost", 3.2e6},
                       {"alpha_entropy", 0.75},
                       {"timing", {{"seconds", 61.0}}}};
  EXPECT_EQ(Printed({"epoch", fields}),
            "step1, epoch 2/4, 5 classes: loss 1.234, top-1 50.0 %; validation loss 1.500, top-1 25.0 %, 1 min 01 s\n"
            "  expected cost 3.2M MACs\n");
  Json with_evidence = fields;
  with_evidence["z_rms"] = 1.04;
  EXPECT_NE(Printed({"epoch", with_evidence})
                .find("  expected cost 3.2M MACs; candidates differ by 1.0 standard errors (rms; noise alone: 1.0)\n"),
            std::string::npos);
}

TEST_F(EventPrinterTest, EpochTrainedByPaths) {
  const Json fields = {{"phase", "warmup"},
                       {"epoch", 1},
                       {"epochs", 4},
                       {"classes", 5},
                       {"train_loss", 1.2344},
                       {"train_accuracy", 0.5},
                       {"paths", {{"least_cost", 3.1e6}, {"most_cost", 3.3e6}, {"mean_cost", 3.25e6}}},
                       {"timing", {{"seconds", 61.0}}}};
  EXPECT_EQ(Printed({"epoch", fields}),
            "warmup, epoch 1/4, 5 classes: loss 1.234, top-1 50.0 %; paths of 3.1M MACs to 3.3M MACs, mean 3.2M MACs, "
            "1 min 01 s\n");
}

TEST_F(EventPrinterTest, EpochOfATraining) {
  const Json fields = {{"epoch", 3}, {"train_loss", 0.5}, {"train_accuracy", 0.875}, {"seconds", 12.0}};
  EXPECT_EQ(Printed({"epoch", fields}), "epoch 3: loss 0.500, top-1 87.5 %, 12 s\n");
}

TEST_F(EventPrinterTest, AlphaMovesFromZeroAndFromEpochToEpoch) {
  EXPECT_EQ(Printed(Alpha({0.1, -0.1}, {0.0, 0.25})),
            "  α changed by up to 0.250; the most likely candidate changed in 1 of 2 layers; 40 α steps so far\n");
  EXPECT_EQ(Printed(Alpha({0.1, 0.4}, {0.0, 0.25})),
            "  α changed by up to 0.500; the most likely candidate changed in 1 of 2 layers; 40 α steps so far\n");
}

Json Cut(int layer, double gap, const Json& z, bool conflict = false) {
  return {{"layer", layer}, {"last_kept", "ir_e3_k5"}, {"first_dropped", "ir_e1_k3"}, {"gap", gap},
          {"z", z},         {"conflict", conflict}};
}

Json PruningFields(const std::vector<Json>& cuts, int unclear, bool above_noise) {
  return {{"phase", "step1"}, {"candidates_before", 30}, {"candidates_after", 20},     {"networks_in_band", 1234},
          {"layers", cuts},   {"unclear_cuts", unclear}, {"above_noise", above_noise}, {"put_off", Json::array()}};
}

TEST_F(EventPrinterTest, PruningNamesTheLeastSureDecision) {
  const Json fields = PruningFields({Cut(1, 0.5, 0.4), Cut(3, 0.01, 3.5), Cut(4, 0.2, nullptr)}, 1, true);
  EXPECT_EQ(Printed({"pruning", fields}),
            "step1 pruned: 30 → 20 candidates, 1,234 networks within the budget\n"
            "  1 of 2 cuts below 2 standard errors; 1 more of what no network within the budget has\n"
            "  least sure in layer 1: ir_e3_k5 stays, ir_e1_k3 goes, z 0.4, 0.500 apart in α\n");
}

TEST_F(EventPrinterTest, PruningByTheBudgetAloneSpeaksOfNoEvidence) {
  EXPECT_EQ(Printed({"pruning", PruningFields({Cut(1, -0.28, nullptr)}, 0, false)}),
            "step1 pruned: 30 → 20 candidates, 1,234 networks within the budget\n"
            "  1 cut of what no network within the budget has\n");
}

TEST_F(EventPrinterTest, PruningByLossesIsInNats) {
  Json fields = PruningFields({Cut(1, 0.5, 0.4)}, 1, true);
  fields["score"] = "paths";
  EXPECT_NE(Printed({"pruning", fields}).find("ir_e1_k3 goes, z 0.4, 0.500 nats apart\n"), std::string::npos);
}

TEST_F(EventPrinterTest, PruningSaysWhereThereIsNoEvidence) {
  Json fields = PruningFields({Cut(1, 0.5, 0.4), Cut(3, 0.01, -1.25, true)}, 2, false);
  fields["put_off"] = {{{"layer", 0}, {"candidate", "ir_e1_k3"}}};
  EXPECT_EQ(
      Printed({"pruning", fields}),
      "step1 pruned: 30 → 20 candidates, 1,234 networks within the budget; cuts of 1 candidate put off\n"
      "  2 of 2 cuts below 2 standard errors, 1 against the evidence: no evidence, noise alone would give as much\n"
      "  least sure in layer 3: ir_e3_k5 stays, ir_e1_k3 goes, z -1.2, 0.010 apart in α\n");
}

TEST_F(EventPrinterTest, ClassesAreShownByWhatTheyAreCalled) {
  Json fields = {{"ranking", "a.json"}, {"class_order", {"7", "0"}}, {"unit", "MACs"}};
  EXPECT_EQ(Printed({"search_start", fields}), "classes, easiest first (a.json): 7 0\n");
  fields["class_labels"] = {"sneaker", "T-shirt/top"};
  EXPECT_EQ(Printed({"search_start", fields}), "classes, easiest first (a.json): sneaker, T-shirt/top\n");
}

// What tells of one of several budgets begins with its name.
TEST_F(EventPrinterTest, SeveralBudgets) {
  Json fields = PruningFields({Cut(1, 0.5, 3.5)}, 0, true);
  fields["budget"] = "1.5M";
  EXPECT_EQ(Printed({"pruning", fields}).substr(0, 44), "1.5M: step1 pruned: 30 → 20 candidates, 1,");
  EXPECT_EQ(Printed({"supernet_pruned", {{"phase", "step1"}, {"candidates_before", 30}, {"candidates_after", 24}}}),
            "step1: the supernet keeps the candidates that any budget keeps, 30 → 24 candidates\n");
  Event alpha = Alpha({0.1, -0.1}, {0.0, 0.25});
  alpha.fields["budget"] = "1.5M";
  EXPECT_EQ(
      Printed(alpha),
      "  1.5M: α changed by up to 0.250; the most likely candidate changed in 1 of 2 layers; 40 α steps so far\n");
  alpha.fields["budget"] = "2M";  // which has not moved yet
  EXPECT_EQ(Printed(alpha),
            "  2M: α changed by up to 0.250; the most likely candidate changed in 1 of 2 layers; 40 α steps so far\n");
  const Json of_epoch = {{"budget", "2M"},
                         {"validation_loss", 1.5},
                         {"validation_accuracy", 0.25},
                         {"expected_cost", 2.5e6},
                         {"z_rms", 1.0}};
  const Json epoch = {{"phase", "step1"},
                      {"epoch", 1},
                      {"epochs", 2},
                      {"classes", 3},
                      {"train_loss", 0.5},
                      {"train_accuracy", 0.5},
                      {"budgets", Json::array({of_epoch})},
                      {"timing", {{"seconds", 12.0}}}};
  EXPECT_NE(
      Printed({"epoch", epoch}).find("\n  2M: validation loss 1.500, top-1 25.0 %\n    expected cost 2.5M MACs; "),
      std::string::npos);
  const auto found = [](const char* budget, double cost) {
    return Json{{"budget", budget},
                {"cost", cost},
                {"parameters", 1000},
                {"network", {"ir_e1_k3"}},
                {"bounded_by_budget", false}};
  };
  const std::string end = Printed({"search_end",
                                   {{"found", {found("1.5M", 1.4e6), found("2M", 2e6)}},
                                    {"weight_images", 10},
                                    {"weight_steps", 2},
                                    {"alpha_images", 0},
                                    {"alpha_steps", 0},
                                    {"timing", {{"seconds", 12.0}}}}});
  EXPECT_EQ(end.find("1.5M: found: 1.4M MACs, 1.0k parameters: ir_e1_k3\n2M: found: 2.0M MACs"), 0u) << end;
}

TEST_F(EventPrinterTest, PruningOfAnEarlierVersionNamesTheClosest) {
  const auto cut = [](int layer, double gap) {
    return Json{{"layer", layer},
                {"last_kept", "ir_e3_k5"},
                {"first_dropped", "ir_e1_k3"},
                {"gap", gap},
                {"standard_error", 0.0042}};
  };
  const Json fields = {
      {"phase", "step1"}, {"candidates_before", 30}, {"candidates_after", 20}, {"layers", {cut(1, 0.5), cut(3, 0.01)}}};
  EXPECT_EQ(Printed({"pruning", fields}),
            "step1 pruned: 30 → 20 candidates; closest in layer 3: ir_e3_k5 stays, ir_e1_k3 goes, 0.010 apart in α\n");
}

TEST_F(EventPrinterTest, TheEndSaysWhatTookTheTime) {
  Json fields = {{"network", {"ir_e1_k3"}},    {"cost", 2e6},          {"parameters", 1000},
                 {"bounded_by_budget", false}, {"weight_images", 100}, {"weight_steps", 10},
                 {"alpha_images", 0},          {"alpha_steps", 0},     {"timing", {{"seconds", 50.0}}}};
  const std::string before = Printed({"search_end", fields});
  EXPECT_EQ(before.find("time:"), std::string::npos) << before;
  fields["macs_passed"] = {{"total", 3e9}};
  fields["timing"]["seconds_of"] = {
      {"weights", 20.0}, {"architecture", 10.0}, {"scoring", 10.0}, {"finalists", 0.0}, {"total", 40.0}};
  EXPECT_EQ(Printed({"search_end", fields}), before + "time: 50.0 % weights, 25.0 % α, 25.0 % scoring; " +
                                                 FormatCount(3e9) + " MACs in forward passes\n");
}

TEST_F(EventPrinterTest, TheLastChoiceSaysWhatRankedItsNetworks) {
  Json fields = {{"source", "band"},
                 {"band", {1e6, 2e6}},
                 {"networks_in_band", 90},
                 {"scored", 90},
                 {"finalist_scoring_images", 1000},
                 {"finalists", {{{"loss", 2.5}, {"accuracy", 0.25}}}},
                 {"margin", 0.0},
                 {"standard_error", 0.0}};
  const std::string by_losses = Printed({"final_scores", fields});
  EXPECT_EQ(by_losses,
            "scored: 90 of 90 networks that cost from 1.0M MACs to 2.0M MACs; 1 finalist on 1,000 images\n"
            "  best: validation loss 2.500, top-1 25.0 %\n");
  fields["band"] = {0.5, 0.75};  // milliseconds, say: below 1, and a bound
  EXPECT_NE(Printed({"final_scores", fields}).find(" from "), std::string::npos);
  fields["band"] = {1, 2e6};
  EXPECT_EQ(Printed({"final_scores", fields}),
            "scored: 90 of 90 networks that cost at most 2.0M MACs; 1 finalist on 1,000 images\n"
            "  best: validation loss 2.500, top-1 25.0 %\n");
  fields["band"] = {1e6, 2e6};
  fields["source"] = "random";
  EXPECT_NE(Printed({"final_scores", fields}).find(" to 2.0M MACs, drawn at random; 1 finalist"), std::string::npos);
  fields["source"] = "band";
  fields["effects"] = "main";
  fields["z"] = 1.25;
  EXPECT_EQ(Printed({"final_scores", fields}),
            by_losses +
                "  it is the best by a fit of main effects to all losses, ahead of the next by 1.2 standard errors: "
                "a toss-up between the two\n");
  fields["z"] = 3.0;
  EXPECT_EQ(Printed({"final_scores", fields}),
            by_losses +
                "  it is the best by a fit of main effects to all losses, ahead of the next by 3.0 standard errors\n");
  fields["finalists"].push_back({{"loss", 2.75}, {"accuracy", 0.25}});
  fields["margin"] = 0.25;
  fields["standard_error"] = 0.0625;
  fields["effects"] = "pairs";
  EXPECT_EQ(Printed({"final_scores", fields}),
            "scored: 90 of 90 networks that cost from 1.0M MACs to 2.0M MACs; 2 finalists on 1,000 images\n"
            "  best: validation loss 2.500, top-1 25.0 %; ahead of the next by 0.2500 ± 0.0625\n"
            "  the finalists are the best by a fit of main effects and pairs to all losses\n");
}

TEST_F(EventPrinterTest, ANetworkThatWasDrawnSaysSo) {
  Json fields = {
      {"network", {"ir_e1_k3"}},    {"cost", 2e6},          {"parameters", 1000},           {"argmax_cost", 3e6},
      {"bounded_by_budget", false}, {"weight_images", 100}, {"weight_steps", 10},           {"chosen_by", "alpha"},
      {"alpha_images", 0},          {"alpha_steps", 0},     {"timing", {{"seconds", 50.0}}}};
  EXPECT_EQ(Printed({"search_end", fields}).find("drawn"), std::string::npos);
  fields["chosen_by"] = "sample";
  EXPECT_NE(Printed({"search_end", fields})
                .find("(drawn from softmax(α) within search.budget_max; the argmax of α costs 3.0M"),
            std::string::npos);
}

TEST_F(EventPrinterTest, EventsItDoesNotKnowAreLeftOut) { EXPECT_EQ(Printed({"novel", {{"x", 1}}}), ""); }

}  // namespace
}  // namespace danas
