#include "danas/search/score.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include <algorithm>
#include <chrono>
#include <stdexcept>
#include <utility>

#include "danas/arch/network_name.h"
#include "danas/core/error.h"
#include "danas/core/interrupt.h"
#include "danas/core/rank_part.h"
#include "danas/core/seconds_since.h"
#include "danas/nn/norm.h"
#include "danas/search/forward_macs.h"
#include "danas/search/kept_images.h"
#include "danas/tasks/make_task.h"
#include "danas/train/amp.h"
#include "danas/train/finite_check.h"
#include "subnet_runner.h"

namespace danas {
namespace {

// Networks whose statistics are held at a time: some hundred kilobytes each.
constexpr size_t kNetworksAtOnce = 128;

using Networks = std::vector<std::vector<size_t>>;

int64_t CountImagesOf(const std::vector<Batch>& batches) {
  int64_t images = 0;
  for (const Batch& batch : batches) images += batch.size();
  return images;
}

std::vector<at::Tensor> ImagesOf(const std::vector<Batch>& batches) {
  std::vector<at::Tensor> images;
  for (const Batch& batch : batches) images.push_back(batch.images);
  return images;
}

// Of one network on one batch.
struct BatchSums {
  double loss = 0;
  double correct = 0;  // in images
};

// Of some networks, a row each.
struct Sums {
  Sums(size_t networks, int64_t images, ImageLosses losses)
      : loss_k(at::zeros({static_cast<int64_t>(networks)}, at::kDouble)),
        correct_k(at::zeros({static_cast<int64_t>(networks)}, at::kDouble)) {
    if (losses == ImageLosses::kGive) loss_kn = at::zeros({static_cast<int64_t>(networks), images}, at::kFloat);
  }

  // Of the batch whose first image is number `first`.
  BatchSums Add(size_t network, int64_t first, const at::Tensor& output, const Batch& batch, const Task& task,
                int64_t classes) {
    const at::Tensor loss_n = task.Losses(output, batch, classes).cpu();
    const BatchSums sums{.loss = loss_n.sum(at::kDouble).item<double>(),
                         .correct = task.CountCorrect(output, batch, classes).item<double>()};
    loss_k.mutable_data_ptr<double>()[network] += sums.loss;
    correct_k.mutable_data_ptr<double>()[network] += sums.correct;
    if (loss_kn.defined()) {
      loss_kn[static_cast<int64_t>(network)].narrow(0, first, loss_n.numel()).copy_(loss_n);
    }
    return sums;
  }

  // Rows that other ranks have are 0 here, and every sum with them is exact.
  void Share(const Ranks& ranks) const {
    ranks.Sum(loss_k);
    ranks.Sum(correct_k);
    if (loss_kn.defined()) ranks.Sum(loss_kn);
  }

  SubnetScore ScoreOf(size_t network, int64_t images) const {
    SubnetScore score{.loss = loss_k.const_data_ptr<double>()[network] / static_cast<double>(images),
                      .accuracy = correct_k.const_data_ptr<double>()[network] / static_cast<double>(images)};
    if (loss_kn.defined()) {
      const float* losses = loss_kn.const_data_ptr<float>() + network * static_cast<size_t>(images);
      score.loss_n.assign(losses, losses + images);
    }
    return score;
  }

  at::Tensor loss_k, correct_k, loss_kn;
};

Networks SortedWithoutEquals(Networks networks) {
  std::ranges::sort(networks);
  networks.erase(std::unique(networks.begin(), networks.end()), networks.end());
  return networks;
}

// A rank's part of the networks, cut into those whose statistics are held together where they have their own.
std::vector<Networks> InWalks(const Networks& sorted, const RankPart& part, bool own_statistics) {
  const int64_t at_once = own_statistics ? kNetworksAtOnce : part.size();
  std::vector<Networks> walks;
  for (int64_t first = part.first; first < part.last; first += at_once) {
    walks.emplace_back(sorted.begin() + first, sorted.begin() + std::min(part.last, first + at_once));
  }
  return walks;
}

void RequireOfSpace(const Networks& networks, const SearchSpace& space) {
  const std::vector<LayerSpec>& layers = space.layers();
  for (const std::vector<size_t>& network : networks) {
    bool fits = network.size() == layers.size();
    for (size_t l = 0; fits && l < layers.size(); ++l) fits = network[l] < layers[l].candidates.size();
    if (!fits) throw std::invalid_argument("the network " + NetworkName(network) + " is not of the supernet's space");
  }
}

void RequireFinite(const SubnetScore& score, const std::string& label, const std::string& network) {
  FiniteCheck(label, OnNonFinite::kStop, kAdviceOnOutputs)
      .Accepts(score.loss, /*gradient_norm=*/0, network + " with the supernet's weights");
}

class ScoringProgress {
 public:
  ScoringProgress(const ScoringOptions& options, size_t networks, size_t batches)
      : loop_{.sink = options.progress,
              .label = options.label,
              .total = static_cast<int64_t>(networks * batches),
              .run_share = options.run_share} {}

  // One more network has been computed on one more batch of `images`; scored: with these sums over them.
  void Done(int64_t images) {
    ++done_;
    images_ += images;
    if (!loop_.Due()) return;
    Progress measured{.images_per_second = static_cast<double>(images_) / SecondsSince(start_)};
    if (scored_ > 0) {  // means over the networks
      measured.loss = loss_ / static_cast<double>(scored_);
      measured.accuracy = correct_ / static_cast<double>(scored_);
    }
    loop_.Show(done_, measured);
  }

  void Scored(int64_t images, const BatchSums& sums) {
    scored_ += images;
    loss_ += sums.loss;
    correct_ += sums.correct;
    Done(images);
  }

 private:
  LoopProgress loop_;
  int64_t done_ = 0, images_ = 0, scored_ = 0;
  double correct_ = 0;
  double loss_ = 0;
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

}  // namespace

SubnetScorer::SubnetScorer(std::shared_ptr<Supernet> supernet, const ScoringSets& sets, const Config& config,
                           at::Device device, const Ranks& ranks)
    : supernet_(std::move(supernet)),
      task_(MakeTask(config)),
      classes_(sets.classes),
      runtime_(config.runtime),
      ranks_(ranks) {
  const SearchConfig& search = config.search;
  const auto keep = [&](const Subset& subset, int64_t images) {
    return KeepImages(EvenSample(subset, images, config.seed), search.scoring.batch, config, device,
                      supernet_->space().input_channels());
  };
  validation_ = keep(sets.validation, search.scoring.images);
  if (images() == 0)
    throw ConfigError(
        "there are no validation images to score networks on: set data.validation_per_class or "
        "data.validation_fraction");
  if (search.scoring.statistics == ScoreStatistics::kBatch) return;
  training_ = keep(sets.training, search.recalibration_images);
  if (training_.empty()) throw ConfigError("there are no training images for search.scoring.statistics 'recalibrated'");
}

int64_t SubnetScorer::images() const { return CountImagesOf(validation_); }

std::vector<SubnetScore> SubnetScorer::Score(const Networks& networks, const ScoringOptions& options) const {
  RequireOfSpace(networks, supernet_->space());
  if (networks.empty()) return {};
  const Networks sorted = SortedWithoutEquals(networks);
  Sums sums(sorted.size(), images(), options.losses);
  const RankPart own = PartOfRank(std::ssize(sorted), ranks_.rank(), ranks_.count());
  ScoringProgress progress(options, static_cast<size_t>(own.size()), validation_.size() + training_.size());
  int64_t first = own.first;
  for (const Networks& together : InWalks(sorted, own, !training_.empty())) {
    SubnetRunner runner(*supernet_, together, runtime_);
    for (const Batch& batch : training_) {
      for (SubnetRunner::Walk walk = runner.Average(batch.images); walk.Next();) progress.Done(batch.size());
    }
    int64_t image = 0;
    for (const Batch& batch : validation_) {
      for (SubnetRunner::Walk walk = runner.Run(batch.images); walk.Next();) {
        const size_t place = static_cast<size_t>(first) + walk.network();
        progress.Scored(batch.size(), sums.Add(place, image, walk.Logits(), batch, *task_, classes_));
      }
      image += batch.size();
    }
    first += std::ssize(together);
  }
  sums.Share(ranks_);
  std::vector<SubnetScore> scores;
  for (const std::vector<size_t>& network : networks) {
    const auto place = static_cast<size_t>(std::ranges::lower_bound(sorted, network) - sorted.begin());
    scores.push_back(sums.ScoreOf(place, images()));
    RequireFinite(scores.back(), options.label, "the network " + NetworkName(network));
  }
  return scores;
}

SubnetScore SubnetScorer::ScoreMixture(const std::vector<LayerChoice>& choices, ImageLosses losses) const {
  const at::NoGradGuard no_gradient;
  const KeptNorms kept(*supernet_);
  if (training_.empty()) {
    SetNormMode(*supernet_, NormMode::kBatchFrozen);
  } else {
    Recalibrate(*supernet_, choices, ImagesOf(training_));
  }
  supernet_->eval();
  Sums sums(1, images(), losses);
  int64_t image = 0;
  for (const Batch& batch : validation_) {
    ThrowIfInterrupted();
    const AutocastScope autocast(runtime_.amp, batch.images.device().type());
    sums.Add(0, image, supernet_->forward(batch.images, choices), batch, *task_, classes_);
    image += batch.size();
  }
  const SubnetScore score = sums.ScoreOf(0, images());
  RequireFinite(score, ScoringOptions().label, "a mixture");
  return score;
}

double SubnetScorer::MacsOfScore(const Networks& networks) const {
  const Networks sorted = SortedWithoutEquals(networks);
  const ForwardMacs macs(supernet_->space());
  const auto scored = static_cast<double>(images()), averaged = static_cast<double>(CountImagesOf(training_));
  double sum = 0;
  for (int r = 0; r < ranks_.count(); ++r) {
    const RankPart part = PartOfRank(std::ssize(sorted), r, ranks_.count());
    for (const Networks& together : InWalks(sorted, part, !training_.empty())) {
      sum += scored * macs.OfWalk(together, /*classifies=*/true) + averaged * macs.OfWalk(together, false);
    }
  }
  return sum;
}

double SubnetScorer::MacsOfMixture(const std::vector<LayerChoice>& choices) const {
  const ForwardMacs macs(supernet_->space());
  const auto scored = static_cast<double>(images()), averaged = static_cast<double>(CountImagesOf(training_));
  return ranks_.count() * (scored * macs.Of(choices) + averaged * macs.OfFeatures(choices));
}

}  // namespace danas
