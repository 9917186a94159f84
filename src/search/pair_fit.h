// The fit of sampled networks' losses by effects of candidates and of pairs of them in neighbouring layers
// (search.pruning.effects pairs):
//   loss_p = mean + Σ_l main_l(c_l) + Σ_l pair_l(c_l, c_l+1) + rest_p
// A layer's main effects sum to zero, and so do the pairs' over either candidate: main effects are what they are
// without pairs. There are far more pairs than networks as a rule. They are random effects: normal, of one variance τ²
// for all, the rest of variance σ². τ²/σ² is that of the highest restricted likelihood (Patterson and Thompson, 1971),
// 0 where the losses show no pairs; effects are their best linear unbiased predictors (Henderson, 1975), which shrink
// to zero what the networks do not determine. Nothing is as large as the number of pairs: all goes by the networks'
// covariance.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstddef>
#include <cstdint>
#include <vector>

#include "danas/search/gradient_trace.h"

namespace danas {

class PairFit {
 public:
  // loss_pn: of each network the losses of the same images.
  PairFit(std::vector<size_t> candidates_l, std::vector<std::vector<size_t>> networks,
          const std::vector<std::vector<float>>& loss_pn);

  // What a candidate takes off the loss, and what two of layers l and l + 1 take off it besides.
  double Value(size_t layer, size_t candidate) const;
  double PairValue(size_t layer, size_t candidate, size_t next) const;

  double pair_deviation() const;  // τ, in nats

  // How many standard errors the losses stand behind main effects, and behind a network's total: as
  // CandidateScores::z. The error is that of the prediction, so that what was shrunk counts as not known, and that of
  // the images. 0 of what no network determines.
  double Z(const std::vector<Claim>& claims) const;
  double Z(const std::vector<size_t>& better, const std::vector<size_t>& worse) const;

 private:
  struct Contrast;

  at::Tensor MainEffect(size_t layer, size_t candidate) const;                                // [columns]
  double Covariance(const std::vector<size_t>& one, const std::vector<size_t>& other) const;  // of pairs' sums, over τ²
  double Likelihood(const at::Tensor& square_e, const at::Tensor& value_e, double ratio) const;
  void ChooseRatio(const at::Tensor& mean_p);
  double ZOf(const Contrast& contrast) const;

  std::vector<size_t> candidates_l_;
  std::vector<std::vector<size_t>> networks_;
  std::vector<int64_t> first_l_;  // column of a layer's first main effect
  int64_t columns_ = 1;
  at::Tensor loss_pn_;        // double
  at::Tensor design_pk_;      // of main effects
  at::Tensor covariance_pp_;  // of pairs' sums, over τ²
  double freedom_ = 0;        // networks beyond main effects
  double ratio_ = 0;          // τ²/σ²
  at::Tensor inverse_pp_;     // of the networks' covariance, over σ²
  at::Tensor mains_kp_;       // losses -> main effects
  at::Tensor rest_pp_;        // losses -> what main effects leave, times inverse_pp_
  at::Tensor rest_p_;         // that of the mean losses
  double variance_ = 0;       // σ²
  double of_networks_ = 0;    // of σ², what is not the images' sample
};

}  // namespace danas
