#include "python_step.h"

#include "danas/arch/module_names.h"
#include "danas/core/json.h"
#include "python_block.h"

namespace danas {
namespace {

// A parameter's name begins with its module's, which may end in "_" (AttributeName).
std::string Named(const std::string& module, const std::string& what) {
  return (module.ends_with('_') ? module : module + "_") + what;
}

ModuleNumber ChannelCount(int64_t value, const std::string& name) {
  return {.kind = NumberKind::kChannels, .value = value, .name = Named(name, "channels")};
}

ModuleNumber Kernel(int64_t value, const std::string& name) {
  return {.kind = NumberKind::kKernel, .value = value, .name = Named(name, "kernel")};
}

ModuleNumber Stride(int64_t value, const std::string& name, std::optional<int64_t> otherwise) {
  return {.kind = NumberKind::kStride,
          .keyword = "stride",
          .value = value,
          .name = Named(name, "stride"),
          .otherwise = otherwise};
}

ModuleNumber Groups(int64_t value, const std::string& name) {
  return {
      .kind = NumberKind::kGroups, .keyword = "groups", .value = value, .name = Named(name, "groups"), .otherwise = 1};
}

ModuleNumber Places(const std::vector<int64_t>& places, const std::string& name) {
  return {.kind = NumberKind::kPlaces, .places = places, .name = Named(name, "channels")};
}

ModuleCall Convolution(const ConvolutionStep& step, int in, const std::string& name, std::set<std::string>& parts) {
  const bool same = step.padding == Padding::kSame && (step.kernel > 1 || step.stride > 1);
  ModuleCall module{
      .attribute = name,
      .call = step.norm ? "ConvNorm"
              : same    ? "SameConv2d"
                        : "nn.Conv2d",
      .numbers = {ChannelCount(in, in == step.out ? name : Named(name, "in")), ChannelCount(step.out, name),
                  Kernel(step.kernel, name), Stride(step.stride, name, 1), Groups(step.groups, name)}};
  if (same) parts.insert("SameConv2d");
  if (step.norm) {
    parts.insert("ConvNorm");
    if (step.bias) module.rest += ", bias=True";
    if (same) module.rest += ", same=True";
    return module;
  }
  if (!same && step.kernel > 1) {
    // Padding follows the kernel, which may be a parameter.
    module.numbers.push_back(Kernel(step.kernel, name));
    module.numbers.back().keyword = "padding";
  }
  if (!step.bias) module.rest += ", bias=False";
  return module;
}

ModuleCall Deconvolution(const DeconvolutionStep& step, int in, const std::string& name, std::set<std::string>& parts) {
  parts.insert(step.norm ? "DeconvNorm" : "Upsampling");
  if (step.norm) parts.insert("Upsampling");
  ModuleCall module{
      .attribute = name,
      .call = step.norm ? "DeconvNorm" : "Upsampling",
      .numbers = {ChannelCount(in, in == step.out ? name : Named(name, "in")), ChannelCount(step.out, name),
                  Kernel(step.kernel, name), Stride(step.stride, name, std::nullopt), Groups(step.groups, name)}};
  if (step.norm == step.bias) module.rest = step.bias ? ", bias=True" : ", bias=False";
  return module;
}

// A name that no module of the block has yet.
std::string Free(const std::string& wanted, std::set<std::string>& used) {
  std::string name = wanted;
  for (int number = 2; !used.insert(name).second; ++number) name = wanted + "_" + std::to_string(number);
  return name;
}

std::string Number(double value) { return JsonText(Json(value)); }

ModuleCall Pooling(const PoolStep& step, std::set<std::string>& used) {
  const std::string name = Free("pool", used);
  ModuleCall module{.attribute = name,
                    .call = step.pool == Pool::kMax ? "nn.MaxPool2d" : "nn.AvgPool2d",
                    .numbers = {Kernel(step.kernel, name), Stride(step.stride, name, std::nullopt)}};
  if (step.kernel % 2 == 0) {
    module.rest = ", ceil_mode=True";
  } else {
    module.numbers.push_back(Kernel(step.kernel, name));
    module.numbers.back().keyword = "padding";
  }
  return module;
}

}  // namespace

std::string NormArguments(const NormSpec& norm) {
  std::string arguments;
  if (norm.epsilon != 1e-5) arguments += ", eps=" + Number(norm.epsilon);
  if (norm.momentum != 0.1) arguments += ", momentum=" + Number(norm.momentum);
  return arguments;
}

ModuleCall ModuleOf(const Step& step, const MapShape& input, const NormSpec& norm_spec, std::set<std::string>& used,
                    std::set<std::string>& parts) {
  const std::string name = AttributeName(step.name);
  if (const auto* convolution = std::get_if<ConvolutionStep>(&step.operation)) {
    return Convolution(*convolution, input.channels, name, parts);
  }
  if (const auto* deconvolution = std::get_if<DeconvolutionStep>(&step.operation)) {
    return Deconvolution(*deconvolution, input.channels, name, parts);
  }
  if (const auto* norm = std::get_if<NormStep>(&step.operation)) {
    const bool batch = norm->norm == NormKind::kBatch;
    if (!batch) parts.insert("LayerNorm2d");
    return {.attribute = name,
            .call = batch ? "nn.BatchNorm2d" : "LayerNorm2d",
            .numbers = {ChannelCount(input.channels, name)},
            .rest = batch ? NormArguments(norm_spec) : ", eps=" + Number(norm->epsilon)};
  }
  if (const auto* scale = std::get_if<ScaleStep>(&step.operation)) {
    parts.insert("ChannelScale");
    return {.attribute = name,
            .call = "ChannelScale",
            .numbers = {ChannelCount(input.channels, name)},
            .rest = ", " + Number(scale->initial)};
  }
  if (const auto* pool = std::get_if<PoolStep>(&step.operation)) return Pooling(*pool, used);
  if (const auto* mix = std::get_if<MixStep>(&step.operation)) {
    const std::string shuffle = Free("shuffle", used);
    return {.attribute = shuffle,
            .call = "nn.ChannelShuffle",
            .numbers = {{.kind = NumberKind::kCount, .value = mix->groups, .name = shuffle + "_groups"}}};
  }
  if (const auto* take = std::get_if<TakeStep>(&step.operation); take && take->which == Channels::kListed) {
    parts.insert("Take");
    const std::string taken = Free("take", used);
    return {.attribute = taken, .call = "Take", .numbers = {Places(take->places, taken)}};
  }
  if (const auto* put = std::get_if<PutStep>(&step.operation)) {
    parts.insert("Put");
    const std::string placed = Free("put", used);
    return {.attribute = placed, .call = "Put", .numbers = {Places(put->places, placed)}};
  }
  return {};
}

std::string ExpressionOf(const Step& step, const std::string& attribute, const std::vector<std::string>& inputs) {
  std::string all;
  for (const std::string& input : inputs) all += (all.empty() ? "" : ", ") + input;
  if (!attribute.empty()) return "self." + attribute + "(" + all + ")";
  if (const auto* activation = std::get_if<ActivationStep>(&step.operation)) {
    return PythonActivation(activation->activation, inputs[0]);
  }
  if (const auto* take = std::get_if<TakeStep>(&step.operation)) {
    switch (take->which) {
      case Channels::kEven:
        return inputs[0] + "[:, 0::2]";
      case Channels::kOdd:
        return inputs[0] + "[:, 1::2]";
      default:
        return inputs[0] + ".chunk(2, dim=1)[" + (take->which == Channels::kFirstHalf ? "0" : "1") + "]";
    }
  }
  if (const auto* join = std::get_if<JoinStep>(&step.operation)) {
    if (join->in_turn) return "torch.stack((" + all + "), dim=2).flatten(1, 2)";
    return "torch.cat((" + all + "), dim=1)";
  }
  if (std::holds_alternative<AddStep>(step.operation)) return inputs[0] + " + " + inputs[1];
  if (std::holds_alternative<MultiplyStep>(step.operation)) return inputs[0] + " * " + inputs[1];
  return inputs[0] + ".mean((2, 3), keepdim=True)";  // GlobalAverageStep
}

std::string PythonActivation(Activation activation, const std::string& x) {
  switch (activation) {
    case Activation::kRelu:
      return "F.relu(" + x + ")";
    case Activation::kRelu6:
      return "F.relu6(" + x + ")";
    case Activation::kHardSwish:
      return "F.hardswish(" + x + ")";
    case Activation::kSwish:
      return "F.silu(" + x + ")";
    case Activation::kSigmoid:
      return "torch.sigmoid(" + x + ")";
    case Activation::kHardSigmoid:
      return "F.hardsigmoid(" + x + ")";
    case Activation::kGelu:
      return "F.gelu(" + x + ")";
  }
  throw std::logic_error("an activation that nobody knows");
}

std::string CamelCase(const std::string& name) {
  std::string camel;
  bool begins = true;
  for (const char c : name) {
    if (c == '_' || c == '.' || c == '-') {
      begins = true;
      continue;
    }
    camel += begins ? static_cast<char>(std::toupper(static_cast<unsigned char>(c))) : c;
    begins = false;
  }
  return camel;
}

}  // namespace danas
