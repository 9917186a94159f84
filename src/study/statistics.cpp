#include "danas/study/statistics.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <stdexcept>

#include "danas/core/students_t.h"

namespace danas {
namespace {

void RequirePairs(const std::vector<double>& a, const std::vector<double>& b) {
  if (a.size() != b.size()) throw std::invalid_argument("paired values of different numbers");
}

}  // namespace

MeanInterval MeanOf(const std::vector<double>& values) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const auto count = static_cast<double>(values.size());
  MeanInterval result{.count = values.size(), .mean = nan, .deviation = nan, .half = {}};
  if (values.empty()) return result;
  result.mean = std::accumulate(values.begin(), values.end(), 0.0) / count;
  if (values.size() < 2) return result;
  double squares = 0;
  for (const double value : values) squares += (value - result.mean) * (value - result.mean);
  result.deviation = std::sqrt(squares / (count - 1));
  result.half = StudentQuantile(0.975, count - 1) * result.deviation / std::sqrt(count);
  return result;
}

PairedDifference Compare(const std::vector<double>& a, const std::vector<double>& b) {
  RequirePairs(a, b);
  std::vector<double> differences;
  for (size_t i = 0; i < a.size(); ++i) differences.push_back(a[i] - b[i]);
  PairedDifference result{.difference = MeanOf(differences), .p = {}, .p_holm = {}, .detectable = {}};
  if (a.size() < 2) return result;
  const double degrees = static_cast<double>(a.size()) - 1;
  const double error = result.difference.deviation / std::sqrt(static_cast<double>(a.size()));
  const double mean = result.difference.mean;
  result.p = error > 0 ? TwoSidedP(mean / error, degrees) : mean == 0 ? 1.0 : 0.0;
  result.detectable = DetectableShift(degrees) * error;
  return result;
}

void AdjustByHolm(std::vector<PairedDifference*> family) {
  std::erase_if(family, [](const PairedDifference* one) { return !one->p; });
  std::ranges::stable_sort(family, {}, [](const PairedDifference* one) { return *one->p; });
  double largest = 0;
  for (size_t k = 0; k < family.size(); ++k) {
    largest = std::max(largest, std::min(1.0, static_cast<double>(family.size() - k) * *family[k]->p));
    family[k]->p_holm = largest;
  }
}

MeanInterval RelativeImprovement(const std::vector<double>& a, const std::vector<double>& random) {
  RequirePairs(a, random);
  std::vector<double> improvements;
  for (size_t i = 0; i < a.size(); ++i) improvements.push_back(100 * (a[i] - random[i]) / random[i]);
  return MeanOf(improvements);
}

}  // namespace danas
