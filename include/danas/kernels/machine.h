// What this machine can do at most, measured: the yardstick for what a step of training reaches of it.
#pragma once

#include <cstdint>

namespace danas::kernels {

// Multiply-adds of float32 a second that `threads` threads of the pool do together in registers alone, at the level in
// use; 0 where the processor has no level (kernels/level.h). Takes about a tenth of a second.
double MeasureMultiplyAdds(int64_t threads);

// Bytes a second, read and written, that `threads` threads of the pool together copy between arrays larger than any
// cache. Takes about half a second and half a gigabyte.
double MeasureBandwidth(int64_t threads);

}  // namespace danas::kernels
