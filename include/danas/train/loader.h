// Batches of a subset as tensors, on the device that computes. Threads decode them ahead (data/frame_queue.h).
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <memory>
#include <optional>

#include "danas/data/frame_queue.h"

namespace danas {

struct Batch {
  at::Tensor images;        // [N, channels, H, W] float32, channels_last
  at::Tensor targets;       // [N] int64
  int64_t whole = 0;        // images of the batch over all processes; 0: this is all of it
  at::Tensor truth = {};    // [N, FrameMaker::truth_floats()] float32; undefined where there are none
  at::Tensor entries = {};  // [N] int64 on the CPU: which entry of the subset each image is; from a loader alone
  int64_t size() const { return targets.size(0); }
  int64_t whole_size() const { return whole > 0 ? whole : size(); }
};

class Loader {
 public:
  // Batches arrive on `device`; on CUDA from pinned memory on a stream of their own.
  Loader(Subset subset, std::shared_ptr<const FrameMaker> frames, LoaderOptions options, at::Device device = at::kCPU);
  ~Loader();
  Loader(const Loader&) = delete;
  Loader& operator=(const Loader&) = delete;

  // As FrameQueue's. Next() throws DeviceError where a batch does not fit on the device.
  void Start(int64_t epoch, int64_t first_batch = 0);
  std::optional<Batch> Next();
  int64_t BatchesPerPass() const { return frames_.BatchesPerPass(); }
  int64_t ImagesPerPass() const { return frames_.ImagesPerPass(); }
  const Subset& subset() const { return frames_.subset(); }
  const FrameMaker& frames() const { return frames_.frames(); }
  BadImages* bad() const { return frames_.bad(); }
  double SecondsWaited() const { return frames_.SecondsWaited(); }

 private:
  class DeviceCopy;
  at::Device device_;
  FrameQueue frames_;
  std::unique_ptr<DeviceCopy> copy_;  // none on the CPU
};

}  // namespace danas
