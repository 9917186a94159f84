// α learns through a Gumbel-Softmax draw (relaxation.h), soft or hard.
#pragma once

#include "danas/search/learners/learner.h"

namespace danas {

class GumbelLearner : public Learner {
 public:
  explicit GumbelLearner(const RelaxationConfig& relaxation) : relaxation_(relaxation) {}

  Draw DrawFor(const ArchParameters& alpha, const DrawNumber& number, double temperature,
               at::Device device) const override;
  double Computes(double candidates) const override;

 private:
  RelaxationConfig relaxation_;
};

}  // namespace danas
