// Training of weights (Eq. 9): the step that search, fine-tuning and the zoo share.
#pragma once

#include <ATen/core/Tensor.h>
#include <torch/nn/module.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "danas/config/ranks_config.h"
#include "danas/config/train_config.h"
#include "danas/run/ranks.h"
#include "danas/run/run_state.h"
#include "danas/train/amp.h"
#include "danas/train/ema.h"
#include "danas/train/gradient_reducer.h"
#include "danas/train/lr_schedule.h"
#include "danas/train/optimizer.h"
#include "danas/train/pass.h"
#include "danas/train/task.h"

namespace danas {

// How the processes of a run share the training.
struct SharedTraining {
  Ranks ranks = {};
  RanksConfig config = {};
  bool paths_vary = false;  // a step may leave weights unused
};

// What lasts from pass to pass.
struct WeightTraining {
  WeightTraining(const TrainConfig& recipe, const RuntimeConfig& runtime, int64_t seed, const RateSchedule& schedule,
                 at::Device device, const SharedTraining& shared = {});

  // Before the first pass, and again when the network's tensors are others (after a pruning). Survivors keep momentum
  // and average.
  void Bind(torch::nn::Module& network);

  // The bound network's weights and statistics too. Where a checkpoint has no average and the recipe asks for one, it
  // begins with the weights as they are there, which is logged; one that the recipe does not ask for is left.
  void Describe(StateFields& fields, const torch::nn::Module& network);

  TrainConfig recipe;
  RuntimeConfig runtime;
  int64_t seed;
  RateSchedule schedule;
  Optimizer optimizer;
  LossScaler scaler;
  std::optional<Ema> ema;  // where the recipe asks for one
  SharedTraining shared;
  std::shared_ptr<GradientReducer> reducer;  // of the bound network; null for a process alone
  int64_t step = 0;  // batches so far, skipped ones too: the position in `schedule`, the counter of random draws

  // `pass` with the recipe's on_nonfinite and the ranks.
  PassOptions Passing(PassOptions pass) const;
};

// One step of the optimiser on a batch, in the halves that a pass wants (train/pass.h). The loader's batch is the
// optimiser's; the recipe's micro_batch splits it. Torch's default generator of the device, which draws dropout's
// masks, is seeded for every batch from the stream ("dropout", step), on rank r > 0 ("dropout", step, r).
class WeightStep {
 public:
  // Sets the network to training mode and NormMode::kBatch. The loss is the task's, over the first `classes` classes.
  // All must outlive this.
  WeightStep(torch::nn::Module& network, WeightTraining& training, const Task& task, int64_t classes);

  // Each of the forward passes goes over the whole batch; their gradients add up to those of the optimiser's one step,
  // as the paths of FairNAS do (Chu et al., ICCV 2021, Algorithm 1), and loss and accuracy are their means. Throws
  // ConfigError for a batch that leaves this process no image.
  StepResult Compute(const Batch& batch, const Forwards& forwards);
  // Either leaves no gradient, and counts the step.
  void Apply();
  void Discard();

  // After a pass: all ranks have rank 0's running statistics.
  void ShareStatistics();

 private:
  StepResult ComputeOn(const Batch& part, const Forward& forward) const;
  bool skips() const { return training_.recipe.on_nonfinite == OnNonFinite::kSkip; }
  void SaveBuffers();
  void Finish();

  torch::nn::Module& network_;
  WeightTraining& training_;
  const Task& task_;
  int64_t classes_;
  std::vector<at::Tensor> buffers_, saved_;  // with on_nonfinite = skip
  at::Tensor found_inf_, norm_;
};

// One epoch of steps with nothing in between: what a training of one network is. `pass`: its on_nonfinite and ranks are
// replaced by those of the training. Throws NumericError and Interrupted as BatchPass does.
PassResult TrainWeightsPass(torch::nn::Module& network, const Forward& forward, Loader& loader,
                            WeightTraining& training, const Task& task, int64_t classes, PassOptions pass);

}  // namespace danas
