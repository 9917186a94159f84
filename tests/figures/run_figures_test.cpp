#include "danas/figures/run_figures.h"

#include <gtest/gtest.h>

#include <cmath>

#include "danas/arch/heat_map_head.h"
#include "danas/arch/space_file.h"
#include "danas/figures/colour.h"
#include "tests/figures/well_formed.h"

namespace danas {
namespace {

using test::WhyNotWellFormed;

size_t CountOf(const std::string& text, const std::string& part) {
  size_t count = 0;
  for (size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++count;
  return count;
}

bool Has(const Figure& figure, const std::string& part) { return figure.svg.find(part) != std::string::npos; }

// Two layers: one of stride 1 with an identity, one that halves the map, widens it and squeezes.
SearchSpace SmallNetwork() {
  const BlockSpec identity{.kind = BlockKind::kIdentity, .op = {}, .activation = Activation::kRelu};
  const BlockSpec squeezing{.kind = BlockKind::kInvertedResidual,
                            .op = {.kind = OperatorKind::kDepthwise, .kernel = 5},
                            .activation = Activation::kRelu6,
                            .expand = 3,
                            .squeeze_excite = true};
  return SearchSpace(
      {.name = "small",
       .input_channels = 3,
       .input = {32, 32},
       .classes = 10,
       .stem = {.channels = 8, .kernel = 3, .stride = 2, .activation = Activation::kRelu},
       .layers = {{.shape = {.in = 8, .out = 8, .stride = 1, .input = {16, 16}}, .candidates = {identity}},
                  {.shape = {.in = 8, .out = 16, .stride = 2, .input = {16, 16}}, .candidates = {squeezing}}},
       .head = {},
       .norm = {}});
}

// Two layers of three and one candidates; α learns for three epochs, then one candidate is dropped.
SearchRecord SmallSearch() {
  SearchRecord search;
  search.start.unit = "MACs";
  search.start.most = 2e6;
  search.candidate_l = {{"a", "b<", "c"}, {"d"}};
  BudgetRecord budget{.name = {}, .target = 1e6, .least = {}, .most = 1.02e6};
  for (int64_t e = 1; e <= 4; ++e) {
    events::SearchEpoch epoch;
    epoch.phase = e <= 3 ? "step1" : "step2";
    epoch.epoch = e <= 3 ? e : 1;
    epoch.classes = e <= 3 ? 2 : 5;
    epoch.train_loss = e == 2 ? NAN : 1.0 / static_cast<double>(e);
    epoch.lr = 0.1;
    search.epochs.push_back(epoch);
    events::Alpha alpha;
    const std::vector<double> values = {0.0, std::log(2.0), std::log(5.0)};
    if (e <= 3) {
      alpha.layers = {{.candidates = {"a", "b<", "c"}, .alpha = values}, {.candidates = {"d"}, .alpha = {1}}};
    } else {
      alpha.layers = {{.candidates = {"b<", "c"}, .alpha = {0, std::log(3.0)}}, {.candidates = {"d"}, .alpha = {1}}};
    }
    budget.layers_e.push_back(alpha);
    budget.alpha_e.push_back(events::AlphaFields{.expected_cost = 9e5, .alpha_entropy = 0.5, .z_rms = {}});
    budget.architecture_e.emplace_back();
  }
  events::Pruning pruning;
  pruning.phase = "step1";
  pruning.layers.push_back({.layer = 0,
                            .dropped = {"a"},
                            .kept = {"b<", "c"},
                            .last_kept = "b<",
                            .first_dropped = "a",
                            .gap = 0.5,
                            .z = {2.5},
                            .conflict = false,
                            .total_gap = {}});
  budget.prunings.push_back(pruning);
  search.budgets.push_back(budget);
  return search;
}

TEST(NetworkFigure, BoxesBracketsAndBars) {
  const SearchSpace network = SmallNetwork();
  const Figure figure = NetworkFigure(network, CostsByLayer(network, Json::object()), "a network");
  EXPECT_EQ(WhyNotWellFormed(figure.svg), "");
  EXPECT_EQ(CountOf(figure.svg, "class=\"block\""), 4U);
  EXPECT_EQ(CountOf(figure.svg, "class=\"bar\""), 8U);
  for (const char* text : {">16×16<", ">8×8<", ">↑ 16<", ">5×5 dw<", ">identity<", ">inverted_residual<", ">SE<"}) {
    EXPECT_TRUE(Has(figure, text)) << text;
  }
  EXPECT_TRUE(Has(figure, "layers[1] ir_se_e3_k5, squeeze and excite: 8 × 16 × 16 → 16 × 8 × 8"));
  // 3x3 of 3 -> 8 channels on 16 x 16 pixels.
  EXPECT_TRUE(Has(figure, "<title>stem: 55.3k MACs, "));
}

TEST(NetworkFigure, OfHeatMapsShowsThatResolutionGrows) {
  const SearchSpace network =
      WithHeatMapHead(SmallNetwork(), {.key_points = 17, .input = {32, 16}, .layers = 1, .channels = 8, .fixed = {2}});
  const Figure figure = NetworkFigure(network, CostsByLayer(network, Json::object()), "a network");
  EXPECT_EQ(WhyNotWellFormed(figure.svg), "");
  for (const char* text : {">deconv<", ">resolution drops<", ">resolution grows<", ">17 maps<", ">4×4<"}) {
    EXPECT_TRUE(Has(figure, text)) << text;
  }
  // One layer grows, and the legend says so.
  EXPECT_EQ(CountOf(figure.svg, "stroke-dasharray=\"1,3\""), 2U);
  const Figure classifier = NetworkFigure(SmallNetwork(), CostsByLayer(SmallNetwork(), Json::object()), "a network");
  EXPECT_FALSE(Has(classifier, ">resolution grows<"));
}

TEST(CandidatesFigure, LastFrameWithWhatWasDropped) {
  const SearchRecord search = SmallSearch();
  const CandidateFrames frames = FramesOf(search, search.budgets.front());
  ASSERT_EQ(frames.frames.size(), 4U);
  EXPECT_NEAR(frames.frames[0].l[0].at("c"), 5.0 / 8, 1e-12);
  const Figure figure = CandidatesFigure(search, search.budgets.front(), frames);
  EXPECT_EQ(WhyNotWellFormed(figure.svg), "");
  EXPECT_TRUE(Has(figure, "layer 0, c: 0.750"));
  EXPECT_TRUE(Has(figure, "layer 0, b&lt;: 0.250"));
  EXPECT_TRUE(Has(figure, "layer 0, a: dropped after step1"));
  EXPECT_EQ(CountOf(figure.svg, "class=\"cell gone\""), 1U);
  EXPECT_TRUE(Has(figure, CellColour(24, false)));  // 0.75 of 32 shades

  const Json json = FramesJson(search, frames);
  EXPECT_EQ(json.at("frames").at(0).at("cells"), Json::parse("[125, 250, 625, 1000]"));
  EXPECT_EQ(json.at("frames").at(3).at("cells"), Json::parse("[null, 250, 750, 1000]"));
}

TEST(CandidatesFigure, ValuesOfPruningsWhereNoAlphaIsLearnt) {
  SearchRecord search = SmallSearch();
  BudgetRecord& budget = search.budgets.front();
  for (auto& alpha : budget.layers_e) alpha.reset();
  budget.prunings.front().values = {{-0.2, 0.1, 0.1}, {0}};
  const CandidateFrames frames = FramesOf(search, budget);
  EXPECT_TRUE(frames.values);
  ASSERT_EQ(frames.frames.size(), 1U);
  EXPECT_EQ(frames.most, 0.2);
  EXPECT_EQ(FramesJson(search, frames).at("frames").at(0).at("cells"), Json::parse("[-1000, 500, 500, 0]"));
  EXPECT_TRUE(Has(CandidatesFigure(search, budget, frames), "layer 0, a: -0.2000"));
  EXPECT_EQ(AlphaCurvesFigure(search, budget), std::nullopt);
}

TEST(CandidatesFigure, ManyEpochsKeepTheLast) {
  SearchRecord search = SmallSearch();
  BudgetRecord& budget = search.budgets.front();
  while (search.epochs.size() < 1000) {
    search.epochs.insert(search.epochs.begin(), search.epochs.front());
    budget.layers_e.insert(budget.layers_e.begin(), budget.layers_e.front());
  }
  const CandidateFrames frames = FramesOf(search, budget);
  ASSERT_EQ(frames.frames.size(), kMostFrames);
  EXPECT_EQ(frames.frames.back().label, "step2, epoch 1");
}

TEST(AlphaCurves, LayersWithAChoice) {
  const SearchRecord search = SmallSearch();
  const auto figure = AlphaCurvesFigure(search, search.budgets.front());
  ASSERT_TRUE(figure);
  EXPECT_EQ(WhyNotWellFormed(figure->svg), "");
  EXPECT_TRUE(Has(*figure, ">layer 0<"));
  EXPECT_FALSE(Has(*figure, ">layer 1<"));
  EXPECT_TRUE(Has(*figure, "c: 0.750 at the end, kept"));
  EXPECT_TRUE(Has(*figure, "a: 0.125 at the end, dropped after step1"));
}

TEST(PruningFigure, GapErrorAndVerdict) {
  SearchRecord search = SmallSearch();
  BudgetRecord& budget = search.budgets.front();
  auto cut = budget.prunings.front().layers.front();
  cut.z = std::optional(1.0);
  budget.prunings.front().layers.push_back(cut);
  cut.z = std::optional(-3.0);
  cut.conflict = true;
  budget.prunings.front().layers.push_back(cut);
  const auto figure = PruningFigure(budget);
  ASSERT_TRUE(figure);
  EXPECT_EQ(WhyNotWellFormed(figure->svg), "");
  EXPECT_TRUE(Has(*figure, "step1, layer 0: b&lt; over a: gap 0.5, 2.5"));
  EXPECT_TRUE(Has(*figure, "1.0, toss-up"));
  EXPECT_TRUE(Has(*figure, "-3.0, contradicts"));
  EXPECT_NE(figure->finding.find("1 of 3 cuts"), std::string::npos);
  budget.prunings.clear();
  EXPECT_EQ(PruningFigure(budget), std::nullopt);
}

TEST(EpochFigures, GapsBudgetAndPhases) {
  const SearchRecord search = SmallSearch();
  const std::vector<Figure> figures = EpochFigures(search, search.budgets.front());
  ASSERT_GE(figures.size(), 3U);
  for (const Figure& figure : figures) {
    EXPECT_EQ(WhyNotWellFormed(figure.svg), "") << figure.name;
    EXPECT_EQ(figure.svg.find("nan"), std::string::npos) << figure.name;
  }
  EXPECT_EQ(figures[0].name, "entropy");
  EXPECT_EQ(figures[1].name, "cost");
  EXPECT_TRUE(Has(figures[1], ">budget 1.0M<"));
  EXPECT_NE(figures[1].finding.find("90.0 % of the budget"), std::string::npos);
  EXPECT_EQ(figures[2].name, "losses");
  EXPECT_TRUE(Has(figures[2], "epoch 2 (step1)\ntraining: not finite"));
  EXPECT_TRUE(Has(figures[2], "epoch 4 (step2)\ntraining: 0.25"));
  EXPECT_TRUE(Has(figures[2], ">step2<"));
  EXPECT_EQ(WorkFigures(search).front().name, "schedule");
  EXPECT_TRUE(EpochFigures({}, {}).empty());
}

TEST(ParetoFigure, FrontBudgetsAndIntervals) {
  using Kind = PricedNetwork::Kind;
  const std::vector<PricedNetwork> networks = {
      {.name = "found", .cost = 4e5, .accuracy = {.value = 0.8, .low = 0.79, .high = 0.81}, .kind = Kind::kFound},
      {.name = "random", .cost = 5e5, .accuracy = {.value = 0.7, .low = 0.69, .high = 0.71}, .kind = Kind::kRandom},
      {.name = "unknown", .cost = 5e5, .accuracy = {.value = NAN, .low = NAN, .high = NAN}, .kind = Kind::kOther}};
  const auto figure = ParetoFigure(networks, {{.name = "budget 400k", .cost = 4e5}}, "MACs", true);
  ASSERT_TRUE(figure);
  EXPECT_EQ(WhyNotWellFormed(figure->svg), "");
  EXPECT_TRUE(Has(*figure, "found: 400.0k MACs, 80.00 [79.00, 81.00] %"));
  EXPECT_FALSE(Has(*figure, "unknown"));
  EXPECT_TRUE(Has(*figure, ">budget 400k<"));
  EXPECT_EQ(ParetoFigure({networks.front()}, {}, "MACs", true), std::nullopt);
}

TEST(ParetoFigure, OfKeyPointsShowsAveragePrecision) {
  using Kind = PricedNetwork::Kind;
  const events::TaskWords words = events::WordsOf("keypoints");
  const std::vector<PricedNetwork> networks = {
      {.name = "found", .cost = 4e5, .accuracy = {.value = 0.7, .low = NAN, .high = NAN}, .kind = Kind::kFound},
      {.name = "random", .cost = 5e5, .accuracy = {.value = 0.6, .low = NAN, .high = NAN}, .kind = Kind::kRandom}};
  const auto trained = ParetoFigure(networks, {}, "MACs", true, words);
  ASSERT_TRUE(trained);
  EXPECT_TRUE(Has(*trained, "found: 400.0k MACs, AP 0.700"));
  EXPECT_TRUE(Has(*trained, ">AP<"));
  EXPECT_EQ(trained->title.find("accuracy"), std::string::npos);
  const auto scored = ParetoFigure(networks, {}, "MACs", false, words);
  EXPECT_TRUE(Has(*scored, ">PCK, %<"));
}

TEST(EpochFigures, OfKeyPointsSayPckAndPersons) {
  SearchRecord search = SmallSearch();
  search.start.task = "keypoints";
  for (events::SearchEpoch& epoch : search.epochs) epoch.train_accuracy = 0.5, epoch.images = 54;
  std::string all;
  for (const Figure& figure : EpochFigures(search, search.budgets.front())) all += figure.svg + figure.title;
  for (const Figure& figure : WorkFigures(search)) all += figure.svg + figure.title;
  EXPECT_NE(all.find(">PCK, %<"), std::string::npos);
  EXPECT_NE(all.find(">loss, thousandths<"), std::string::npos);
  EXPECT_NE(all.find(">persons<"), std::string::npos);
  for (const char* part : {"top-1", "nats", "lasses"}) EXPECT_EQ(all.find(part), std::string::npos) << part;
}

TEST(TrainingFigures, TasksHaveAxesOfTheirOwn) {
  TrainingRecord classes, persons;
  for (TrainingRecord* training : {&classes, &persons}) {
    events::TrainingEpoch& epoch = training->epochs.emplace_back();
    epoch.train_loss = 1, epoch.train_accuracy = 0.5;
  }
  persons.start.task = "keypoints";
  const std::vector<Figure> figures = TrainingFigures({{"a", &classes}, {"b", &persons}});
  ASSERT_EQ(figures.size(), 4U);
  EXPECT_TRUE(Has(figures[1], ">top-1, %<"));
  EXPECT_TRUE(Has(figures[3], ">PCK, %<"));
  EXPECT_EQ(figures[3].name, "training-pck");
  EXPECT_FALSE(Has(figures[3], ">a<"));
}

TEST(PrecisionBySize, BarsAndDashes) {
  const events::KeypointFields fields = {.ap = 0.5, .ap_medium = -1, .ap_large = 0.625, .ar = 0.55, .ar_medium = -1};
  const auto figure = PrecisionBySizeFigure({{"a<", fields}, {"b", fields}});
  ASSERT_TRUE(figure);
  EXPECT_EQ(WhyNotWellFormed(figure->svg), "");
  EXPECT_EQ(CountOf(figure->svg, "class=\"bar\""), 12U);
  EXPECT_TRUE(Has(*figure, "a&lt;, large, AP: 0.625"));
  EXPECT_TRUE(Has(*figure, "b, medium, AP: –"));
  EXPECT_EQ(PrecisionBySizeFigure({{"a", {.ap = 0, .ap_medium = -1, .ap_large = -1}}}), std::nullopt);
}

TEST(BestNetworks, ALineEach) {
  SearchRecord search = SmallSearch();
  BudgetRecord& budget = search.budgets.front();
  budget.scores.emplace();
  EXPECT_EQ(BestNetworksFigure(search, budget), std::nullopt);
  budget.scores->best = {{.network = {"b<", "d"}, .cost = 1, .loss = 1, .accuracy = 0.5, .fitted_loss = {}},
                         {.network = {"c", "d"}, .cost = 2, .loss = 2, .accuracy = 0.25, .fitted_loss = {}}};
  const auto figure = BestNetworksFigure(search, budget);
  ASSERT_TRUE(figure);
  EXPECT_EQ(WhyNotWellFormed(figure->svg), "");
  EXPECT_EQ(CountOf(figure->svg, "<polyline"), 2U);
  EXPECT_TRUE(Has(*figure, "2: 2 MACs, top-1 25.00 %"));
  EXPECT_FALSE(Has(*figure, ">a<"));
}

TEST(Colour, DarkScalesBeginAtTheBackground) {
  double before = 0;
  for (int i = 0; i <= 20; ++i) {
    const double lightness = Lightness(SequentialOnDark(i / 20.0));
    EXPECT_GT(lightness, before) << i;
    before = lightness;
  }
  EXPECT_LT(Lightness(DivergingOnDark(0)), Lightness(DivergingOnDark(1)));
  EXPECT_LT(Lightness(DivergingOnDark(0)), Lightness(DivergingOnDark(-1)));
}

}  // namespace
}  // namespace danas
