// One pass over a loader, pulled batch by batch: what weight training, architecture training, fine-tuning and
// evaluation share.
//
//   BatchPass pass(loader, options);
//   for (const Batch& batch : pass) {
//     if (pass.Take(step.Compute(batch))) {
//       step.Apply();
//     } else {
//       step.Discard();
//     }
//   }
//   const PassResult result = pass.Finish();
#pragma once

#include <ATen/core/Tensor.h>

#include <chrono>
#include <cstdint>
#include <iterator>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "danas/config/train_config.h"
#include "danas/core/progress.h"
#include "danas/run/checkpoint.h"
#include "danas/run/ranks.h"
#include "danas/train/loader.h"

namespace danas {

// What a step computed. Scalars on the device without a graph, read back in bunches: see BatchPass::Take().
struct StepResult {
  at::Tensor loss_sum = {};       // over the batch's images
  at::Tensor correct = {};        // images
  at::Tensor images = {};         // that the sums are over; undefined: the batch's
  at::Tensor gradient_norm = {};  // where it was taken: must be finite too
};

// From what this process computed over its `images` of the batch to the sums over all processes' images, with those of
// `more`: scalars on the same device.
void SumOverRanks(const Ranks& ranks, int64_t images, StepResult& result, const std::vector<at::Tensor*>& more = {});

struct PassResult {
  int64_t steps = 0;    // batches, skipped ones too
  int64_t images = 0;   // in the batches that were not skipped
  int64_t skipped = 0;  // batches whose loss was not finite, with on_nonfinite = skip
  double loss = 0;      // mean over images
  double accuracy = 0;  // share of images, in [0, 1]
  double seconds = 0;
  double seconds_waited = 0;  // for data
};

// A pass as far as it got, for a checkpoint in the middle of it.
struct PassTotals {
  int64_t steps = 0;  // batches taken
  int64_t images = 0;
  int64_t skipped = 0;
  double loss_sum = 0;
  double correct = 0;
  double seconds = 0;
  double seconds_waited = 0;
};

// What two of them are called in a checkpoint.
struct PassTotalsNames {
  const char* loss_sum = "loss_sum";
  const char* correct = "correct";
};

void Describe(StateFields& fields, PassTotals& totals, const PassTotalsNames& names = {});
void Describe(StateFields& fields, PassResult& result);

// Where a pass without an end stands in the passes of its loader, which follow one another.
struct EndlessPlace {
  int64_t pass = -1;    // the loader's under way; -1: none yet
  int64_t batches = 0;  // taken of it
};

struct PassOptions {
  std::string label = {};  // "step1, epoch 3/20, weights": for progress and errors
  int64_t epoch = 0;       // of the loader
  OnNonFinite on_nonfinite = OnNonFinite::kStop;
  bool trains = true;  // the pass moves weights, so that a loss that is not finite may be its own doing
  ProgressSink* progress = nullptr;
  std::optional<PartOfRun> run_share = {};  // for the time left of the whole run
  PassTotals* totals = nullptr;             // the pass resumes from these, and keeps them
  CheckpointKeeper* keeper = nullptr;       // is asked between batches; needs `totals`
  Ranks ranks = {};                         // stop together where one of them is asked to
  EndlessPlace* endless = nullptr;  // the pass has no end: it continues there, and keeps it; `epoch` is not looked at
  int64_t* next_pass = nullptr;     // of the loader, where `endless`
};

// The batches of a pass that are left (PassOptions::totals says where it got to). Between two batches it keeps a
// checkpoint where one is due, and throws Interrupted where a signal asked for an end: the step under way is finished.
// An endless pass does neither: it is taken in turns, a batch each, between the steps of another that does.
//
//   const Batch& batch = pass.BeginTurn();
//   (Take() and so on, as above)
//   pass.EndTurn();
class BatchPass {
 public:
  // Starts the loader's pass. `loader` must outlive this.
  BatchPass(Loader& loader, PassOptions options);
  ~BatchPass();
  BatchPass(const BatchPass&) = delete;
  BatchPass& operator=(const BatchPass&) = delete;

  class Iterator {
   public:
    explicit Iterator(BatchPass& pass) : pass_(pass) {}
    const Batch& operator*() const { return *pass_.batch_; }
    void operator++() { pass_.Advance(); }
    bool operator==(std::default_sentinel_t /*end*/) const { return !pass_.batch_; }

   private:
    BatchPass& pass_;
  };
  Iterator begin() {
    Advance();
    return Iterator(*this);
  }
  static std::default_sentinel_t end() { return {}; }

  // Of an endless pass. What lies between two turns does not count as its time.
  const Batch& BeginTurn();
  void EndTurn();

  // What the step computed of the batch; once for each. True: the step is to be applied; false: its loss or gradient
  // norm is not finite, and on_nonfinite is `skip`. With `stop` that throws NumericError (label, batch, value).
  // When the loss is read: on a CPU, with `skip` and in an endless pass, at once. On a GPU with `stop`, where reading
  // waits for the device, at least every 100 batches: the error then names the batch that was first, though the weights
  // have moved since.
  bool Take(StepResult result);

  // After the last batch; of an endless pass between two turns, for the totals so far. Throws NumericError for a pass
  // of skipped batches alone.
  PassResult Finish();

 private:
  class Tally;

  void Advance();
  void RequireTaken() const;
  void NoteTimes();
  void ShowProgress();

  Loader& loader_;
  const PassOptions options_;
  const LoopProgress loop_;
  std::chrono::steady_clock::time_point start_;  // of the pass, or of the turn
  PassTotals own_;
  PassTotals& totals_;
  double seconds_before_;
  const double waited_before_;
  std::unique_ptr<Tally> tally_;
  std::optional<Batch> batch_;
  bool taken_ = true;       // what was computed of `batch_`
  bool show_next_ = false;  // progress is due
};

}  // namespace danas
