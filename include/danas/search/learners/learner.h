// How the architecture weights learn (search.learner): what the supernet computes in an α step, what the expected cost
// is taken over, and the step that the gradients lead to.
//   gumbel     through the Gumbel-Softmax draw (Eq. 7-8, 10)
//   softmax    through p = softmax(α / τ), all candidates (Liu et al., "DARTS", ICLR 2019, first order)
//   proxyless  through binary gates (Cai et al., "ProxylessNAS", ICLR 2019, section 3.2)
#pragma once

#include <ATen/core/Tensor.h>

#include <memory>

#include "danas/config/search_config.h"
#include "danas/search/arch_parameters.h"
#include "danas/search/relaxation.h"

namespace danas {

// Has no state: what it draws is fixed by the draw's number and α.
class Learner {
 public:
  virtual ~Learner() = default;

  // What the supernet computes and what the expected cost is taken over; both carry the gradient to α. `temperature`:
  // τ of the epoch, for those that have one.
  virtual Draw DrawFor(const ArchParameters& alpha, const DrawNumber& number, double temperature,
                       at::Device device) const = 0;

  // Adam's step from the gradients that draws of this number led to; α as it was when they were made.
  virtual void Step(ArchParameters& alpha, const SearchConfig& config, const DrawNumber& number) const;

  // Candidates that an α step computes of a layer of so many.
  virtual double Computes(double candidates) const { return candidates; }
};

// That of search.learner; null with `none`.
std::unique_ptr<const Learner> MakeLearner(const SearchConfig& config);

}  // namespace danas
