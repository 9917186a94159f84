#include "danas/search/alpha_trace.h"

#include <algorithm>
#include <cmath>

namespace danas {

void AlphaTrace::Record(const std::vector<std::vector<double>>& alpha_lc) {
  if (seen_++ >= first_kept_) alpha_slc_.push_back(alpha_lc);
}

double AlphaTrace::StandardError(size_t layer, size_t candidate, size_t other) const {
  const size_t steps = alpha_slc_.size();
  const size_t blocks = std::min<size_t>(8, steps);
  if (blocks < 2) return 0;
  std::vector<double> means;
  for (size_t b = 0; b < blocks; ++b) {
    const size_t begin = b * steps / blocks, end = (b + 1) * steps / blocks;
    double sum = 0;
    for (size_t s = begin; s < end; ++s) sum += alpha_slc_[s][layer][candidate] - alpha_slc_[s][layer][other];
    means.push_back(sum / static_cast<double>(end - begin));
  }
  const auto n = static_cast<double>(blocks);
  double mean = 0, squares = 0;
  for (const double m : means) mean += m / n;
  for (const double m : means) squares += (m - mean) * (m - mean);
  return std::sqrt(squares / (n - 1) / n);
}

void AlphaTrace::Describe(StateFields& fields) {
  fields.Value("first_kept", first_kept_);
  fields.Value("seen", seen_);
  fields.Value("alpha", alpha_slc_);
}

}  // namespace danas
