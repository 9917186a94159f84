// How far a run is, in one line: on a terminal drawn again five times a second, elsewhere written twice a minute.
#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "danas/core/progress.h"
#include "danas/events/task_words.h"
#include "danas/watch/screen.h"
#include "danas/watch/time_left.h"

namespace danas {

class ProgressLine : public ProgressSink {
 public:
  explicit ProgressLine(Screen& screen, events::TaskWords words = {});
  bool Due() override;
  void Show(const Progress& progress) override;

 private:
  using Clock = std::chrono::steady_clock;
  Screen& screen_;
  events::TaskWords words_;
  Clock::duration interval_;
  Clock::time_point due_;
  TimeLeft time_left_;
  bool begun_ = false;
};

// "step2, epoch 3/4, weights  62 %  1,843 img/s  loss 1.234  top-1 56.7 %  12 min 05 s left". What does not fit into
// `columns` is left out: first the rate, then the loss; the label is cut last.
std::string FormatProgress(const Progress& progress, std::optional<double> seconds_left, size_t columns,
                           const events::TaskWords& words = {});

}  // namespace danas
