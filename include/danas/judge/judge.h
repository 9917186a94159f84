// A trained network looks at images and says of each what it sees, as plain values: logits and pooled features. What is
// made of them (Eq. 1-3, the relevance of neurons) is the room easiness's.
#pragma once

#include <ATen/core/Tensor.h>
#include <c10/core/InferenceMode.h>

#include <cstdint>
#include <iterator>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "danas/config/train_config.h"
#include "danas/core/progress.h"
#include "danas/train/loader.h"
#include "danas/nn/supernet.h"
#include "danas/run/ranks.h"
#include "danas/train/pass.h"

namespace danas {

// What a network says of a batch. The memory is the pass's and lasts until its next batch.
struct JudgedBatch {
  std::span<const int64_t> entries;  // the position in the loader's subset of each image; those skipped are missing
  std::span<const int64_t> targets;  // of each image
  std::span<const float> logits;     // [images, classes], image by image
  std::span<const float> features;   // [images, neurons]: means over the last feature map's pixels, after activation

  size_t size() const { return targets.size(); }
  std::span<const float> LogitsOf(size_t image) const { return RowOf(logits, image); }
  std::span<const float> FeaturesOf(size_t image) const { return RowOf(features, image); }

 private:
  std::span<const float> RowOf(std::span<const float> matrix, size_t image) const {
    const size_t width = matrix.size() / size();
    return matrix.subspan(image * width, width);
  }
};

struct JudgeOptions {
  std::string label = {};  // "resnet34, scoring": for progress and errors
  RuntimeConfig runtime = {};
  ProgressSink* progress = nullptr;
  std::optional<PartOfRun> run_share = {};  // for the time left of the whole run
  Ranks ranks = {};
};

// One pass in inference mode with running statistics and without dropout; the network is left in that mode:
//
//   for (const JudgedBatch& batch : JudgePass(network, loader, options)) …
//
// The loader must not shuffle (TestLoader()). On rank 0 batches are of the images of all ranks, on others they are
// empty. Memory holds the loader's queue and one batch, however many images there are. Throws NumericError for a loss
// that is not finite, and Interrupted.
class JudgePass {
 public:
  // Both must outlive this.
  JudgePass(Supernet& network, Loader& loader, const JudgeOptions& options);

  class Iterator {
   public:
    explicit Iterator(JudgePass& pass) : pass_(pass), batch_(pass.pass_.begin()) { pass_.JudgeNext(batch_); }
    const JudgedBatch& operator*() const { return pass_.judged_; }
    void operator++() {
      ++batch_;
      pass_.JudgeNext(batch_);
    }
    bool operator==(std::default_sentinel_t end) const { return batch_ == end; }

   private:
    JudgePass& pass_;
    BatchPass::Iterator batch_;
  };
  Iterator begin() { return Iterator(*this); }
  static std::default_sentinel_t end() { return {}; }

 private:
  void JudgeNext(const BatchPass::Iterator& batch);

  const c10::InferenceMode inference_;
  Supernet& network_;
  const JudgeOptions options_;
  BatchPass pass_;
  at::Tensor entries_, targets_, logits_, features_;
  JudgedBatch judged_;
};

// The last layer, as plain values.
struct Classifier {
  std::vector<std::vector<double>> weight_ck;
  std::vector<double> bias_c;  // zeros where it has none
};
Classifier ReadClassifier(const Supernet& network);

// A hash of the names, shapes and values of all parameters and running statistics.
uint64_t HashWeights(const torch::nn::Module& network);

}  // namespace danas
