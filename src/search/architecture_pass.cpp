#include "danas/search/architecture_pass.h"

#include <ATen/ATen.h>

#include <stdexcept>
#include <utility>

#include "danas/core/rank_part.h"
#include "danas/nn/norm.h"
#include "danas/run/device.h"
#include "danas/run/ranks.h"
#include "danas/search/cost_loss.h"
#include "danas/train/micro_batch.h"

namespace danas {

DrawNumber NextDraw(const Config& config, const SearchState& state) {
  const bool own = config.ranks.draws == DrawChoice::kOwn;
  return {.seed = config.seed, .draw = state.draws, .rank = own ? state.training.shared.ranks.rank() : 0};
}

RelaxationConfig RelaxationNow(const Config& config, const SearchState& state) {
  RelaxationConfig relaxation = config.search.relaxation;
  if (state.temperature > 0) relaxation.temperature = state.temperature;
  return relaxation;
}

ArchitectureScope::ArchitectureScope(SearchState& state, Branch& branch) : state_(state), branch_(branch) {
  for (at::Tensor& weight : state.supernet->parameters()) {
    if (!weight.requires_grad()) continue;
    weight.set_requires_grad(false);
    frozen_.push_back(weight);
  }
  SetNormMode(*state.supernet, NormMode::kBatchFrozen);
  state.supernet->train(false);
  branch.alpha.RequireGradient(true);
}

ArchitectureScope::~ArchitectureScope() {
  branch_.alpha.ClearGradient();
  branch_.alpha.RequireGradient(false);
  SetNormMode(*state_.supernet, NormMode::kBatch);
  for (at::Tensor& weight : frozen_) weight.set_requires_grad(true);
}

StepResult ArchitectureStep::Compute(const Batch& batch) {
  if (!learner_) throw std::logic_error("an α step with search.learner 'none'");
  images_ = batch.whole_size();
  class_loss_sum_ = at::Tensor();
  cost_ = 0;
  computed_ = 0;
  macs_ = 0;
  const LossScaler& scaler = state_.training.scaler;
  const std::vector<Batch> parts = SplitBatch(batch, AlphaRecipe(config_).micro_batch);
  GradientSum sum(batch, parts.size(), /*ways=*/1, &scaler);
  for (const Batch& part : parts) sum.Add(ComputePart(part));
  StepResult result = sum.Result();
  for (const at::Tensor& weight : state_.supernet->parameters()) {
    if (weight.grad().defined()) throw std::logic_error("the architecture pass made a gradient of a weight");
  }
  SumOverAllRanks(batch, result);
  totals_.macs += macs_;
  found_inf_ = scaler.Unscale(branch_.alpha.Gradients());
  // With a scaler infinite gradients are part of the game: Apply() leaves the step out and the scale falls.
  if (!scaler.enabled()) result.gradient_norm = branch_.alpha.GradientNorm();
  return result;
}

void ArchitectureStep::SumOverAllRanks(const Batch& batch, StepResult& result) {
  const Ranks& ranks = state_.training.shared.ranks;
  if (ranks.alone()) return;
  ranks.Sum(branch_.alpha.Gradients());
  const double images = static_cast<double>(batch.size());
  at::Tensor cost = at::full_like(class_loss_sum_, cost_ * images, class_loss_sum_.options().dtype(at::kDouble));
  at::Tensor macs = at::full_like(cost, macs_);
  SumOverRanks(ranks, batch.size(), result, {&class_loss_sum_, &cost, &macs});
  macs_ = macs.item<double>();
  if (draws_differ()) cost_ = cost.item<double>() / static_cast<double>(images_);
}

bool ArchitectureStep::draws_differ() const {
  return config_.ranks.draws == DrawChoice::kOwn || config_.search.relaxation.draws == RelaxationDraws::kMicroBatch;
}

DrawNumber ArchitectureStep::DrawOfPart(const Batch& part) {
  DrawNumber number = NextDraw(config_, state_);
  if (config_.search.relaxation.draws == RelaxationDraws::kMicroBatch) {
    const Ranks& ranks = state_.training.shared.ranks;
    number.first_image = PartOfRank(part.whole_size(), ranks.rank(), ranks.count()).first + computed_;
  }
  computed_ += part.size();
  return number;
}

StepResult ArchitectureStep::ComputePart(const Batch& part) {
  const at::Device device = part.images.device();
  const Draw draw =
      learner_->DrawFor(branch_.alpha, DrawOfPart(part), RelaxationNow(config_, state_).temperature, device);
  const at::Tensor output = [&] {
    const AutocastScope autocast(config_.runtime.amp, device.type());
    return branch_.supernet->forward(InLayout(part.images, config_.runtime), draw.choices);
  }();
  const auto images = static_cast<double>(part.size());
  macs_ += images * forward_macs_.Of(draw.choices);
  const at::Tensor class_loss_sum = task_->LossSum(output, part, classes_, /*smoothing=*/0);
  const at::Tensor detached = class_loss_sum.detach();
  class_loss_sum_ = class_loss_sum_.defined() ? class_loss_sum_ + detached : detached;
  const at::Tensor cost = ExpectedCost(draw.cost_probability_lc, branch_.costs);
  cost_ += (cost.item<double>() - cost_) * (images / static_cast<double>(computed_));  // exact where all are alike
  const SearchConfig& search = config_.search;
  return {.loss_sum = CostAwareLoss(class_loss_sum / images, cost, search.budget.value, search.loss) * images,
          .correct = task_->CountCorrect(output, part, classes_),
          .gradient_norm = {}};
}

void ArchitectureStep::Apply() {
  if (found_inf_.defined() && found_inf_.item<float>() > 0) {
    state_.training.scaler.Update(found_inf_);
    return Discard();
  }
  learner_->Step(branch_.alpha, config_.search, NextDraw(config_, state_));
  ++state_.draws;
  ++state_.alpha_steps;
  state_.alpha_images += images_;
  totals_.costs += cost_;
  totals_.class_losses = totals_.class_losses.defined() ? totals_.class_losses + class_loss_sum_ : class_loss_sum_;
  totals_.images += images_;
  ++totals_.steps;
}

void ArchitectureStep::Discard() {
  branch_.alpha.ClearGradient();
  ++state_.draws;
}

ArchitectureStep::Means ArchitectureStep::TakeMeans() {
  const ArchitectureTotals totals = std::exchange(totals_, {});
  if (totals.steps == 0) return {.macs = totals.macs};
  return {.class_loss = totals.class_losses.item<double>() / static_cast<double>(totals.images),
          .expected_cost = totals.costs / static_cast<double>(totals.steps),
          .macs = totals.macs};
}

void Describe(StateFields& fields, ArchitectureTotals& totals) {
  auto& [images, steps, costs, class_losses, macs] = totals;
  fields.Value("images", images);
  fields.Value("steps", steps);
  fields.Value("costs", costs);
  fields.Tensor("class_losses", class_losses);
  if (fields.version() >= 2) fields.Value("macs", macs);
}

void Describe(StateFields& fields, ArchitectureResult& result) {
  auto& [pass, class_loss, expected_cost, macs] = result;
  fields.Within("pass", [&](StateFields& f) { Describe(f, pass); });
  fields.Value("class_loss", class_loss);
  fields.Value("expected_cost", expected_cost);
  fields.Value("macs", macs);
}

void Describe(StateFields& fields, InterleavedPosition& position) {
  auto& [place, sums, totals] = position;
  fields.Value("pass", place.pass);
  fields.Value("batches", place.batches);
  // By the names that checkpoints have had for them from the first version on.
  fields.Within("sums", [&](StateFields& f) { Describe(f, sums, {.loss_sum = "loss", .correct = "accuracy"}); });
  fields.Within("totals", [&](StateFields& f) { Describe(f, totals); });
}

ArchitectureResult TrainArchitecturePass(SearchState& state, Branch& branch, const Config& config, int64_t classes,
                                         Loader& loader, const PassOptions& options, ArchitectureTotals& totals) {
  const ArchitectureScope scope(state, branch);
  ArchitectureStep step(state, branch, config, classes, totals);
  BatchPass pass(loader, options);
  for (const Batch& batch : pass) {
    if (pass.Take(step.Compute(batch))) {
      step.Apply();
    } else {
      step.Discard();
    }
  }
  const PassResult result = pass.Finish();
  const ArchitectureStep::Means means = step.TakeMeans();
  return {result, means.class_loss, means.expected_cost, means.macs};
}

InterleavedArchitecture::InterleavedArchitecture(SearchState& state, Branch& branch, const Config& config,
                                                 int64_t classes, Loader& loader, std::string label,
                                                 InterleavedPosition& position)
    : state_(state),
      branch_(branch),
      position_(position),
      step_(state, branch, config, classes, position.totals),
      pass_(loader, state.training.Passing({.label = std::move(label),
                                            .totals = &position.sums,
                                            .endless = &position.place,
                                            .next_pass = &state.passes})) {}

void InterleavedArchitecture::Step() {
  const Batch& batch = pass_.BeginTurn();
  {
    const ArchitectureScope scope(state_, branch_);
    if (pass_.Take(step_.Compute(batch))) {
      step_.Apply();
    } else {
      step_.Discard();
    }
  }
  pass_.EndTurn();
}

ArchitectureResult InterleavedArchitecture::Finish() {
  const PassResult result = pass_.Finish();
  position_.sums = {};
  const ArchitectureStep::Means means = step_.TakeMeans();
  return {result, means.class_loss, means.expected_cost, means.macs};
}

}  // namespace danas
