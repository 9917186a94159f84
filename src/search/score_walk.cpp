#include "danas/search/score_walk.h"

#include <algorithm>
#include <utility>

namespace danas {
namespace {

// How many layers two networks have in common from the first on.
size_t SharedLayers(const std::vector<size_t>& one, const std::vector<size_t>& other) {
  return static_cast<size_t>(std::ranges::mismatch(one, other).in1 - one.begin());
}

}  // namespace

NetworkWalk::NetworkWalk(const std::vector<std::vector<size_t>>& networks, at::Tensor x) : networks_(networks) {
  into_.push_back(std::move(x));
}

bool NetworkWalk::NextNetwork() {
  if (next_ == networks_.size()) return false;
  into_.resize(needed_ + 1);
  const size_t now = next_++;
  needed_ = next_ < networks_.size() ? SharedLayers(networks_[now], networks_[next_]) : 0;
  return true;
}

std::optional<NetworkWalk::Step> NetworkWalk::NextStep() const {
  const std::vector<size_t>& candidates_l = networks_[network()];
  const size_t layer = into_.size() - 1;
  if (layer == candidates_l.size()) return std::nullopt;
  return Step{.layer = layer, .candidate = candidates_l[layer], .x = into_[layer]};
}

void NetworkWalk::Give(at::Tensor y) {
  const size_t layer = into_.size() - 1;
  into_.push_back(std::move(y));
  if (layer > needed_) into_[layer] = at::Tensor();
}

}  // namespace danas
