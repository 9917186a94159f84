// What a training does with a step whose loss or gradients' norm is not a finite number, by the config's on_nonfinite:
// the one place for weights, architectures and scores.
#pragma once

#include <string>

#include "danas/config/train_config.h"

namespace danas {

// What an error advises: about a step of training, and about the outputs of a network that is not trained at the time.
inline constexpr const char* kAdviceOnTraining =
    "Lower the learning rate (lr), limit the gradients (clip_norm), or leave such batches out (on_nonfinite: skip)";
inline constexpr const char* kAdviceOnOutputs =
    "The network's outputs are not finite: the training of its weights diverged, or they overflow in half precision "
    "(runtime.amp)";

class FiniteCheck {
 public:
  // An error begins with `label` ("step1, epoch 3/20, weights") and ends with `advice`.
  FiniteCheck(std::string label, OnNonFinite on_nonfinite, std::string advice);

  // Whether the step may be applied. False, with on_nonfinite `skip`: it is to be discarded and counted. With `stop`
  // that throws NumericError, which calls the step `step` ("batch 2 of 3") and names the value.
  bool Accepts(double loss_sum, double gradient_norm, const std::string& step) const;

 private:
  std::string label_;
  OnNonFinite on_nonfinite_;
  std::string advice_;
};

}  // namespace danas
