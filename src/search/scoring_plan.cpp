#include "scoring_plan.h"

#include <algorithm>
#include <cmath>

#include "danas/core/pass_work.h"
#include "danas/search/choices/final_scores.h"
#include "danas/search/choices/scored_field.h"

namespace danas {
namespace {

double KeptImageBytes(const PlanBasis& basis, int64_t images) {
  return FloatBytes(basis.config) * static_cast<double>(images) * basis.space.input_channels() *
         basis.space.input().height * basis.space.input().width;
}

// `images`: kept, those for statistics too. Batch norms' running statistics are left out: some hundred kilobytes for
// each of at most 128 networks.
double ScoringBytes(const PlanBasis& basis, int64_t images, int64_t scored_images,
                    const std::vector<double>& candidates_l, bool mixtures) {
  const auto batch = static_cast<double>(std::min(scored_images, basis.config.search.scoring.batch));
  return KeptImageBytes(basis, images) + ElementBytes(basis.config) * batch *
                                             ScoringElements(basis.space, candidates_l, mixtures, ComputationOf(basis));
}

// While networks are scored, or while a finalist of its own weights is trained and scored. `more`: images for
// statistics.
double FinalMemoryBytes(const PlanBasis& basis, const FinalPlan& final, const SearchSpace& left,
                        double network_parameters, int64_t more) {
  const Config& config = basis.config;
  const std::vector<double> one_path_l(left.layers().size(), 1.0);
  const double scoring = ScoringBytes(basis, final.images + more, final.images, one_path_l, /*mixtures=*/false);
  double finalist = FloatBytes(config) * network_parameters +
                    ScoringBytes(basis, final.finalist_images + more, final.finalist_images, one_path_l, false);
  if (final.finalist_training_images > 0) {
    const double training = (2 + StateCopies(config.train)) * FloatBytes(config) * network_parameters +
                            ElementBytes(config) * static_cast<double>(basis.MicroBatch(config.train)) *
                                PeakElements(left, one_path_l, /*keeps_outputs=*/false, ComputationOf(basis)) +
                            KeptImageBytes(basis, (config.data.queue + 1) * basis.Batch(config.train));
    finalist = std::max(finalist, training);
  }
  return BytesBesideScoring(config, final.parameters) + std::max(scoring, finalist);
}

void PlanPaths(const PruningConfig& pruning, const std::vector<double>& candidates_l, PhasePlan& plan) {
  plan.scored = pruning.paths;
  plan.main_effects = 1;
  for (size_t l = 0; l < candidates_l.size(); ++l) {
    const int64_t others = std::llround(candidates_l[l]) - 1;
    plan.main_effects += others;
    if (pruning.effects == PathEffects::kPairs && l + 1 < candidates_l.size()) {
      plan.pair_effects += others * (std::llround(candidates_l[l + 1]) - 1);
    }
  }
}

}  // namespace

void PlanScoring(const PlanBasis& basis, const SearchSpace& space, const ClassCounts& counts, PhasePlan& plan) {
  const SearchConfig& search = basis.config.search;
  if (search.pruning.score == PruningScore::kAlpha || !plan.phase.searches) return;
  const std::vector<double> candidates_l = CandidatesOf(space);
  const bool recalibrates = search.scoring.statistics == ScoreStatistics::kRecalibrated;
  const int64_t scored_images = std::min(search.scoring.images, FirstSum(counts.architecture, plan.phase.classes));
  const int64_t images =
      scored_images +
      (recalibrates ? std::min(search.recalibration_images, FirstSum(counts.weights, plan.phase.classes)) : 0);
  const bool masks = search.pruning.score == PruningScore::kPerturbation;
  plan.scored = 1;
  for (const double candidates : candidates_l) plan.scored += candidates > 1 ? std::llround(candidates) : 0;
  if (!masks) PlanPaths(search.pruning, candidates_l, plan);
  const double macs = SumOverLayers(basis.macs, masks ? candidates_l : std::vector<double>(candidates_l.size(), 1.0));
  plan.scoring_macs = static_cast<double>(plan.scored) * static_cast<double>(images) * macs;
  plan.scoring_memory_bytes = BytesBesideScoring(basis.config, plan.parameters) +
                              ScoringBytes(basis, images, scored_images, candidates_l, masks);
}

FinalPlan PlanFinal(const PlanBasis& basis, const SearchPlan& plan, const CostTable& costs, const SearchSpace& left,
                    const ClassCounts& counts) {
  const SearchConfig& search = basis.config.search;
  FinalPlan final;
  if (search.final != FinalChoiceKind::kScored) return final;
  const int classes = plan.phases.back().phase.classes;
  const auto at_most = [&](int64_t images, const std::vector<int64_t>& of_class) {
    return std::min(images, FirstSum(of_class, classes));
  };
  const ScoredField field = FieldOf(search, costs, plan.alpha_steps() > 0);
  const bool all_cuts_made = search.pruning.certain == 0;
  const double in_reach = all_cuts_made ? std::min(field.networks, left.NetworkCount()) : field.networks;
  if (in_reach <= static_cast<double>(search.final_networks)) {
    final.networks = in_reach;
  } else if (field.source == ScoredSource::kEvolution) {
    final.networks = static_cast<double>(search.evolution.generations * search.evolution.population);
  } else {
    final.networks = static_cast<double>(search.final_networks);
  }
  final.images = at_most(search.scoring.images, counts.architecture);
  const bool fits = search.final_effects != FinalEffects::kNone &&
                    final.networks > static_cast<double>(MainEffects(MakeCostTable(*MakeMacsModel(), left)));
  final.finalists = std::min(FinalistsOf(search, fits), static_cast<int64_t>(final.networks));
  final.finalist_training_images = search.finalist_images;
  final.finalist_images = at_most(search.finalist_scoring_images, counts.architecture);
  const bool recalibrates = search.scoring.statistics == ScoreStatistics::kRecalibrated;
  const int64_t more = recalibrates ? at_most(search.recalibration_images, counts.weights) : 0;
  const double finalist_passes =
      static_cast<double>(final.finalists) * (static_cast<double>(final.finalist_images + more) +
                                              kTrainingPassWork * static_cast<double>(final.finalist_training_images));
  const CostTable macs_left = MakeCostTable(*MakeMacsModel(), left);
  const std::vector<double> one_path_l(left.layers().size(), 1.0);
  const double network_macs = SumOverLayers(macs_left, one_path_l);
  final.finalist_macs = finalist_passes * network_macs;
  final.macs = final.networks * static_cast<double>(final.images + more) * network_macs + final.finalist_macs;
  const CostTable parameters = MakeCostTable(*MakeParametersModel(), left);
  final.parameters = SumOverLayers(parameters, CandidatesOf(left));
  final.memory_bytes = FinalMemoryBytes(basis, final, left, SumOverLayers(parameters, one_path_l), more);
  return final;
}

}  // namespace danas
