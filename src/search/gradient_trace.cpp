#include "danas/search/gradient_trace.h"

#include <algorithm>
#include <cmath>
#include <stdexcept>

namespace danas {
namespace {

size_t Pairs(size_t candidates) { return candidates * (candidates - 1) / 2; }

// Of the pair (i, j), i < j, among those of n candidates.
size_t PairIndex(size_t n, size_t i, size_t j) { return i * (2 * n - i - 1) / 2 + (j - i - 1); }

double ZOf(double difference, double square) { return square > 0 ? difference / std::sqrt(square) : 0; }

}  // namespace

void GradientTrace::Record(const std::vector<std::vector<double>>& gradient_lc) {
  if (steps_++ == 0) {
    sum_lc_.clear();
    square_lp_.clear();
    for (const std::vector<double>& gradient_c : gradient_lc) {
      sum_lc_.emplace_back(gradient_c.size(), 0.0);
      square_lp_.emplace_back(Pairs(gradient_c.size()), 0.0);
    }
  }
  for (size_t l = 0; l < gradient_lc.size(); ++l) {
    const std::vector<double>& gradient_c = gradient_lc[l];
    if (gradient_c.size() != sum_lc_.at(l).size()) throw std::logic_error("gradients of α of a different shape");
    auto square = square_lp_[l].begin();
    for (size_t i = 0; i < gradient_c.size(); ++i) {
      sum_lc_[l][i] += gradient_c[i];
      for (size_t j = i + 1; j < gradient_c.size(); ++j, ++square) {
        const double difference = gradient_c[i] - gradient_c[j];
        *square += difference * difference;
      }
    }
  }
}

GradientTrace::Sums GradientTrace::SumsOf(const Claim& claim) const {
  if (steps_ == 0) return {};
  const auto [first, last] = std::minmax(claim.better, claim.worse);
  const std::vector<double>& sum_c = sum_lc_.at(claim.layer);
  return {sum_c.at(claim.worse) - sum_c.at(claim.better),
          first == last ? 0 : square_lp_[claim.layer].at(PairIndex(sum_c.size(), first, last))};
}

double GradientTrace::Z(const Claim& claim) const {
  const auto [difference, square] = SumsOf(claim);
  return ZOf(difference, square);
}

double GradientTrace::Z(const std::vector<Claim>& claims) const {
  Sums all;
  for (const Claim& claim : claims) {
    const auto [difference, square] = SumsOf(claim);
    all.difference += difference;
    all.square += square;
  }
  return ZOf(all.difference, all.square);
}

double GradientTrace::RootMeanSquare() const {
  double squares = 0;
  size_t pairs = 0;
  for (size_t l = 0; l < sum_lc_.size(); ++l) {
    for (size_t i = 0; i < sum_lc_[l].size(); ++i) {
      for (size_t j = i + 1; j < sum_lc_[l].size(); ++j) {
        const auto [difference, square] = SumsOf({l, i, j});
        if (square == 0) continue;
        squares += difference * difference / square;
        ++pairs;
      }
    }
  }
  return pairs > 0 ? std::sqrt(squares / static_cast<double>(pairs)) : 0;
}

void GradientTrace::Describe(StateFields& fields) {
  auto& [steps, missed, sum_lc, square_lp] = *this;
  fields.Value("steps", steps);
  fields.Value("missed", missed);
  fields.Value("sums", sum_lc);
  fields.Value("squares", square_lp);
}

}  // namespace danas
