// The single paths that train the supernet's weights (search.paths: uniform, fair): one candidate of each layer is
// computed, unweighted, at one network's cost.
//   uniform  one path a step, every network alike (Guo et al., "Single Path One-Shot NAS", ECCV 2020)
//   fair     m paths a step, m the number of candidates of the layer that has most. Strictly fair (Chu et al.,
//            "FairNAS", ICCV 2021): each candidate of a layer of n is in m / n of them, rounded up or down where n does
//            not divide m. The paths of a group cost m times the even mix together, so that a band that does not hold
//            the even mix's cost allows no such group. Then, and where none is found, paths are drawn one by one with
//            EvenWeights(), under which the candidates' probabilities are as even as the band allows.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "danas/config/search_config.h"
#include "danas/cost/band_sampler.h"
#include "danas/cost/cost_band.h"
#include "danas/cost/cost_model.h"
#include "danas/nn/mixed_layer.h"
#include "danas/run/run_state.h"
#include "danas/search/relaxation.h"

namespace danas {

// search.paths asks for paths of their own, whatever α says.
bool HasOwnPaths(const SearchConfig& config);

// A weight step leaves candidates out: own paths, or relaxation.hard.
bool ComputesPaths(const SearchConfig& config);

// Throws ConfigError, with both ends and the space's range, where own paths are to stay within the band and the whole
// space has no network there.
void CheckPaths(const SearchConfig& config, const CostTable& costs);

// What one weight step computes.
struct PathGroup {
  std::vector<std::vector<size_t>> paths;  // each a candidate for every layer
  bool strictly_fair = false;
};

class WeightPaths {
 public:
  // For a space with these costs; HasOwnPaths(config). After a pruning no network may be left that costs at least
  // search.budget_min: the band then has no lower end, which is logged.
  WeightPaths(const SearchConfig& config, const CostTable& costs);

  // From the stream ("paths", draw), with a rank above 0 ("paths", draw, rank). Throws ConfigError as BandSampler does.
  PathGroup Draw(const DrawNumber& number) const;

  size_t paths_per_step() const { return fair_ ? most_candidates_ : 1; }

  // The band allows strictly fair groups, by the sum of their costs. Whether one is found is up to Draw().
  bool may_be_strict() const { return may_be_strict_; }

  // Of the candidates, in a path that is drawn by itself, [layer][candidate].
  std::vector<std::vector<double>> Probabilities() const;

 private:
  std::optional<std::vector<std::vector<size_t>>> DrawStrictlyFair(RandomStream& stream) const;
  std::vector<std::vector<size_t>> Assignment(RandomStream& stream) const;
  bool MoveIntoBand(std::vector<std::vector<size_t>>& paths, RandomStream& stream) const;
  std::vector<size_t> DrawOne(RandomStream& stream) const;
  bool SumsMayFit() const;

  CostTable costs_;
  bool fair_;
  size_t most_candidates_;
  std::optional<CostBand> band_;        // none: any network
  std::optional<BandSampler> sampler_;  // with a band
  bool may_be_strict_ = false;
};

// A path as what a supernet is called with.
std::vector<LayerChoice> ChoicesOf(const std::vector<size_t>& path);

// The paths of a weight pass, as they were drawn; with ranks.draws own those of rank 0.
struct PathTotals {
  int64_t groups = 0;
  int64_t strictly_fair = 0;  // of the groups
  int64_t paths = 0;
  double cost_sum = 0;
  double least_cost = 0;
  double most_cost = 0;

  void Add(const PathGroup& group, const CostTable& costs);
};

void Describe(StateFields& fields, PathTotals& totals);

}  // namespace danas
