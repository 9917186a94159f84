// Search spaces as users might write them, drawn from a seed, and what must hold for each that `danas space check`
// accepts: a step of the weights and one of α run, the fused kernels and ATen agree, costs are those of the modules.
#pragma once

#include <cstdint>

namespace danas::test {

struct RandomSpacesCounts {
  int64_t refused = 0;           // by the reader, with a reason
  int64_t without_variance = 0;  // one image where a map is 1x1, told as DataError
  int64_t ran = 0;
  int64_t fused = 0;  // of these, computed otherwise by the fused kernels than by ATen
};

// Draws and checks the spaces of seeds [first, first + count); stops after the first that fails.
RandomSpacesCounts CheckRandomSpaces(uint64_t first, uint64_t count);

// The same of small spaces with a drawn kind of block (random_blocks.h). Refused is also where it fits no layer.
RandomSpacesCounts CheckRandomBlocks(uint64_t first, uint64_t count);

}  // namespace danas::test
