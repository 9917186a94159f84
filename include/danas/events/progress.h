// How far a run is between its events: what progress.json holds, and `danas status` shows of it.
#pragma once

#include "danas/events/describe.h"

namespace danas::events {

// The pass under way.
struct PassNow {
  using DescribedSection = void;
  std::string label;
  int64_t done = 0, total = 0;
  double loss = kNotKnown, accuracy = kNotKnown, images_per_second = kNotKnown;

  template <typename Self, typename Fields>
  static void Describe(Self& self, Fields& fields) {
    fields.Field("label", self.label, {"the pass under way, such as `step2, epoch 3/4, weights`"});
    fields.Field("done", self.done, {"its batches so far"});
    fields.Field("total", self.total, {"all its batches"});
    fields.Field("loss", self.loss, {"mean loss over the pass so far"});
    fields.Field("accuracy", self.accuracy, {"share of the pass's images so far that are classified correctly"});
    fields.Field("images_per_second", self.images_per_second, {"throughput of the pass"});
  }
};

struct ProgressNow {
  using DescribedSection = void;
  static constexpr const char* kFile = "progress.json";  // in the run's folder
  std::string time;
  PassNow pass;
  double share_done = kNotKnown;
  OrNull<double> seconds_left;

  template <typename Self, typename Fields>
  static void Describe(Self& self, Fields& fields) {
    fields.Field("time", self.time, {"when it was written, UTC"});
    PassNow::Describe(self.pass, fields);  // among its own
    fields.Field("share_done", self.share_done,
                 {"share of the whole run's work: MACs of all passes; a training pass counts three times a forward "
                  "pass, one that trains α twice, what is scored once"});
    fields.Field("seconds_left", self.seconds_left,
                 {"time left at the recent speed; null while it is too early to tell"});
  }
};

}  // namespace danas::events
