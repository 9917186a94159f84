// How good the sub-networks of a supernet are: their loss and accuracy with the supernet's weights, on one fixed set of
// validation images that the weights never see. No gradient, nothing moved: supernet, statistics and modes are
// afterwards as they were.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "danas/config/config.h"
#include "danas/core/progress.h"
#include "danas/train/loader.h"
#include "danas/train/task.h"
#include "danas/nn/supernet.h"
#include "danas/run/ranks.h"

namespace danas {

struct SubnetScore {
  double loss = 0;      // cross-entropy, mean over the images, in nats, without smoothing
  double accuracy = 0;  // share of images, in [0, 1]
  std::vector<float> loss_n =
      {};  // of each image, the same images in the same order for every network; where asked for

  bool operator==(const SubnetScore&) const = default;
};

// What is scored on: targets below `classes`, which both networks' outputs and the loss are cut to (a phase's classes:
// data/subset.h, EasiestClasses).
struct ScoringSets {
  Subset validation;  // carved from the training set for the architecture weights
  Subset training;    // the weights'; read with recalibrated statistics alone
  int64_t classes = 0;
};

enum class ImageLosses { kLeave, kGive };

struct ScoringOptions {
  ImageLosses losses = ImageLosses::kLeave;
  ProgressSink* progress = nullptr;
  std::string label = "scoring";
  std::optional<PartOfRun> run_share = {};  // for the time left of the whole run
};

// search.scoring says how many images (EvenSample() of the validation set), in batches of which size, and with which
// statistics. Images are prepared as for a test, decoded once and kept, in the memory of `device`.
//   batch          each batch of a network's images is normalised by its own mean and variance
//   recalibrated   by running averages over search.recalibration_images training images, taken for that network; as
//                  Recalibrate() gives them, to the bit
// A score depends on the network, the weights and the images alone, to the bit: not on the networks scored beside it,
// and not on the number of ranks.
class SubnetScorer {
 public:
  // Each rank gives the same, decodes all images and scores its part of the networks. Throws ConfigError where there
  // are no images; DataError as Loader.
  SubnetScorer(std::shared_ptr<Supernet> supernet, const ScoringSets& sets, const Config& config, at::Device device,
               const Ranks& ranks = {});

  // From now on networks of this one, with the same images: of a smaller space, after a pruning.
  void Use(std::shared_ptr<Supernet> supernet) { supernet_ = std::move(supernet); }

  // networks[i][layer]: a candidate. In the order given; the same one may come more than once. What networks have in
  // common from the stem on is computed once. Of several ranks all call it with the same networks and get all scores.
  // Throws std::invalid_argument for a network that is not of the space; NumericError, with the network, for a loss
  // that is not finite; Interrupted between networks.
  std::vector<SubnetScore> Score(const std::vector<std::vector<size_t>>& networks,
                                 const ScoringOptions& options = {}) const;

  // Of a mixture (Eq. 6): the supernet with these choices. Every rank computes it.
  SubnetScore ScoreMixture(const std::vector<LayerChoice>& choices, ImageLosses losses = ImageLosses::kLeave) const;

  // Multiply-accumulates of the forward passes that Score() and ScoreMixture() make on all ranks together.
  double MacsOfScore(const std::vector<std::vector<size_t>>& networks) const;
  double MacsOfMixture(const std::vector<LayerChoice>& choices) const;

  int64_t images() const;
  const Supernet& supernet() const { return *supernet_; }

 private:
  std::shared_ptr<Supernet> supernet_;
  std::shared_ptr<const Task> task_;
  int64_t classes_;
  RuntimeConfig runtime_;
  Ranks ranks_;
  std::vector<Batch> validation_;
  std::vector<Batch> training_;  // empty with the batch's statistics
};

}  // namespace danas
