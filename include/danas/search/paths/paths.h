// What a weight step computes (search.paths): all candidates of each layer, mixed, or single paths, unweighted, each at
// one network's cost.
//   gumbel     one Gumbel-Softmax draw (Eq. 7-8): all candidates, or the drawn path with relaxation.hard
//   softmax    all candidates, by softmax(α / τ) (DARTS, ICLR 2019)
//   uniform    one path, every network alike (Single Path One-Shot, ECCV 2020)
//   fair       as many paths as the largest layer has candidates, each candidate equally often (FairNAS, ICCV 2021)
//   binned     one path: a range of costs is drawn first, then a network in it (the code of Single Path One-Shot)
//   binarised  one path, each candidate as likely as in softmax(α) (ProxylessNAS, ICLR 2019)
// Single paths of uniform, fair and binned stay within the cost band with search.paths_band.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "danas/config/search_config.h"
#include "danas/cost/cost_model.h"
#include "danas/nn/mixed_layer.h"
#include "danas/search/arch_parameters.h"
#include "danas/search/paths/path_totals.h"
#include "danas/search/relaxation.h"

namespace danas {

// One weight step.
struct WeightDraw {
  // What the supernet is called with, one forward pass after the other; no gradient reaches α.
  std::vector<std::vector<LayerChoice>> forwards;
  std::optional<PathGroup> group = {};  // where they are single paths, whatever the relaxation
};

class Paths {
 public:
  virtual ~Paths() = default;

  // Fixed by `number`, α and τ. The streams are relaxation.h's, of single paths ("paths", draw), with a rank above 0
  // ("paths", draw, rank). `alpha`: of the space that these paths were made for. Throws ConfigError as BandSampler
  // does.
  virtual WeightDraw Draw(const DrawNumber& number, const ArchParameters& alpha, const RelaxationConfig& relaxation,
                          at::Device device) const = 0;

  // Of the candidates, in a path that is drawn by itself, [layer][candidate]; none where α has a say.
  virtual std::vector<std::vector<double>> Probabilities() const { return {}; }

  // The band allows strictly fair groups, by what they cost together. Whether one is found is up to Draw().
  virtual bool may_be_strict() const { return false; }
};

// For a space with these costs. After a pruning no network may be left that costs at least search.budget_min: the band
// then has no lower end, which is logged.
std::unique_ptr<Paths> MakePaths(const SearchConfig& config, const CostTable& costs);

// Weight steps draw single paths, whatever the relaxation.
bool DrawsSinglePaths(const SearchConfig& config);

// A weight step leaves candidates out: single paths, or gumbel with relaxation.hard.
bool ComputesPaths(const SearchConfig& config);

// α has a say in what weight steps compute.
bool PathsReadAlpha(const SearchConfig& config);

// Forward passes of a weight step, each of one path, in a space whose largest layer has so many candidates; 0: one pass
// of all candidates.
int64_t PathsPerStep(const SearchConfig& config, int64_t most_candidates);

// Throws ConfigError, with both ends and the space's range, where paths are to stay within the band and the whole space
// has no network there.
void CheckPaths(const SearchConfig& config, const CostTable& costs);

}  // namespace danas
