// What this machine can do at most, measured: the yardstick for what a step of training reaches of it.
#pragma once

namespace danas::kernels {

// Multiply-adds of float32 a second that all threads of the pool do together in registers alone, at the level in use;
// 0 where the processor has no level (kernels/level.h). Takes about a tenth of a second.
double MeasureMultiplyAdds();

// Bytes a second, read and written, that all threads together copy between arrays larger than any cache. Takes about
// half a second and half a gigabyte.
double MeasureBandwidth();

}  // namespace danas::kernels
