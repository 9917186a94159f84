// Which instructions the kernels use: the best that the processor has.
#pragma once

#include <string>
#include <vector>

namespace danas::kernels {

// The levels that this program has and this processor can run, the best first: of "avx512", "avx2" and "neon". Empty
// where the processor has none of them; float layers cannot be computed here then, double ones can.
std::vector<std::string> Levels();

// The level in use; "" where there is none. The environment variable DANAS_KERNEL_LEVEL names another than the best.
std::string Level();

// Takes another level from now on. Throws UsageError for one that Levels() does not name.
void UseLevel(const std::string& level);

}  // namespace danas::kernels
