// Batches from a subset: threads decode ahead into a bounded queue; delivery is in order and the same for any number of
// threads.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <memory>
#include <optional>

#include "danas/data/subset.h"
#include "danas/data/transform.h"

namespace danas {

struct Batch {
  at::Tensor images;   // [N, channels, H, W] float32, channels_last
  at::Tensor targets;  // [N] int64
  int64_t whole = 0;   // images of the batch over all processes; 0: this is all of it
  at::Tensor entries = {};  // [N] int64 on the CPU: which entry of the subset each image is; from a loader alone
  int64_t size() const { return targets.size(0); }
  int64_t whole_size() const { return whole > 0 ? whole : size(); }
};

struct LoaderOptions {
  int64_t batch = 256;
  bool shuffle = false;        // by the stream "order" of (seed, epoch)
  bool replace_bad = true;     // an image that is skipped: the next good one of its class, or a batch without it
  int64_t least_last = 2;      // a last batch of fewer images is joined to the one before (batch norm needs two); 1: never
  int64_t rank = 0;            // the part of each batch that this process takes, of `ranks` parts in order
  int64_t ranks = 1;           // with more than one a batch may come empty, so that all processes see as many
  int64_t workers = 1;
  int64_t queue = 4;  // batches decoded ahead
  int64_t seed = 0;
  at::Device device = at::kCPU;  // batches arrive there; from pinned memory on a stream of their own on CUDA
};

class Loader {
 public:
  Loader(Subset subset, Transform transform, LoaderOptions options);
  ~Loader();
  Loader(const Loader&) = delete;
  Loader& operator=(const Loader&) = delete;

  // Starts pass `epoch` (which chooses order and augmentation) at its `first_batch`; an unfinished pass is dropped.
  void Start(int64_t epoch, int64_t first_batch = 0);

  // The next batch of the pass, none at its end. Errors of a worker are thrown here: DataError with the file's name,
  // where the dataset does not keep a list of bad images.
  std::optional<Batch> Next();

  int64_t BatchesPerPass() const;
  int64_t ImagesPerPass() const;  // of all processes
  BadImages* bad() const;  // the dataset's list of images that were skipped; null where such an image is an error
  double SecondsWaited() const;  // by callers of Next() in this pass: the share of time the data was late

 private:
  class Pipeline;
  std::unique_ptr<Pipeline> pipeline_;
};

}  // namespace danas
