#include "network_source.h"

#include <algorithm>
#include <stdexcept>
#include <utility>

#include "danas/core/random.h"
#include "danas/cost/band_count.h"
#include "danas/cost/best_networks.h"
#include "danas/search/arch_parameters.h"
#include "danas/search/choices/evolution.h"
#include "danas/search/choices/random_networks.h"

namespace danas {
namespace {

using Networks = std::vector<std::vector<size_t>>;

constexpr size_t kChunk = 128;  // networks scored between two looks at the clock

// Networks that are known before the first is scored.
class ListedNetworks : public NetworkSource {
 public:
  explicit ListedNetworks(Networks networks) : networks_(std::move(networks)) {}

  Networks Waiting() const override {
    const auto begin = networks_.begin();
    return {begin + static_cast<std::ptrdiff_t>(done_), begin + static_cast<std::ptrdiff_t>(End())};
  }
  void Hand(const std::vector<double>& losses) override { done_ = std::min(networks_.size(), done_ + losses.size()); }
  std::string Label() const override {
    return "scoring networks " + std::to_string(done_ + 1) + " to " + std::to_string(End()) + " of " +
           std::to_string(networks_.size());
  }
  double Count() const override { return static_cast<double>(networks_.size()); }

 private:
  size_t End() const { return std::min(networks_.size(), done_ + kChunk); }

  Networks networks_;
  size_t done_ = 0;
};

class EvolvedNetworks : public NetworkSource {
 public:
  EvolvedNetworks(const CostTable& costs, const CostBand& band, const EvolutionConfig& config, int64_t seed)
      : config_(config), evolution_(costs, band, config, seed) {}

  Networks Waiting() const override { return evolution_.waiting(); }
  void Hand(const std::vector<double>& losses) override { evolution_.Hand(losses); }
  std::string Label() const override {
    return "evolution, generation " + std::to_string(evolution_.generation()) + "/" +
           std::to_string(config_.generations);
  }
  double Count() const override { return static_cast<double>(config_.generations * config_.population); }

 private:
  EvolutionConfig config_;
  Evolution evolution_;
};

// Neighbours share their first layers, which are computed once for both.
std::unique_ptr<NetworkSource> InOrder(Networks networks) {
  std::ranges::sort(networks);
  return std::make_unique<ListedNetworks>(std::move(networks));
}

}  // namespace

std::unique_ptr<NetworkSource> MakeNetworkSource(const ScoredField& field, const Branch& branch, size_t number,
                                                 const Config& config) {
  const CostTable& costs = branch.costs;
  const auto most = static_cast<size_t>(config.search.final_networks);
  switch (field.source) {
    case ScoredSource::kWholeBand:
      return std::make_unique<ListedNetworks>(AllNetworks(costs, field.band, most));
    case ScoredSource::kBest:
      return InOrder(BestNetworks(costs, LogProbabilities(branch.alpha.Values()), field.band, most));
    case ScoredSource::kEvolution:
      return std::make_unique<EvolvedNetworks>(costs, field.band, config.search.evolution, config.seed);
    case ScoredSource::kRandom: {
      RandomStream stream(static_cast<uint64_t>(config.seed), "random_networks", {static_cast<uint64_t>(number)});
      return InOrder(RandomNetworks(costs, field.band, most, stream));
    }
  }
  throw std::invalid_argument("unknown source of scored networks");
}

}  // namespace danas
