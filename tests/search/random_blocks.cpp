#include "tests/search/random_blocks.h"

#include <algorithm>
#include <cmath>
#include <set>
#include <stdexcept>
#include <utility>

#include "danas/arch/expression.h"

namespace danas::test {
namespace {

constexpr int kMostDrawnChannels = 24;
constexpr int kLargestDrawnSide = 16;

const std::set<std::string> kWithWeights = {"convolution", "deconvolution", "norm", "scale", "squeeze_excite"};

bool IsWhole(double value, int most) { return value >= 1 && value <= most && value == std::floor(value); }

// Numbers as numbers or as texts.
Json Number(const std::string& expression, bool as_text) {
  const bool digits = std::ranges::all_of(expression, [](char c) { return c >= '0' && c <= '9'; });
  return digits && !as_text ? Json(std::stoi(expression)) : Json(expression);
}

}  // namespace

DefinitionDraw::DefinitionDraw(RandomStream& random, const LayerShape& shape)
    : random_(random),
      shape_(shape),
      values_({{"in", shape.in}, {"out", shape.out}, {"stride", shape.stride}}),
      maps_({{.name = "input", .channels = shape.in, .size = shape.input, .read = true}}) {}

Json DefinitionDraw::Definition() {
  DrawParameters();
  if (Chance(8)) DrawChain();
  for (int steps = Pick({0, 1, 2, 3, 4, 6}); steps > 0; --steps) DrawStep();
  ReadAllMaps();
  BringToShape();
  // Only those names are needed that a step reads.
  for (size_t i = 0; i < steps_.size(); ++i) {
    Json& step = steps_[i];
    const std::string name = step.at("name");
    const bool named = std::ranges::any_of(steps_, [&](const Json& other) {
      const Json from = other.value("from", Json());
      return from == name || (from.is_array() && std::ranges::find(from, Json(name)) != from.end());
    });
    if (!named && !kWithWeights.contains(step.at("step")) && Chance(2)) step.erase("name");
  }
  // Each parameter must be used.
  Json needs = Json::array();
  const std::string text = steps_.dump();
  for (const std::string name : {"expand", "flag", "act", "kernel"}) {
    if (!parameters_.contains(name)) continue;
    if (name != "act") {
      needs.push_back(name + " >= 0");
    } else if (text.find("\"act\"") == std::string::npos) {
      parameters_.erase(name);
    }
  }
  if (Chance(4)) needs.push_back(Pick({"in >= 1", "out > 0 and stride <= 16", "not in * out == 0"}));
  Json definition = Json::object();
  if (!parameters_.empty()) definition["parameters"] = parameters_;
  if (!needs.empty()) definition["needs"] = needs;
  definition["steps"] = steps_;
  if (Chance(6)) AddMistake(definition);
  return definition;
}

Json DefinitionDraw::Candidate(const std::string& name) {
  Json candidate = {{"block", name}};
  for (const auto& [parameter, value] : parameters_.items()) {
    if (Chance(2)) continue;
    const Json fallback = value.is_object() ? value.at("default") : value;
    if (fallback.is_boolean()) {
      candidate[parameter] = Json::array({false, true});
    } else if (fallback.is_string()) {
      candidate[parameter] = Json::array({fallback, "swish"});
    } else if (Chance(2)) {
      candidate[parameter] = Json::array({fallback, fallback == 1 ? 3 : 1});
    }
  }
  return candidate;
}

void DefinitionDraw::DrawParameters() {
  const auto add = [&](const std::string& name, const Json& value, const std::string& label) {
    parameters_[name] = label.empty() || Chance(2) ? value : Json{{"default", value}, {"label", label}};
    if (!value.is_string()) values_[name] = value.is_boolean() ? (value.get<bool>() ? 1 : 0) : value.get<double>();
  };
  if (Chance(2)) add("expand", Chance(4) ? Json(1.5) : Json(Pick({1, 2, 3})), "e");
  if (Chance(3)) add("flag", Chance(2), "f");
  if ((has_activation_ = Chance(3))) add("act", Pick({"relu", "relu6", "hard_swish", "gelu"}), "a");
  if (Chance(2)) add("kernel", Pick({1, 3, 3, 5}), "");
}

double DefinitionDraw::ValueOf(const std::string& expression, size_t x) {
  std::map<std::string, double> values = values_;
  values["channels"] = maps_[x].channels;
  const Expression parsed(expression);
  if (!std::ranges::all_of(parsed.names(), [&](const std::string& name) { return values.contains(name); })) return -1;
  try {
    return parsed.Evaluate(values);
  } catch (const std::invalid_argument&) {
    return -1;
  }
}

int DefinitionDraw::ChannelsOf(const std::string& expression, size_t x) {
  return static_cast<int>(std::clamp(ValueOf(expression, x), 1.0, 1e3));
}

std::string DefinitionDraw::Whole(const std::vector<std::string>& expressions, size_t x, int most) {
  std::string expression;
  for (int tries = 0; tries < 20; ++tries) {
    expression = Pick(expressions);
    if (IsWhole(ValueOf(expression, x), most) || Chance(100)) return expression;
  }
  return std::to_string(Pick({1, 2, 4, 6, 8}));
}

std::string DefinitionDraw::ActivationName() {
  if (has_activation_ && Chance(2)) return "act";
  return EnumNames<Activation>::kNames[random_.UniformInt(EnumNames<Activation>::kNames.size())];
}

std::string DefinitionDraw::Condition() {
  std::vector<std::string> conditions = {
      "stride == 1",  "stride > 1",           "in == out", "in != out or stride == 2",
      "channels > 4", "not channels / 2 > 3", "0",         "1 < 2 and in > 0"};
  if (values_.contains("flag")) conditions.emplace_back(Chance(2) ? "flag" : "not flag");
  if (values_.contains("expand")) conditions.emplace_back(Chance(2) ? "expand != 1" : "expand * in >= 8");
  return Pick(conditions);
}

void DefinitionDraw::Append(Json step, const std::vector<size_t>& from, Map result, bool may_be_left_out) {
  result.name = "s" + std::to_string(steps_.size());
  result.read = false;
  step["name"] = result.name;
  if (from.size() > 1) {
    step["from"] = Json::array();
    for (const size_t map : from) step["from"].push_back(maps_[map].name);
  } else if (from[0] != last() || Chance(4)) {
    step["from"] = Chance(6) ? Json::array({maps_[from[0]].name}) : Json(maps_[from[0]].name);
  }
  if (may_be_left_out && Chance(4)) {
    const std::string condition = Condition();
    step["when"] = Number(condition, Chance(2));
    if (ValueOf(condition, from[0]) == 0) {
      result.channels = maps_[from[0]].channels;
      result.size = maps_[from[0]].size;
    }
  }
  for (const size_t map : from) maps_[map].read = true;
  steps_.push_back(std::move(step));
  maps_.push_back(std::move(result));
}

// What the fused kernels take: by itself with some luck, and then with an activation at its end or without.
void DefinitionDraw::DrawChain() {
  const std::vector<std::string> clips = {"relu", "relu6"};
  Map result = maps_[last()];
  if (Chance(2)) {
    result.channels *= 2;
    Append({{"step", "convolution"}, {"channels", "2 * channels"}, {"activation", Pick(clips)}}, {last()}, result);
  }
  result.size = Downsampled(result.size, shape_.stride);
  Append({{"step", "convolution"},
          {"kernel", Pick({3, 5})},
          {"stride", "stride"},
          {"groups", "channels"},
          {"activation", Pick(clips)}},
         {last()}, result);
  result.channels = shape_.out;
  Json last_step = {{"step", "convolution"}, {"channels", "out"}};
  if (Chance(2)) last_step["activation"] = Pick(clips);
  Append(std::move(last_step), {last()}, result);
}

void DefinitionDraw::DrawStep() {
  static const std::vector<std::string> kKinds = {
      "convolution", "convolution", "convolution",    "convolution", "deconvolution", "norm",
      "activation",  "take",        "join",           "mix",         "add",           "add",
      "multiply",    "scale",       "squeeze_excite", "pool",        "pool"};
  for (int tries = 0; tries < 20; ++tries) {
    const std::string kind = Pick(kKinds);
    const size_t x = Chance(3) ? random_.UniformInt(maps_.size()) : last();
    const bool drawn = kind == "convolution"                                   ? DrawConvolution(x)
                       : kind == "deconvolution"                               ? DrawDeconvolution(x)
                       : kind == "join" || kind == "add" || kind == "multiply" ? DrawOfMany(kind, x)
                                                                               : DrawOther(kind, x);
    if (drawn) return;
  }
}

bool DefinitionDraw::DrawConvolution(size_t x) {
  const Map from = maps_[x];
  Json step = {{"step", "convolution"}};
  Map result = from;
  if (Chance(2)) {
    const std::string channels =
        Whole({"in", "out", "channels", "2 * channels", "channels / 2", "make_divisible(in * 1.3, 4)",
               "max(2, floor(channels / 3))", "min(out, 6) + stride", "round(0.7 * out)", "ceil(channels / 3) * 2",
               "abs(in - out) + 1", "expand * in", "round(expand * channels)", "5", "8", "12"},
              x, kMostDrawnChannels);
    step["channels"] = Number(channels, Chance(2));
    result.channels = ChannelsOf(channels, x);
  }
  const std::string kernel = Chance(3) ? "1" : Whole({"3", "3", "5", "kernel", "2 * stride + 1", "2", "4"}, x, 31);
  if (kernel != "1") step["kernel"] = Number(kernel, Chance(2));
  if (Chance(4) || static_cast<int>(ValueOf(kernel, x)) % 2 == 0) step["padding"] = "same";
  const bool whole_size = from.size == shape_.input;
  if (whole_size && Chance(3)) {
    step["stride"] = "stride";
    result.size = Downsampled(from.size, shape_.stride);
  } else if (Chance(12)) {
    step["stride"] = 2;
    result.size = Downsampled(from.size, 2);
  }
  if (result.channels % from.channels == 0 && Chance(2)) {
    step["groups"] = "channels";
  } else if (result.channels % 2 == 0 && from.channels % 2 == 0 && Chance(3)) {
    step["groups"] = 2;
  }
  if (Chance(3)) step["norm"] = Chance(4) ? "batch" : "none";
  if (Chance(5)) step["bias"] = Chance(2);
  if (Chance(2)) step["activation"] = ActivationName();
  Append(std::move(step), {x}, std::move(result), /*may_be_left_out=*/true);
  return true;
}

bool DefinitionDraw::DrawDeconvolution(size_t x) {
  Map result = maps_[x];
  if (2 * std::max(result.size.height, result.size.width) > kLargestDrawnSide) return false;
  Json step = {{"step", "deconvolution"}};
  int stride = 2;
  if (Chance(4)) step["stride"] = stride = Pick({1, 2, 3});
  if (Chance(2)) step["kernel"] = std::max(stride, Pick({1, 2, 3, 4, 5}));
  if (Chance(2)) {
    const std::string channels = Whole({"in", "out", "channels", "channels / 2", "4", "6"}, x, kMostDrawnChannels);
    step["channels"] = Number(channels, Chance(2));
    result.channels = ChannelsOf(channels, x);
  } else if (Chance(3)) {
    step["groups"] = "channels";
  }
  if (Chance(3)) step["norm"] = "none";
  if (Chance(5)) step["bias"] = Chance(2);
  if (Chance(2)) step["activation"] = ActivationName();
  result.size = {result.size.height * stride, result.size.width * stride};
  Append(std::move(step), {x}, std::move(result), /*may_be_left_out=*/true);
  return true;
}

// join, add, multiply.
bool DefinitionDraw::DrawOfMany(const std::string& kind, size_t x) {
  const Map from = maps_[x];
  std::vector<size_t> fitting;
  for (size_t i = 0; i < maps_.size(); ++i) {
    const Map& map = maps_[i];
    const bool same_size = map.size == from.size, same_channels = map.channels == from.channels;
    if (i == x && !Chance(8)) continue;
    if (kind == "join" ? same_size : same_channels && (same_size || (kind == "multiply" && map.size == Size{1, 1}))) {
      fitting.push_back(i);
    }
  }
  if (fitting.empty()) return false;
  std::vector<size_t> maps = {x, fitting[random_.UniformInt(fitting.size())]};
  if (kind == "join" && Chance(3)) maps.push_back(fitting[random_.UniformInt(fitting.size())]);
  Json step = {{"step", kind}};
  Map result = from;
  if (kind == "join") {
    result.channels = 0;
    bool alike = true;
    for (const size_t map : maps) {
      result.channels += maps_[map].channels;
      alike &= maps_[map].channels == from.channels;
    }
    if (result.channels > kMostDrawnChannels) return false;
    if (alike && Chance(2)) step["in_turn"] = true;
  }
  // Who reads a step that is left out gets its first input; the others must have been read by then.
  const bool others_read =
      std::all_of(maps.begin() + 1, maps.end(), [&](size_t map) { return maps_[map].read || map == x; });
  Append(std::move(step), maps, std::move(result), others_read);
  return true;
}

// norm, activation, take, mix, scale, squeeze_excite, pool.
bool DefinitionDraw::DrawOther(const std::string& kind, size_t x) {
  Map result = maps_[x];
  Json step = {{"step", kind}};
  if (kind == "norm" && Chance(2)) {
    step["kind"] = "layer";
    if (Chance(2)) step["epsilon"] = Chance(2) ? 1e-5 : 0.1;
  } else if (kind == "activation") {
    step["kind"] = ActivationName();
  } else if (kind == "take") {
    if (result.channels % 2 != 0) return false;
    step["part"] = Pick({"first_half", "second_half", "even", "odd"});
    result.channels /= 2;
  } else if (kind == "mix") {
    const std::string groups = Whole({"2", "3", "channels", "channels / 2"}, x, result.channels);
    if (result.channels % std::max(1, static_cast<int>(ValueOf(groups, x))) != 0) return false;
    step["groups"] = Number(groups, Chance(2));
  } else if (kind == "scale" && Chance(2)) {
    step["initial"] = Chance(2) ? 1e-6 : -0.5;
  } else if (kind == "squeeze_excite") {
    const std::string narrow =
        Whole({"ceil(channels / 4)", "max(2, round(in / 4))", "make_divisible(channels / 4, 4)", "3"}, x, 16);
    step["channels"] = Number(narrow, Chance(2));
    if (Chance(2)) step["activation"] = ActivationName();
    if (Chance(2)) step["gate"] = Chance(2) ? "hard_sigmoid" : ActivationName();
  } else if (kind == "pool") {
    const std::string pool = Pick({"max", "average", "average", "global_average"});
    step["kind"] = pool;
    if (pool == "global_average") {
      result.size = {1, 1};
    } else {
      const int kernel = Pick({2, 3, 3, 5});
      const bool whole_size = result.size == shape_.input;
      const int stride = kernel == 2 ? 2 : whole_size && Chance(2) ? shape_.stride : 1;
      if (kernel != 2 || Chance(2)) step["kernel"] = kernel;
      if (stride != 2 || Chance(2)) {
        step["stride"] = stride == shape_.stride && Chance(2) ? Json("stride") : Json(stride);
      }
      result.size = Downsampled(result.size, stride);
    }
  }
  Append(std::move(step), {x}, std::move(result), /*may_be_left_out=*/true);
  return true;
}

size_t DefinitionDraw::Gated(size_t x, size_t gate) {
  Json step = {{"step", "convolution"}, {"channels", maps_[x].channels}, {"norm", "none"}, {"activation", "sigmoid"}};
  Map narrow = maps_[gate];
  narrow.channels = maps_[x].channels;
  Append(std::move(step), {gate}, narrow);
  narrow.size = {1, 1};
  Append({{"step", "pool"}, {"kind", "global_average"}}, {last()}, narrow);
  Append({{"step", "multiply"}}, {x, last()}, maps_[x]);
  return last();
}

void DefinitionDraw::ReadAllMaps() {
  for (size_t i = 1; i < maps_.size(); ++i) {
    if (maps_[i].read || i == last()) continue;
    const size_t x = last();
    Map result = maps_[x];
    if (maps_[i].size != result.size) {
      Gated(x, i);
    } else if (maps_[i].channels == result.channels && Chance(2)) {
      Append({{"step", "add"}}, {i, x}, result);
    } else {
      result.channels += maps_[i].channels;
      Append({{"step", "join"}}, {x, i}, result);
    }
  }
}

// The last map to the layer's channels and size.
void DefinitionDraw::BringToShape() {
  const Size wanted = shape_.output(), found = maps_[last()].size;
  const bool fits = found == wanted && maps_[last()].channels == shape_.out;
  if (fits && last() > 0 && Chance(2)) return;
  Json step = {{"step", "convolution"}, {"channels", "out"}};
  const Map result{.name = {}, .channels = shape_.out, .size = wanted};
  for (const int stride : {1, shape_.stride, 2, 3, 4, 6, 8}) {
    if (Downsampled(found, stride) != wanted) continue;
    if (stride > 1 || Chance(4)) step["kernel"] = 3;
    if (stride > 1) step["stride"] = stride == shape_.stride ? Json("stride") : Json(stride);
    Append(std::move(step), {last()}, result);
    if (Chance(2)) Append({{"step", "activation"}, {"kind", ActivationName()}}, {last()}, result, true);
    // Skipped where shapes differ.
    if (Chance(2)) {
      Append({{"step", "add"}}, {last(), 0}, result);
      steps_.back()["when"] = "in == out and stride == 1";
    }
    return;
  }
  // The map is too small: a gate for one that is made from the input.
  const size_t gate = last();
  step["stride"] = "stride";
  Append(std::move(step), {0}, result);
  Gated(last(), gate);
}

void DefinitionDraw::AddMistake(Json& definition) {
  Json& step = definition["steps"][random_.UniformInt(steps_.size())];
  switch (random_.UniformInt(8)) {
    case 0:
      step["from"] = "s" + std::to_string(random_.UniformInt(steps_.size()));  // perhaps one behind it
      break;
    case 1:
      step["kernel"] = Pick({0, 2, 4, 33});
      break;
    case 2:
      step["channels"] = Pick({"in / 3", "out - in", "1e9", "in / (in - out)", "channels * 1.1", "expand"});
      break;
    case 3:
      step["groups"] = Pick({0, 3, 7});
      break;
    case 4:
      step["stride"] = Pick({0, 2, 3, 17});
      break;
    case 5:
      definition["steps"].erase(random_.UniformInt(steps_.size()));
      break;
    case 6:
      step["name"] = Pick({"input", "s0", "", "a.b"});
      break;
    default:
      step["step"] = Pick({"convolution", "join", "take", "pool", "add", "deconvolution"});
  }
}

}  // namespace danas::test
