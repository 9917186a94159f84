// Frames of a subset in batches: threads decode ahead into a bounded queue; delivery is in order and the same for any
// number of threads. Plain buffers: train/loader.h makes tensors of them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "danas/data/frame_maker.h"
#include "danas/data/subset.h"

namespace danas {

struct FrameBatch {
  std::shared_ptr<float> pixels;  // [N, H, W, channels]
  std::vector<int64_t> targets;   // [N]
  std::vector<float> truth;       // [N, FrameMaker::truth_floats()]
  std::vector<int64_t> entries;   // [N]: which entry of the subset each frame is
  int64_t whole = 0;              // frames of the batch over all processes

  int64_t size() const { return static_cast<int64_t>(targets.size()); }
};

struct LoaderOptions {
  int64_t batch = 256;
  bool shuffle = false;     // by the stream "order" of (seed, epoch)
  bool replace_bad = true;  // an image that is skipped: the next good one of its class, or a batch without it
  int64_t least_last = 2;   // a last batch of fewer images joins the one before (batch norm needs two); 1: never
  int64_t rank = 0;         // the part of each batch that this process takes, of `ranks` parts in order
  int64_t ranks = 1;        // with more than one a batch may come empty, so that all processes see as many
  int64_t workers = 1;
  int64_t queue = 4;  // batches decoded ahead
  int64_t seed = 0;
};

class FrameQueue {
 public:
  // Gives memory for so many floats, aligned to 64 bytes.
  using Allocate = std::function<std::shared_ptr<float>(size_t floats)>;

  FrameQueue(Subset subset, std::shared_ptr<const FrameMaker> frames, LoaderOptions options,
             Allocate allocate = AllocateOnHost);
  ~FrameQueue();
  FrameQueue(const FrameQueue&) = delete;
  FrameQueue& operator=(const FrameQueue&) = delete;

  // Starts pass `epoch` (which chooses order and augmentation) at its `first_batch`; an unfinished pass is dropped.
  void Start(int64_t epoch, int64_t first_batch = 0);

  // The next batch of the pass, none at its end. Errors of a worker are thrown here: DataError with the file's name,
  // where the dataset does not keep a list of bad images.
  std::optional<FrameBatch> Next();

  int64_t BatchesPerPass() const;
  int64_t ImagesPerPass() const;  // of all processes
  BadImages* bad() const;        // the dataset's list of images that were skipped; null where such an image is an error
  double SecondsWaited() const;  // by callers of Next() in this pass: the share of time the data was late
  const FrameMaker& frames() const;
  const Subset& subset() const;

  static std::shared_ptr<float> AllocateOnHost(size_t floats);

 private:
  class Pipeline;
  std::unique_ptr<Pipeline> pipeline_;
};

}  // namespace danas
