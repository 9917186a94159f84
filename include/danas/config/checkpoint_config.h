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
    v.Field(
        "every", every,
        {.help = "time between checkpoints, which may fall within an epoch; 0: only at the ends of epochs and phases",
         .unit = "minutes",
         .min = 0,
         .max = 1e6});
    v.Field("min_seconds", min_seconds,
            {.help = "no checkpoint is written at the end of an epoch if the last one is more recent than this",
             .unit = "s",
             .min = 0,
             .max = 1e8});
    v.Field("keep", keep,
            {.help = "number of most recent checkpoints to keep; those at the ends of phases and before prunings are "
                     "always kept",
             .min = 1,
             .max = 1e6});
    v.Field("before_pruning", before_pruning,
            {.help = "search: keep a checkpoint from before each pruning, so that dropped candidates can be scored "
                     "afterwards"});
    v.Field("required", required,
            {.help = "a checkpoint that cannot be written stops the run; false: the run continues with a warning"});
  }
};

}  // namespace danas
