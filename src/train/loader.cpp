#include "danas/train/loader.h"

#include <ATen/ATen.h>
#include <c10/core/Event.h>
#include <c10/core/StreamGuard.h>
#include <c10/core/impl/VirtualGuardImpl.h>

#include <deque>
#include <utility>

#include "danas/core/error.h"

namespace danas {
namespace {

// Memory that a GPU's copy can read while the processor continues.
std::shared_ptr<float> AllocatePinned(size_t floats) {
  const auto count = static_cast<int64_t>(floats);
  const auto memory =
      std::make_shared<at::Tensor>(at::empty({count}, at::TensorOptions(at::kFloat).pinned_memory(true)));
  return {memory, memory->mutable_data_ptr<float>()};
}

FrameQueue::Allocate AllocatorFor(at::Device device) {
  return device.is_cpu() ? FrameQueue::AllocateOnHost : AllocatePinned;
}

template <typename T>
at::Tensor AsTensor(const std::vector<T>& values, bool pinned) {
  const auto type = c10::CppTypeToScalarType<T>::value;
  at::Tensor tensor = at::empty({std::ssize(values)}, at::TensorOptions(type).pinned_memory(pinned));
  std::copy(values.begin(), values.end(), tensor.mutable_data_ptr<T>());
  return tensor;
}

// The images share the batch's memory.
Batch AsTensors(FrameBatch frames, const FrameShape& shape, bool pinned) {
  const int64_t count = frames.size();
  const at::Tensor images = at::from_blob(
      frames.pixels.get(), {count, shape.channels, shape.height, shape.width},
      {shape.floats(), 1, shape.width * shape.channels, shape.channels}, [pixels = frames.pixels](void* /*memory*/) {},
      at::TensorOptions(at::kFloat));
  Batch batch{.images = images, .targets = AsTensor(frames.targets, pinned), .whole = frames.whole};
  if (!frames.truth.empty()) batch.truth = AsTensor(frames.truth, pinned).view({count, -1});
  batch.entries = AsTensor(frames.entries, /*pinned=*/false);
  return batch;
}

}  // namespace

// Copies batches to a device on a stream of its own, so that the copy overlaps with computation.
class Loader::DeviceCopy {
 public:
  explicit DeviceCopy(at::Device device) : device_(device), guard_(device.type()) {
    stream_ = guard_.getStreamFromGlobalPool(device_);
  }

  Batch Begin(const Batch& pinned) {
    c10::StreamGuard on_copy_stream(stream_);
    Batch moved = pinned;
    moved.images = pinned.images.to(device_, true);
    moved.targets = pinned.targets.to(device_, true);
    if (pinned.truth.defined()) moved.truth = pinned.truth.to(device_, true);
    copied_.emplace_back(c10::Event(device_.type()), pinned);  // pinned memory lives until the event has passed
    copied_.back().first.record(stream_);
    return moved;
  }

  // The computing stream waits for the copy, and the allocator learns that it uses this memory.
  void HandOver(const Batch& moved) {
    const c10::Stream computing = guard_.getStream(device_);
    if (!copied_.empty()) copied_.back().first.block(computing);
    guard_.recordDataPtrOnStream(moved.images.storage().data_ptr(), computing);
    guard_.recordDataPtrOnStream(moved.targets.storage().data_ptr(), computing);
    if (moved.truth.defined()) guard_.recordDataPtrOnStream(moved.truth.storage().data_ptr(), computing);
    while (copied_.size() > 1 && copied_.front().first.query()) copied_.pop_front();
  }

  ~DeviceCopy() {
    for (auto& [event, pinned] : copied_) event.synchronize();
  }

 private:
  at::Device device_;
  c10::impl::VirtualGuardImpl guard_;
  c10::Stream stream_{c10::Stream::DEFAULT, at::kCPU};
  std::deque<std::pair<c10::Event, Batch>> copied_;
};

Loader::Loader(Subset subset, std::shared_ptr<const FrameMaker> frames, LoaderOptions options, at::Device device)
    : device_(device), frames_(std::move(subset), std::move(frames), options, AllocatorFor(device)) {
  if (!device_.is_cpu()) copy_ = std::make_unique<DeviceCopy>(device_);
}

Loader::~Loader() = default;

void Loader::Start(int64_t epoch, int64_t first_batch) { frames_.Start(epoch, first_batch); }

std::optional<Batch> Loader::Next() {
  std::optional<FrameBatch> frames = frames_.Next();
  if (!frames) return std::nullopt;
  Batch batch = AsTensors(*std::move(frames), frames_.frames().shape(), copy_ != nullptr);
  if (!copy_) return batch;
  try {
    batch = copy_->Begin(batch);
    copy_->HandOver(batch);
  } catch (const c10::Error& error) {
    throw DeviceError("a batch of images cannot be copied to " + device_.str() + ": " + error.what_without_backtrace() +
                      "; lower train.batch or data.queue if memory is short");
  }
  return batch;
}

}  // namespace danas
