// Config section `checkpoint`: how often a run is saved, so that it can go on after whatever ends it.
#pragma once

#include "danas/config/describe.h"

namespace danas {

struct CheckpointConfig {
  double every = 10;
  double min_seconds = 60;
  int64_t keep = 2;
  bool before_pruning = true;
  bool required = true;

  void Describe(ConfigVisitor& v) {
    v.Field("every", every,
            {.help = "a checkpoint is written after so long, also in the middle of an epoch; 0: only at the ends of "
                     "epochs and phases",
             .unit = "minutes",
             .min = 0,
             .max = 1e6});
    v.Field("min_seconds", min_seconds,
            {.help = "none is written at an epoch's end where the last is younger", .unit = "s", .min = 0, .max = 1e8});
    v.Field("keep", keep,
            {.help = "the newest so many stay; those at the ends of phases and before prunings always do",
             .min = 1,
             .max = 1e6});
    v.Field("before_pruning", before_pruning,
            {.help = "a search keeps one before each pruning, which stays, so that dropped candidates can be scored "
                     "afterwards"});
    v.Field("required", required,
            {.help = "a checkpoint that cannot be written stops the run; false: the run goes on and says so"});
  }
};

}  // namespace danas
