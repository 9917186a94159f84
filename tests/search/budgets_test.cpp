// Several budgets in one search: one supernet, and a branch for each.
#include "danas/search/budgets.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <filesystem>
#include <set>

#include "danas/arch/genotype.h"
#include "danas/core/error.h"
#include "danas/cost/band_count.h"
#include "danas/nn/state.h"
#include "danas/search/budget_band.h"
#include "danas/search/make_plan.h"
#include "danas/search/search_loop.h"
#include "danas/train/lr_schedule.h"
#include "tests/search/mean_colours.h"
#include "tests/search/search_support.h"
#include "tests/search/space_support.h"
#include "tests/support/test_support.h"

namespace danas {
namespace {

namespace fs = std::filesystem;

using testing::ElementsAre;

TEST(BudgetName, IsAsOneWouldWriteIt) {
  EXPECT_EQ(BudgetName(323e6), "323M");
  EXPECT_EQ(BudgetName(1.5e6), "1.5M");
  EXPECT_EQ(BudgetName(322918720), "322.91872M");
  EXPECT_EQ(BudgetName(1e9), "1G");
  EXPECT_EQ(BudgetName(120e3), "120k");
  EXPECT_EQ(BudgetName(22.5), "22.5");
  EXPECT_EQ(BudgetName(0.25), "0.25");
  EXPECT_EQ(WithBranchName("best", "1.5M", ".json"), "best-1.5M.json");
  EXPECT_EQ(WithBranchName("best", "", ".json"), "best.json");
}

TEST(Budgets, TakeThePlaceOfTheOne) {
  SearchConfig config;
  EXPECT_THAT(TargetsOf(config), ElementsAre(323e6));
  EXPECT_THAT(BranchNames(config), ElementsAre(""));
  config.budgets = {{100}};
  EXPECT_THAT(TargetsOf(config), ElementsAre(100));
  EXPECT_THAT(BranchNames(config), ElementsAre(""));
  config.budgets = {{100}, {2000}};
  EXPECT_THAT(BranchNames(config), ElementsAre("100", "2k"));
  const SearchConfig second = WithBudget(config, 2000);
  EXPECT_TRUE(second.budgets.empty());
  EXPECT_EQ(BandOf(second).low, 1900);
  EXPECT_EQ(BandOf(second).high, 2040);
}

TEST(Budgets, ALearnerThatNothingNeedsIsAnError) {
  SearchConfig config;
  config.learner = LearnerKind::kProxyless;
  EXPECT_NO_THROW(CheckAlphaIsRead(config));
  config.paths = WeightPathKind::kFair;
  config.pruning.score = PruningScore::kPaths;
  config.final = FinalChoiceKind::kScored;
  test::ExpectErrorContains<ConfigError>([&] { CheckAlphaIsRead(config); },
                                         {"search.learner", "'proxyless'", "'fair'", "search.learner: none"});
  for (const LearnerKind kind : {LearnerKind::kGumbel, LearnerKind::kNone}) {
    config.learner = kind;
    EXPECT_NO_THROW(CheckAlphaIsRead(config));
  }
}

TEST(Budgets, AlphaIsUsedWhereSomethingLooksAtIt) {
  SearchConfig config;
  config.budgets = {{100}, {200}, {300}};
  EXPECT_EQ(AlphaPasses(config), 3);
  config.paths = WeightPathKind::kFair;
  config.pruning.score = PruningScore::kPaths;
  EXPECT_EQ(AlphaPasses(config), 3);  // the final choice
  config.final = FinalChoiceKind::kSampled;
  EXPECT_EQ(AlphaPasses(config), 3);
  config.final = FinalChoiceKind::kScored;
  EXPECT_EQ(AlphaPasses(config), 0);
  config.pruning.score = PruningScore::kPerturbation;
  EXPECT_EQ(AlphaPasses(config), 3);
  config.pruning.score = PruningScore::kPaths;
  config.final_source = FinalSource::kBest;
  EXPECT_EQ(AlphaPasses(config), 3);
  for (const WeightPathKind paths : {WeightPathKind::kSoftmax, WeightPathKind::kBinarised}) {
    config.final_source = FinalSource::kAuto;
    config.paths = paths;
    EXPECT_EQ(AlphaPasses(config), 3) << NameOf(paths);
  }
  config.paths = WeightPathKind::kGumbel;
  config.learner = LearnerKind::kNone;
  EXPECT_EQ(AlphaPasses(config), 0);
  EXPECT_FALSE(UsesAlpha(config));
  config.learner = LearnerKind::kProxyless;
  EXPECT_EQ(AlphaPasses(config), 3);
  config.paths = WeightPathKind::kBinned;
  config.budgets.clear();
  EXPECT_EQ(AlphaPasses(config), 0);
  config.paths = WeightPathKind::kBinned;
  EXPECT_EQ(AlphaPasses(config), 0);
  for (const WeightPathKind kind : {WeightPathKind::kGumbel, WeightPathKind::kSoftmax, WeightPathKind::kBinarised}) {
    config.paths = kind;
    EXPECT_EQ(AlphaPasses(config), 1) << NameOf(kind);
  }
}

SearchState StateOfTwo() {
  const Config config = test::SmallConfig();
  const SearchSpace space = test::SpaceWithCounts({4, 3});
  SearchState state{
      .supernet = std::make_shared<Supernet>(space, SupernetOptions{}),
      .costs = MakeCostTable(*MakeMacsModel(), space),
      .branches = {},
      .training = WeightTraining(config.train, config.runtime, 0, RateSchedule(config.train, 0, 10), at::kCPU)};
  for (const char* name : {"1k", "2k"}) {
    state.branches.push_back(WholeBranch(name, state.supernet, state.costs, at::kFloat));
  }
  InitializeWeights(*state.supernet, 1);
  state.training.Bind(*state.supernet);
  return state;
}

TEST(DropCandidates, LeavesWhatAnyBranchKeeps) {
  SearchState state = StateOfTwo();
  const CostTable costs = state.costs;
  const NamedTensors before = StateOf(*state.supernet);
  DropCandidates(state, {{{0, {0, 2}}}, {{0, {0, 1}}, {1, {2}}}});
  EXPECT_THAT(test::Counts(state.space()), ElementsAre(3, 3));  // candidate 0 of layer 0 is nobody's
  EXPECT_EQ(state.branches[0].kept_lc, (std::vector<std::vector<size_t>>{{0, 2}, {0, 1, 2}}));
  EXPECT_EQ(state.branches[1].kept_lc, (std::vector<std::vector<size_t>>{{1, 2}, {0, 1}}));
  EXPECT_THAT(test::Counts(state.branches[0].space()), ElementsAre(2, 3));
  EXPECT_THAT(test::Counts(state.branches[1].space()), ElementsAre(2, 2));
  EXPECT_EQ(state.branches[0].costs.candidates_lc[0],
            (std::vector<double>{costs.candidates_lc[0][1], costs.candidates_lc[0][3]}));
  EXPECT_EQ(state.branches[1].alpha.alpha(0).numel(), 2);
  EXPECT_EQ(InSupernet(state.branches[1], {0, 1}), (std::vector<size_t>{1, 1}));
  const std::vector<size_t> network = {1, 0};
  EXPECT_EQ(state.branches[0].space().Select(network), state.space().Select(InSupernet(state.branches[0], network)));
  // The branches' modules are the supernet's, and those are the ones from before.
  std::set<const void*> tensors;
  for (const auto& [name, tensor] : before) tensors.insert(tensor.const_data_ptr());
  for (const Branch& branch : state.branches) {
    for (const auto& [name, tensor] : StateOf(*branch.supernet)) {
      EXPECT_TRUE(tensors.contains(tensor.const_data_ptr())) << name;
    }
  }
}

TEST(DropCandidates, OfOneBranchLeavesItTheSupernet) {
  SearchState state = StateOfTwo();
  state.branches.pop_back();
  DropCandidates(state, {{{0, {0, 2}}}});
  EXPECT_EQ(state.branches[0].supernet, state.supernet);
  DropCandidates(state, {{}});
  EXPECT_EQ(state.branches[0].supernet, state.supernet);
  EXPECT_THAT(test::Counts(state.space()), ElementsAre(2, 3));
}

TEST(PartBranch, RefusesPlacesThatAreNotThere) {
  const SearchState state = StateOfTwo();
  for (const std::vector<std::vector<size_t>>& kept_lc : std::vector<std::vector<std::vector<size_t>>>{
           {{0, 4}, {0}}, {{0, 1}, {}}, {{0, 1}}, {{1, 0}, {0}}, {{1, 1}, {0}}}) {
    test::ExpectErrorContains<CheckpointError>([&] { PartBranch("1k", kept_lc, state, at::kFloat); },
                                               {"budget 1k", "not those of the supernet"});
  }
}

SearchSpace Space() {
  return test::MakeSpace({test::DistinctBlocks(6), test::DistinctBlocks(6), test::DistinctBlocks(4)}, 4, 16, 4);
}

CostTable Costs() { return MakeCostTable(*MakeMacsModel(), Space()); }

// The cost of the network that this share of all are not dearer than.
double CostAt(double share) {
  std::vector<double> costs;
  for (const std::vector<size_t>& network : AllNetworks(Costs(), {0, 1e18}, 1000)) {
    costs.push_back(Costs().OfNetwork(network));
  }
  std::ranges::sort(costs);
  return costs[static_cast<size_t>(share * static_cast<double>(costs.size()))];
}

std::vector<Count> ThreeBudgets() { return {{CostAt(0.3)}, {CostAt(0.5)}, {CostAt(0.8)}}; }

// No α: hard paths, prunings by paths, a final choice by scores.
Config ByScores(WeightPathKind paths = WeightPathKind::kUniform) {
  Config config = test::SmallConfig();
  config.search.paths = paths;
  config.search.pruning.score = PruningScore::kPaths;
  config.search.pruning.paths = 30;
  config.search.pruning.budget = PruningBudget::kAware;
  config.search.final = FinalChoiceKind::kScored;
  config.search.finalists = 2;
  config.search.finalist_images = 32;
  config.search.scoring.images = 24;
  config.search.scoring.batch = 12;
  config.search.budgets = ThreeBudgets();
  return config;
}

Config ByAlpha(AlphaPass pass = AlphaPass::kPerEpoch) {
  Config config = test::SmallConfig();
  config.search.alpha_pass = pass;
  config.search.alpha_every = 2;
  config.search.budgets = ThreeBudgets();
  return config;
}

struct Searched {
  SearchResult result;
  test::KeptEvents events;
};

Searched Search(const Config& config, const fs::path& folder = {}, bool resume = false) {
  test::KeptEvents events;
  const SearchResult result = RunSearch(test::MakeInputs(config, Space(), test::MeanColours()),
                                        {.metrics = &events, .folder = folder, .resume = resume});
  return {result, events};
}

int64_t CandidatesLeft(const Event& event) { return event.fields.at("candidates_after").get<int64_t>(); }

void ExpectPrunings(const Searched& run, const std::vector<std::string>& names) {
  const std::vector<Event> prunings = run.events.Named("pruning"), unions = run.events.Named("supernet_pruned");
  ASSERT_EQ(prunings.size(), 3 * names.size());
  ASSERT_EQ(unions.size(), 3u);
  int64_t before = 16;
  for (size_t i = 0; i < prunings.size(); ++i) {
    const Event& left = unions[i / names.size()];
    EXPECT_EQ(prunings[i].fields["budget"], names[i % names.size()]);
    EXPECT_EQ(prunings[i].fields["phase"], left.fields["phase"]);
    EXPECT_GE(CandidatesLeft(left), CandidatesLeft(prunings[i]));
  }
  for (size_t p = 0; p < unions.size(); ++p) {
    EXPECT_EQ(unions[p].fields["candidates_before"], before);
    before = CandidatesLeft(unions[p]);
    int64_t of_all = 0;
    for (size_t b = 0; b < names.size(); ++b) of_all += CandidatesLeft(prunings[p * names.size() + b]);
    EXPECT_LE(before, of_all);
  }
  EXPECT_LT(before, 16);
}

TEST(SeveralBudgets, EachFindsANetworkOfItsBand) {
  for (const WeightPathKind kind : {WeightPathKind::kUniform, WeightPathKind::kFair, WeightPathKind::kBinned}) {
    SCOPED_TRACE(NameOf(kind));
    const Config config = ByScores(kind);
    const test::TempDir folder;
    const Searched run = Search(config, folder.path());
    const std::vector<std::string> names = BranchNames(config.search);
    ASSERT_EQ(run.result.found.size(), 3u);
    ExpectPrunings(run, names);
    const Json end = run.events.Named("search_end").at(0).fields;
    EXPECT_FALSE(end.contains("network"));
    for (size_t b = 0; b < 3; ++b) {
      const FoundNetwork& found = run.result.found[b];
      EXPECT_EQ(found.budget, names[b]);
      EXPECT_TRUE(BandOf(WithBudget(config.search, config.search.budgets[b].value)).Holds(found.cost)) << found.cost;
      EXPECT_EQ(end["found"][b]["budget"], names[b]);
      EXPECT_EQ(end["found"][b]["cost"], found.cost);
      const Genotype written = ReadGenotype(folder / ("best-" + names[b] + ".json"));
      EXPECT_EQ(written.network, found.best.network);
      EXPECT_EQ(written.origin["budget"], config.search.budgets[b].value);
      EXPECT_EQ(run.events.Named("final_scores").at(b).fields["budget"], names[b]);
    }
    EXPECT_FALSE(fs::exists(folder / "best.json"));
    EXPECT_TRUE(fs::exists(folder / ("space-step2-" + names[2] + ".json")));
    // Nothing looks at α: no pass, no step.
    EXPECT_EQ(end["alpha_steps"], 0);
    EXPECT_TRUE(run.events.Named("alpha").empty());
    const Json start = run.events.Named("search_start").at(0).fields;
    EXPECT_EQ(start["budgets"].size(), 3u);
    EXPECT_FALSE(start.contains("budget"));
    EXPECT_EQ(end["weight_steps"], start["weight_steps"]);
    for (const Event& epoch : run.events.Named("epoch")) {
      EXPECT_FALSE(epoch.fields.contains("validation_loss"));
      const Json& paths = epoch.fields["paths"];
      EXPECT_GE(paths["least_cost"], 0.95 * config.search.budgets[0].value);
      EXPECT_LE(paths["most_cost"], 1.02 * config.search.budgets[2].value);
      // All budgets have their turn.
      EXPECT_LE(paths["least_cost"], 1.02 * config.search.budgets[0].value);
      EXPECT_GE(paths["most_cost"], 0.95 * config.search.budgets[2].value);
    }
  }
}

TEST(SlowSeveralBudgets, EachTrainsItsAlpha) {
  for (const AlphaPass pass : {AlphaPass::kPerEpoch, AlphaPass::kEveryK}) {
    SCOPED_TRACE(NameOf(pass));
    const Config config = ByAlpha(pass);
    const Searched run = Search(config);
    const std::vector<std::string> names = BranchNames(config.search);
    ExpectPrunings(run, names);
    const Json start = run.events.Named("search_start").at(0).fields, end = run.events.Named("search_end").at(0).fields;
    EXPECT_EQ(end["alpha_steps"], start["alpha_steps"]);
    Config one = config;
    one.search.budgets = {config.search.budgets[1]};
    const Json of_one = Search(one).events.Named("search_end").at(0).fields;
    EXPECT_EQ(end["alpha_steps"], 3 * of_one["alpha_steps"].get<int64_t>());
    EXPECT_EQ(end["weight_steps"], of_one["weight_steps"]);
    for (size_t b = 0; b < 3; ++b) {
      EXPECT_LE(run.result.found[b].cost, 1.02 * config.search.budgets[b].value);
    }
    const std::vector<Event> epochs = run.events.Named("epoch"), alphas = run.events.Named("alpha");
    EXPECT_FALSE(epochs[0].fields.contains("budgets"));  // warm-up
    ASSERT_EQ(epochs[1].fields["budgets"].size(), 3u);
    ASSERT_EQ(alphas.size(), 3 * epochs.size());
    EXPECT_EQ(alphas[4].fields["budget"], names[1]);
    // The costs that the budgets pull to are not the same.
    EXPECT_NE(alphas[3].fields["layers"], alphas[5].fields["layers"]);
    EXPECT_LT(epochs.back().fields["budgets"][0]["expected_cost"], epochs.back().fields["budgets"][2]["expected_cost"]);
  }
}

// Each branch draws by its own α, over its own candidates.
TEST(SlowSeveralBudgets, TrainWhatEachAlphaSays) {
  for (const WeightPathKind kind : {WeightPathKind::kBinarised, WeightPathKind::kSoftmax}) {
    SCOPED_TRACE(NameOf(kind));
    Config config = ByAlpha();
    config.schedule.epochs_per_step = 1;
    config.search.paths = kind;
    const Searched run = Search(config), again = Search(config);
    EXPECT_EQ(run.events.Text(), again.events.Text());
    ExpectPrunings(run, BranchNames(config.search));
    for (const Event& epoch : run.events.Named("epoch")) {
      EXPECT_EQ(epoch.fields.contains("paths"), kind == WeightPathKind::kBinarised);
    }
  }
}

TEST(SeveralBudgets, PerturbationMasksEachBranch) {
  Config config = ByAlpha();
  config.schedule.epochs_per_step = 1;
  config.search.pruning.score = PruningScore::kPerturbation;
  config.search.scoring.images = 24;
  const Searched run = Search(config);
  ExpectPrunings(run, BranchNames(config.search));
}

TEST(SeveralBudgets, ShareTheScoresOfANetwork) {
  Config config = ByScores();
  config.search.pruning.ratio = 0;
  const double budget = CostAt(0.5);
  config.search.budgets = {{budget}, {1.01 * budget}};  // one band in the other for the most part
  config.search.finalists = 4;
  const Searched run = Search(config);
  const std::vector<Event> scored = run.events.Named("final_scores");
  size_t shared = 0;
  for (const char* list : {"best", "finalists"}) {
    for (const Json& one : scored.at(0).fields[list]) {
      for (const Json& other : scored.at(1).fields[list]) {
        if (one["network"] != other["network"]) continue;
        EXPECT_EQ(one, other);
        ++shared;
      }
    }
  }
  EXPECT_GT(shared, 5u);
}

TEST(SeveralBudgets, AListOfOneIsTheBudget) {
  for (Config config : {ByScores(), ByAlpha()}) {
    config.schedule.epochs_per_step = 1;
    config.search.budgets = {config.search.budgets[1]};
    const test::TempDir listed, plain;
    const Searched by_list = Search(config, listed.path());
    config.search.budget = config.search.budgets[0];
    config.search.budgets.clear();
    const Searched by_budget = Search(config, plain.path());
    EXPECT_EQ(by_list.events.Text(), by_budget.events.Text());
    for (const char* file : {"best.json", "weights.safetensors", "space-step2.json"}) {
      EXPECT_EQ(test::ReadText(listed / file), test::ReadText(plain / file)) << file;
    }
  }
}

std::vector<fs::path> Manifests(const fs::path& folder) {
  std::vector<fs::path> manifests;
  for (const auto& entry : fs::directory_iterator(folder / "checkpoints")) {
    if (entry.path().extension() == ".json") manifests.push_back(entry.path());
  }
  std::ranges::sort(manifests);
  return manifests;
}

void CopyCheckpoint(const fs::path& manifest, const fs::path& folder) {
  fs::create_directories(folder / "checkpoints");
  for (const char* extension : {".json", ".safetensors"}) {
    fs::path from = manifest;
    fs::copy(from.replace_extension(extension), folder / "checkpoints");
  }
}

// Each checkpoint leads to the same end: between batches, between the passes of two budgets, among final choices.
TEST(SlowSeveralBudgets, GoOnFromAnywhere) {
  for (Config config : {ByScores(), ByAlpha(), ByAlpha(AlphaPass::kEveryK)}) {
    SCOPED_TRACE(std::string(NameOf(config.search.pruning.score)) + NameOf(config.search.alpha_pass));
    config.schedule.epochs_per_step = 1;
    config.checkpoint.every = 1e-9;
    config.checkpoint.keep = 1000;
    const test::TempDir whole;
    const Searched through = Search(config, whole.path());
    const std::vector<fs::path> manifests = Manifests(whole.path());
    ASSERT_GT(manifests.size(), 20u);
    for (size_t i = 1; i + 1 < manifests.size(); i += 8) {
      SCOPED_TRACE(manifests[i].filename());
      const test::TempDir folder;
      CopyCheckpoint(manifests[i], folder.path());
      const Searched rest = Search(config, folder.path(), /*resume=*/true);
      const std::vector<Event>& all = through.events.events;
      test::KeptEvents expected;
      expected.events.assign(all.end() - static_cast<std::ptrdiff_t>(rest.events.events.size()), all.end());
      EXPECT_EQ(rest.events.Text(), expected.Text());
      EXPECT_EQ(test::ReadText(folder / "weights.safetensors"), test::ReadText(whole / "weights.safetensors"));
      for (const std::string& name : BranchNames(config.search)) {
        const std::string file = WithBranchName("best", name, ".json");
        EXPECT_EQ(test::ReadText(folder / file), test::ReadText(whole / file));
      }
    }
  }
}

TEST(SeveralBudgets, DoNotGoOnWithOthers) {
  Config config = ByScores();
  config.schedule.epochs_per_step = 1;
  const test::TempDir whole, folder;
  Search(config, whole.path());
  CopyCheckpoint(Manifests(whole.path()).front(), folder.path());
  config.search.budgets.pop_back();
  // The keeper passes it over, as it does all that does not fit, and says why in a warning.
  EXPECT_THROW(Search(config, folder.path(), /*resume=*/true), CheckpointError);
}

TEST(SeveralBudgets, PlanCountsWhatTheyShare) {
  const ClassCounts counts{.weights = std::vector<int64_t>(4, 100), .architecture = std::vector<int64_t>(4, 40)};
  const auto plan = [&](const Config& config) {
    return MakeSearchPlan(config, Space(), *MakeMacsModel(), counts, at::kCPU, StepTimes{0.5, 0.25});
  };
  const auto macs = [](const SearchPlan& of) { return of.macs() + of.final.macs; };
  for (const Config& config : {ByScores(), ByAlpha()}) {
    const SearchPlan together = plan(config);
    double separate = 0, seconds = 0;
    for (const Count& budget : config.search.budgets) {
      Config one = config;
      one.search.budgets = {budget};
      const SearchPlan alone = plan(one);
      EXPECT_TRUE(alone.budgets.empty());
      EXPECT_EQ(alone.weight_steps(), together.weight_steps());
      separate += macs(alone);
      seconds += alone.seconds();
    }
    EXPECT_DOUBLE_EQ(together.separate_macs, separate);
    EXPECT_LT(macs(together), 0.67 * separate);  // two searches of the three
    EXPECT_LT(together.seconds(), seconds);
    EXPECT_THAT(together.budgets, testing::SizeIs(3));
    EXPECT_GT(together.separate_memory_bytes, 0);
  }
  const SearchPlan by_alpha = plan(ByAlpha()), by_scores = plan(ByScores());
  EXPECT_GE(by_alpha.memory_bytes(), by_alpha.separate_memory_bytes);
  EXPECT_GE(by_scores.memory_bytes(), by_scores.separate_memory_bytes);
  // Three times four candidates are more than there are; three times one of a layer's four are fewer.
  EXPECT_EQ(by_alpha.phases[2].parameters, by_alpha.phases[0].parameters);
  EXPECT_LT(by_alpha.phases[3].parameters, by_alpha.phases[0].parameters);
  EXPECT_EQ(by_alpha.phases[1].alpha_passes, 3);
  EXPECT_EQ(by_alpha.phases[0].alpha_passes, 0);
  EXPECT_EQ(by_scores.alpha_steps(), 0);
  EXPECT_EQ(by_scores.phases[1].scored, 90);
  EXPECT_EQ(by_scores.final.networks, 3);  // three prunings leave one of each
  EXPECT_EQ(by_scores.final.finalists, 3);
}

TEST(SeveralBudgets, AreCheckedOneByOne) {
  Config config = ByScores();
  config.search.budgets.back().value = 100 * Costs().Most();
  test::ExpectErrorContains<ConfigError>([&] { Search(config); }, {"search.paths", "no network costs between"});
}

}  // namespace
}  // namespace danas
