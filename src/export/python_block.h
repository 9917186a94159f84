// Blocks as Python classes: those whose graphs differ in numbers alone share one.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "danas/arch/space.h"

namespace danas {

struct PythonBlocks {
  std::vector<std::string> classes;  // source of each
  std::vector<std::string> layers;   // [layer]; the call that makes it
  std::set<std::string> parts;       // small classes that the others use: "ConvNorm", "LayerNorm2d" ...
};

// Of the network's layers.
PythonBlocks MakePythonBlocks(const SearchSpace& network);

// "F.relu6(x)"
std::string PythonActivation(Activation activation, const std::string& x);

// "inverted_residual" -> "InvertedResidual"
std::string CamelCase(const std::string& name);

}  // namespace danas
