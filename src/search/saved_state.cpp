#include "danas/search/saved_state.h"

#include <algorithm>

#include "danas/arch/space_file.h"
#include "danas/core/checkpoint_files.h"
#include "danas/core/error.h"
#include "danas/run/device.h"
#include "danas/search/arch_parameters.h"
#include "plan_basis.h"

namespace danas {
namespace {

// The values of a checkpoint that say where the search was (search_run.h).
struct Position {
  int64_t phase = 0;
  int64_t epoch = 1;
  bool begins_phase = true;
};

template <typename T>
T ValueOf(const StoredCheckpoint& checkpoint, const std::string& name) {
  try {
    return checkpoint.manifest.values.at(name).get<T>();
  } catch (const Json::exception&) {
    throw CheckpointError(checkpoint.files.manifest.string() + " has no '" + name +
                          "': it does not belong to a search");
  }
}

Position PositionOf(const StoredCheckpoint& checkpoint) {
  Position at{.phase = ValueOf<int64_t>(checkpoint, "position.phase"),
              .epoch = ValueOf<int64_t>(checkpoint, "position.epoch")};
  at.begins_phase = at.epoch == 1 && !ValueOf<bool>(checkpoint, "position.weights_done") &&
                    ValueOf<int64_t>(checkpoint, "position.pass") < 0;
  return at;
}

std::string TextOf(const Position& at, const std::vector<Phase>& phases) {
  const auto name = [&](int64_t phase) { return phases.at(static_cast<size_t>(phase)).name; };
  if (at.phase >= std::ssize(phases)) return "at the end";
  if (at.phase == 0 && at.begins_phase) return "at the start";
  if (at.begins_phase) {
    return (phases[static_cast<size_t>(at.phase - 1)].searches ? "after the pruning of " : "at the end of ") +
           name(at.phase - 1);
  }
  if (at.epoch > phases[static_cast<size_t>(at.phase)].epochs) return "before the pruning of " + name(at.phase);
  return "in " + name(at.phase) + ", epoch " + std::to_string(at.epoch);
}

// What the weights have learnt: a phase that begins has learnt nothing yet.
int ClassesAt(const Position& at, const std::vector<Phase>& phases) {
  const int64_t phase = at.begins_phase ? at.phase - 1 : at.phase;
  return phases.at(static_cast<size_t>(std::clamp<int64_t>(phase, 0, std::ssize(phases) - 1))).classes;
}

}  // namespace

std::vector<SavedState> ListSavedStates(const std::filesystem::path& run_folder, const ScheduleConfig& schedule) {
  std::vector<SavedState> states;
  for (StoredCheckpoint& checkpoint : ListCheckpoints(run_folder)) {
    const Position at = PositionOf(checkpoint);
    // Made first: g++ 12 frees members twice where a later one's initializer throws inside the braces.
    const SearchSpace space =
        SpaceFromJson(ValueOf<Json>(checkpoint, "state.space"), checkpoint.files.manifest.string() + ", its space");
    const std::vector<Phase> phases = PhasesOf(schedule, space);
    const auto steps = ValueOf<int64_t>(checkpoint, "state.training.step");
    states.push_back({.number = checkpoint.files.number,
                      .space = space,
                      .classes = ClassesAt(at, phases),
                      .weight_steps = steps,
                      .when = TextOf(at, phases)});
    states.back().checkpoint = std::move(checkpoint);
  }
  if (states.empty()) {
    throw CheckpointError(CheckpointFolder(run_folder).string() +
                          " contains no checkpoint: ranking and choosing networks needs the checkpoint of the search");
  }
  return states;
}

std::optional<std::vector<size_t>> NetworkIn(const SearchSpace& from, const std::vector<size_t>& network,
                                             const SearchSpace& to) {
  std::vector<size_t> found;
  for (size_t l = 0; l < network.size(); ++l) {
    const std::vector<BlockSpec>& there = to.layers().at(l).candidates;
    const auto place = std::ranges::find(there, from.layers().at(l).candidates.at(network[l]));
    if (place == there.end()) return std::nullopt;
    found.push_back(static_cast<size_t>(place - there.begin()));
  }
  return found;
}

LoadedState LoadState(const SavedState& state, const Config& config, at::Device device) {
  StateFields fields = OpenCheckpoint(state.checkpoint, device);
  LoadedState loaded{.supernet = std::make_shared<Supernet>(state.space, SupernetOptions{.how = config.nn}),
                     .alpha_lc = {}};
  MoveTo(*loaded.supernet, device, config.runtime);
  ArchParameters alpha(state.space, FloatType(config.runtime));
  const bool has_alpha = !state.checkpoint.manifest.values.contains("budgets");
  try {
    fields.Within("state", [&](StateFields& f) {
      if (has_alpha) f.Within("alpha", [&](StateFields& a) { alpha.Describe(a); });
      const bool averaged = config.search.scoring.ema > 0;
      if (averaged && !f.HasValue("training.average.updates")) {
        throw CheckpointError(
            "it has no average of the weights, which search.scoring.ema asks for; score with the weights themselves, "
            "--set search.scoring.ema=0");
      }
      f.Within(averaged ? "training.average" : "training.weights", [&](StateFields& w) {
        for (const auto& [name, tensor] : StateOf(*loaded.supernet)) w.Contents(name, tensor);
      });
    });
  } catch (const CheckpointError& error) {
    throw CheckpointError(state.checkpoint.files.manifest.string() + ": " + error.what());
  }
  if (has_alpha) loaded.alpha_lc = alpha.Values();
  return loaded;
}

}  // namespace danas
