// What tests of fits to sampled networks draw.
#pragma once

#include <cstddef>
#include <vector>

#include "danas/core/random.h"

namespace danas::test {

using Networks = std::vector<std::vector<size_t>>;
using LossPn = std::vector<std::vector<float>>;

// Candidates of each layer with equal probability.
inline Networks DrawNetworks(const std::vector<size_t>& candidates_l, size_t count, RandomStream& random) {
  Networks networks(count);
  for (std::vector<size_t>& network : networks) {
    for (const size_t candidates : candidates_l) network.push_back(random.UniformInt(candidates));
  }
  return networks;
}

}  // namespace danas::test
