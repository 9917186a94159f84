#include "danas/core/softmax.h"

#include <algorithm>
#include <cmath>

namespace danas {

std::vector<double> Softmax(const std::vector<double>& logits) {
  const double most = std::ranges::max(logits);
  std::vector<double> probabilities;
  double sum = 0;
  for (const double logit : logits) sum += probabilities.emplace_back(std::exp(logit - most));
  for (double& probability : probabilities) probability /= sum;
  return probabilities;
}

std::vector<double> LogSoftmax(const std::vector<double>& logits) {
  const double most = std::ranges::max(logits);
  double sum = 0;
  for (const double logit : logits) sum += std::exp(logit - most);
  std::vector<double> result;
  for (const double logit : logits) result.push_back(logit - most - std::log(sum));
  return result;
}

std::vector<double> ProbabilitiesOf(std::vector<double> log_p) {
  for (double& value : log_p) value = std::exp(value);
  return log_p;
}

}  // namespace danas
