// A search as far as it got: all that its next batch depends on, for checkpoints. Every struct here, and each one
// reached from it, is described by structured bindings, so that a member added and not described does not compile.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "danas/run/checkpoint.h"
#include "danas/search/architecture_pass.h"
#include "danas/search/passed_work.h"
#include "danas/search/paths/path_totals.h"
#include "danas/search/search_state.h"
#include "danas/train/pass.h"

namespace danas {

// How far Algorithm 1 has come.
struct SearchPosition {
  int64_t phase = 0;          // index in the plan
  int64_t epoch = 1;          // of the phase
  bool weights_done = false;  // the epoch's weight pass is over
  int64_t pass = -1;          // number of the loader's pass under way; -1: none is
  PassTotals totals = {};     // of that pass
  PassResult weights = {};    // of the epoch's weight pass, once it is over

  bool begins_phase() const { return epoch == 1 && !weights_done && pass < 0; }
};

// How much of the run's work is done, for the time left; in MACs.
struct WorkDone {
  double done = 0;
  double total = 0;
};

struct SearchRun {
  SearchState state;
  SearchPosition position = {};
  ArchitectureTotals architecture = {};               // of the architecture pass under way
  std::vector<InterleavedPosition> interleaved = {};  // of each branch, with alpha_pass every_k
  WorkDone work = {};
  double seconds_before = 0;             // that earlier processes spent on the run
  std::optional<PathTotals> paths = {};  // of the epoch's weight pass, where the config draws single paths
  // Of the epoch's architecture passes those that are over, a branch each: where there are several branches.
  std::vector<ArchitectureResult> branches_done = {};
  PassedWork passed = {};
};

// What a search makes for a space: supernet, costs, branches that keep all of it, optimiser, all at their start.
using MakeStateFor = std::function<SearchState(const SearchSpace& space)>;

// Restoring, `make_state` builds what the saved space needs before tensors are filled in. `seconds`: of this process.
void Describe(StateFields& fields, SearchRun& run, const MakeStateFor& make_state, double seconds);

}  // namespace danas
