// Shipped blocks and places for them, drawn at random; many do not go together (WhyInvalid).
#pragma once

#include <cstdint>
#include <vector>

#include "danas/arch/spec.h"
#include "danas/core/random.h"

namespace danas::test {

class BlockDraw {
 public:
  explicit BlockDraw(uint64_t seed) : random_(seed, "blocks") {}

  BlockSpec Block() {
    constexpr size_t kKinds = EnumNames<BlockKind>::kNames.size();
    return Canonical({.kind = static_cast<BlockKind>(random_.UniformInt(kKinds)),
                      .op = {static_cast<OperatorKind>(random_.UniformInt(2)), Pick({1, 2, 3, 3, 5, 7, 9})},
                      .activation = static_cast<Activation>(random_.UniformInt(4)),
                      .expand = std::vector<double>{0.3, 1, 1.19, 3, 6}[random_.UniformInt(5)],
                      .squeeze_excite = random_.UniformInt(2) == 0,
                      .fused = random_.UniformInt(2) == 0,
                      .groups = Pick({1, 2, 3, 4}),
                      .dense_entry = random_.UniformInt(2) == 0,
                      .reduction = Pick({1, 2, 4}),
                      .project = random_.UniformInt(2) == 0});
  }

  LayerShape Shape() {
    const int in = Pick({1, 3, 8, 12, 16, 24, 48}), out = random_.UniformInt(2) == 0 ? in : Pick({8, 24, 32, 48, 96});
    const int upsample = Pick({1, 1, 1, 1, 2});
    return {in, out, upsample > 1 ? 1 : Pick({1, 1, 2, 2, 3}), {Pick({1, 5, 8, 13}), Pick({1, 4, 7, 14})}, upsample};
  }

 private:
  int Pick(const std::vector<int>& from) { return from[random_.UniformInt(from.size())]; }

  RandomStream random_;
};

}  // namespace danas::test
