// Automatic mixed precision: forward passes in half precision, weights, α, costs and losses in float32
// (Micikevicius et al., "Mixed precision training", ICLR 2018).
#pragma once

#include <ATen/core/Tensor.h>

#include <vector>

#include "danas/config/train_config.h"
#include "danas/run/run_state.h"

namespace danas {

// Within its scope convolutions and products run in half precision (AmpKind::kNone: no change). The scope's end forgets
// the half-precision copies of weights, which would otherwise outlive the optimiser's step. For the forward pass alone.
class AutocastScope {
 public:
  AutocastScope(AmpKind amp, at::DeviceType device);
  ~AutocastScope();
  AutocastScope(const AutocastScope&) = delete;
  AutocastScope& operator=(const AutocastScope&) = delete;

 private:
  bool entered_;
  at::DeviceType device_;
  bool enabled_before_ = false;
  at::ScalarType type_before_ = at::kFloat;
};

// Keeps fp16 gradients in range by scaling the loss; torch.amp.GradScaler's rule and numbers: from 2^16, halved after a
// step with a gradient that is not finite, doubled after 2000 steps without. With any other AmpKind it does nothing.
// Nothing is read back from the device, but for gradients that are on another one.
class LossScaler {
 public:
  LossScaler(AmpKind amp, at::Device device);

  bool enabled() const { return scale_.defined(); }
  at::Tensor Scale(const at::Tensor& loss) const;

  // Divides by the scale, in place; all gradients are on one device. Returns found_inf, a float scalar on the scale's
  // device: 1 if any gradient is not finite, for Optimizer::Step() and Update(). Undefined when not enabled.
  at::Tensor Unscale(const std::vector<at::Tensor>& gradients) const;
  void Update(const at::Tensor& found_inf);

  void Describe(StateFields& fields);

  // The state, float32 and int32 scalars; undefined when not enabled.
  const at::Tensor& scale() const { return scale_; }
  const at::Tensor& growth_tracker() const { return growth_tracker_; }

 private:
  at::Tensor scale_, growth_tracker_;
};

}  // namespace danas
