#include "danas/search/search_run.h"

#include "danas/arch/space_file.h"

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
  // The space gives supernet (its shapes) and costs; the supernet's contents are described with its training.
  auto& [supernet, costs, alpha, training, draws, passes, alpha_steps, weight_images, alpha_images] = state;
  fields.Within("alpha", [&](StateFields& f) { alpha.Describe(f); });
  fields.Within("training", [&](StateFields& f) { training.Describe(f, *supernet); });
  fields.Value("draws", draws);
  fields.Value("passes", passes);
  fields.Value("alpha_steps", alpha_steps);
  fields.Value("weight_images", weight_images);
  fields.Value("alpha_images", alpha_images);
}

}  // namespace

void Describe(StateFields& fields, SearchRun& run, const MakeStateFor& make_state, double seconds) {
  auto& [state, position, architecture, interleaved, trace, work, seconds_before] = run;
  fields.Within("state", [&](StateFields& f) { Describe(f, state, make_state); });
  fields.Within("position", [&](StateFields& f) { Describe(f, position); });
  fields.Within("architecture", [&](StateFields& f) { Describe(f, architecture); });
  fields.Within("interleaved", [&](StateFields& f) { Describe(f, interleaved); });
  fields.Within("trace", [&](StateFields& f) { trace.Describe(f); });
  fields.Value("work_done", work.done);
  double spent = seconds_before + seconds;
  fields.Value("seconds", spent);
  if (fields.restoring()) seconds_before = spent;
}

}  // namespace danas
