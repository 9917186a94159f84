// search.paths gumbel: what the relaxation draws (search/relaxation.h).
#pragma once

#include "danas/search/paths/paths.h"

namespace danas {

class GumbelPaths : public Paths {
 public:
  WeightDraw Draw(const DrawNumber& number, const ArchParameters& alpha, const RelaxationConfig& relaxation,
                  at::Device device) const override;
};

}  // namespace danas
