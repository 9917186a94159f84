#include "danas/search/forward_macs.h"

#include <algorithm>
#include <numeric>
#include <utility>

#include "danas/cost/cost_model.h"

namespace danas {
namespace {

// Of the head's last layers: Supernet::Predict().
double ClassifierMacs(const SearchSpace& space) {
  if (space.has_heat_maps()) return MakeMacsModel()->Head(space);
  double macs = 0, features = space.pooled_features();
  for (const int width : space.head().hidden) {
    macs += features * width;
    features = width;
  }
  return macs + features * space.classes();
}

}  // namespace

ForwardMacs::ForwardMacs(const SearchSpace& space) : classifier_(ClassifierMacs(space)) {
  const std::unique_ptr<CostModel> model = MakeMacsModel();
  stem_ = model->Stem(space);
  pool_ = model->Head(space) - classifier_;
  candidates_lc_ = MakeCostTable(*model, space).candidates_lc;
}

double ForwardMacs::Of(const std::vector<LayerChoice>& choices) const {
  double macs = stem_ + pool_ + classifier_;
  for (size_t l = 0; l < candidates_lc_.size(); ++l) {
    const std::vector<double>& macs_c = candidates_lc_[l];
    if (macs_c.size() > 1 && choices.at(l).path) {
      macs += macs_c.at(*choices[l].path);
    } else if (macs_c.size() > 1 && !choices.at(l).subset.empty()) {
      for (const size_t c : choices[l].subset) macs += macs_c.at(c);
    } else {
      macs += std::accumulate(macs_c.begin(), macs_c.end(), 0.0);
    }
  }
  return macs;
}

double ForwardMacs::OfWalk(const std::vector<std::vector<size_t>>& networks, bool classifies) const {
  double macs = networks.empty() ? 0 : stem_;
  for (size_t n = 0; n < networks.size(); ++n) {
    const std::vector<size_t>& network = networks[n];
    auto first = network.begin();  // that the network before does not share
    if (n > 0) first = std::ranges::mismatch(network, networks[n - 1]).in1;
    for (auto l = static_cast<size_t>(first - network.begin()); l < network.size(); ++l) {
      macs += candidates_lc_[l].at(network[l]);
    }
    macs += pool_ + (classifies ? classifier_ : 0);
  }
  return macs;
}

}  // namespace danas
