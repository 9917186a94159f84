#include "danas/search/choices/random_networks.h"

#include <set>
#include <utility>

#include "danas/cost/band_sampler.h"

namespace danas {

std::vector<std::vector<size_t>> RandomNetworks(const CostTable& costs, const CostBand& band, size_t count,
                                                RandomStream& stream) {
  const BandSampler sampler(costs, band);
  std::vector<std::vector<size_t>> networks;
  std::set<std::vector<size_t>> known;
  while (networks.size() < count) {
    std::vector<size_t> network = sampler.Draw(stream);
    if (known.insert(network).second) networks.push_back(std::move(network));
  }
  return networks;
}

}  // namespace danas
