// search.scoring.ema: sub-networks are scored with the running average of the supernet's weights.
#include <ATen/ATen.h>
#include <gmock/gmock.h>

#include <algorithm>
#include <filesystem>

#include "danas/core/error.h"
#include "danas/cost/band_count.h"
#include "danas/nn/safetensors.h"
#include "danas/search/budget_band.h"
#include "danas/search/make_plan.h"
#include "danas/search/saved_state.h"
#include "danas/search/score.h"
#include "danas/search/search_loop.h"
#include "tests/search/mean_colours.h"
#include "tests/search/search_support.h"
#include "tests/search/space_support.h"
#include "tests/support/test_support.h"
#include "tests/support/torch_support.h"

namespace danas::test {
namespace {

namespace fs = std::filesystem;

SearchSpace Space() { return MakeSpace({DistinctBlocks(4), DistinctBlocks(3), DistinctBlocks(1)}, 4, 16, 4); }

CostTable Costs() { return MakeCostTable(*MakeMacsModel(), Space()); }

// Single paths, prunings and a final choice by scores.
Config AveragedConfig(double decay) {
  Config config = SmallConfig();
  config.search.budget.value = Costs().Mean();
  config.search.budget_min.value = 0.5 * Costs().Mean();
  config.search.budget_max.value = 1.5 * Costs().Mean();
  config.search.paths = WeightPathKind::kUniform;
  config.search.pruning.score = PruningScore::kPaths;
  config.search.pruning.paths = 10;
  config.search.pruning.ratio = 0.2;  // 4, 3 candidates: 3, 2, then 2, 2: four networks are left
  config.search.scoring = {.images = 40, .ema = decay};
  config.search.final = FinalChoiceKind::kScored;
  config.search.finalists = 2;
  config.search.finalist_images = 48;
  config.schedule.epochs_per_step = 1;
  return config;
}

KeptEvents Search(const Config& config, const fs::path& folder = {}, bool resume = false,
                  ProgressSink* progress = nullptr) {
  KeptEvents events;
  RunSearch(MakeInputs(config, Space(), MakeDataset(4, 40, 16, 1, test::DrawMeanColour)),
            {.metrics = &events, .progress = progress, .folder = folder, .resume = resume});
  return events;
}

at::Tensor TensorOf(const SafetensorsFile& file, const std::string& name) {
  for (const auto& [known, tensor] : file.tensors) {
    if (known == name) return tensor;
  }
  ADD_FAILURE() << "no tensor " << name;
  return {};
}

std::vector<fs::path> Manifests(const fs::path& folder) {
  std::vector<fs::path> found;
  for (const auto& entry : fs::directory_iterator(folder / "checkpoints")) {
    if (entry.path().extension() == ".json") found.push_back(entry.path());
  }
  std::ranges::sort(found);
  return found;
}

// From checkpoint to checkpoint, one step apart: every weight's average, whether the step's path moved it or not.
TEST(AveragedScores, AreOfTheMeanOverTime) {
  const double decay = 0.3;  // below the ramp (1 + n) / (10 + n) from the third step on
  Config config = AveragedConfig(decay);
  config.checkpoint.every = 1e-9;
  config.checkpoint.keep = 1000;
  const TempDir folder;
  Search(config, folder.path());
  int steps = 0, unmoved = 0;
  std::optional<SafetensorsFile> before;
  int64_t step_before = -1;
  size_t tensors_before = 0;
  for (const fs::path& manifest : Manifests(folder.path())) {
    const auto step = Json::parse(ReadText(manifest)).at("values").at("state.training.step").get<int64_t>();
    const SafetensorsFile now = ReadSafetensors(fs::path(manifest).replace_extension(".safetensors"));
    if (before && step == step_before + 1 && now.tensors.size() == tensors_before) {
      const double n = static_cast<double>(step - 1), d = std::min(decay, (1 + n) / (10 + n));
      for (const auto& [name, weight] : now.tensors) {
        const std::string begin = "state.training.weights.";
        if (!name.starts_with(begin) || !name.ends_with("weight")) continue;
        const std::string average = "state.training.average." + name.substr(begin.size());
        const at::Tensor expected = d * TensorOf(*before, average) + (1 - d) * weight;
        ExpectClose(TensorOf(now, average), expected, 1e-5);
        unmoved += at::equal(weight, TensorOf(*before, name)) ? 1 : 0;
      }
      ++steps;
    }
    tensors_before = now.tensors.size();
    before = now;
    step_before = step;
  }
  EXPECT_GT(steps, 10);
  EXPECT_GT(unmoved, 10);
}

// The scores of the final choice, and those of finalists' first weights, by a scorer of this test's own.
TEST(AveragedScores, AreWhatTheLastChoiceGoesBy) {
  Config config = AveragedConfig(0.9);
  config.search.pruning.ratio = 0;
  config.search.finalist_images = 0;
  config.search.finalist_scoring_images = 40;
  const TempDir folder;
  const Json scores = Search(config, folder.path()).Named("final_scores").at(0).fields;
  const SearchInputs inputs = MakeInputs(config, Space(), MakeDataset(4, 40, 16, 1, test::DrawMeanColour));
  const Split split = SplitTrainingSet(inputs.training_set, config.data, config.seed);
  const std::vector<int> order = inputs.ranking.Positions(inputs.training_set->classes.ids);
  const ScoringSets sets{.validation = EasiestClasses(split.architecture, order, 4),
                         .training = EasiestClasses(split.weights, order, 4),
                         .classes = 4};
  const std::vector<std::vector<size_t>> networks = AllNetworks(Costs(), BandOf(config.search), 1000);
  const SavedState newest = ListSavedStates(folder.path(), config.schedule).front();
  std::vector<double> best;
  for (const double decay : {0.9, 0.0}) {
    config.search.scoring.ema = decay;
    const SubnetScorer scorer(LoadState(newest, config, at::kCPU).supernet, sets, config, at::kCPU);
    const std::vector<SubnetScore> found = scorer.Score(networks);
    best.push_back(std::ranges::min_element(found, {}, &SubnetScore::loss)->loss);
  }
  EXPECT_EQ(scores["best"][0]["loss"], best[0]);
  EXPECT_NE(scores["best"][0]["loss"], best[1]);
  EXPECT_NEAR(scores["finalists"][0]["loss"].get<double>(), best[0], 1e-6);  // the same images, nothing trained
}

class Stop : public ProgressSink {
 public:
  explicit Stop(std::string begin) : begin_(std::move(begin)) {}
  bool Due() override { return true; }
  void Show(const Progress& progress) override {
    if (progress.label.starts_with(begin_) && progress.done > 1) throw Interrupted("the test stops here");
  }

 private:
  std::string begin_;
};

TEST(SlowAveragedScores, GoOnToTheBit) {
  Config config = AveragedConfig(0.9);
  config.checkpoint.every = 1e-9;
  const TempDir whole_folder;
  const KeptEvents whole = Search(config, whole_folder.path());
  for (const char* label : {"warmup, epoch 1/1, weights", "step1, scoring candidates", "step2, epoch 1/1, weights",
                            "scoring networks", "finalist 2/2"}) {
    const TempDir folder;
    Stop stop(label);
    EXPECT_THROW(Search(config, folder.path(), false, &stop), Interrupted) << label;
    const KeptEvents rest = Search(config, folder.path(), true);
    EXPECT_EQ(rest.Named("final_scores").at(0).fields, whole.Named("final_scores").at(0).fields) << label;
    EXPECT_EQ(ReadText(folder / "best.json"), ReadText(whole_folder / "best.json")) << label;
  }
}

// A fork may ask for an average that its checkpoint lacks, or leave one.
TEST(AveragedScores, BeginWithTheWeightsOfACheckpointWithoutThem) {
  for (const double decay : {0.0, 0.9}) {
    Config config = AveragedConfig(decay);
    config.checkpoint.every = 1e-9;
    const TempDir folder;
    Stop stop("step2, epoch 1/1, weights");
    EXPECT_THROW(Search(config, folder.path(), false, &stop), Interrupted);
    const SavedState before = ListSavedStates(folder.path(), config.schedule).front();
    config.search.scoring.ema = 0.9;
    if (decay == 0) {
      ExpectErrorContains<CheckpointError>([&] { LoadState(before, config, at::kCPU); },
                                           {"no average", "--set search.scoring.ema=0"});
    }
    config.search.scoring.ema = decay == 0 ? 0.9 : 0;
    const KeptEvents rest = Search(config, folder.path(), true);
    EXPECT_EQ(rest.Named("search_end").size(), 1u);
    const SavedState after = ListSavedStates(folder.path(), config.schedule).front();
    EXPECT_EQ(after.checkpoint.manifest.values.contains("state.training.average.updates"), decay == 0);
    if (decay > 0) continue;
    // Not from the first step on.
    EXPECT_LT(after.checkpoint.manifest.values.at("state.training.average.updates"),
              after.checkpoint.manifest.values.at("state.training.step"));
  }
}

TEST(AveragedScores, TakeMemoryInThePlan) {
  const SearchPlan with = MakeSearchPlan(AveragedConfig(0.9), Space(), *MakeMacsModel(), {}, at::kCPU);
  const SearchPlan without = MakeSearchPlan(AveragedConfig(0), Space(), *MakeMacsModel(), {}, at::kCPU);
  for (size_t p = 0; p < with.phases.size(); ++p) {
    EXPECT_NEAR(with.phases[p].memory_bytes - without.phases[p].memory_bytes, 4 * with.phases[p].parameters, 1e-6);
  }
}

}  // namespace
}  // namespace danas::test
