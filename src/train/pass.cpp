#include "danas/train/pass.h"

#include <ATen/ATen.h>

#include <chrono>
#include <cmath>
#include <vector>

#include "danas/core/error.h"
#include "danas/core/interrupt.h"
#include "danas/core/log.h"
#include "danas/core/seconds_since.h"

namespace danas {
namespace {

constexpr size_t kMostUnread = 100;  // batches

struct Outcome {
  int64_t batch = 0;  // from 1
  int64_t images = 0;
  StepResult result;
};

// Copies one scalar of every outcome from the device at once.
std::vector<double> ReadBack(const std::vector<Outcome>& outcomes, at::Tensor StepResult::*scalar) {
  std::vector<at::Tensor> scalars;
  for (const Outcome& outcome : outcomes) scalars.push_back(outcome.result.*scalar);
  if (!scalars.front().defined()) return {};
  const at::Tensor values = at::stack(scalars).to(at::kDouble).cpu();
  return {values.const_data_ptr<double>(), values.const_data_ptr<double>() + values.numel()};
}

class Tally {
 public:
  Tally(const PassOptions& options, int64_t batches, PassTotals& totals)
      : options_(options), batches_(batches), totals_(totals) {}

  void Add(Outcome outcome) { unread_.push_back(std::move(outcome)); }
  size_t unread() const { return unread_.size(); }

  // Adds up what was not read yet. Returns how many of the batches were left out for not being finite.
  int64_t Read() {
    if (unread_.empty()) return 0;
    const std::vector<double> losses = ReadBack(unread_, &StepResult::loss_sum);
    const std::vector<double> norms = ReadBack(unread_, &StepResult::gradient_norm);
    const std::vector<double> correct = ReadBack(unread_, &StepResult::correct);
    const std::vector<double> images = ReadBack(unread_, &StepResult::images);
    int64_t left_out = 0;
    for (size_t i = 0; i < unread_.size(); ++i) {
      const Outcome& outcome = unread_[i];
      const double norm = norms.empty() ? 0 : norms[i];
      if (!std::isfinite(losses[i]) || !std::isfinite(norm)) {
        if (options_.on_nonfinite == OnNonFinite::kStop) ThrowNotFinite(outcome, losses[i], norm);
        ++left_out;
        continue;
      }
      totals_.images += images.empty() ? outcome.images : std::llround(images[i]);
      totals_.loss_sum += losses[i];
      totals_.correct += correct[i];
    }
    unread_.clear();
    return left_out;
  }

  int64_t images() const { return totals_.images; }
  double loss() const { return Mean(totals_.loss_sum); }
  double accuracy() const { return Mean(totals_.correct); }

 private:
  double Mean(double sum) const { return totals_.images > 0 ? sum / static_cast<double>(totals_.images) : 0; }

  [[noreturn]] void ThrowNotFinite(const Outcome& outcome, double loss_sum, double norm) const {
    const bool in_loss = !std::isfinite(loss_sum);
    throw NumericError(options_.label + ": the " + (in_loss ? "loss" : "gradients' norm") + " of batch " +
                       std::to_string(outcome.batch) + " of " + std::to_string(batches_) + " is " +
                       std::to_string(in_loss ? loss_sum : norm) +
                       ", not a finite number. " +
                       (options_.trains ? "Lower the learning rate (lr), limit the gradients (clip_norm), or leave such "
                                          "batches out (on_nonfinite: skip)"
                                        : "The network's outputs are not finite: the training of its weights diverged, "
                                          "or they overflow in half precision (runtime.amp)"));
  }

  const PassOptions& options_;
  int64_t batches_;
  PassTotals& totals_;
  std::vector<Outcome> unread_;
};

void ShowProgress(const PassOptions& options, const Tally& tally, int64_t done, int64_t total, double seconds) {
  Progress progress{.label = options.label, .done = done, .total = total};
  progress.images_per_second = static_cast<double>(tally.images()) / seconds;
  progress.loss = tally.loss();
  progress.accuracy = tally.accuracy();
  if (options.run_share) {
    progress.run_share_done = options.run_share(static_cast<double>(done) / static_cast<double>(total));
  }
  options.progress->Show(progress);
}

// Each process meets the bad images of its own part: all count them, and the first, which has the list, writes them down.
void ShareBadImages(const Ranks& ranks, Loader& loader) {
  if (ranks.alone() || loader.bad() == nullptr) return;
  const std::vector<std::string> found = ranks.Gather(JsonText(Json(loader.bad()->TakeNew())));
  for (int r = 0; r < ranks.count(); ++r) {
    if (r == ranks.rank()) continue;
    for (const Json& image : Json::parse(found[static_cast<size_t>(r)])) {
      loader.bad()->Add(image.at(0).get<std::string>(), image.at(1).get<std::string>());
    }
  }
  loader.bad()->TakeNew();
}

}  // namespace

void SumOverRanks(const Ranks& ranks, int64_t images, StepResult& result, const std::vector<at::Tensor*>& more) {
  if (ranks.alone()) return;
  result.images = at::full_like(result.loss_sum, static_cast<double>(images), result.loss_sum.options().dtype(at::kDouble));
  std::vector<at::Tensor*> scalars = {&result.loss_sum, &result.correct, &result.images};
  scalars.insert(scalars.end(), more.begin(), more.end());
  std::vector<at::Tensor> values;
  for (const at::Tensor* scalar : scalars) values.push_back(scalar->to(at::kDouble));
  const at::Tensor sums = at::stack(values);
  ranks.Sum(sums);
  for (size_t i = 0; i < scalars.size(); ++i) *scalars[i] = sums[static_cast<int64_t>(i)];
}

void Describe(StateFields& fields, PassTotals& totals) {
  auto& [steps, images, skipped, loss_sum, correct, seconds, seconds_waited] = totals;
  fields.Value("steps", steps);
  fields.Value("images", images);
  fields.Value("skipped", skipped);
  fields.Value("loss_sum", loss_sum);
  fields.Value("correct", correct);
  fields.Value("seconds", seconds);
  fields.Value("seconds_waited", seconds_waited);
}

void Describe(StateFields& fields, PassResult& result) {
  auto& [steps, images, skipped, loss, accuracy, seconds, seconds_waited] = result;
  fields.Value("steps", steps);
  fields.Value("images", images);
  fields.Value("skipped", skipped);
  fields.Value("loss", loss);
  fields.Value("accuracy", accuracy);
  fields.Value("seconds", seconds);
  fields.Value("seconds_waited", seconds_waited);
}

PassResult RunPass(Loader& loader, const PassOptions& options, const PassStep& step) {
  const auto start = std::chrono::steady_clock::now();
  const int64_t batches = loader.BatchesPerPass();
  PassTotals own;
  PassTotals& totals = options.totals != nullptr ? *options.totals : own;
  const double seconds_before = totals.seconds, waited_before = totals.seconds_waited;
  const auto note_times = [&] {
    totals.seconds = seconds_before + SecondsSince(start);
    totals.seconds_waited = waited_before + loader.SecondsWaited();
  };
  Tally tally(options, batches, totals);
  loader.Start(options.epoch, totals.steps);
  while (true) {
    const bool interrupted = options.ranks.Any({InterruptRequested()})[0];
    if (options.keeper != nullptr && (interrupted || options.keeper->Due())) {
      tally.Read();
      note_times();
      options.keeper->Keep();
    }
    if (interrupted) throw Interrupted("stopped by a signal");
    const std::optional<Batch> batch = loader.Next();
    if (!batch) break;
    ++totals.steps;
    // Bad images may be left out: a process alone knows how many are there, ranks say it in the result.
    tally.Add({totals.steps, options.ranks.alone() ? batch->size() : batch->whole_size(), step.compute(*batch)});

    const bool due = options.progress != nullptr && options.progress->Due();
    const bool read_each = batch->targets.is_cpu() || options.on_nonfinite == OnNonFinite::kSkip;
    const bool skip = (read_each || due || tally.unread() >= kMostUnread) && tally.Read() > 0;
    if (skip) {
      ++totals.skipped;
      step.discard();
    } else {
      step.apply();
    }
    if (due) ShowProgress(options, tally, totals.steps, batches, seconds_before + SecondsSince(start));
  }
  tally.Read();
  ShareBadImages(options.ranks, loader);
  note_times();

  if (totals.skipped > 0) {
    const std::string many = std::to_string(totals.skipped) + " of " + std::to_string(totals.steps) + " batches";
    if (totals.skipped == totals.steps) {
      throw NumericError(options.label + ": no batch gave a finite loss (" + many +
                         " skipped). Lower the learning rate (lr)");
    }
    log::warn("{}: {} skipped, their loss was not finite", options.label, many);
  }
  return {.steps = totals.steps,
          .images = totals.images,
          .skipped = totals.skipped,
          .loss = tally.loss(),
          .accuracy = tally.accuracy(),
          .seconds = totals.seconds,
          .seconds_waited = totals.seconds_waited};
}

}  // namespace danas
