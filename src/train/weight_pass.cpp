#include "danas/train/weight_pass.h"

#include <ATen/ATen.h>

#include <utility>
#include <vector>

#include "danas/core/error.h"
#include "danas/core/log.h"
#include "danas/nn/norm.h"
#include "danas/run/device.h"
#include "danas/train/micro_batch.h"

namespace danas {
namespace {

class RankExchange : public StatisticsExchange {
 public:
  explicit RankExchange(const Ranks& ranks) : ranks_(ranks) {}
  int rank() const override { return ranks_.rank(); }
  int count() const override { return ranks_.count(); }
  void Sum(const at::Tensor& values) const override { ranks_.Sum(values); }

 private:
  Ranks ranks_;
};

void AverageBuffers(const torch::nn::Module& network, const Ranks& ranks) {
  if (ranks.alone()) return;
  const std::vector<at::Tensor> buffers = network.buffers();
  ranks.Sum(buffers);
  const at::NoGradGuard no_grad;
  for (at::Tensor buffer : buffers) buffer.div_(ranks.count());
}

void DescribeAverage(StateFields& fields, std::optional<Ema>& ema) {
  const bool saved = !fields.restoring() || fields.HasValue("average.updates");
  if (ema && saved) return fields.Within("average", [&](StateFields& f) { ema->Describe(f); });
  if (!ema) return fields.Leave("average");
  ema->Restart();
  log::warn("the checkpoint has no average of the weights; the average starts from its weights");
}

}  // namespace

WeightTraining::WeightTraining(const TrainConfig& recipe_, const RuntimeConfig& runtime_, int64_t seed_,
                               const RateSchedule& schedule_, at::Device device, const SharedTraining& shared_)
    : recipe(recipe_),
      runtime(runtime_),
      seed(seed_),
      schedule(schedule_),
      optimizer(recipe_),
      scaler(runtime_.amp, device),
      shared(shared_) {
  if (recipe.ema_decay > 0) ema.emplace(recipe.ema_decay);
}

void WeightTraining::Bind(torch::nn::Module& network) {
  optimizer.Bind(network);
  if (ema) ema->Bind(network);
  NormSharing sharing;
  sharing.groups = recipe.bn_groups;
  sharing.first_moves = shared.config.bn_buffers == BufferChoice::kFirst;
  if (recipe.sync_bn && !shared.ranks.alone()) sharing.exchange = std::make_shared<RankExchange>(shared.ranks);
  SetNormSharing(network, sharing);
  reducer.reset();  // the one before lets go of its parameters first
  if (!shared.ranks.alone()) {
    reducer = std::make_shared<GradientReducer>(network.parameters(), shared.ranks, shared.paths_vary);
  }
}

void WeightTraining::Describe(StateFields& fields, const torch::nn::Module& network) {
  // What the config gives again: recipe_, runtime_, seed_, schedule_, shared_, and with the network reducer_.
  auto& [recipe_, runtime_, seed_, schedule_, optimizer_, scaler_, ema_, shared_, reducer_, step_] = *this;
  fields.Within("weights", [&](StateFields& f) {
    for (const auto& [name, tensor] : StateOf(network)) f.Contents(name, tensor);
  });
  fields.Within("momentum", [&](StateFields& f) { optimizer_.Describe(f); });
  fields.Within("scaler", [&](StateFields& f) { scaler_.Describe(f); });
  DescribeAverage(fields, ema_);
  fields.Value("step", step_);
}

PassOptions WeightTraining::Passing(PassOptions pass) const {
  pass.on_nonfinite = recipe.on_nonfinite;
  pass.ranks = shared.ranks;
  return pass;
}

WeightStep::WeightStep(torch::nn::Module& network, WeightTraining& training, const Task& task, int64_t classes)
    : network_(network), training_(training), task_(task), classes_(classes) {
  SetNormMode(network, NormMode::kBatch);
  network.train();
  training.optimizer.ZeroGradients();
  if (skips()) buffers_ = network.buffers();
}

StepResult WeightStep::Compute(const Batch& batch, const Forwards& forwards) {
  if (batch.size() == 0) {
    throw ConfigError("a batch of " + std::to_string(batch.whole_size()) + " images leaves none for this process; " +
                      "use fewer processes");
  }
  SaveBuffers();
  const Ranks& ranks = training_.shared.ranks;
  SeedGenerator(batch.images.device(), training_.seed, static_cast<uint64_t>(training_.step), ranks.rank());
  const std::vector<Batch> parts = SplitBatch(batch, training_.recipe.micro_batch);
  GradientSum sum(batch, parts.size(), forwards.size(), &training_.scaler, training_.reducer.get());
  for (const Forward& forward : forwards) {
    for (const Batch& part : parts) sum.Add(ComputeOn(part, forward));
  }
  StepResult result = sum.Result();
  SumOverRanks(ranks, batch.size(), result);
  if (training_.shared.config.bn_buffers == BufferChoice::kAverage) AverageBuffers(network_, ranks);

  found_inf_ = training_.scaler.Unscale(training_.optimizer.Gradients());
  if (training_.recipe.clip_norm > 0 || skips()) norm_ = training_.optimizer.GradientNorm();
  // With a scaler infinite gradients are part of the game: the scale falls and the step is left out.
  if (!training_.scaler.enabled()) result.gradient_norm = norm_;
  return result;
}

StepResult WeightStep::ComputeOn(const Batch& part, const Forward& forward) const {
  const at::Tensor output = [&] {
    const AutocastScope autocast(training_.runtime.amp, part.images.device().type());
    return forward(InLayout(part.images, training_.runtime));
  }();
  return {.loss_sum = task_.LossSum(output, part, classes_, training_.recipe.label_smoothing),
          .correct = task_.CountCorrect(output, part, classes_)};
}

// A forward pass that is not finite leaves its mark on batch norm's running statistics for good.
void WeightStep::SaveBuffers() {
  saved_.clear();
  for (const at::Tensor& buffer : buffers_) saved_.push_back(buffer.clone());
}

void WeightStep::Apply() {
  if (training_.recipe.clip_norm > 0) training_.optimizer.ClipGradients(norm_, training_.recipe.clip_norm);
  training_.optimizer.Step(training_.schedule.At(training_.step), found_inf_);
  training_.scaler.Update(found_inf_);
  if (training_.ema) training_.ema->Update();
  Finish();
}

void WeightStep::Discard() {
  const at::NoGradGuard no_grad;
  for (size_t i = 0; i < buffers_.size(); ++i) buffers_[i].copy_(saved_[i]);
  Finish();
}

void WeightStep::Finish() {
  training_.optimizer.ZeroGradients();
  ++training_.step;
}

void WeightStep::ShareStatistics() { training_.shared.ranks.TakeFirst(network_.buffers()); }

PassResult TrainWeightsPass(torch::nn::Module& network, const Forward& forward, Loader& loader,
                            WeightTraining& training, const Task& task, int64_t classes, PassOptions options) {
  WeightStep step(network, training, task, classes);
  BatchPass pass(loader, training.Passing(std::move(options)));
  for (const Batch& batch : pass) {
    if (pass.Take(step.Compute(batch, {forward}))) {
      step.Apply();
    } else {
      step.Discard();
    }
  }
  const PassResult result = pass.Finish();
  step.ShareStatistics();
  return result;
}

}  // namespace danas
