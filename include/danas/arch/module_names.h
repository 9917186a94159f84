// The names that an exported PyTorch module gives its parts, and danas's for the same: what a person would write has no
// candidate's name in it, and no module inside another that holds nothing else.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "danas/arch/space.h"

namespace danas {

// A step's name as the attribute of a Python module: "branch.expand" -> "branch_expand"; a word of Python's, or an
// attribute that every nn.Module has, gets "_" behind it: "float" -> "float_".
std::string AttributeName(const std::string& step);

// danas's name and the exported one of everything in a network that has weights, in the order of the network:
// "layers.3.ir_e3_k5.expand" and "layers.3.expand", "head.expand" and "head", "head.hidden.0" and "hidden_0",
// "head.classifier" and "classifier". What follows (".conv.weight") is the same in both. Throws std::invalid_argument
// for a space that is no network.
std::vector<std::pair<std::string, std::string>> ModuleNames(const SearchSpace& network);

// A tensor's name by the exported ones, from its name by danas's.
std::string ExportedName(const std::vector<std::pair<std::string, std::string>>& modules, const std::string& name);

}  // namespace danas
