// How good a layer's candidates are, and how surely one is better than another: by α and its gradients, by the loss
// that masking one costs, or by a fit to the losses of sampled networks.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "danas/config/search_config.h"
#include "danas/cost/network_scores.h"
#include "danas/search/gradient_trace.h"

namespace danas {

struct CandidateScores {
  PruningScore kind = PruningScore::kAlpha;
  std::vector<std::vector<double>> value_lc;  // α, or nats of validation loss; higher is better
  // How many standard errors the evidence stands behind the claims together; nearly standard normal where none holds.
  std::function<double(const std::vector<Claim>&)> z;
  // What two candidates of neighbouring layers are worth together beyond their values, as NetworkScores has it; empty:
  // nothing. With it, their deviation as the fit has it, and z of one whole network against another.
  std::vector<std::vector<std::vector<double>>> pair_lcd = {};
  double pair_deviation = 0;
  std::function<double(const std::vector<size_t>& better, const std::vector<size_t>& worse)> z_of_networks = {};

  // How many standard errors the evidence stands behind the one network as the better one.
  double Z(const std::vector<size_t>& better, const std::vector<size_t>& worse) const;

  // Over all pairs of a layer's candidates that anything distinguished: about 1 where all is noise. 0 without such a
  // pair.
  double RootMeanSquareZ() const;

  // What a network's total is the sum of: ln softmax(α), or the values themselves.
  std::vector<std::vector<double>> Terms() const;
  NetworkScores Totals() const { return {.score_lc = Terms(), .pair_lcd = pair_lcd}; }
};

// `evidence` must outlive what is returned.
CandidateScores ScoresOfAlpha(std::vector<std::vector<double>> alpha_lc, const GradientTrace& evidence);

// The rise of the validation loss where one candidate is masked and the others of its layer share its probability (Wang
// et al., "Rethinking Architecture Selection in Differentiable NAS", ICLR 2021). masked_lcn: of each candidate the
// losses of the images without it; whole_n: with all. z is paired, image by image.
CandidateScores ScoresOfMasking(const std::vector<std::vector<std::vector<float>>>& masked_lcn,
                                const std::vector<float>& whole_n);

// The additive part of networks' losses: the least-squares fit loss = mean + Σ over layers of an effect of the layer's
// candidate, a layer's effects summing to zero; the value is the effect's negative. loss_pn: of each network the losses
// of the same images. The error of a difference of effects has two parts: the fit's (what is left over, and the
// networks' number) and that of the images, which are a sample too. Differences that the networks do not determine
// have z = 0; so have all where there are no more networks than effects. With PathEffects::kPairs two neighbouring
// candidates have an effect besides, the sums over either's layer being zero; those that the networks do not determine
// are shrunk, and z knows it (src/search/pair_fit.h).
CandidateScores ScoresOfPaths(const std::vector<size_t>& candidates_l, const std::vector<std::vector<size_t>>& networks,
                              const std::vector<std::vector<float>>& loss_pn, PathEffects effects = PathEffects::kMain);

}  // namespace danas
