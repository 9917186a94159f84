// What a study says of numbers over seeds: means and paired differences with 95 % intervals of Student's t, p values by
// Holm's method, and the difference that so many seeds could have found.
#pragma once

#include <cstddef>
#include <optional>
#include <vector>

namespace danas {

struct MeanInterval {
  size_t count = 0;
  double mean = 0;             // NaN of no values
  double deviation = 0;        // standard deviation of a sample; NaN of fewer than two
  std::optional<double> half;  // the 95 % interval is mean ± half; none of fewer than two values
};

MeanInterval MeanOf(const std::vector<double>& values);

// Of values that belong together, one pair a seed.
struct PairedDifference {
  MeanInterval difference;           // a - b
  std::optional<double> p;           // two-sided; none of fewer than two pairs
  std::optional<double> p_holm;      // filled in by AdjustByHolm()
  std::optional<double> detectable;  // the smallest difference that a paired t test at 5 % finds in four of five
                                     // studies of so many seeds, if differences spread as these do
};

// As many values in a as in b; std::invalid_argument where not. Where all differences are equal, p is 0, or 1 where
// they are 0.
PairedDifference Compare(const std::vector<double>& a, const std::vector<double>& b);

// Holm, "A simple sequentially rejective multiple test procedure", Scand. J. Statistics 6 (1979): of m p values in
// rising order the k-th (from 0) becomes the largest of (m - j) p_j over j ≤ k, at most 1. Those without p are left
// out.
void AdjustByHolm(std::vector<PairedDifference*> family);

// RI = 100 (a - random) / random of each pair (Yang, Esperança and Carlucci, "NAS evaluation is frustratingly hard",
// ICLR 2020, section 3), and their mean. Percent.
MeanInterval RelativeImprovement(const std::vector<double>& a, const std::vector<double>& random);

}  // namespace danas
