// The scores that a pruning ranks candidates by, measured where they are not α's: on validation images, with the
// weights as they are.
#pragma once

#include <vector>

#include "danas/core/progress.h"
#include "danas/search/candidate_scores.h"
#include "danas/search/search_loop.h"
#include "danas/search/search_run.h"
#include "phase_training.h"

namespace danas {

// search.pruning.score of each branch's candidates, of the phase that run stands at the end of. A network that several
// branches drew is scored once. Nothing of the run is moved but what it has passed: done again it gives the same. All
// ranks call it and get the same. Throws as SubnetScorer does. What is returned must not outlive run.
std::vector<CandidateScores> MeasureCandidates(const SearchInputs& inputs, const SearchCourse& course,
                                               const PhasePlan& plan, SearchRun& run, ProgressSink* progress);

// Different networks that search.pruning.paths are scored on: drawn uniformly from the space, or with pruning.budget
// aware from its band, or all of them where there are no more. In lexicographic order, so that neighbours share their
// first layers.
std::vector<std::vector<size_t>> DrawPaths(const CostTable& costs, const SearchConfig& config, int64_t seed,
                                           int64_t phase);

}  // namespace danas
