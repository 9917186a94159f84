// What a network's total score is the sum of.
#pragma once

#include <cstddef>
#include <vector>

namespace danas {

struct NetworkScores {
  std::vector<std::vector<double>> score_lc;  // of each layer's candidates
  // [layer][candidate][candidate of the next layer]: what these two add where both are taken; of all layers but the
  // last, or empty: nothing.
  std::vector<std::vector<std::vector<double>>> pair_lcd = {};

  double Total(const std::vector<size_t>& network) const {
    double total = 0;
    for (size_t l = 0; l < network.size(); ++l) total += score_lc[l][network[l]];
    for (size_t l = 0; l < pair_lcd.size(); ++l) total += pair_lcd[l][network[l]][network[l + 1]];
    return total;
  }
};

}  // namespace danas
