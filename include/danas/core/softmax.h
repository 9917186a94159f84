// Softmax of plain numbers, in double.
#pragma once

#include <vector>

namespace danas {

std::vector<double> Softmax(const std::vector<double>& logits);

// Finite however far apart the values are.
std::vector<double> LogSoftmax(const std::vector<double>& logits);

}  // namespace danas
