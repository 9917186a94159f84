#include "danas/arch/module_names.h"

#include <algorithm>
#include <array>
#include <stdexcept>
#include <string_view>

#include "danas/arch/block_graph.h"

namespace danas {
namespace {

// Keywords and constants of Python, and names that nn.Module or a generated class uses.
constexpr std::array kTaken = std::to_array<std::string_view>({
    "False",
    "None",
    "True",
    "and",
    "as",
    "assert",
    "async",
    "await",
    "break",
    "class",
    "continue",
    "def",
    "del",
    "elif",
    "else",
    "except",
    "finally",
    "for",
    "from",
    "global",
    "if",
    "import",
    "in",
    "is",
    "lambda",
    "nonlocal",
    "not",
    "or",
    "pass",
    "raise",
    "return",
    "try",
    "while",
    "with",
    "yield",
    "add_module",
    "apply",
    "bfloat16",
    "buffers",
    "children",
    "compile",
    "cpu",
    "cuda",
    "double",
    "eval",
    "extra_repr",
    "float",
    "forward",
    "get_buffer",
    "get_extra_state",
    "get_parameter",
    "get_submodule",
    "half",
    "ipu",
    "load_state_dict",
    "modules",
    "mtia",
    "named_buffers",
    "named_children",
    "named_modules",
    "named_parameters",
    "parameters",
    "register_buffer",
    "register_module",
    "register_parameter",
    "requires_grad_",
    "set_extra_state",
    "set_submodule",
    "share_memory",
    "state_dict",
    "to",
    "to_empty",
    "train",
    "training",
    "type",
    "xpu",
    "zero_grad",
    "call_super_init",
    "dump_patches",
    "T_destination",
});

bool HasWeights(const Operation& operation) {
  return std::holds_alternative<ConvolutionStep>(operation) || std::holds_alternative<DeconvolutionStep>(operation) ||
         std::holds_alternative<NormStep>(operation) || std::holds_alternative<ScaleStep>(operation);
}

}  // namespace

std::string AttributeName(const std::string& step) {
  std::string name = step;
  std::ranges::replace(name, '.', '_');
  return std::ranges::find(kTaken, name) == kTaken.end() ? name : name + "_";
}

std::vector<std::pair<std::string, std::string>> ModuleNames(const SearchSpace& network) {
  if (!network.IsNetwork()) throw std::invalid_argument("names of modules: a space is no network");
  std::vector<std::pair<std::string, std::string>> names;
  if (network.stem().channels > 0) names.emplace_back("stem", "stem");
  for (size_t l = 0; l < network.layers().size(); ++l) {
    const LayerSpec& layer = network.layers()[l];
    const BlockSpec& block = layer.candidates.at(0);
    const std::string place = "layers." + std::to_string(l) + ".";
    for (const Step& step : GraphOf(block, layer.shape, network.StagePlace(l)).steps) {
      if (!HasWeights(step.operation)) continue;
      names.emplace_back(place + CandidateName(block) + "." + step.name, place + AttributeName(step.name));
    }
  }
  if (network.has_heat_maps()) {
    names.emplace_back("head.heat_maps", "heat_maps");
    return names;
  }
  if (network.head().channels > 0) names.emplace_back("head.expand", "head");
  for (size_t i = 0; i < network.head().hidden.size(); ++i) {
    names.emplace_back("head.hidden." + std::to_string(i), "hidden_" + std::to_string(i));
  }
  names.emplace_back("head.classifier", "classifier");
  return names;
}

std::string ExportedName(const std::vector<std::pair<std::string, std::string>>& modules, const std::string& name) {
  for (const auto& [own, exported] : modules) {
    if (name.starts_with(own + ".")) return exported + name.substr(own.size());
  }
  throw std::invalid_argument("no module of the network has " + name);
}

}  // namespace danas
