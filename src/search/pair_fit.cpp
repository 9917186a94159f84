#include "pair_fit.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <tuple>
#include <utility>

#include "sum_to_zero.h"

namespace danas {
namespace {

constexpr double kUnknown = 1e-6;  // of a contrast's length lies where no network went
constexpr double kSmallest = 1e-10;

double Deviation(bool same, size_t candidates) { return (same ? 1.0 : 0.0) - 1.0 / static_cast<double>(candidates); }

}  // namespace

// Of losses: main effects, and a sum of pairs as its covariances with the networks' and its variance, over τ².
struct PairFit::Contrast {
  at::Tensor main_k;
  at::Tensor with_networks_p;
  double own = 0;
};

PairFit::PairFit(std::vector<size_t> candidates_l, std::vector<std::vector<size_t>> networks,
                 const std::vector<std::vector<float>>& loss_pn)
    : candidates_l_(std::move(candidates_l)), networks_(std::move(networks)) {
  for (const size_t candidates : candidates_l_) {
    first_l_.push_back(columns_);
    columns_ += static_cast<int64_t>(candidates) - 1;
  }
  const auto paths = std::ssize(networks_), images = std::ssize(loss_pn.front());
  loss_pn_ = at::empty({paths, images}, at::kDouble);
  design_pk_ = at::zeros({paths, columns_}, at::kDouble);
  covariance_pp_ = at::empty({paths, paths}, at::kDouble);
  for (int64_t p = 0; p < paths; ++p) {
    const std::vector<float>& loss_n = loss_pn[static_cast<size_t>(p)];
    loss_pn_[p] = at::from_blob(const_cast<float*>(loss_n.data()), {images}, at::kFloat).to(at::kDouble);
    const std::vector<size_t>& network = networks_[static_cast<size_t>(p)];
    design_pk_[p][0] = 1;
    for (size_t l = 0; l < network.size(); ++l) design_pk_[p] += MainEffect(l, network[l]);
    double* row = covariance_pp_.mutable_data_ptr<double>() + p * paths;
    for (int64_t q = 0; q < paths; ++q) row[q] = Covariance(network, networks_[static_cast<size_t>(q)]);
  }
  const at::Tensor mean_p = loss_pn_.mean(1);
  ChooseRatio(mean_p);
  inverse_pp_ = at::linalg_inv(at::eye(paths, at::kDouble) + ratio_ * covariance_pp_);
  const at::Tensor weighted_kp = design_pk_.t().matmul(inverse_pp_);
  mains_kp_ = at::linalg_pinv(weighted_kp.matmul(design_pk_), kSmallest, /*hermitian=*/true).matmul(weighted_kp);
  rest_pp_ = inverse_pp_.matmul(at::eye(paths, at::kDouble) - design_pk_.matmul(mains_kp_));
  rest_p_ = rest_pp_.matmul(mean_p);
  if (freedom_ < 0.5) {  // whatever they cost, effects would fit
    variance_ = of_networks_ = std::numeric_limits<double>::infinity();
    return;
  }
  variance_ = of_networks_ = mean_p.dot(rest_p_).item<double>() / freedom_;
  if (images < 2) return;
  const at::Tensor own_pn = loss_pn_ - mean_p.unsqueeze(1);
  const double of_images =
      (own_pn * rest_pp_.matmul(own_pn)).sum().item<double>() / (freedom_ * static_cast<double>(images - 1));
  of_networks_ = std::max(0.0, variance_ - of_images / static_cast<double>(images));
}

// The restricted likelihood is a sum over eigenvectors of the covariance among losses that main effects leave.
void PairFit::ChooseRatio(const at::Tensor& mean_p) {
  const int64_t paths = mean_p.numel();
  const at::Tensor gram_kk = design_pk_.t().matmul(design_pk_);
  const at::Tensor inverse_kk = at::linalg_pinv(gram_kk, kSmallest, /*hermitian=*/true);
  freedom_ = static_cast<double>(paths) - std::round(inverse_kk.matmul(gram_kk).diagonal().sum().item<double>());
  if (freedom_ < 0.5) return;
  const at::Tensor left_pp = at::eye(paths, at::kDouble) - design_pk_.matmul(inverse_kk).matmul(design_pk_.t());
  const at::Tensor among_pp = left_pp.matmul(covariance_pp_).matmul(left_pp);
  const auto [value_e, vector_pe] = at::linalg_eigh((among_pp + among_pp.t()) / 2);
  // Directions of main effects have no loss left, and no covariance: they add nothing.
  const at::Tensor square_e = vector_pe.t().matmul(left_pp.matmul(mean_p)).square();
  double best = Likelihood(square_e, value_e, 0);
  for (int exponent = -24; exponent <= 24; ++exponent) {
    const double ratio = std::exp2(exponent), likelihood = Likelihood(square_e, value_e, ratio);
    if (likelihood <= best) continue;
    best = likelihood;
    ratio_ = ratio;
  }
}

// Its logarithm, but for a constant.
double PairFit::Likelihood(const at::Tensor& square_e, const at::Tensor& value_e, double ratio) const {
  const at::Tensor scale_e = 1 + ratio * value_e.clamp_min(0);
  const double squares = (square_e / scale_e).sum().item<double>();
  if (squares <= 0) return -std::numeric_limits<double>::infinity();
  return -(freedom_ * std::log(squares) + scale_e.log().sum().item<double>()) / 2;
}

double PairFit::Value(size_t layer, size_t candidate) const {
  return -MainEffect(layer, candidate).dot(mains_kp_.matmul(loss_pn_.mean(1))).item<double>();
}

double PairFit::PairValue(size_t layer, size_t candidate, size_t next) const {
  double sum = 0;
  for (size_t p = 0; p < networks_.size(); ++p) {
    sum += Deviation(networks_[p][layer] == candidate, candidates_l_[layer]) *
           Deviation(networks_[p][layer + 1] == next, candidates_l_[layer + 1]) * rest_p_.const_data_ptr<double>()[p];
  }
  return -ratio_ * sum;
}

double PairFit::pair_deviation() const { return ratio_ > 0 ? std::sqrt(ratio_ * variance_) : 0; }

double PairFit::Z(const std::vector<Claim>& claims) const {
  Contrast contrast{.main_k = at::zeros({columns_}, at::kDouble),
                    .with_networks_p = at::zeros({std::ssize(networks_)}, at::kDouble)};
  for (const Claim& claim : claims) {
    contrast.main_k += MainEffect(claim.layer, claim.worse) - MainEffect(claim.layer, claim.better);
  }
  return ZOf(contrast);
}

double PairFit::Z(const std::vector<size_t>& better, const std::vector<size_t>& worse) const {
  Contrast contrast{.main_k = at::zeros({columns_}, at::kDouble),
                    .with_networks_p = at::empty({std::ssize(networks_)}, at::kDouble)};
  for (size_t l = 0; l < better.size(); ++l) contrast.main_k += MainEffect(l, worse[l]) - MainEffect(l, better[l]);
  for (size_t p = 0; p < networks_.size(); ++p) {
    contrast.with_networks_p[static_cast<int64_t>(p)] =
        Covariance(worse, networks_[p]) - Covariance(better, networks_[p]);
  }
  contrast.own = Covariance(worse, worse) - 2 * Covariance(worse, better) + Covariance(better, better);
  return ZOf(contrast);
}

// The prediction is a weighted sum of losses. Its error: what weights make of the rest, and of pairs that they miss.
double PairFit::ZOf(const Contrast& contrast) const {
  const double size = contrast.main_k.norm().item<double>();
  if (size == 0 && contrast.own <= 0) return 0;
  const at::Tensor weight_p = contrast.main_k.matmul(mains_kp_) + ratio_ * contrast.with_networks_p.matmul(rest_pp_);
  const double missed = (weight_p.matmul(design_pk_) - contrast.main_k).norm().item<double>();
  if (missed > kUnknown * std::max(size, 1.0)) return 0;
  const at::Tensor difference_n = weight_p.matmul(loss_pn_);
  const auto images = static_cast<double>(difference_n.numel());
  const double of_rest = of_networks_ * weight_p.dot(weight_p).item<double>();
  const double pairs = weight_p.dot(covariance_pp_.matmul(weight_p)).item<double>() -
                       2 * weight_p.dot(contrast.with_networks_p).item<double>() + contrast.own;
  const double of_pairs = ratio_ > 0 ? ratio_ * variance_ * std::max(0.0, pairs) : 0;
  const double of_images = images > 1 ? difference_n.var(/*unbiased=*/true).item<double>() / images : 0;
  const double error = std::sqrt(of_rest + of_pairs + of_images);
  return error > 0 && std::isfinite(error) ? difference_n.mean().item<double>() / error : 0;
}

at::Tensor PairFit::MainEffect(size_t layer, size_t candidate) const {
  return SumToZeroEffect(first_l_[layer], candidates_l_[layer], candidate, columns_);
}

double PairFit::Covariance(const std::vector<size_t>& one, const std::vector<size_t>& other) const {
  double sum = 0;
  for (size_t l = 0; l + 1 < one.size(); ++l) {
    sum +=
        Deviation(one[l] == other[l], candidates_l_[l]) * Deviation(one[l + 1] == other[l + 1], candidates_l_[l + 1]);
  }
  return sum;
}

}  // namespace danas
