// Processes that compute the same network must hold the same weights. Where they do not, the run stops before it
// continues with two networks.
#pragma once

#include <string>

#include "danas/nn/state.h"
#include "danas/run/ranks.h"

namespace danas {

// Compares hashes of every tensor and of `decision` (a text, such as the space that is left) over the ranks. Throws
// PeerError that names the first rank that differs from rank 0, and the first tensor, on every rank. `when`: "after
// epoch 3 of step1".
void CheckAgreement(const Ranks& ranks, const NamedTensors& tensors, const std::string& decision,
                    const std::string& when);

}  // namespace danas
