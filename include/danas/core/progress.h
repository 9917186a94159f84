// Where a long loop says how far it is. The terminal's progress line is one implementation; tests use none.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace danas {

struct Progress {
  std::string label = {};  // "step 2/3, epoch 4/20, weights"
  int64_t done = 0;        // batches of this pass
  int64_t total = 0;
  double images_per_second = 0;
  double loss = 0;
  double accuracy = 0;         // share of images, in [0, 1]
  double run_share_done = 0;   // of the whole run's estimated work, in [0, 1]; gives the time left
};

// The part of a run's estimated work that a loop is: `before` it, and `part`; in [0, 1].
struct PartOfRun {
  double before = 0;
  double part = 1;

  double At(double share) const { return before + part * share; }  // `share` of the loop done
  PartOfRun Within(double from, double to) const { return {.before = At(from), .part = part * (to - from)}; }
};

class ProgressSink {
 public:
  virtual ~ProgressSink() = default;
  // True when a new line is wanted. Loops read a loss back from the device only then.
  virtual bool Due() = 0;
  virtual void Show(const Progress& progress) = 0;
};

// How a loop shows itself.
struct LoopProgress {
  ProgressSink* sink = nullptr;  // null: nobody looks
  std::string label = {};
  int64_t total = 0;                        // steps of the loop
  std::optional<PartOfRun> run_share = {};  // for the time left of the whole run

  bool Due() const { return sink != nullptr && sink->Due(); }

  // Where Due(). `measured`: speed, loss and accuracy so far, as far as the loop has them.
  void Show(int64_t done, Progress measured = {}) const {
    measured.label = label;
    measured.done = done;
    measured.total = total;
    if (run_share) measured.run_share_done = run_share->At(static_cast<double>(done) / static_cast<double>(total));
    sink->Show(measured);
  }
};

// Hands each progress to those sinks that are due.
class ProgressFan : public ProgressSink {
 public:
  explicit ProgressFan(std::vector<std::shared_ptr<ProgressSink>> sinks) : sinks_(std::move(sinks)) {}
  bool Due() override {
    for (const auto& sink : sinks_) {
      if (sink->Due()) return true;
    }
    return false;
  }
  void Show(const Progress& progress) override {
    for (const auto& sink : sinks_) {
      if (sink->Due()) sink->Show(progress);
    }
  }

 private:
  std::vector<std::shared_ptr<ProgressSink>> sinks_;
};

}  // namespace danas
