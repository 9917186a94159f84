#include "danas/report/ranking_text.h"

#include <gmock/gmock.h>

#include <cmath>

namespace danas {
namespace {

using testing::HasSubstr;
using testing::Not;

NetworkRanking Example() {
  NetworkRanking ranking{.run = "runs/mine",
                         .score = "supernet",
                         .state = StateOfRanking{.file = "runs/mine/checkpoints/000003.json",
                                                 .when = "before the pruning of step1",
                                                 .weight_steps = 1234,
                                                 .classes = 5},
                         .statistics = "batch",
                         .images = 1000,
                         .unit = "MACs"};
  ranking.networks = {
      {.name = "0-2-1",
       .score = -0.5,
       .loss = 0.5,
       .accuracy = 0.8,
       .cost = 1234567,
       .parameters = 89012,
       .trained = 0.91},
      {.name = "0-0-1", .score = -0.75, .loss = 0.75, .accuracy = 0.7, .cost = 234567, .parameters = 9012}};
  ranking.truth =
      TruthOfRanking{.file = "table.csv",
                     .unknown = 1,
                     .agreement = {.networks = 40,
                                   .near_pairs = 77,
                                   .resamples = 1000,
                                   .tau = {.value = 0.5, .low = 0.4, .high = 0.6},
                                   .tau_near = {.value = std::nan(""), .low = std::nan(""), .high = std::nan("")},
                                   .budgets = {{.budget = 3e8,
                                                .networks = 30,
                                                .rank = 4,
                                                .better = {.value = 0.1, .low = 0, .high = 0.2},
                                                .regret = {.value = 0.012, .low = 0, .high = 0.02}},
                                               {.budget = 10}}}};
  return ranking;
}

TEST(RankingText, SaysWhatWasScoredAndHow) {
  const std::string text = RankingText(Example());
  for (const char* part :
       {"000003.json, before the pruning of step1: 1,234 weight steps, most recently on 5 classes",
        "1,000 validation images", "each batch's own statistics", "0-2-1", "0.5000", "80.0 %", "1,234,567", "89,012",
        "91.00 %", "–", "against table.csv: 40 networks", "1 of the scored networks are not in the table",
        "τ-b over all pairs: 0.500 [0.400, 0.600]", "77 pairs within 5 % of cost: not defined",
        "within 300.0M MACs: rank 4 of 30; 10.0 [0.0, 20.0] % are better", "regret 1.20 [0.00, 2.00] points",
        "within 10 MACs: no network"}) {
    EXPECT_THAT(text, HasSubstr(part));
  }
  EXPECT_THAT(text, HasSubstr("score: loss with the supernet's weights over"));
  NetworkRanking averaged = Example();
  averaged.ema = 0.9;
  EXPECT_THAT(RankingText(averaged), HasSubstr("score: loss with the average of the supernet's weights over"));
  EXPECT_EQ(RankingJson(averaged)["ema"], 0.9);
}

TEST(RankingText, ShowsTheFirstOfMany) {
  NetworkRanking ranking = Example();
  ranking.truth.reset();
  EXPECT_THAT(RankingText(ranking), Not(HasSubstr("more")));
  const std::string text = RankingText(ranking, 1);
  EXPECT_THAT(text, HasSubstr("and 1 more; --json lists all"));
  EXPECT_THAT(text, Not(HasSubstr("0-0-1")));
  EXPECT_THAT(text, Not(HasSubstr("trained\n")));
}

TEST(RankingText, OtherScoresHaveNoLoss) {
  NetworkRanking ranking = Example();
  ranking.truth.reset();
  ranking.score = "alpha";
  EXPECT_THAT(RankingText(ranking), HasSubstr("Σ ln p"));
  ranking.score = "parameters";
  ranking.unit = "parameters";
  ranking.state.reset();
  const std::string text = RankingText(ranking);
  EXPECT_THAT(text, Not(HasSubstr("loss")));
  EXPECT_THAT(text, Not(HasSubstr("state:")));
}

TEST(RankingJson, HasEveryNetwork) {
  const Json json = RankingJson(Example());
  EXPECT_EQ(json["networks"].size(), 2u);
  EXPECT_EQ(json["networks"][0]["network"], "0-2-1");
  EXPECT_EQ(json["networks"][0]["cost"], 1234567);
  EXPECT_EQ(json["networks"][0]["trained"], 0.91);
  EXPECT_FALSE(json["networks"][1].contains("trained"));
  EXPECT_EQ(json["state"]["when"], "before the pruning of step1");
  EXPECT_EQ(json["images"], 1000);
  EXPECT_EQ(json["truth"]["tau"]["value"], 0.5);
  EXPECT_TRUE(json["truth"]["tau_near"]["value"].is_null());
  EXPECT_EQ(json["truth"]["budgets"][0]["rank"], 4);
  EXPECT_EQ(json["truth"]["unknown"], 1);
}

}  // namespace
}  // namespace danas
