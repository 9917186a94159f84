#include "danas/train/pass.h"

#include <ATen/ATen.h>

#include <chrono>
#include <cmath>
#include <stdexcept>
#include <utility>
#include <vector>

#include "danas/core/error.h"
#include "danas/core/interrupt.h"
#include "danas/core/log.h"
#include "danas/core/seconds_since.h"
#include "danas/train/finite_check.h"

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

// Each process meets the bad images of its own part: all count them, and the first, which has the list, writes them
// down.
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

// Adds up what steps computed, but for what is not finite.
class BatchPass::Tally {
 public:
  // `batches`: none where there is no end.
  Tally(const PassOptions& options, std::optional<int64_t> batches, PassTotals& totals)
      : check_(options.label, options.on_nonfinite, options.trains ? kAdviceOnTraining : kAdviceOnOutputs),
        batches_(batches),
        totals_(totals) {}

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
      const std::string name =
          "batch " + std::to_string(outcome.batch) + (batches_ ? " of " + std::to_string(*batches_) : "");
      if (!check_.Accepts(losses[i], norm, name)) {
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

  FiniteCheck check_;
  std::optional<int64_t> batches_;
  PassTotals& totals_;
  std::vector<Outcome> unread_;
};

void SumOverRanks(const Ranks& ranks, int64_t images, StepResult& result, const std::vector<at::Tensor*>& more) {
  if (ranks.alone()) return;
  result.images =
      at::full_like(result.loss_sum, static_cast<double>(images), result.loss_sum.options().dtype(at::kDouble));
  std::vector<at::Tensor*> scalars = {&result.loss_sum, &result.correct, &result.images};
  scalars.insert(scalars.end(), more.begin(), more.end());
  std::vector<at::Tensor> values;
  for (const at::Tensor* scalar : scalars) values.push_back(scalar->to(at::kDouble));
  const at::Tensor sums = at::stack(values);
  ranks.Sum(sums);
  for (size_t i = 0; i < scalars.size(); ++i) *scalars[i] = sums[static_cast<int64_t>(i)];
}

void Describe(StateFields& fields, PassTotals& totals, const PassTotalsNames& names) {
  auto& [steps, images, skipped, loss_sum, correct, seconds, seconds_waited] = totals;
  fields.Value("steps", steps);
  fields.Value("images", images);
  fields.Value("skipped", skipped);
  fields.Value(names.loss_sum, loss_sum);
  fields.Value(names.correct, correct);
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

BatchPass::BatchPass(Loader& loader, PassOptions options)
    : loader_(loader),
      options_(std::move(options)),
      loop_{.sink = options_.progress,
            .label = options_.label,
            .total = loader.BatchesPerPass(),
            .run_share = options_.run_share},
      start_(std::chrono::steady_clock::now()),
      totals_(options_.totals != nullptr ? *options_.totals : own_),
      seconds_before_(totals_.seconds),
      waited_before_(totals_.seconds_waited),
      tally_(std::make_unique<Tally>(
          options_, options_.endless == nullptr ? std::optional(loader.BatchesPerPass()) : std::nullopt, totals_)) {
  if (options_.endless == nullptr) {
    loader_.Start(options_.epoch, totals_.steps);
  } else if (options_.endless->pass >= 0) {
    loader_.Start(options_.endless->pass, options_.endless->batches);
  }
}

BatchPass::~BatchPass() = default;

void BatchPass::NoteTimes() {
  totals_.seconds = seconds_before_ + SecondsSince(start_);
  totals_.seconds_waited = waited_before_ + loader_.SecondsWaited();
}

void BatchPass::RequireTaken() const {
  if (!taken_) throw std::logic_error(options_.label + ": nothing was computed for a batch");
}

void BatchPass::Advance() {
  RequireTaken();
  if (std::exchange(show_next_, false)) ShowProgress();
  const bool interrupted = options_.ranks.Any({InterruptRequested()})[0];
  if (options_.keeper != nullptr && (interrupted || options_.keeper->Due())) {
    tally_->Read();
    NoteTimes();
    options_.keeper->Keep();
  }
  if (interrupted) throw Interrupted("stopped by a signal");
  batch_ = loader_.Next();
  if (!batch_) return;
  ++totals_.steps;
  taken_ = false;
}

const Batch& BatchPass::BeginTurn() {
  RequireTaken();
  start_ = std::chrono::steady_clock::now();
  seconds_before_ = totals_.seconds;
  EndlessPlace& place = *options_.endless;
  if (place.pass >= 0) batch_ = loader_.Next();
  while (!batch_) {
    place = {.pass = (*options_.next_pass)++, .batches = 0};
    loader_.Start(place.pass);
    batch_ = loader_.Next();
  }
  totals_.seconds_waited += SecondsSince(start_);
  ++place.batches;
  ++totals_.steps;
  taken_ = false;
  return *batch_;
}

void BatchPass::EndTurn() {
  batch_.reset();
  totals_.seconds = seconds_before_ + SecondsSince(start_);
}

bool BatchPass::Take(StepResult result) {
  taken_ = true;
  // Bad images may be left out: a process alone knows how many are there, ranks say it in the result.
  tally_->Add({totals_.steps, options_.ranks.alone() ? batch_->size() : batch_->whole_size(), std::move(result)});
  show_next_ = loop_.Due();
  // Of an endless pass too: a checkpoint of the pass around it may come next.
  const bool read_each =
      batch_->targets.is_cpu() || options_.on_nonfinite == OnNonFinite::kSkip || options_.endless != nullptr;
  const bool finite = !(read_each || show_next_ || tally_->unread() >= kMostUnread) || tally_->Read() == 0;
  if (!finite) ++totals_.skipped;
  return finite;
}

void BatchPass::ShowProgress() {
  const double seconds = seconds_before_ + SecondsSince(start_);
  loop_.Show(totals_.steps, {.images_per_second = static_cast<double>(tally_->images()) / seconds,
                             .loss = tally_->loss(),
                             .accuracy = tally_->accuracy()});
}

PassResult BatchPass::Finish() {
  tally_->Read();
  ShareBadImages(options_.ranks, loader_);
  if (options_.endless == nullptr) NoteTimes();
  if (totals_.skipped > 0) {
    const std::string many = std::to_string(totals_.skipped) + " of " + std::to_string(totals_.steps) + " batches";
    if (totals_.skipped == totals_.steps) {
      throw NumericError(options_.label + ": no batch gave a finite loss (" + many +
                         " skipped). Lower the learning rate (lr)");
    }
    log::warn("{}: {} skipped because their loss was not finite", options_.label, many);
  }
  return {.steps = totals_.steps,
          .images = totals_.images,
          .skipped = totals_.skipped,
          .loss = tally_->loss(),
          .accuracy = tally_->accuracy(),
          .seconds = totals_.seconds,
          .seconds_waited = totals_.seconds_waited};
}

}  // namespace danas
