#include "danas/search/score_walk.h"

#include <algorithm>

namespace danas {
namespace {

// How many layers two networks have in common from the first on.
size_t SharedLayers(const std::vector<size_t>& one, const std::vector<size_t>& other) {
  return static_cast<size_t>(std::ranges::mismatch(one, other).in1 - one.begin());
}

}  // namespace

void WalkNetworks(const std::vector<std::vector<size_t>>& networks, const at::Tensor& x, const NetworkWalk& walk) {
  std::vector<at::Tensor> into{x};  // [layer]: what goes into it, in the network at hand; [layers]: what comes out
  for (size_t n = 0; n < networks.size(); ++n) {
    const std::vector<size_t>& network = networks[n];
    // The layers up to `needed` go on from here in the next network.
    const size_t needed = n + 1 < networks.size() ? SharedLayers(network, networks[n + 1]) : 0;
    for (size_t layer = into.size() - 1; layer < network.size(); ++layer) {
      into.push_back(walk.step(layer, network[layer], into[layer]));
      if (layer > needed) into[layer] = at::Tensor();
    }
    walk.end(n, into.back());
    into.resize(needed + 1);
  }
}

}  // namespace danas
