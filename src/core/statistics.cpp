#include "danas/core/statistics.h"

#include <algorithm>
#include <cstddef>

#include "danas/core/random.h"

namespace danas {

double Median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return (values[(values.size() - 1) / 2] + values[values.size() / 2]) / 2;
}

RatioInterval RatioOfMedians(const std::vector<double>& a, const std::vector<double>& b) {
  constexpr size_t kDraws = 10000;
  RandomStream stream(0, "bootstrap");
  std::vector<double> ratios;
  std::vector<double> a_drawn(a.size()), b_drawn(a.size());
  for (size_t draw = 0; draw < kDraws; ++draw) {
    for (size_t i = 0; i < a.size(); ++i) {
      const size_t round = stream.UniformInt(a.size());
      a_drawn[i] = a[round];
      b_drawn[i] = b[round];
    }
    ratios.push_back(Median(a_drawn) / Median(b_drawn));
  }
  std::sort(ratios.begin(), ratios.end());
  return {.ratio = Median(a) / Median(b), .low = ratios[kDraws / 40], .high = ratios[kDraws - 1 - kDraws / 40]};
}

}  // namespace danas
