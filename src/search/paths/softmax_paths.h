// search.paths softmax: all candidates, weighted by softmax(α / τ); nothing is drawn (DARTS).
#pragma once

#include "danas/search/paths/paths.h"

namespace danas {

class SoftmaxPaths : public Paths {
 public:
  WeightDraw Draw(const DrawNumber& number, const ArchParameters& alpha, const RelaxationConfig& relaxation,
                  at::Device device) const override;
};

}  // namespace danas
