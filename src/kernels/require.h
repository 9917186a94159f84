// What a layer must be, whatever computes it.
#pragma once

#include <stdexcept>

#include "danas/kernels/inverted_residual.h"

namespace danas::kernels {

// Throws std::invalid_argument for sizes that do not fit together, and where the last norm's clip would be left out.
template <typename T>
inline void RequireFits(const Layer<T>& layer) {
  const LayerSize& size = layer.size;
  const bool keeps_shape = size.stride == 1 && size.in == size.out;
  if (size.images < 1 || size.height < 1 || size.width < 1 || size.in < 1 || size.out < 1 || size.stride < 1 ||
      size.stride > 2 || (!keeps_shape && (layer.shortcut != 0 || layer.candidates.empty()))) {
    throw std::invalid_argument("kernels: a layer of impossible size");
  }
  for (const Candidate<T>& candidate : layer.candidates) {
    const bool kernel_fits = candidate.kernel == 3 || candidate.kernel == 5 || candidate.kernel == 7;
    if (!kernel_fits || candidate.middle < 1 || (candidate.expand == nullptr && candidate.middle != size.in)) {
      throw std::invalid_argument("kernels: a candidate of impossible shape");
    }
    const Clip &last = candidate.project_norm.clip, none;
    const bool clips = last.lowest != none.lowest || last.highest != none.highest;
    if (clips && (layer.candidates.size() > 1 || layer.shortcut != 0 || candidate.weight != 1)) {
      throw std::invalid_argument("kernels: an activation at the end of a candidate that is one of a sum");
    }
  }
}

}  // namespace danas::kernels
