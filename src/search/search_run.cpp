#include "danas/search/search_run.h"

#include "danas/arch/space_file.h"
#include "danas/core/log.h"

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
  // The space gives supernet (its shapes) and costs; the supernet's contents are described with its training. The epoch
  // gives the temperature.
  auto& [supernet, costs, alpha, training, draws, passes, alpha_steps, weight_images, alpha_images, temperature] =
      state;
  fields.Within("alpha", [&](StateFields& f) { alpha.Describe(f); });
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
      "the checkpoint is of an earlier danas, which kept no gradients of α: the evidence for this phase's pruning "
      "leaves out its first {} α steps",
      seen);
}

}  // namespace

void Describe(StateFields& fields, SearchRun& run, const MakeStateFor& make_state, double seconds) {
  auto& [state, position, architecture, interleaved, final_scores, work, seconds_before, paths, passed] = run;
  fields.Within("state", [&](StateFields& f) { Describe(f, state, make_state); });
  fields.Within("position", [&](StateFields& f) { Describe(f, position); });
  fields.Within("architecture", [&](StateFields& f) { Describe(f, architecture); });
  fields.Within("interleaved", [&](StateFields& f) { Describe(f, interleaved); });
  if (fields.version() < 2) {
    fields.Within("trace", [&](StateFields& f) { ReadAlphaTrace(f, state.alpha.evidence()); });
    passed.from_begin = false;
  } else {
    fields.Within("final_scores", [&](StateFields& f) { Describe(f, final_scores); });
    fields.Within("passed", [&](StateFields& f) { Describe(f, passed); });
  }
  if (paths) fields.Within("paths", [&](StateFields& f) { Describe(f, *paths); });
  fields.Value("work_done", work.done);
  double spent = seconds_before + seconds;
  fields.Value("seconds", spent);
  if (fields.restoring()) seconds_before = spent;
}

}  // namespace danas
