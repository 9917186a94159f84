// One pass over a loader: the loop that weight training, architecture training, fine-tuning and evaluation share.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <functional>
#include <string>

#include "danas/config/train_config.h"
#include "danas/core/progress.h"
#include "danas/data/loader.h"

namespace danas {

// What a step computed; scalars on the device, read back only when shown and at the pass's end.
struct StepResult {
  at::Tensor loss_sum;  // over the batch's images
  at::Tensor correct;
};

struct PassResult {
  int64_t steps = 0;
  int64_t images = 0;
  int64_t skipped = 0;  // steps whose loss was not finite, with on_nonfinite = skip
  double loss = 0;      // mean over images
  double accuracy = 0;
  double seconds = 0;
  double seconds_waited = 0;  // for data
};

struct PassOptions {
  std::string label;        // "step1, epoch 3/20, weights": for progress and errors
  int64_t epoch = 0;        // of the loader
  OnNonFinite on_nonfinite = OnNonFinite::kStop;
  ProgressSink* progress = nullptr;
  std::function<double(double share_of_pass)> run_share;  // for the time left of the whole run
};

// `step` is called with every batch; what it returns is checked (NumericError with label, batch and value), added up and
// shown. Throws Interrupted between batches.
PassResult RunPass(Loader& loader, const PassOptions& options, const std::function<StepResult(const Batch&)>& step);

}  // namespace danas
