// Config section `log`: what a run writes for people to follow it, beside its own logs.
#pragma once

#include "danas/config/describe.h"

namespace danas {

struct LogConfig {
  bool tensorboard = true;

  void Describe(ConfigVisitor& v) {
    v.Field("tensorboard", tensorboard,
            {.help = "what log.jsonl and alpha.jsonl hold is told to TensorBoard too, in the folder tensorboard of the "
                     "run; false: nothing is written there, and what is there stays as it is"});
  }
};

}  // namespace danas
