// search.paths binarised: one path, in each layer candidate i with the probability that softmax(α) gives it
// (ProxylessNAS, Eq. 3: the binary gates). Whatever it costs.
#pragma once

#include "danas/search/paths/paths.h"

namespace danas {

class BinarisedPaths : public Paths {
 public:
  WeightDraw Draw(const DrawNumber& number, const ArchParameters& alpha, const RelaxationConfig& relaxation,
                  at::Device device) const override;
};

}  // namespace danas
