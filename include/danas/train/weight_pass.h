// Training of weights (Eq. 9): the one epoch loop of search and fine-tuning.
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

namespace danas {

// images [N, channels, H, W] -> logits [N, classes]
using Forward = std::function<at::Tensor(const at::Tensor& image_nchw)>;
using Forwards = std::vector<Forward>;

// How the processes of a run share the training.
struct SharedTraining {
  Ranks ranks = {};
  RanksConfig config = {};
  bool paths_vary = false;  // a step may leave weights unused
};

// What lasts from pass to pass.
struct WeightTraining {
  WeightTraining(const TrainConfig& recipe, const RuntimeConfig& runtime, int64_t seed, const CosineSchedule& schedule,
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
  CosineSchedule schedule;
  Sgd sgd;
  LossScaler scaler;
  std::optional<Ema> ema;  // where the recipe asks for one
  SharedTraining shared;
  std::shared_ptr<GradientReducer> reducer;  // of the bound network; null for a process alone
  int64_t step = 0;  // batches so far, skipped ones too: the position in `schedule`, the counter of random draws
};

struct WeightPassOptions {
  PassOptions pass = {};  // its on_nonfinite is replaced by the recipe's
  int64_t classes = 0;    // the loss is over the first so many
  // The network's forward passes for a batch, asked for once before each; `step` is WeightTraining::step. A search
  // fixes the batch's draw here. Of several each goes over the whole batch; their gradients add up to those of the
  // optimiser's one step, as the paths of FairNAS do (Chu et al., ICCV 2021, Algorithm 1), and loss and accuracy are
  // their means.
  std::function<Forwards(int64_t step)> forwards = {};
  // Told of the images, over all processes, that each step's forward passes went over; of a step that is left out too.
  std::function<void(int64_t images)> passed = {};
  // Called after each step with the number of steps so far, when no gradient is left: for work in between (an α step
  // after every k). What it changes in the network (modes, requires_grad) it must set back.
  std::function<void(int64_t steps)> after_step = {};
};

// One epoch. Sets the network to training mode and NormMode::kBatch. The loader's batch is the optimiser's; micro_batch
// splits it. Torch's default generator of the device, which draws dropout's masks, is seeded for every batch from the
// stream ("dropout", step), on rank r > 0 ("dropout", step, r). At the end all ranks have rank 0's running statistics.
// Throws NumericError and Interrupted as RunPass() does.
PassResult TrainWeightsPass(torch::nn::Module& network, Loader& loader, WeightTraining& training,
                            const WeightPassOptions& options);

}  // namespace danas
