#include "danas/search/search_run.h"

#include "danas/arch/space_file.h"
#include "danas/core/error.h"
#include "danas/core/log.h"
#include "danas/core/text_list.h"
#include "danas/search/budgets.h"

namespace danas {
namespace {

void Describe(StateFields& fields, SearchPosition& position) {
  auto& [phase, epoch, weights_done, pass, totals, weights] = position;
  fields.Value("phase", phase);
  fields.Value("epoch", epoch);
  fields.Value("weights_done", weights_done);
  fields.Value("pass", pass);
  fields.Within("totals", [&](StateFields& f) { Describe(f, totals); });
  fields.Within("weights", [&](StateFields& f) { Describe(f, weights); });
}

void Describe(StateFields& fields, SearchState& state, const MakeStateFor& make_state) {
  Json space = fields.restoring() ? Json() : ToJson(state.space());
  fields.Value("space", space);
  if (fields.restoring()) state = make_state(SpaceFromJson(space, "the checkpoint's space"));
  // The space gives supernet (its shapes) and costs; the supernet's contents are described with its training, several
  // branches on their own. The epoch gives the temperature.
  auto& [supernet, costs, branches, training, draws, passes, alpha_steps, weight_images, alpha_images, temperature] =
      state;
  if (branches.size() == 1) {
    fields.Within("alpha", [&](StateFields& f) { branches.front().alpha.Describe(f); });
  }
  fields.Within("training", [&](StateFields& f) { training.Describe(f, *supernet); });
  fields.Value("draws", draws);
  fields.Value("passes", passes);
  fields.Value("alpha_steps", alpha_steps);
  fields.Value("weight_images", weight_images);
  fields.Value("alpha_images", alpha_images);
}

// Version 1 kept the path of α over a phase's last steps, which says nothing about the gradients that moved it.
void ReadAlphaTrace(StateFields& fields, GradientTrace& evidence) {
  int64_t first_kept = 0, seen = 0;
  Json alpha_slc;
  fields.Value("first_kept", first_kept);
  fields.Value("seen", seen);
  fields.Value("alpha", alpha_slc);
  evidence.MissSteps(seen);
  if (seen == 0) return;
  log::warn(
      "the checkpoint is from an earlier danas, which kept no gradients of α: the evidence for this phase's pruning "
      "leaves out its first {} α steps",
      seen);
}

void DescribeOnlyBranch(StateFields& fields, SearchRun& run) {
  Branch& branch = run.state.branches.front();
  fields.Within("interleaved", [&](StateFields& f) { Describe(f, run.interleaved.front()); });
  if (fields.version() < 2) {
    fields.Within("trace", [&](StateFields& f) { ReadAlphaTrace(f, branch.alpha.evidence()); });
  } else {
    fields.Within("final_scores", [&](StateFields& f) { Describe(f, branch.final_scores); });
  }
}

// The candidates that it keeps give its supernet and costs.
void DescribeBranch(StateFields& fields, const SearchState& state, Branch& branch, InterleavedPosition& interleaved) {
  auto& [budget, kept_lc, supernet, costs, alpha, final_scores] = branch;
  fields.Value("kept", kept_lc);
  if (fields.restoring()) branch = PartBranch(budget, kept_lc, state, alpha.alpha(0).scalar_type());
  fields.Within("alpha", [&](StateFields& f) { alpha.Describe(f); });
  fields.Within("interleaved", [&](StateFields& f) { Describe(f, interleaved); });
  fields.Within("final_scores", [&](StateFields& f) { Describe(f, final_scores); });
}

void DescribeBranches(StateFields& fields, SearchRun& run) {
  std::vector<std::string> names;
  for (const Branch& branch : run.state.branches) names.push_back(branch.budget);
  std::vector<std::string> saved = names;
  fields.Value("budgets", saved);
  if (saved != names) {
    throw CheckpointError("the checkpoint belongs to a search for the budgets " + Joined(saved) +
                          ", but search.budgets says " + Joined(names));
  }
  for (size_t b = 0; b < names.size(); ++b) {
    fields.Within("branch." + names[b],
                  [&](StateFields& f) { DescribeBranch(f, run.state, run.state.branches[b], run.interleaved.at(b)); });
  }
  auto done = std::ssize(run.branches_done);
  fields.Value("branches_done", done);
  if (fields.restoring()) run.branches_done.assign(static_cast<size_t>(done), {});
  for (size_t b = 0; b < run.branches_done.size(); ++b) {
    fields.Within("branch_done." + std::to_string(b), [&](StateFields& f) { Describe(f, run.branches_done[b]); });
  }
}

}  // namespace

void Describe(StateFields& fields, SearchRun& run, const MakeStateFor& make_state, double seconds) {
  auto& [state, position, architecture, interleaved, work, seconds_before, paths, branches_done, passed] = run;
  fields.Within("state", [&](StateFields& f) { Describe(f, state, make_state); });
  fields.Within("position", [&](StateFields& f) { Describe(f, position); });
  fields.Within("architecture", [&](StateFields& f) { Describe(f, architecture); });
  state.branches.size() == 1 ? DescribeOnlyBranch(fields, run) : DescribeBranches(fields, run);
  if (fields.version() < 2) {
    passed.from_begin = false;
  } else {
    fields.Within("passed", [&](StateFields& f) { Describe(f, passed); });
  }
  if (paths) fields.Within("paths", [&](StateFields& f) { Describe(f, *paths); });
  fields.Value("work_done", work.done);
  double spent = seconds_before + seconds;
  fields.Value("seconds", spent);
  if (fields.restoring()) seconds_before = spent;
}

}  // namespace danas
