#include "danas/search/candidate_scores.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <memory>
#include <numeric>
#include <utility>

#include "danas/search/arch_parameters.h"
#include "pair_fit.h"
#include "sum_to_zero.h"

namespace danas {
namespace {

double MeanOf(const std::vector<float>& value_n) {
  return std::accumulate(value_n.begin(), value_n.end(), 0.0) / static_cast<double>(value_n.size());
}

// Mean of the differences over its standard error; 0 where they are all alike.
double PairedZ(const std::vector<double>& difference_n) {
  const auto n = static_cast<double>(difference_n.size());
  if (difference_n.size() < 2) return 0;
  const double mean = std::accumulate(difference_n.begin(), difference_n.end(), 0.0) / n;
  double squares = 0;
  for (const double difference : difference_n) squares += (difference - mean) * (difference - mean);
  return squares > 0 ? mean / std::sqrt(squares / (n - 1) / n) : 0;
}

// The least-squares fit of additive effects.
class AdditiveFit {
 public:
  AdditiveFit(const std::vector<size_t>& candidates_l, const std::vector<std::vector<size_t>>& networks,
              const std::vector<std::vector<float>>& loss_pn) {
    int64_t columns = 1;
    for (const size_t candidates : candidates_l) {
      first_l_.push_back(columns);
      columns += static_cast<int64_t>(candidates) - 1;
    }
    candidates_l_ = candidates_l;
    const auto paths = std::ssize(networks), images = std::ssize(loss_pn.front());
    at::Tensor design_pk = at::zeros({paths, columns}, at::kDouble);
    at::Tensor loss = at::empty({paths, images}, at::kDouble);
    for (int64_t p = 0; p < paths; ++p) {
      design_pk[p][0] = 1;
      for (size_t l = 0; l < candidates_l.size(); ++l) {
        design_pk[p] += Effect(l, networks[static_cast<size_t>(p)][l], columns);
      }
      const std::vector<float>& loss_n = loss_pn[static_cast<size_t>(p)];
      loss[p] = at::from_blob(const_cast<float*>(loss_n.data()), {images}, at::kFloat).to(at::kDouble);
    }
    const at::Tensor gram_kk = design_pk.t().matmul(design_pk);
    inverse_kk_ = at::linalg_pinv(gram_kk, /*rcond=*/1e-10, /*hermitian=*/true);
    known_kk_ = inverse_kk_.matmul(gram_kk);
    coefficient_kn_ = inverse_kk_.matmul(design_pk.t()).matmul(loss);
    variance_ = VarianceOfNetworks(loss - design_pk.matmul(coefficient_kn_));
  }

  double Value(size_t layer, size_t candidate) const {
    return -Effect(layer, candidate, coefficient_kn_.size(0)).dot(coefficient_kn_.mean(1)).item<double>();
  }

  double Z(const std::vector<Claim>& claims) const {
    const int64_t columns = coefficient_kn_.size(0);
    at::Tensor contrast_k = at::zeros({columns}, at::kDouble);
    for (const Claim& claim : claims) {
      contrast_k += Effect(claim.layer, claim.worse, columns) - Effect(claim.layer, claim.better, columns);
    }
    const double size = contrast_k.norm().item<double>();
    constexpr double kUnknown = 1e-6;  // of its length lies where no network went
    if (size == 0 || (contrast_k - known_kk_.matmul(contrast_k)).norm().item<double>() > kUnknown * size) return 0;
    const at::Tensor difference_n = contrast_k.matmul(coefficient_kn_);
    const auto images = static_cast<double>(difference_n.numel());
    const double of_fit = variance_ * contrast_k.dot(inverse_kk_.matmul(contrast_k)).item<double>();
    const double of_images = images > 1 ? difference_n.var(/*unbiased=*/true).item<double>() / images : 0;
    const double error = std::sqrt(of_fit + of_images);
    return error > 0 ? difference_n.mean().item<double>() / error : 0;
  }

 private:
  // Of what all images of a network have in common beyond its candidates' effects. What differs from image to image is
  // not counted here: the error of the images has it.
  double VarianceOfNetworks(const at::Tensor& left_pn) const {
    const auto paths = static_cast<double>(left_pn.size(0)), images = static_cast<double>(left_pn.size(1));
    const double freedom = paths - known_kk_.diagonal().sum().item<double>();
    if (freedom < 0.5) return std::numeric_limits<double>::infinity();  // whatever they cost, effects would fit
    const at::Tensor left_p = left_pn.mean(1, /*keepdim=*/true);
    const double of_means = left_p.square().sum().item<double>() / freedom;
    if (images < 2) return of_means;
    const double of_images = (left_pn - left_p).square().sum().item<double>() / (freedom * (images - 1));
    return std::max(0.0, of_means - of_images / images);
  }

  at::Tensor Effect(size_t layer, size_t candidate, int64_t columns) const {
    return SumToZeroEffect(first_l_[layer], candidates_l_[layer], candidate, columns);
  }

  std::vector<int64_t> first_l_;  // column of a layer's first effect
  std::vector<size_t> candidates_l_;
  at::Tensor inverse_kk_;      // of the design's Gram matrix, or its pseudo-inverse
  at::Tensor known_kk_;        // projects on what the networks determine
  at::Tensor coefficient_kn_;  // of each image's losses
  double variance_ = 0;        // of networks around the fit
};

CandidateScores ScoresOfPairs(const std::vector<size_t>& candidates_l, const std::vector<std::vector<size_t>>& networks,
                              const std::vector<std::vector<float>>& loss_pn) {
  const auto fit = std::make_shared<const PairFit>(candidates_l, networks, loss_pn);
  CandidateScores scores{.kind = PruningScore::kPaths, .value_lc = {}, .z = {}};
  for (size_t l = 0; l < candidates_l.size(); ++l) {
    std::vector<double>& value_c = scores.value_lc.emplace_back();
    for (size_t c = 0; c < candidates_l[l]; ++c) value_c.push_back(fit->Value(l, c));
  }
  for (size_t l = 0; l + 1 < candidates_l.size(); ++l) {
    std::vector<std::vector<double>>& pair_cd = scores.pair_lcd.emplace_back();
    for (size_t c = 0; c < candidates_l[l]; ++c) {
      pair_cd.emplace_back();
      for (size_t d = 0; d < candidates_l[l + 1]; ++d) pair_cd.back().push_back(fit->PairValue(l, c, d));
    }
  }
  scores.pair_deviation = fit->pair_deviation();
  scores.z = [fit](const std::vector<Claim>& claims) { return fit->Z(claims); };
  scores.z_of_networks = [fit](const std::vector<size_t>& better, const std::vector<size_t>& worse) {
    return fit->Z(better, worse);
  };
  return scores;
}

}  // namespace

double CandidateScores::Z(const std::vector<size_t>& better, const std::vector<size_t>& worse) const {
  if (z_of_networks) return z_of_networks(better, worse);
  std::vector<Claim> claims;
  for (size_t l = 0; l < better.size(); ++l) {
    if (better[l] != worse[l]) claims.push_back({l, better[l], worse[l]});
  }
  return z(claims);
}

double CandidateScores::RootMeanSquareZ() const {
  double squares = 0;
  size_t pairs = 0;
  for (size_t l = 0; l < value_lc.size(); ++l) {
    for (size_t i = 0; i < value_lc[l].size(); ++i) {
      for (size_t j = i + 1; j < value_lc[l].size(); ++j) {
        const double of_pair = z({{l, i, j}});
        squares += of_pair * of_pair;
        pairs += of_pair != 0 ? 1 : 0;
      }
    }
  }
  return pairs > 0 ? std::sqrt(squares / static_cast<double>(pairs)) : 0;
}

std::vector<std::vector<double>> CandidateScores::Terms() const {
  if (kind != PruningScore::kAlpha) return value_lc;
  return LogProbabilities(value_lc);
}

CandidateScores ScoresOfAlpha(std::vector<std::vector<double>> alpha_lc, const GradientTrace& evidence) {
  return {.kind = PruningScore::kAlpha,
          .value_lc = std::move(alpha_lc),
          .z = [&evidence](const std::vector<Claim>& claims) { return evidence.Z(claims); }};
}

CandidateScores ScoresOfMasking(const std::vector<std::vector<std::vector<float>>>& masked_lcn,
                                const std::vector<float>& whole_n) {
  CandidateScores scores{.kind = PruningScore::kPerturbation, .value_lc = {}, .z = {}};
  const double whole = MeanOf(whole_n);
  for (const std::vector<std::vector<float>>& masked_cn : masked_lcn) {
    std::vector<double>& value_c = scores.value_lc.emplace_back();
    for (const std::vector<float>& masked_n : masked_cn) value_c.push_back(MeanOf(masked_n) - whole);
  }
  scores.z = [masked_lcn](const std::vector<Claim>& claims) {
    if (claims.empty()) return 0.0;
    std::vector<double> difference_n(masked_lcn.at(claims.front().layer).at(claims.front().better).size(), 0.0);
    for (const Claim& claim : claims) {
      const std::vector<float>& better_n = masked_lcn.at(claim.layer).at(claim.better);
      const std::vector<float>& worse_n = masked_lcn.at(claim.layer).at(claim.worse);
      for (size_t n = 0; n < difference_n.size(); ++n) {
        difference_n[n] += static_cast<double>(better_n[n]) - static_cast<double>(worse_n[n]);
      }
    }
    return PairedZ(difference_n);
  };
  return scores;
}

CandidateScores ScoresOfPaths(const std::vector<size_t>& candidates_l, const std::vector<std::vector<size_t>>& networks,
                              const std::vector<std::vector<float>>& loss_pn, PathEffects effects) {
  if (effects == PathEffects::kPairs) return ScoresOfPairs(candidates_l, networks, loss_pn);
  const auto fit = std::make_shared<const AdditiveFit>(candidates_l, networks, loss_pn);
  CandidateScores scores{.kind = PruningScore::kPaths, .value_lc = {}, .z = {}};
  for (size_t l = 0; l < candidates_l.size(); ++l) {
    std::vector<double>& value_c = scores.value_lc.emplace_back();
    for (size_t c = 0; c < candidates_l[l]; ++c) value_c.push_back(fit->Value(l, c));
  }
  scores.z = [fit](const std::vector<Claim>& claims) { return fit->Z(claims); };
  return scores;
}

}  // namespace danas
