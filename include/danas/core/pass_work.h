// What a pass computes, in forward passes: by these factors plans, progress and the time left count alike.
#pragma once

namespace danas {

inline constexpr double kTrainingPassWork = 3;      // forward, and backward to activations and to weights
inline constexpr double kArchitecturePassWork = 2;  // forward, and backward to activations alone

}  // namespace danas
