// Config section `log`: what a run writes for people to follow it, beside its own logs.
#pragma once

#include "danas/config/describe.h"

namespace danas {

struct LogConfig {
  bool tensorboard = true;
  bool report = true;

  void Describe(ConfigVisitor& v) {
    v.Field("tensorboard", tensorboard,
            {.help = "write the contents of log.jsonl and alpha.jsonl as TensorBoard event files too, in the run's "
                     "folder tensorboard; false: write none, and leave existing ones unchanged"});
    v.Field("report", report,
            {.help = "at the end of a search, write the page of `danas report` to report.html in the run's folder"});
  }
};

}  // namespace danas
