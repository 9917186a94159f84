// How a candidate looks in a picture: the colour of its kind and its name in a few short lines.
#pragma once

#include <string>
#include <vector>

#include "danas/arch/spec.h"

namespace danas {

struct BlockLook {
  std::string kind;                // "inverted_residual", or the name that a space file gives it
  std::string fill;                // a light colour, on which text is dark
  bool passes = false;             // identity
  bool squeeze_excite = false;     // something in it scales channels by their means
  std::vector<std::string> lines;  // the block
  std::string op;                  // the operator: "5×5 dw"; empty where it has none
};

BlockLook LookOf(const BlockSpec& block, const LayerShape& shape);

// All that a block can have.
std::vector<std::string> BlockFills();

// Text on `fill` in both light and dark pages.
inline constexpr const char* kOnFill = "#111111";

}  // namespace danas
