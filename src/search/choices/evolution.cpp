#include "danas/search/choices/evolution.h"

#include <algorithm>
#include <cmath>
#include <stdexcept>

#include "danas/cost/band_sampler.h"

namespace danas {
namespace {

// Tries for each network that is wanted: near the end of a small band most are known already.
constexpr size_t kTriesEach = 100;

const Evolution::Network& AnyOf(const std::vector<Evolution::Scored>& parents, RandomStream& stream) {
  return parents[stream.UniformInt(parents.size())].network;
}

}  // namespace

Evolution::Evolution(const CostTable& costs, const CostBand& band, const EvolutionConfig& config, int64_t seed)
    : costs_(costs), band_(band), config_(config), seed_(seed) {
  MakeFirst();
}

bool Evolution::Offer(Network network) {
  if (!band_.Holds(costs_.OfNetwork(network)) || !known_.insert(network).second) return false;
  waiting_.push_back(std::move(network));
  return true;
}

void Evolution::FillWithRandom(size_t size, RandomStream& stream) {
  const BandSampler sampler(costs_, band_);
  for (size_t tries = kTriesEach * size; waiting_.size() < size && tries > 0; --tries) Offer(sampler.Draw(stream));
}

void Evolution::MakeFirst() {
  RandomStream stream(static_cast<uint64_t>(seed_), "evolution", {1});
  FillWithRandom(static_cast<size_t>(config_.population), stream);
}

void Evolution::MakeNext() {
  if (++generation_ > config_.generations) return;
  RandomStream stream(static_cast<uint64_t>(seed_), "evolution", {static_cast<uint64_t>(generation_)});
  std::vector<Scored> parents = Ranked();
  parents.resize(std::min(parents.size(), static_cast<size_t>(config_.parents)));

  const auto mutants = static_cast<size_t>(config_.mutants);
  for (size_t tries = kTriesEach * mutants; waiting_.size() < mutants && tries > 0; --tries) {
    Network child = AnyOf(parents, stream);
    for (size_t l = 0; l < child.size(); ++l) {
      const size_t candidates = costs_.candidates_lc[l].size();
      if (stream.Uniform() < config_.mutation_probability) child[l] = stream.UniformInt(candidates);
    }
    Offer(std::move(child));
  }
  const size_t with_crossovers = waiting_.size() + static_cast<size_t>(config_.crossovers);
  for (size_t tries = kTriesEach * static_cast<size_t>(config_.crossovers);
       waiting_.size() < with_crossovers && tries > 0; --tries) {
    Network child = AnyOf(parents, stream);
    const Network& other = AnyOf(parents, stream);
    for (size_t l = 0; l < child.size(); ++l) {
      if (stream.Uniform() < 0.5) child[l] = other[l];
    }
    Offer(std::move(child));
  }
  FillWithRandom(static_cast<size_t>(config_.population), stream);
}

void Evolution::Hand(const std::vector<double>& losses) {
  if (losses.size() > waiting_.size()) throw std::invalid_argument("more losses than networks that wait");
  if (std::ranges::any_of(losses, [](double loss) { return std::isnan(loss); })) {
    throw std::invalid_argument("a loss is not a number");
  }
  for (size_t n = 0; n < losses.size(); ++n) scored_.push_back({std::move(waiting_[n]), losses[n]});
  waiting_.erase(waiting_.begin(), waiting_.begin() + static_cast<std::ptrdiff_t>(losses.size()));
  if (waiting_.empty() && !losses.empty()) MakeNext();
}

std::vector<Evolution::Scored> Evolution::Ranked() const {
  std::vector<Scored> ranked = scored_;
  std::ranges::stable_sort(ranked, {}, &Scored::loss);
  return ranked;
}

void Evolution::Describe(StateFields& fields) {
  std::vector<Network> networks;
  std::vector<double> losses;
  for (const Scored& scored : scored_) {
    networks.push_back(scored.network);
    losses.push_back(scored.loss);
  }
  fields.Value("generation", generation_);
  fields.Value("waiting", waiting_);
  fields.Value("networks", networks);
  fields.Value("losses", losses);
  if (!fields.restoring()) return;
  if (networks.size() != losses.size()) throw CheckpointError("the evolution's networks and losses differ in number");
  scored_.clear();
  known_.clear();
  known_.insert(waiting_.begin(), waiting_.end());
  known_.insert(networks.begin(), networks.end());
  for (size_t n = 0; n < networks.size(); ++n) scored_.push_back({networks[n], losses[n]});
}

}  // namespace danas
