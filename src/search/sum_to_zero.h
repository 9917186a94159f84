// Sum-to-zero coding of candidates' effects: a layer with n candidates has n - 1 columns in a design, and the last
// candidate's effect is the negative sum of the others, so that an effect is a difference from the layer's mean.
#pragma once

#include <ATen/ATen.h>

#include <cstddef>
#include <cstdint>

namespace danas {

// The row of a candidate: [columns], in double. The layer's columns begin at `first`.
inline at::Tensor SumToZeroEffect(int64_t first, size_t candidates, size_t candidate, int64_t columns) {
  at::Tensor effect_k = at::zeros({columns}, at::kDouble);
  const int64_t others = static_cast<int64_t>(candidates) - 1;
  if (static_cast<int64_t>(candidate) < others) {
    effect_k[first + static_cast<int64_t>(candidate)] = 1;
  } else {
    effect_k.narrow(0, first, others).fill_(-1);
  }
  return effect_k;
}

}  // namespace danas
