// Softmax of plain numbers, in double.
#pragma once

#include <vector>

namespace danas {

std::vector<double> Softmax(const std::vector<double>& logits);

// Finite however far apart the values are.
std::vector<double> LogSoftmax(const std::vector<double>& logits);

// exp of each: of LogSoftmax() the probabilities, which may differ from Softmax() in their last bits.
std::vector<double> ProbabilitiesOf(std::vector<double> log_p);

}  // namespace danas
