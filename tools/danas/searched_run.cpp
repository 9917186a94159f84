#include "searched_run.h"

#include <algorithm>
#include <array>
#include <numeric>
#include <string_view>

#include "danas/arch/network_name.h"
#include "danas/config/config_file.h"
#include "danas/config/document.h"
#include "danas/core/checkpoint_files.h"
#include "danas/core/error.h"
#include "danas/core/log.h"
#include "danas/data/subset.h"
#include "danas/easiness/easiness_ranking.h"
#include "danas/search/budgets.h"
#include "danas/search/kept_images.h"
#include "danas/search/untrained_score.h"
#include "difficulty_file.h"
#include "latency_phase.h"
#include "on_ranks.h"
#include "run_images.h"

namespace danas {
namespace {

namespace fs = std::filesystem;

// Keys, or sections with a dot at the end, that --set may change: how networks are scored, and where. This is not what
// ResumePolicy() says of the keys: the search does not go on, so that the scoring, the networks' computation and all of
// `runtime` are free, while checkpoints are only read.
constexpr std::array kFree = {"search.scoring.", "search.recalibration_images",
                              "runtime.",        "nn.",
                              "ranks.",          "log.",
                              "data.root",       "data.train",
                              "data.test",       "data.format",
                              "data.workers",    "data.queue"};

void RequireFree(const std::vector<std::string>& settings, const std::string& also_free) {
  for (const std::string& setting : settings) {
    const std::string key = setting.substr(0, setting.find('='));
    const bool free = std::ranges::any_of(
        kFree, [&](std::string_view known) { return known.ends_with('.') ? key.starts_with(known) : key == known; });
    if (!free && key != also_free) {
      throw UsageError("--set " + key + ": cannot differ from the search's value. search.scoring, " +
                       (also_free.empty() ? "" : also_free + ", ") +
                       "search.recalibration_images, runtime, nn and the location of the images can be changed");
    }
  }
}

Config ReadConfigOf(const fs::path& folder, const std::vector<std::string>& settings) {
  if (!fs::is_directory(folder)) throw FileError("there is no folder " + folder.string());
  const fs::path config = folder / "config.json";
  if (!fs::exists(config) || !fs::is_directory(CheckpointFolder(folder))) {
    throw FileError(folder.string() + " is not the folder of a search: it has no " +
                    (fs::exists(config) ? "checkpoints" : "config.json"));
  }
  Config of_run = ConfigFromJson(Document::Read(config).Root().ToJson(), config.string());
  Assign(of_run, settings);
  return of_run;
}

// Positions of the dataset's classes, easiest first.
std::vector<int> ClassOrder(const SearchedRun& run, const DatasetIndex& training_set) {
  ScheduleConfig schedule = run.config.schedule;
  if (!schedule.difficulty.empty()) {  // groups of persons, which are in their order (OpenRunImages)
    std::vector<int> order(training_set.classes.ids.size());
    std::iota(order.begin(), order.end(), 0);
    return order;
  }
  if (schedule.ranking == "auto") schedule.ranking = (run.folder / "easiness" / "ranking.json").string();
  return MakeRanking(schedule, run.config.seed, training_set.classes.ids, training_set.fingerprint)
      .Positions(training_set.classes.ids);
}

}  // namespace

SearchedRun OpenSearchedRun(const SearchedRunOptions& options, Ranks& ranks, const std::string& also_free) {
  if (options.run.empty()) throw UsageError("--run is required: the run folder of a search");
  RequireFree(options.config.settings, also_free);
  SearchedRun run;
  run.folder = options.run;
  run.config = FirstReads(ranks, [&] { return ReadConfigOf(run.folder, options.config.settings); });
  if (options.score == "alpha" && TargetsOf(run.config.search).size() > 1) {
    throw UsageError("--score alpha: " + run.folder.string() +
                     " is a search for several budgets (search.budgets): each budget has its own α, and none covers "
                     "all networks. Use --score supernet");
  }
  if (options.score == "alpha" && !UsesAlpha(run.config.search)) {
    throw UsageError("--score alpha: " + run.folder.string() +
                     " did not train α, because nothing used it (search.paths, search.pruning.score, search.final) or "
                     "search.learner is 'none'. Use --score supernet");
  }
  run.cost = CostModelOfRun(run.config.search, run.folder);
  run.states = ListSavedStates(run.folder, run.config.schedule);
  return run;
}

const SavedState& StateWithAll(const SearchedRun& run, const std::vector<std::vector<size_t>>& networks,
                               const Ranks& ranks) {
  const auto holds = [&](const SavedState& state) {
    return state.weight_steps > 0 && std::ranges::all_of(networks, [&](const std::vector<size_t>& network) {
             return NetworkIn(run.space(), network, state.space).has_value();
           });
  };
  const std::string number = ranks.FromFirst([&] {
    const auto found = std::ranges::find_if(run.states, holds);
    return found == run.states.end() ? std::string() : std::to_string(found->number);
  });
  const auto chosen =
      std::ranges::find_if(run.states, [&](const SavedState& state) { return std::to_string(state.number) == number; });
  if (chosen == run.states.end()) {
    throw ConfigError(run.folder.string() + ": no saved state has trained weights for all candidates of the " +
                      std::to_string(networks.size()) +
                      " networks. Searches save the states before prunings unless checkpoint.before_pruning is false; "
                      "give networks of the remaining candidates");
  }
  return *chosen;
}

std::shared_ptr<const DatasetIndex> OpenRunImages(const SearchedRun& run, const Ranks& ranks) {
  RequireDataThere(run.folder, run.config.data, /*with_test=*/false);
  auto training_set = std::make_shared<const DatasetIndex>(OpenTrainingSet(run.config.data));
  CompareRunImages(ranks, run.folder, nullptr, *training_set, nullptr);
  const std::string difficulty = ReadDifficulty(run.config, run.folder, ranks);
  return difficulty.empty() ? training_set : GroupsOf(training_set, run.config, difficulty).set;
}

SubnetScorer MakeScorer(const SearchedRun& run, const SavedState& state, const std::shared_ptr<Supernet>& supernet,
                        const std::shared_ptr<const DatasetIndex>& training_set, at::Device device,
                        const Ranks& ranks) {
  const Split split = SplitTrainingSet(training_set, run.config.data, run.config.seed);
  const std::vector<int> order = ClassOrder(run, *training_set);
  return {supernet,
          {.validation = EasiestClasses(split.architecture, order, state.classes),
           .training = EasiestClasses(split.weights, order, state.classes),
           .classes = state.classes},
          run.config,
          device,
          ranks};
}

std::vector<Batch> UntrainedBatches(const SearchedRun& run, const std::shared_ptr<const DatasetIndex>& training_set,
                                    at::Device device) {
  const Split split = SplitTrainingSet(training_set, run.config.data, run.config.seed);
  const Subset images = EvenSample(split.architecture, 2 * kUntrainedBatch, run.config.seed);
  const int64_t batch = std::min(kUntrainedBatch, (images.size() + 1) / 2);
  std::vector<Batch> batches =
      KeepImages(images, std::max<int64_t>(2, batch), run.config, device, run.space().input_channels());
  if (batches.size() < 2) throw ConfigError("scores of untrained networks need at least four validation images");
  return batches;
}

}  // namespace danas
