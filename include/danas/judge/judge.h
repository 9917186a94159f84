// A trained network looks at images and says of each what it sees, as plain values: logits and pooled features. What is
// made of them (Eq. 1-3, the relevance of neurons) is the room schedule's.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "danas/config/train_config.h"
#include "danas/core/progress.h"
#include "danas/data/loader.h"
#include "danas/nn/supernet.h"
#include "danas/run/ranks.h"

namespace danas {

// What a network says of a batch. The memory is the judge's and lasts for the call.
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
  std::function<double(double share_of_pass)> run_share = {};  // for the time left of the whole run
  Ranks ranks = {};
};

// One pass in inference mode with running statistics and without dropout; the network is left in that mode. The loader
// must not shuffle (TestLoader()). `sink` is called on rank 0 alone, with the images of all ranks. Memory holds the loader's queue and one batch, however many images there are. Throws
// what `sink` throws, NumericError for a loss that is not finite, and Interrupted.
void JudgeImages(Supernet& network, Loader& loader, const JudgeOptions& options,
                 const std::function<void(const JudgedBatch&)>& sink);

// The last layer, as plain values.
struct Classifier {
  std::vector<std::vector<double>> weight_ck;
  std::vector<double> bias_c;  // zeros where it has none
};
Classifier ReadClassifier(const Supernet& network);

// A hash of the names, shapes and values of all parameters and running statistics.
uint64_t HashWeights(const torch::nn::Module& network);

}  // namespace danas
