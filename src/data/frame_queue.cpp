#include "danas/data/frame_queue.h"

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <cstdlib>
#include <deque>
#include <exception>
#include <mutex>
#include <new>
#include <numeric>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "danas/core/error.h"
#include "danas/core/random.h"
#include "danas/core/rank_part.h"

namespace danas {
namespace {

// The positions [first, last) of a pass that this process takes of one batch, which has `whole` images.
struct Span {
  int64_t first = 0;
  int64_t last = 0;
  int64_t whole = 0;
};

std::vector<Span> CutIntoBatches(int64_t images, const LoaderOptions& options) {
  std::vector<Span> spans;
  for (int64_t first = 0; first < images; first += options.batch) {
    const int64_t last = std::min(images, first + options.batch);
    spans.push_back({first, last, last - first});
  }
  if (spans.size() > 1 && spans.back().whole < options.least_last) {
    spans[spans.size() - 2].whole += spans.back().whole;
    spans.pop_back();
  }
  for (Span& span : spans) {
    const RankPart part = PartOfRank(span.whole, options.rank, options.ranks);
    span.last = span.first + part.last;
    span.first += part.first;
  }
  return spans;
}

std::vector<int64_t> PassOrder(int64_t images, const LoaderOptions& options, int64_t epoch) {
  std::vector<int64_t> order(static_cast<size_t>(images));
  std::iota(order.begin(), order.end(), int64_t{0});
  if (options.shuffle) {
    RandomStream stream(static_cast<uint64_t>(options.seed), "order", {static_cast<uint64_t>(epoch)});
    stream.Shuffle(order);
  }
  return order;
}

// A batch while its images are being decoded.
struct Slot {
  FrameBatch batch;
  int64_t taken = 0;              // rows that a worker has begun
  int64_t missing = 0;            // images not decoded yet
  std::vector<int64_t> left_out;  // rows of bad images
  int64_t failed_row = INT64_MAX;
  std::exception_ptr error;  // of the first row that failed, whichever worker was faster
};

// Without the rows that were left out, of `floats` and `truth` each. The memory stays as it is: rows move up.
void Compact(FrameBatch& batch, const std::vector<int64_t>& left_out, size_t floats, size_t truth) {
  size_t kept = 0;
  for (size_t row = 0; row < batch.targets.size(); ++row) {
    if (std::ranges::find(left_out, static_cast<int64_t>(row)) != left_out.end()) continue;
    float* pixels = batch.pixels.get();
    if (kept != row) std::copy_n(pixels + row * floats, floats, pixels + kept * floats);
    if (kept != row) std::copy_n(batch.truth.data() + row * truth, truth, batch.truth.data() + kept * truth);
    batch.targets[kept] = batch.targets[row];
    batch.entries[kept] = batch.entries[row];
    ++kept;
  }
  batch.targets.resize(kept);
  batch.truth.resize(kept * truth);
  batch.entries.resize(kept);
}

// Threads that are joined at the end of their scope, also when one of them cannot be started.
class Workers {
 public:
  ~Workers() { Join(); }
  template <typename Work>
  void Start(Work work) {
    threads_.emplace_back(std::move(work));
  }
  void Join() {
    for (std::thread& thread : threads_) thread.join();
    threads_.clear();
  }

 private:
  std::vector<std::thread> threads_;
};

}  // namespace

// Workers take images one by one, in the order of the pass, and write each into its place in its batch. `mutex_` guards
// everything below it; the pixels are written outside of it, each by the one worker that took the image.
class FrameQueue::Pipeline {
 public:
  Pipeline(Subset subset, std::shared_ptr<const FrameMaker> frames, LoaderOptions options, Allocate allocate)
      : subset_(std::move(subset)),
        frames_(std::move(frames)),
        options_(options),
        allocate_(std::move(allocate)),
        spans_(CutIntoBatches(subset_.size(), options_)) {
    try {
      for (int64_t i = 0; i < std::max<int64_t>(1, options_.workers); ++i) {
        workers_.Start([this] { Work(); });
      }
    } catch (...) {
      Stop();
      throw;
    }
  }

  ~Pipeline() { Stop(); }

  void Start(int64_t epoch, int64_t first_batch) {
    std::unique_lock lock(mutex_);
    taking_ = false;  // nothing more of the pass before
    idle_.wait(lock, [this] { return busy_ == 0; });
    slots_.clear();
    first_slot_ = static_cast<size_t>(first_batch);
    epoch_ = epoch;
    order_ = PassOrder(subset_.size(), options_, epoch);
    waited_ = {};
    taking_ = true;
    AddSlots();
    work_.notify_all();
  }

  std::optional<FrameBatch> Next() {
    std::optional<FrameBatch> batch = NextSlot();
    while (batch && batch->size() == 0 && options_.ranks == 1) batch = NextSlot();
    return batch;
  }

  int64_t batches() const { return static_cast<int64_t>(spans_.size()); }
  int64_t images() const { return subset_.size(); }
  BadImages* bad() const { return subset_.dataset->bad.get(); }
  const FrameMaker& frames() const { return *frames_; }
  const Subset& subset() const { return subset_; }
  double seconds_waited() const { return std::chrono::duration<double>(waited_).count(); }

 private:
  std::optional<FrameBatch> NextSlot() {
    FrameBatch batch;
    std::vector<int64_t> left_out;
    {
      std::unique_lock lock(mutex_);
      if (slots_.empty()) return std::nullopt;
      const auto began = std::chrono::steady_clock::now();
      ready_.wait(lock, [this] { return slots_.front().missing == 0; });
      waited_ += std::chrono::steady_clock::now() - began;
      if (slots_.front().error) {
        taking_ = false;
        std::rethrow_exception(slots_.front().error);
      }
      batch = std::move(slots_.front().batch);
      left_out = std::move(slots_.front().left_out);
      slots_.pop_front();
      ++first_slot_;
      AddSlots();
    }
    work_.notify_all();
    if (!left_out.empty()) Compact(batch, left_out, floats_per_frame(), truth_per_frame());
    return batch;
  }

  void Stop() {
    {
      std::lock_guard lock(mutex_);
      stopping_ = true;
    }
    work_.notify_all();
    workers_.Join();
  }

  // Opens empty batches up to the queue's length. Needs `mutex_`.
  void AddSlots() {
    while (static_cast<int64_t>(slots_.size()) < options_.queue && first_slot_ + slots_.size() < spans_.size()) {
      const Span span = spans_[first_slot_ + slots_.size()];
      const int64_t count = span.last - span.first;
      Slot slot;
      slot.batch.pixels = allocate_(static_cast<size_t>(count) * floats_per_frame());
      slot.batch.targets.resize(static_cast<size_t>(count));
      slot.batch.truth.resize(static_cast<size_t>(count) * truth_per_frame());
      slot.batch.entries.assign(order_.begin() + span.first, order_.begin() + span.last);
      slot.batch.whole = span.whole;
      slot.missing = count;
      slots_.push_back(std::move(slot));
    }
  }

  // The first batch with an image that nobody has taken; none: null. Needs `mutex_`.
  Slot* SlotToFill() {
    if (!taking_) return nullptr;
    for (Slot& slot : slots_) {
      if (slot.taken < slot.batch.size()) return &slot;
    }
    return nullptr;
  }

  void Work() {
    std::unique_lock lock(mutex_);
    for (;;) {
      Slot* to_fill = nullptr;
      work_.wait(lock, [&] { return stopping_ || (to_fill = SlotToFill()) != nullptr; });
      if (stopping_) return;
      Slot& slot = *to_fill;  // of a deque: stays where it is while others come and go at the ends
      const int64_t row = slot.taken++;
      ++busy_;
      const int64_t entry = slot.batch.entries[static_cast<size_t>(row)];
      const int64_t epoch = epoch_;
      lock.unlock();
      std::exception_ptr error;
      bool filled = true;
      try {
        filled = Fill(slot.batch, row, entry, epoch);
      } catch (...) {
        error = std::current_exception();
      }
      lock.lock();
      if (error && row < slot.failed_row) {
        slot.failed_row = row;
        slot.error = error;
      }
      if (!filled) slot.left_out.push_back(row);
      --busy_;
      if (--slot.missing == 0) ready_.notify_all();
      if (busy_ == 0) idle_.notify_all();
    }
  }

  // False where the image is bad and to be left out.
  bool Fill(FrameBatch& batch, int64_t row, int64_t entry, int64_t epoch) const {
    const auto place = static_cast<size_t>(row);
    const size_t floats = floats_per_frame(), truth = truth_per_frame();
    const std::span out(batch.pixels.get() + place * floats, floats);
    const std::span out_truth(batch.truth.data() + place * truth, truth);
    const int target = subset_.targets[static_cast<size_t>(entry)];
    batch.targets[place] = target;
    if (Read(entry, epoch, out, out_truth)) return true;
    if (!options_.replace_bad) return false;
    for (int64_t next = (entry + 1) % subset_.size(); next != entry; next = (next + 1) % subset_.size()) {
      if (subset_.targets[static_cast<size_t>(next)] == target && Read(next, epoch, out, out_truth)) {
        return true;
      }
    }
    throw DataError("no image of the class of " +
                    subset_.dataset->images->Name(subset_.images[static_cast<size_t>(entry)]) + " can be read");
  }

  size_t floats_per_frame() const { return static_cast<size_t>(frames_->shape().floats()); }
  size_t truth_per_frame() const { return static_cast<size_t>(frames_->truth_floats()); }

  // False where it cannot be read and the dataset lists such images.
  bool Read(int64_t entry, int64_t epoch, std::span<float> out, std::span<float> truth) const {
    const int64_t image = subset_.images[static_cast<size_t>(entry)];
    try {
      frames_->Make(*subset_.dataset, epoch, image, out, truth);
      return true;
    } catch (const DataError& error) {
      if (!subset_.dataset->bad) throw;
      subset_.dataset->bad->Add(subset_.dataset->images->Name(image), error.what());
      return false;
    }
  }

  const Subset subset_;
  const std::shared_ptr<const FrameMaker> frames_;
  const LoaderOptions options_;
  const Allocate allocate_;
  const std::vector<Span> spans_;

  std::mutex mutex_;
  std::condition_variable work_;   // an image can be taken, or it is time to stop
  std::condition_variable ready_;  // a batch is complete
  std::condition_variable idle_;   // no worker is decoding
  bool stopping_ = false;
  int64_t epoch_ = 0;
  std::vector<int64_t> order_;
  bool taking_ = false;    // images of the pass
  int64_t busy_ = 0;       // workers that are decoding
  size_t first_slot_ = 0;  // number of the batch that slots_.front() is
  std::deque<Slot> slots_;
  std::chrono::steady_clock::duration waited_{};
  Workers workers_;
};

FrameQueue::FrameQueue(Subset subset, std::shared_ptr<const FrameMaker> frames, LoaderOptions options,
                       Allocate allocate)
    : pipeline_(std::make_unique<Pipeline>(std::move(subset), std::move(frames), options, std::move(allocate))) {}
FrameQueue::~FrameQueue() = default;

void FrameQueue::Start(int64_t epoch, int64_t first_batch) { pipeline_->Start(epoch, first_batch); }
std::optional<FrameBatch> FrameQueue::Next() { return pipeline_->Next(); }
int64_t FrameQueue::BatchesPerPass() const { return pipeline_->batches(); }
int64_t FrameQueue::ImagesPerPass() const { return pipeline_->images(); }
BadImages* FrameQueue::bad() const { return pipeline_->bad(); }
double FrameQueue::SecondsWaited() const { return pipeline_->seconds_waited(); }
const FrameMaker& FrameQueue::frames() const { return pipeline_->frames(); }
const Subset& FrameQueue::subset() const { return pipeline_->subset(); }

std::shared_ptr<float> FrameQueue::AllocateOnHost(size_t floats) {
  constexpr size_t kLine = 64;
  const size_t bytes = (std::max<size_t>(1, floats) * sizeof(float) + kLine - 1) / kLine * kLine;
  auto* memory = static_cast<float*>(std::aligned_alloc(kLine, bytes));
  if (memory == nullptr) throw std::bad_alloc();
  return {memory, std::free};
}

}  // namespace danas
