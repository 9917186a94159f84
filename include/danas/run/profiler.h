// Torch's profiler (Kineto) around a piece of work.
#pragma once

#include <ATen/core/Tensor.h>

#include <functional>
#include <vector>

#include "danas/core/step_profile.h"

namespace danas {

// Does the work and returns the operators that it called, and on a GPU the calls of CUDA, kernels and copies too. The
// work must end by waiting for the device. It takes longer than without: some microseconds an operator. Not within
// another profiler. Passes on what the work throws.
std::vector<ProfiledEvent> RecordEvents(at::Device device, const std::function<void()>& work);

}  // namespace danas
