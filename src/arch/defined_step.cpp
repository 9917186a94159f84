#include "defined_step.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <stdexcept>
#include <utility>

#include "danas/arch/space_limits.h"

namespace danas {
namespace {

std::optional<ActivationChoice> FindActivation(const Node& step, const char* key, DefinedNames& names) {
  const auto node = step.Find(key);
  return node ? std::optional(ActivationChoice(*node, names)) : std::nullopt;
}

Activation InOr(const std::optional<ActivationChoice>& choice, const DefinedValues& values, Activation otherwise) {
  return choice ? choice->In(values) : otherwise;
}

std::optional<Activation> In(const std::optional<ActivationChoice>& choice, const DefinedValues& values) {
  return choice ? std::optional(choice->In(values)) : std::nullopt;
}

// What convolutions and deconvolutions have in common.
class Convolving : public DefinedStep {
 public:
  Convolving(const Node& node, DefinedNames& names, const std::string& kernel, const std::string& stride)
      : channels_(node, "channels", "channels", kMostChannels, names),
        kernel_(node, "kernel", kernel, kLargestKernel, names),
        stride_(node, "stride", stride, kLargestStride, names),
        groups_(node, "groups", "1", kMostChannels, names),
        norm_(ReadNorm(node)),
        bias_(node.KeyOr("bias", !norm_)),
        activation_(FindActivation(node, "activation", names)) {}

  bool has_weights() const override { return true; }

 protected:
  template <typename Step>
  Step Numbers(const GraphBuilder& graph, MapId x, const DefinedValues& values) const {
    Step step;
    step.out = channels_.In(values);
    step.kernel = kernel_.In(values);
    step.stride = stride_.In(values);
    step.groups = groups_.In(values);
    step.norm = norm_;
    step.bias = bias_;
    const int in = graph.shape(x).channels;
    if (in % step.groups != 0 || step.out % step.groups != 0) {
      throw std::invalid_argument(std::to_string(step.groups) + " groups do not divide " + std::to_string(in) +
                                  " channels to " + std::to_string(step.out));
    }
    return step;
  }

  std::optional<Activation> activation(const DefinedValues& values) const { return In(activation_, values); }

 private:
  static bool ReadNorm(const Node& node) {
    const auto norm = node.Find("norm");
    return !norm || norm->AsOneOf({"batch", "none"}) == "batch";
  }

  WholeNumber channels_, kernel_, stride_, groups_;
  bool norm_;
  bool bias_;
  std::optional<ActivationChoice> activation_;
};

class ConvolutionOfFile : public Convolving {
 public:
  ConvolutionOfFile(const Node& node, DefinedNames& names)
      : Convolving(node, names, "1", "1"), padding_(node.KeyOr("padding", Padding::kSymmetric)) {}

  MapId Append(GraphBuilder& graph, const std::string& name, const std::vector<MapId>& from,
               const DefinedValues& values) const override {
    auto step = Numbers<ConvolutionStep>(graph, from[0], values);
    step.padding = padding_;
    if (padding_ == Padding::kSymmetric && step.kernel % 2 == 0) {
      throw std::invalid_argument("kernel is " + std::to_string(step.kernel) +
                                  "; an even one needs \"padding\": \"same\"");
    }
    return graph.Convolve(from[0], name, step, activation(values));
  }

 private:
  Padding padding_;
};

class DeconvolutionOfFile : public Convolving {
 public:
  DeconvolutionOfFile(const Node& node, DefinedNames& names) : Convolving(node, names, "4", "2") {}

  MapId Append(GraphBuilder& graph, const std::string& name, const std::vector<MapId>& from,
               const DefinedValues& values) const override {
    const auto step = Numbers<DeconvolutionStep>(graph, from[0], values);
    if (step.kernel < step.stride) {
      throw std::invalid_argument("kernel is " + std::to_string(step.kernel) + ", below the stride of " +
                                  std::to_string(step.stride));
    }
    if (step.stride == 1 && step.kernel % 2 == 0) {
      throw std::invalid_argument("kernel is " + std::to_string(step.kernel) + "; at stride 1 use an odd one");
    }
    const Size size = graph.shape(from[0]).size;
    if (std::max(size.height, size.width) > kLargestSide / step.stride) {
      throw std::invalid_argument("its result is larger than " + std::to_string(kLargestSide) + " pixels at a side");
    }
    return graph.Deconvolve(from[0], name, step, activation(values));
  }
};

class NormOfFile : public DefinedStep {
 public:
  NormOfFile(const Node& node, DefinedNames&) {
    step_.norm = node.KeyOr("kind", step_.norm);
    if (step_.norm == NormKind::kBatch) return;  // its epsilon is the space's
    if (const auto epsilon = node.Find("epsilon")) {
      step_.epsilon = epsilon->AsDouble();
      if (!(step_.epsilon > 0 && step_.epsilon <= 1)) epsilon->Fail("found " + epsilon->Found() + "; expected (0, 1]");
    }
  }

  MapId Append(GraphBuilder& graph, const std::string& name, const std::vector<MapId>& from,
               const DefinedValues&) const override {
    return graph.Norm(from[0], name, step_);
  }
  bool has_weights() const override { return true; }

 private:
  NormStep step_;
};

class ScaleOfFile : public DefinedStep {
 public:
  ScaleOfFile(const Node& node, DefinedNames&) {
    if (const auto initial = node.Find("initial")) step_.initial = initial->AsDouble();
    constexpr double kLargest = 1e6;
    if (!(std::abs(step_.initial) <= kLargest)) node.Key("initial").Fail("expected a number from -1e6 to 1e6");
  }

  MapId Append(GraphBuilder& graph, const std::string& name, const std::vector<MapId>& from,
               const DefinedValues&) const override {
    return graph.Scale(from[0], name, step_);
  }
  bool has_weights() const override { return true; }

 private:
  ScaleStep step_;
};

class ActivationOfFile : public DefinedStep {
 public:
  ActivationOfFile(const Node& node, DefinedNames& names) : activation_(node.Key("kind"), names) {}

  MapId Append(GraphBuilder& graph, const std::string&, const std::vector<MapId>& from,
               const DefinedValues& values) const override {
    return graph.Activate(from[0], activation_.In(values));
  }

 private:
  ActivationChoice activation_;
};

class TakeOfFile : public DefinedStep {
 public:
  TakeOfFile(const Node& node, DefinedNames&) {
    const std::string part = node.Key("part").AsOneOf({"first_half", "second_half", "even", "odd"});
    if (part == "second_half") which_ = Channels::kSecondHalf;
    if (part == "even") which_ = Channels::kEven;
    if (part == "odd") which_ = Channels::kOdd;
  }

  MapId Append(GraphBuilder& graph, const std::string&, const std::vector<MapId>& from,
               const DefinedValues&) const override {
    const int channels = graph.shape(from[0]).channels;
    if (channels % 2 != 0) throw std::invalid_argument("half of " + std::to_string(channels) + " channels");
    return graph.Take(from[0], {.which = which_});
  }

 private:
  Channels which_ = Channels::kFirstHalf;
};

class JoinOfFile : public DefinedStep {
 public:
  JoinOfFile(const Node& node, DefinedNames&) : in_turn_(node.KeyOr("in_turn", false)) {}

  MapId Append(GraphBuilder& graph, const std::string&, const std::vector<MapId>& from,
               const DefinedValues&) const override {
    const MapShape first = graph.shape(from[0]);
    double channels = 0;
    for (const MapId map : from) {
      const MapShape& shape = graph.shape(map);
      channels += shape.channels;
      if (shape.size != first.size || (in_turn_ && shape.channels != first.channels)) {
        throw std::invalid_argument("its maps are " + ToText(first) + " and " + ToText(shape));
      }
    }
    if (channels > kMostChannels) {
      throw std::invalid_argument("its result has more than " + std::to_string(kMostChannels) + " channels");
    }
    return graph.Join(from, in_turn_);
  }
  std::optional<size_t> inputs() const override { return std::nullopt; }

 private:
  bool in_turn_;
};

class MixOfFile : public DefinedStep {
 public:
  MixOfFile(const Node& node, DefinedNames& names) : groups_(node, "groups", "", kMostChannels, names) {}

  MapId Append(GraphBuilder& graph, const std::string&, const std::vector<MapId>& from,
               const DefinedValues& values) const override {
    const int groups = groups_.In(values), channels = graph.shape(from[0]).channels;
    if (channels % groups != 0) {
      throw std::invalid_argument(std::to_string(groups) + " groups do not divide " + std::to_string(channels) +
                                  " channels");
    }
    return graph.Mix(from[0], groups);
  }

 private:
  WholeNumber groups_;
};

class AddOfFile : public DefinedStep {
 public:
  AddOfFile(const Node&, DefinedNames&) {}

  MapId Append(GraphBuilder& graph, const std::string&, const std::vector<MapId>& from,
               const DefinedValues&) const override {
    const MapShape a = graph.shape(from[0]), b = graph.shape(from[1]);
    if (a != b) throw std::invalid_argument("its maps are " + ToText(a) + " and " + ToText(b));
    return graph.Add(from[0], from[1]);
  }
  std::optional<size_t> inputs() const override { return 2; }
};

class MultiplyOfFile : public DefinedStep {
 public:
  MultiplyOfFile(const Node&, DefinedNames&) {}

  MapId Append(GraphBuilder& graph, const std::string&, const std::vector<MapId>& from,
               const DefinedValues&) const override {
    const MapShape x = graph.shape(from[0]), factor = graph.shape(from[1]);
    if (factor != x && factor != MapShape{x.channels, {1, 1}}) {
      throw std::invalid_argument("its maps are " + ToText(x) + " and " + ToText(factor));
    }
    return graph.Multiply(from[0], from[1]);
  }
  std::optional<size_t> inputs() const override { return 2; }
};

class PoolOfFile : public DefinedStep {
 public:
  PoolOfFile(const Node& node, DefinedNames& names)
      : pool_(node.Key("kind").AsText() == "max" ? Pool::kMax : Pool::kAverage),
        kernel_(node, "kernel", "2", kLargestKernel, names),
        stride_(node, "stride", "2", kLargestStride, names) {}

  MapId Append(GraphBuilder& graph, const std::string&, const std::vector<MapId>& from,
               const DefinedValues& values) const override {
    const PoolStep step{.pool = pool_, .kernel = kernel_.In(values), .stride = stride_.In(values)};
    if (step.kernel % 2 == 0 && step.kernel != step.stride) {
      throw std::invalid_argument("kernel is " + std::to_string(step.kernel) + "; an even one must be the stride");
    }
    return graph.Pooled(from[0], step);
  }

 private:
  Pool pool_;
  WholeNumber kernel_, stride_;
};

class GlobalAverageOfFile : public DefinedStep {
 public:
  MapId Append(GraphBuilder& graph, const std::string&, const std::vector<MapId>& from,
               const DefinedValues&) const override {
    return graph.GlobalAverage(from[0]);
  }
};

class SqueezeExciteOfFile : public DefinedStep {
 public:
  SqueezeExciteOfFile(const Node& node, DefinedNames& names)
      : channels_(node, "channels", "", kMostChannels, names),
        activation_(FindActivation(node, "activation", names)),
        gate_(FindActivation(node, "gate", names)) {}

  MapId Append(GraphBuilder& graph, const std::string& name, const std::vector<MapId>& from,
               const DefinedValues& values) const override {
    return graph.SqueezeExcite(from[0], name, channels_.In(values), InOr(activation_, values, Activation::kRelu),
                               InOr(gate_, values, Activation::kSigmoid));
  }
  bool has_weights() const override { return true; }

 private:
  WholeNumber channels_;
  std::optional<ActivationChoice> activation_, gate_;
};

template <typename Step>
std::unique_ptr<const DefinedStep> Make(const Node& node, DefinedNames& names) {
  return std::make_unique<Step>(node, names);
}

std::unique_ptr<const DefinedStep> MakePool(const Node& node, DefinedNames& names) {
  const std::string kind = node.Key("kind").AsOneOf({"max", "average", "global_average"});
  if (kind == "global_average") return std::make_unique<GlobalAverageOfFile>();
  return std::make_unique<PoolOfFile>(node, names);
}

struct Kind {
  const char* name;
  std::unique_ptr<const DefinedStep> (*make)(const Node& node, DefinedNames& names);
};
constexpr std::array<Kind, 12> kKinds = {{{"convolution", Make<ConvolutionOfFile>},
                                          {"deconvolution", Make<DeconvolutionOfFile>},
                                          {"norm", Make<NormOfFile>},
                                          {"activation", Make<ActivationOfFile>},
                                          {"take", Make<TakeOfFile>},
                                          {"join", Make<JoinOfFile>},
                                          {"mix", Make<MixOfFile>},
                                          {"add", Make<AddOfFile>},
                                          {"multiply", Make<MultiplyOfFile>},
                                          {"scale", Make<ScaleOfFile>},
                                          {"pool", MakePool},
                                          {"squeeze_excite", Make<SqueezeExciteOfFile>}}};

}  // namespace

std::unique_ptr<const DefinedStep> ReadStep(const Node& node, DefinedNames& names) {
  const Node kind = node.Key("step");
  std::vector<std::string> known;
  for (const Kind& one : kKinds) known.emplace_back(one.name);
  const std::string name = kind.AsOneOf(known);
  return std::ranges::find(kKinds, name, &Kind::name)->make(node, names);
}

}  // namespace danas
