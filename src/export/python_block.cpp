#include "python_block.h"

#include <algorithm>
#include <map>
#include <utility>

#include "danas/arch/block_definition.h"
#include "danas/arch/block_graph.h"
#include "danas/arch/module_names.h"
#include "danas/core/error.h"
#include "danas/core/json.h"
#include "python_forward.h"
#include "python_step.h"

namespace danas {
namespace {

constexpr size_t kWidth = 120;  // of a line

std::string KindName(const BlockSpec& block) {
  return block.kind == BlockKind::kDefined ? block.defined.definition->name() : NameOf(block.kind);
}

// A layer with all its numbers.
struct Layer {
  size_t place = 0;
  std::string kind;
  LayerShape shape;
  BlockGraph graph;
  std::vector<ModuleCall> modules;
  std::string forward;  // its body
  std::set<std::string> features;

  // What layers of one class have in common.
  std::string Form() const {
    std::string form = kind + "\n" + forward;
    for (const ModuleCall& module : modules) {
      form += module.attribute + "=" + module.call + module.rest + "#" + std::to_string(module.numbers.size());
      for (const ModuleNumber& number : module.numbers) {
        if (number.kind == NumberKind::kGroups) form += number.value == module.numbers[0].value ? " depthwise" : "";
      }
      form += "\n";
    }
    return form;
  }
};

std::set<std::string> FeaturesOf(const BlockGraph& graph) {
  std::set<std::string> features;
  for (const Step& step : graph.steps) {
    if (!step.name.empty()) features.insert(CamelCase(step.name.substr(0, step.name.find('.'))));
    if (const auto* activation = std::get_if<ActivationStep>(&step.operation)) {
      features.insert(CamelCase(NameOf(activation->activation)));
    }
    const auto* convolution = std::get_if<ConvolutionStep>(&step.operation);
    if (convolution && convolution->kernel > 1 && convolution->groups == 1) {
      features.insert("Dense" + CamelCase(step.name.substr(0, step.name.find('.'))));
    }
    if (std::holds_alternative<AddStep>(step.operation) && std::ranges::count(step.inputs, MapId{0}) > 0) {
      features.insert("Skip");
    }
  }
  return features;
}

Layer MakeLayer(const SearchSpace& network, size_t l, std::set<std::string>& parts) {
  const LayerSpec& spec = network.layers()[l];
  const BlockSpec& block = spec.candidates.at(0);
  Layer layer{.place = l,
              .kind = KindName(block),
              .shape = spec.shape,
              .graph = GraphOf(block, spec.shape, network.StagePlace(l)),
              .modules = {},
              .forward = {},
              .features = {}};
  std::set<std::string> used;
  for (const Step& step : layer.graph.steps) {  // first, so that no pooling takes the name of a step with weights
    if (step.name.empty() || used.insert(AttributeName(step.name)).second) continue;
    throw ConfigError("two steps of the block " + layer.kind + " are called '" + AttributeName(step.name) +
                      "' in Python, where points become underscores. Rename one of them");
  }
  for (const Step& step : layer.graph.steps) {
    layer.modules.push_back(ModuleOf(step, layer.graph.shape(step.inputs[0]), network.norm(), used, parts));
  }
  layer.forward = PythonForward(layer.graph, layer.modules);
  layer.features = FeaturesOf(layer.graph);
  return layer;
}

// The layers of one class, and its parameters.
class BlockClass {
 public:
  explicit BlockClass(const std::vector<const Layer*>& layers) : layers_(layers) { FindParameters(); }

  std::string Source(const std::string& name) const {
    std::string source = "class " + name + "(nn.Module):\n";
    source += "    \"\"\"" + KindText() + "\"\"\"\n\n    def __init__(self";
    for (const Parameter& parameter : parameters_) source += ", " + parameter.name + ": " + parameter.type;
    source += "):\n        super().__init__()\n";
    for (size_t m = 0; m < first().modules.size(); ++m) source += ModuleLine(m);
    return source + "\n    def forward(self, x: torch.Tensor) -> torch.Tensor:\n" + first().forward;
  }

  std::string Call(const std::string& name, size_t of_layer) const {
    std::string call;
    for (const Parameter& parameter : parameters_) {
      if (!call.empty()) call += ", ";
      call += (parameter.by_position ? "" : parameter.name + "=") + parameter.values[of_layer];
    }
    return name + "(" + call + ")";
  }

  const std::vector<const Layer*>& layers() const { return layers_; }
  const Layer& first() const { return *layers_[0]; }

 private:
  struct Parameter {
    std::string name;
    std::string type;
    bool by_position = false;
    NumberKind kind = NumberKind::kChannels;
    std::vector<std::string> values = {};  // [layer]
  };

  static std::string Written(const ModuleNumber& number) {
    if (number.kind != NumberKind::kPlaces) return std::to_string(number.value);
    const std::vector<int64_t>& places = number.places;
    const int64_t step = places.size() > 1 ? places[1] - places[0] : 1;
    for (size_t i = 1; i < places.size(); ++i) {
      if (step <= 0 || places[i] - places[i - 1] != step) return JsonText(Json(places));
    }
    if (places.size() < 3) return JsonText(Json(places));
    const std::string range = std::to_string(places[0]) + ", " + std::to_string(places.back() + 1);
    return "list(range(" + range + (step == 1 ? "" : ", " + std::to_string(step)) + "))";
  }

  std::vector<std::string> ValuesOf(size_t module, size_t number) const {
    std::vector<std::string> values;
    for (const Layer* layer : layers_) values.push_back(Written(layer->modules[module].numbers[number]));
    return values;
  }

  static NumberKind SharedKind(NumberKind kind) { return kind == NumberKind::kGroups ? NumberKind::kChannels : kind; }

  const Parameter* Find(NumberKind kind, const std::vector<std::string>& values) const {
    const auto found = std::ranges::find_if(parameters_, [&](const Parameter& parameter) {
      return parameter.kind == SharedKind(kind) && parameter.values == values;
    });
    return found == parameters_.end() ? nullptr : &*found;
  }

  void Add(std::string name, NumberKind kind, std::vector<std::string> values, bool by_position = false) {
    const auto is_taken = [&] {
      return std::ranges::any_of(parameters_, [&](const Parameter& parameter) { return parameter.name == name; });
    };
    while (is_taken()) name += "_";
    parameters_.push_back({.name = std::move(name),
                           .type = kind == NumberKind::kPlaces ? "list[int]" : "int",
                           .by_position = by_position,
                           .kind = SharedKind(kind),
                           .values = std::move(values)});
  }

  static bool AllEqual(const std::vector<std::string>& values) {
    return std::ranges::all_of(values, [&](const std::string& value) { return value == values[0]; });
  }

  // Channels are parameters in any case, other numbers where layers differ in them.
  void FindParameters() {
    std::vector<std::string> in, out, stride;
    for (const Layer* layer : layers_) {
      in.push_back(std::to_string(layer->shape.in));
      out.push_back(std::to_string(layer->shape.out));
      stride.push_back(std::to_string(layer->shape.stride));
    }
    std::set<std::vector<std::string>> channels;
    std::set<std::vector<std::string>> strides;
    for (size_t m = 0; m < first().modules.size(); ++m) {
      for (size_t n = 0; n < first().modules[m].numbers.size(); ++n) {
        const NumberKind kind = first().modules[m].numbers[n].kind;
        if (kind == NumberKind::kChannels) channels.insert(ValuesOf(m, n));
        if (kind == NumberKind::kStride) strides.insert(ValuesOf(m, n));
      }
    }
    if (channels.contains(in)) Add(in == out ? "channels" : "in_channels", NumberKind::kChannels, in, true);
    if (in != out && channels.contains(out)) Add("out_channels", NumberKind::kChannels, out, true);
    for (size_t m = 0; m < first().modules.size(); ++m) {
      for (size_t n = 0; n < first().modules[m].numbers.size(); ++n) {
        const ModuleNumber& number = first().modules[m].numbers[n];
        const std::vector<std::string> values = ValuesOf(m, n);
        if (IsLiteral(number, values) || Find(number.kind, values)) continue;
        std::string name = number.name;
        if (number.kind == NumberKind::kStride && values == stride) name = "stride";
        if (number.kind == NumberKind::kKernel && !Taken("kernel")) name = "kernel";
        Add(name, number.kind, values);
      }
    }
  }

  bool Taken(const std::string& name) const {
    return std::ranges::any_of(parameters_, [&](const Parameter& parameter) { return parameter.name == name; });
  }

  bool IsLiteral(const ModuleNumber& number, const std::vector<std::string>& values) const {
    if (number.kind == NumberKind::kChannels || number.kind == NumberKind::kPlaces) return false;
    if (!AllEqual(values)) return false;
    return number.kind != NumberKind::kGroups || !IsDepthwise(number);
  }

  // As many groups as channels, in every layer: they are the parameter that the channels are.
  bool IsDepthwise(const ModuleNumber& number) const {
    return number.value > 1 && Find(NumberKind::kChannels,
                                    std::vector<std::string>(layers_.size(), std::to_string(number.value))) != nullptr;
  }

  std::string NumberText(size_t m, size_t n) const {
    const ModuleNumber& number = first().modules[m].numbers[n];
    const std::vector<std::string> values = ValuesOf(m, n);
    if (IsLiteral(number, values)) return values[0];
    return Find(number.kind, values)->name;
  }

  std::string ModuleLine(size_t m) const {
    const ModuleCall& module = first().modules[m];
    if (module.attribute.empty()) return "";
    std::string numbers;
    for (size_t n = 0; n < module.numbers.size(); ++n) {
      const ModuleNumber& number = module.numbers[n];
      std::string text = NumberText(m, n);
      if (number.otherwise && text == std::to_string(*number.otherwise)) continue;
      if (number.keyword == "padding") {
        text = IsLiteral(number, ValuesOf(m, n)) ? std::to_string(number.value / 2) : text + " // 2";
        if (text == "0") continue;
      }
      numbers += (numbers.empty() ? "" : ", ") + (number.keyword.empty() ? "" : number.keyword + "=") + text;
    }
    return "        self." + module.attribute + " = " + module.call + "(" + numbers + module.rest + ")\n";
  }

  std::string KindText() const {
    std::string places;
    for (size_t i = 0; i < layers_.size(); ++i) {
      places += (i == 0 ? "" : i + 1 == layers_.size() ? " and " : ", ") + std::to_string(layers_[i]->place);
    }
    return "A block of kind " + first().kind + ": layer" + (layers_.size() > 1 ? "s " : " ") + places + ".";
  }

  std::vector<const Layer*> layers_;
  std::vector<Parameter> parameters_;
};

// The kind, and in which of its steps it differs from other classes of the kind.
std::string ClassName(const BlockClass& named, const std::vector<BlockClass>& all, std::set<std::string>& used) {
  std::set<std::string> common = named.first().features;
  for (const BlockClass& other : all) {
    if (other.first().kind != named.first().kind) continue;
    std::erase_if(common, [&](const std::string& feature) { return !other.first().features.contains(feature); });
  }
  std::string name = CamelCase(named.first().kind), joint = "With";
  for (const std::string& feature : named.first().features) {
    if (common.contains(feature)) continue;
    name += joint + feature;
    joint = "And";
  }
  std::string free = name;
  for (int number = 2; !used.insert(free).second; ++number) free = name + std::to_string(number);
  return free;
}

std::string Folded(const std::string& line) {
  if (line.size() <= kWidth || !line.starts_with("    def __init__(")) return line;
  const size_t begin = line.find('(') + 1, end = line.rfind(')');
  return line.substr(0, begin) + "\n        " + line.substr(begin, end - begin) + "\n    " + line.substr(end);
}

std::string FoldLines(const std::string& source) {
  std::string folded;
  for (size_t begin = 0; begin < source.size();) {
    const size_t end = source.find('\n', begin);
    folded += Folded(source.substr(begin, end - begin)) + "\n";
    begin = end + 1;
  }
  return folded;
}

}  // namespace

PythonBlocks MakePythonBlocks(const SearchSpace& network) {
  PythonBlocks blocks;
  std::vector<Layer> layers;
  for (size_t l = 0; l < network.layers().size(); ++l) layers.push_back(MakeLayer(network, l, blocks.parts));
  std::vector<std::string> forms;  // in the order in which they first occur
  std::map<std::string, std::vector<const Layer*>> by_form;
  for (const Layer& layer : layers) {
    const std::string form = layer.Form();
    if (!by_form.contains(form)) forms.push_back(form);
    by_form[form].push_back(&layer);
  }
  std::vector<BlockClass> classes;
  for (const std::string& form : forms) classes.emplace_back(by_form.at(form));
  std::set<std::string> used = {"ConvNorm", "DeconvNorm", "SameConv2d",   "Upsampling", "LayerNorm2d",
                                "Take",     "Put",        "ChannelScale", "Network"};
  blocks.layers.resize(layers.size());
  for (const BlockClass& block : classes) {
    if (block.first().graph.steps.empty()) {
      for (const Layer* layer : block.layers()) blocks.layers[layer->place] = "nn.Identity()";
      continue;
    }
    const std::string name = ClassName(block, classes, used);
    blocks.classes.push_back(FoldLines(block.Source(name)));
    for (size_t i = 0; i < block.layers().size(); ++i) blocks.layers[block.layers()[i]->place] = block.Call(name, i);
  }
  return blocks;
}

}  // namespace danas
