// One pass over a loader: the loop that weight training, architecture training, fine-tuning and evaluation share.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "danas/config/train_config.h"
#include "danas/core/progress.h"
#include "danas/data/loader.h"
#include "danas/run/checkpoint.h"
#include "danas/run/ranks.h"

namespace danas {

// What a step computed. Scalars on the device without a graph, read back in bunches: see RunPass().
struct StepResult {
  at::Tensor loss_sum = {};       // over the batch's images
  at::Tensor correct = {};        // images
  at::Tensor images = {};         // that the sums are over; undefined: the batch's
  at::Tensor gradient_norm = {};  // where it was taken: must be finite too
};

// From what this process computed over its `images` of the batch to the sums over all processes' images, with those of
// `more`: scalars on the same device.
void SumOverRanks(const Ranks& ranks, int64_t images, StepResult& result, const std::vector<at::Tensor*>& more = {});

// What a pass does with each batch, in two halves, so that a loss that is not finite never reaches the weights.
struct PassStep {
  std::function<StepResult(const Batch&)> compute;  // forward, and backward where there is training
  std::function<void()> apply = [] {};              // the optimiser's step
  std::function<void()> discard = [] {};            // instead of apply(), for a batch that is skipped
};

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

void Describe(StateFields& fields, PassTotals& totals);
void Describe(StateFields& fields, PassResult& result);

struct PassOptions {
  std::string label = {};  // "step1, epoch 3/20, weights": for progress and errors
  int64_t epoch = 0;       // of the loader
  OnNonFinite on_nonfinite = OnNonFinite::kStop;
  bool trains = true;  // the pass moves weights, so that a loss that is not finite may be its own doing
  ProgressSink* progress = nullptr;
  std::function<double(double share_of_pass)> run_share = {};  // for the time left of the whole run
  PassTotals* totals = nullptr;        // the pass goes on from these, and keeps them
  CheckpointKeeper* keeper = nullptr;  // is asked between batches; needs `totals`
  Ranks ranks = {};                    // stop together where one of them is asked to
};

// Starts the loader's pass where it got to (PassOptions::totals) and takes every batch that is left through `step`. A
// loss or gradient norm that is not finite throws NumericError (label, batch, value) or, with `skip`, discards the batch; so does a pass of skipped batches alone.
// When the loss is read: on a CPU, and with `skip`, after compute() of each batch. On a GPU with `stop`, where reading
// waits for the device, at least every 100 batches: the error then names the batch that was first, though the weights
// have moved since. Throws Interrupted between batches.
PassResult RunPass(Loader& loader, const PassOptions& options, const PassStep& step);

}  // namespace danas
