// One step of a block in Python: the module it makes in __init__, and what it computes in forward.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <vector>

#include "danas/arch/block_graph.h"

namespace danas {

// A number in a module's call. Numbers of one kind that are equal in all layers of a class become one parameter.
enum class NumberKind { kChannels, kGroups, kKernel, kStride, kCount, kPlaces };
struct ModuleNumber {
  NumberKind kind = NumberKind::kChannels;
  std::string keyword = {};  // "stride"; empty: by position
  int64_t value = 0;
  std::vector<int64_t> places = {};       // kPlaces
  std::string name = {};                  // of the parameter, where it becomes one of its own
  std::optional<int64_t> otherwise = {};  // the value that need not be said
};

struct ModuleCall {
  std::string attribute;  // "expand"; empty: the step has no module
  std::string call;       // "ConvNorm", "nn.Conv2d"
  std::vector<ModuleNumber> numbers = {};
  std::string rest = {};  // what follows the numbers: ", bias=False"
};

// The module of a step. A module without weights gets an attribute that is not among `used`, and is added to them;
// `parts` gets the classes that it needs.
ModuleCall ModuleOf(const Step& step, const MapShape& input, const NormSpec& norm, std::set<std::string>& used,
                    std::set<std::string>& parts);

// The arguments of a batch norm behind its channels: "" or ", eps=0.001".
std::string NormArguments(const NormSpec& norm);

// What the step computes from these expressions, by its module where it has one.
std::string ExpressionOf(const Step& step, const std::string& attribute, const std::vector<std::string>& inputs);

}  // namespace danas
