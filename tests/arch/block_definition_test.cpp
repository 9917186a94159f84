#include "danas/arch/block_definition.h"

#include <gtest/gtest.h>

#include <memory>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

#include "danas/arch/space_file.h"
#include "danas/core/error.h"
#include "tests/arch/arch_support.h"
#include "tests/arch/own_block.h"
#include "tests/support/test_support.h"

namespace danas::test {
namespace {

std::shared_ptr<const BlockDefinition> Define(const std::string& text, const std::string& name = "own") {
  const Document document = Document::Parse(text, TextFormat::kYaml, "own.yaml");
  return std::make_shared<const BlockDefinition>(name, document.Root());
}

std::string Repeated(size_t count, const std::string& text) {
  std::string all;
  for (size_t i = 0; i < count; ++i) all += text;
  return all;
}

std::string Text(const BlockGraph& graph) {
  std::ostringstream text;
  for (const Step& step : graph.steps) {
    text << step.name << " kind " << step.operation.index() << " of";
    for (const MapId input : step.inputs) text << ' ' << input;
    text << ": " << step.output.channels << " x " << step.output.size.height << " x " << step.output.size.width << '\n';
  }
  text << "result " << graph.result << '\n';
  return text.str();
}

// What the shipped kinds compute, said in steps, is the same graph: with it costs, modules and weights' names are.
TEST(BlockDefinition, CanSayWhatShippedBlocksAre) {
  constexpr Size kSize{7, 6};
  const LayerShape same{16, 16, 1, kSize}, wider{16, 32, 1, kSize}, down{16, 32, 2, kSize};
  const auto is = [](const BlockSpec& shipped, const std::string& text, const std::vector<LayerShape>& shapes) {
    const BlockSpec own = OwnBlock(text);
    for (const LayerShape& shape : shapes) {
      SCOPED_TRACE(CandidateName(shipped) + ", stride " + std::to_string(shape.stride));
      ASSERT_EQ(WhyInvalid(own, shape), "");
      EXPECT_EQ(Text(GraphOf(own, shape)), Text(GraphOf(shipped, shape)));
      EXPECT_TRUE(GraphOf(own, shape) == GraphOf(shipped, shape));
    }
  };
  const std::string op = "- {step: convolution, name: op, kernel: 5, stride: stride, groups: channels";
  is({.op = {.kernel = 5}, .expand = 1.19, .squeeze_excite = true}, R"(
parameters: {expand: 1.19, activation: relu6}
steps:
- {step: convolution, name: expand, channels: round(in * expand), activation: activation, when: expand != 1}
)" + op + R"(, activation: activation}
- {step: squeeze_excite, name: se, channels: 'max(8, floor(in / 4))'}
- {step: convolution, name: project, channels: out}
- {step: add, from: [project, input], when: in == out and stride == 1}
)",
     {same, wider, down});
  is({.kind = BlockKind::kResidual, .op = {.kernel = 5}, .activation = Activation::kRelu}, R"(
steps:
- {step: convolution, name: reduce, channels: out / 2, activation: relu}
)" + op + R"(, activation: relu}
- {step: convolution, name: expand, channels: out}
- {step: convolution, name: shortcut, from: input, channels: out, stride: stride, when: in != out or stride != 1}
- {step: add, from: [expand, shortcut]}
- {step: activation, kind: relu}
)",
     {same, wider, down});
  is({.kind = BlockKind::kShuffleV1, .op = {.kernel = 5}, .activation = Activation::kRelu, .groups = 2}, R"(
steps:
- {step: convolution, name: entry, channels: out / 4, groups: 2, activation: relu}
- {step: mix, groups: 2}
)" + op + R"(}
- {step: convolution, name: project, channels: out - in, groups: 2}
- {step: pool, name: pass, from: input, kind: average, kernel: 3, stride: stride}
- {step: join, from: [pass, project]}
- {step: activation, kind: relu}
)",
     {down});
  is({.kind = BlockKind::kShuffleV2, .op = {.kernel = 5}, .activation = Activation::kSwish}, R"(
steps:
- {step: take, name: pass, part: first_half}
- {step: take, from: input, part: second_half}
- {step: convolution, name: expand, channels: out / 2, activation: swish}
)" + op + R"(}
- {step: convolution, name: project, channels: out / 2, activation: swish}
- {step: join, from: [pass, project], in_turn: true}
)",
     {same});
  is({.kind = BlockKind::kDepthwiseSeparable, .op = {.kernel = 5}, .activation = Activation::kGelu},
     "steps:\n" + op + ", activation: gelu}\n- {step: convolution, name: conv, channels: out, activation: gelu}\n",
     {same, wider, down});
  is({.kind = BlockKind::kConvolution, .op = {OperatorKind::kNormal, 3}, .activation = Activation::kRelu}, R"(
steps:
- {step: convolution, name: conv, channels: out, kernel: 3, stride: stride, norm: none, activation: relu}
)",
     {same, wider, down});
  is({.kind = BlockKind::kMaxPool, .op = {.kernel = 3}}, R"(
steps:
- {step: pool, kind: max, kernel: 3, stride: stride}
)",
     {same, {16, 16, 2, kSize}});
  is({.kind = BlockKind::kIdentity, .project = true}, R"(
steps:
- {step: convolution, name: project, channels: out, stride: stride, when: not (in == out and stride == 1)}
)",
     {same, wider, down});
}

TEST(BlockDefinition, LeftOutStepsPassTheirFirstInputOn) {
  const BlockSpec block = OwnBlock(R"(
steps:
- {step: convolution, name: a, channels: 99, when: stride == 3}
- {step: norm, name: b, when: 0}
- {step: join, name: c, from: [b, a], when: in > 100}
- {step: add, from: [c, input], when: in < 2}
)");
  const BlockGraph graph = GraphOf(block, {16, 16, 1, {4, 4}});
  EXPECT_TRUE(graph.steps.empty());
  EXPECT_EQ(graph.result, 0u);
}

TEST(BlockDefinition, KeysMayBeLeftOut) {
  const BlockSpec block = OwnBlock(R"(
steps:
- {step: deconvolution, name: up}
- {step: convolution, name: a}
- {step: pool, kind: average}
- {step: norm, name: n, kind: layer}
- {step: scale, name: s}
)");
  const BlockGraph graph = GraphOf(block, {6, 6, 1, {3, 2}});
  ASSERT_EQ(graph.steps.size(), 5u);
  EXPECT_TRUE(graph.steps[0].operation == Operation(DeconvolutionStep{.out = 6, .kernel = 4, .stride = 2}));
  EXPECT_EQ(graph.steps[0].output, (MapShape{6, {6, 4}}));
  EXPECT_TRUE(graph.steps[1].operation == Operation(ConvolutionStep{.out = 6}));
  EXPECT_TRUE(graph.steps[2].operation == Operation(PoolStep{.pool = Pool::kAverage, .kernel = 2, .stride = 2}));
  EXPECT_TRUE(graph.steps[3].operation == Operation(NormStep{.norm = NormKind::kLayer, .epsilon = 1e-6}));
  EXPECT_TRUE(graph.steps[4].operation == Operation(ScaleStep{.initial = 1}));
  const BlockGraph plain = GraphOf(OwnBlock("steps: [{step: convolution, name: a, norm: none}]"), {6, 6, 1, {3, 2}});
  EXPECT_TRUE(plain.steps.at(0).operation == Operation(ConvolutionStep{.out = 6, .norm = false, .bias = true}));
}

void Fails(const std::string& text, int line, std::initializer_list<std::string_view> words) {
  SCOPED_TRACE(text.substr(0, 300));
  const std::string message = ExpectErrorContains<ConfigError>([&] { Define(text); }, words);
  EXPECT_TRUE(message.starts_with("own.yaml:" + std::to_string(line) + ": ")) << message;
}

// A block with one step, or two; the first is on line 2.
void StepFails(const std::string& step, std::initializer_list<std::string_view> words) {
  Fails("steps:\n- " + step + "\n", 2, words);
}
void SecondStepFails(const std::string& step, std::initializer_list<std::string_view> words) {
  Fails("steps:\n- {step: convolution, name: a}\n- " + step + "\n", 3, words);
}

TEST(BlockDefinition, MistakesInNamesOfSteps) {
  StepFails("{step: convolution, name: a, from: b}\n- {step: convolution, name: b}",
            {"steps[0].from", "no step before this one is called 'b'", "input"});
  StepFails("{step: convolution, name: a, from: a}", {"steps[0].from", "no step before this one is called 'a'"});
  SecondStepFails("{step: add, from: [a, b]}", {"steps[1].from[1]", "'b'", "a"});
  SecondStepFails("{step: convolution, name: a}", {"steps[1].name", "two steps are called 'a'"});
  StepFails("{step: convolution, name: input}", {"steps[0].name", "'input'"});
  for (const std::string name : {"\"\"", "a.b", "a b", "1a", "a-b"}) {
    StepFails("{step: convolution, name: " + name + "}", {"steps[0].name", "letters, digits and underscores"});
  }
  StepFails("{step: convolution, name: " + std::string(1000, 'a') + "}", {"steps[0].name"});
  StepFails("{step: convolution, name: [a]}", {"steps[0].name", "a list", "expected text"});
  for (const std::string step : {"convolution", "deconvolution", "norm", "scale", "squeeze_excite, channels: 4"}) {
    StepFails("{step: " + step + "}", {"steps[0]", "needs a name"});
  }
}

TEST(BlockDefinition, MistakesInKeysOfSteps) {
  StepFails("{name: a}", {"steps[0]", "key 'step' is missing"});
  StepFails("convolution", {"steps[0]", "the text 'convolution'", "expected a map"});
  StepFails("{step: convolutio, name: a}", {"steps[0].step", "'convolutio'", "did you mean 'convolution'"});
  StepFails("{step: convolution, name: a, kernl: 3}", {"steps[0].kernl", "did you mean 'kernel'"});
  StepFails("{step: convolution, name: a, norm: layer}", {"steps[0].norm", "'layer'", "batch, none"});
  StepFails("{step: convolution, name: a, padding: valid}", {"steps[0].padding", "'valid'", "symmetric, same"});
  StepFails("{step: convolution, name: a, bias: 3}", {"steps[0].bias", "found 3", "true or false"});
  StepFails("{step: convolution, name: a, activation: tanh}", {"steps[0].activation", "'tanh'", "relu6"});
  StepFails("{step: deconvolution, name: a, padding: same}", {"steps[0].padding", "unknown key"});
  StepFails("{step: activation}", {"steps[0]", "key 'kind' is missing"});
  StepFails("{step: activation, kind: 3}", {"steps[0].kind", "found 3"});
  StepFails("{step: take}", {"steps[0]", "key 'part' is missing"});
  StepFails("{step: take, part: third}", {"steps[0].part", "'third'", "first_half, second_half, even, odd"});
  StepFails("{step: mix}", {"steps[0]", "key 'groups' is missing"});
  StepFails("{step: squeeze_excite, name: a}", {"steps[0]", "key 'channels' is missing"});
  StepFails("{step: squeeze_excite, name: a, channels: 4, gate: sgmoid}",
            {"steps[0].gate", "'sgmoid'", "did you mean 'sigmoid'"});
  StepFails("{step: pool}", {"steps[0]", "key 'kind' is missing"});
  StepFails("{step: pool, kind: sum}", {"steps[0].kind", "'sum'", "max, average, global_average"});
  StepFails("{step: pool, kind: global_average, kernel: 2}", {"steps[0].kernel", "unknown key"});
  StepFails("{step: norm, name: a, kind: group}", {"steps[0].kind", "'group'", "batch, layer"});
  StepFails("{step: norm, name: a, epsilon: 1e-6}", {"steps[0].epsilon", "unknown key"});  // of batch: the space's
  for (const std::string epsilon : {"0", "-1e-6", "2"}) {
    StepFails("{step: norm, name: a, kind: layer, epsilon: " + epsilon + "}", {"steps[0].epsilon", epsilon});
  }
  StepFails("{step: scale, name: a, initial: x}", {"steps[0].initial", "'x'", "finite number"});
}

TEST(BlockDefinition, MistakesInWhatAStepReads) {
  StepFails("{step: add}", {"steps[0]", "names 1; this step reads 2"});
  StepFails("{step: add, from: [input, input, input]}", {"steps[0]", "names 3; this step reads 2"});
  StepFails("{step: multiply, from: input}", {"steps[0]", "names 1; this step reads 2"});
  StepFails("{step: join, from: [input]}", {"steps[0]", "names 1; this step reads two or more"});
  StepFails("{step: join, from: []}", {"steps[0]", "names 0; this step reads two or more"});
  StepFails("{step: activation, kind: relu, from: [input, input]}", {"steps[0]", "names 2; this step reads 1"});
  StepFails("{step: activation, kind: relu, from: []}", {"steps[0]", "names 0; this step reads 1"});
  StepFails("{step: activation, kind: relu, from: 3}", {"steps[0].from", "found 3"});
  StepFails("{step: activation, kind: relu, from: {a: 1}}", {"steps[0].from", "a map"});
  StepFails("{step: activation, kind: relu, from: null}", {"steps[0].from", "nothing (null)"});
}

TEST(BlockDefinition, MistakesInExpressions) {
  StepFails("{step: convolution, name: a, channels: ins * 2}",
            {"steps[0].channels", "'ins * 2'", "uses 'ins'", "channels, in, out, stride"});
  StepFails("{step: convolution, name: a, channels: in +}", {"steps[0].channels", "at character 5"});
  StepFails("{step: convolution, name: a, channels: sqrt(in)}", {"steps[0].channels", "sqrt"});
  StepFails("{step: convolution, name: a, channels: \"\"}", {"steps[0].channels", "at character 1"});
  StepFails("{step: convolution, name: a, channels: null}", {"steps[0].channels", "nothing (null)"});
  StepFails("{step: convolution, name: a, when: 1 < in < 3}", {"steps[0].when", "compares twice"});
  StepFails("{step: convolution, name: a, when: height > 2}", {"steps[0].when", "uses 'height'"});
  StepFails("{step: convolution, name: a, kernel: [3]}", {"steps[0].kernel", "a list"});
  StepFails("{step: convolution, name: a, channels: " + std::string(2000, '1') + "}", {"steps[0].channels"});
  const auto fails = [](const std::string& rest, int line, std::initializer_list<std::string_view> words) {
    Fails("parameters: {act: relu, expand: 6}\n" + rest, line, words);
  };
  fails("steps:\n- {step: convolution, name: a, channels: act * 2}\n", 3, {"steps[0].channels", "uses 'act'"});
  fails("steps:\n- {step: activation, kind: expand}\n", 3, {"steps[0].kind", "'expand'", "act"});
  // There are no channels to read before the first step.
  fails("needs: [expand > 1, channels > 2]\nsteps: []\n", 2, {"needs[1]", "uses 'channels'"});
  fails("needs: expand > 1\nsteps: []\n", 2, {"needs", "'expand > 1'", "expected a list"});
}

TEST(BlockDefinition, MistakesInParameters) {
  const std::string steps = "\nsteps: [{step: convolution, name: a}]\n";
  const auto fails = [&](const std::string& parameters, std::initializer_list<std::string_view> words) {
    Fails("parameters: " + parameters + steps, 1, words);
  };
  for (const std::string name : {"in", "out", "stride", "channels", "block", "and", "or", "not", "round", "floor",
                                 "ceil", "abs", "min", "max", "make_divisible", "relu", "hard_swish"}) {
    fails("{" + name + ": 3}", {"parameters." + name, "'" + name + "'", "meaning already"});
  }
  for (const std::string name : {"a.b", "a b", "1a", "a-b"}) {
    fails("{" + name + ": 3}", {"parameters." + name, "letters, digits and underscores"});
  }
  fails("{" + std::string(100, 'a') + ": 3}", {"parameters."});
  fails("null", {"parameters", "nothing (null)", "expected a map"});
  fails("[expand]", {"parameters", "a list", "expected a map"});
  fails("{expand: null}", {"parameters.expand", "nothing (null)"});
  fails("{expand: [3, 6]}", {"parameters.expand", "a list"});
  fails("{expand: -1}", {"parameters.expand", "-1", "from 0"});
  fails("{expand: 1e30}", {"parameters.expand", "1e30"});
  fails("{act: rel}", {"parameters.act", "'rel'", "did you mean 'relu'"});
  fails("{expand: {label: e}}", {"parameters.expand", "key 'default' is missing"});
  fails("{expand: {default: 3, lable: e}}", {"parameters.expand.lable", "did you mean 'label'"});
  fails("{expand: {default: 3, label: e.1}}", {"parameters.expand", "'e.1'", "letters, digits and underscores"});
  fails("{expand: {default: 3, label: 1}}", {"parameters.expand.label", "found 1"});
  fails("{expand: {default: {default: 3}}}", {"parameters.expand.default", "a map"});
}

TEST(BlockDefinition, MistakesAroundTheSteps) {
  Fails("parameters: {a: 1}\n", 1, {"key 'steps' is missing"});
  Fails("steps: []\n", 1, {"steps", "an empty list", "at least one step"});
  Fails("steps: null\n", 1, {"steps", "nothing (null)", "expected a list"});
  Fails("steps: {step: convolution, name: a}\n", 1, {"steps", "a map", "expected a list"});
  Fails("steps: [{step: convolution, name: a}]\nneed: [in]\n", 2, {"need", "did you mean 'needs'"});
  Fails("- {step: convolution, name: a}\n", 1, {"a list", "expected a map"});
  for (const std::string name : {"inverted_residual", "identity", "max_pool"}) {
    ExpectErrorContains<ConfigError>([&] { Define("steps: [{step: norm, name: a}]", name); },
                                     {"own.yaml:1", "'" + name + "' already"});
  }
  for (const std::string name : {"", "a.b", "a b", "1a", "a/b"}) {
    ExpectErrorContains<ConfigError>([&] { Define("steps: [{step: norm, name: a}]", name); },
                                     {"own.yaml:1", "letters, digits and underscores"});
  }
}

TEST(BlockDefinition, StaysWithinLimits) {
  const std::string step = "- {step: activation, kind: relu}\n";
  ExpectErrorContains<ConfigError>([&] { Define("steps:\n" + Repeated(1000, step)); },
                                   {"own.yaml:", "steps", "1000 steps", "at most"});
  EXPECT_EQ(WhyInvalid(OwnBlock("steps:\n" + Repeated(100, step)), {8, 8, 1, {4, 4}}), "");
  std::string parameters = "parameters:\n";
  for (int i = 0; i < 1000; ++i) parameters += "  p" + std::to_string(i) + ": 1\n";
  ExpectErrorContains<ConfigError>([&] { Define(parameters + "steps:\n" + step); }, {"parameters", "more than"});
  // Lists in lists, parentheses in parentheses, signs before signs.
  StepFails("{step: convolution, name: a, channels: " + Repeated(40, "[") + Repeated(40, "]") + "}",
            {"steps[0].channels", "a list"});
  ExpectErrorContains<ConfigError>(
      [] { Define("steps: [{step: convolution, name: a, channels: " + Repeated(90, "[") + Repeated(90, "]") + "}]"); },
      {"own.yaml:1", "nested deeper than"});
  for (const std::string& deep : {Repeated(400, "(") + "1" + Repeated(400, ")"), Repeated(400, "-") + "1",
                                  Repeated(200, "not ") + "1", Repeated(90, "abs(") + "1"}) {
    StepFails("{step: convolution, name: a, channels: \"" + deep + "\"}", {"steps[0].channels"});
  }
}

std::string Why(const std::string& steps, const LayerShape& shape = {8, 8, 1, {8, 6}}) {
  return WhyInvalid(OwnBlock("steps:\n" + steps), shape);
}

void ExpectWhy(const std::string& steps, std::initializer_list<std::string_view> words,
               const LayerShape& shape = {8, 8, 1, {8, 6}}) {
  const std::string why = Why(steps, shape);
  for (const std::string_view word : words) {
    EXPECT_NE(why.find(word), std::string::npos) << "expected \"" << word << "\" in: " << why << "\nof\n" << steps;
  }
}

TEST(BlockDefinition, SaysWhyABlockCannotBeUsed) {
  const auto number = [](const std::string& key, const std::string& value,
                         std::initializer_list<std::string_view> words) {
    ExpectWhy("- {step: convolution, name: a, " + key + ": \"" + value + "\"}\n", {"step 'a'", key});
    ExpectWhy("- {step: convolution, name: a, " + key + ": \"" + value + "\"}\n", words);
  };
  number("channels", "0", {"is 0"});
  number("channels", "-8", {"is -8"});
  number("channels", "in / 3", {"is 2.6"});
  number("channels", "1e9", {"is 1000000000"});
  number("channels", "1e300", {"is 1e+300"});
  number("channels", "in / (in - 8)", {"divides by 0"});
  number("channels", "1e300 * 1e300", {"not a finite number"});
  number("channels", "make_divisible(in, 0)", {"divisor above 0"});
  number("groups", "3", {"do not divide"});
  number("groups", "0", {"is 0"});
  number("groups", "100000", {"is 100000"});
  number("kernel", "4", {"is 4", "same"});
  number("kernel", "0", {"is 0"});
  number("kernel", "33", {"is 33"});
  number("kernel", "in / 16", {"is 0.5"});
  number("stride", "0", {"is 0"});
  number("stride", "17", {"is 17"});
  number("when", "1 / (out - in)", {"divides by 0"});
  ExpectWhy("- {step: convolution, name: a, channels: 4}\n- {step: add, from: [a, input]}\n",
            {"steps[1]", "4 x 8 x 6", "8 x 8 x 6"});
  ExpectWhy("- {step: convolution, name: a, channels: 4}\n", {"it gives 4 x 8 x 6", "8 x 8 x 6"});
  ExpectWhy("- {step: pool, kind: max}\n", {"it gives 8 x 4 x 3", "8 x 8 x 6"});
  ExpectWhy("- {step: convolution, name: a}\n", {"it gives 8 x 8 x 6", "8 x 4 x 3"}, {8, 8, 2, {8, 6}});
  ExpectWhy("- {step: convolution, name: a}\n- {step: convolution, name: b, from: input}\n",
            {"step 'a'", "no step uses its result"});
  ExpectWhy("- {step: activation, kind: relu}\n- {step: convolution, name: b, from: input}\n",
            {"steps[0]", "no step uses its result"});
  // Left out is not used.
  ExpectWhy("- {step: convolution, name: a}\n- {step: add, from: [input, a], when: in > 100}\n",
            {"step 'a'", "no step uses its result"});
  ExpectWhy("- {step: pool, name: p, kind: max}\n- {step: join, from: [input, p]}\n", {"steps[1]", "8 x 4 x 3"});
  ExpectWhy("- {step: convolution, name: a, channels: 4}\n- {step: join, from: [input, a], in_turn: true}\n",
            {"steps[1]", "8 x 8 x 6", "4 x 8 x 6"});
  ExpectWhy("- {step: convolution, name: a, channels: 7}\n- {step: take, part: odd}\n", {"steps[1]", "7 channels"});
  ExpectWhy("- {step: mix, groups: 3}\n", {"steps[0]", "3 groups do not divide 8 channels"});
  ExpectWhy("- {step: pool, name: p, kind: max}\n- {step: multiply, from: [input, p]}\n", {"steps[1]", "8 x 4 x 3"});
  ExpectWhy("- {step: pool, name: p, kind: global_average}\n- {step: multiply, from: [p, input]}\n",
            {"steps[1]", "8 x 1 x 1"});
  ExpectWhy("- {step: deconvolution, name: d, kernel: 1}\n", {"step 'd'", "kernel is 1"});
  // Torch computes no windows that reach an odd number of pixels beyond, one pixel apart.
  ExpectWhy("- {step: deconvolution, name: d, kernel: 2, stride: 1}\n", {"step 'd'", "kernel is 2"});
  ExpectWhy("- {step: pool, kind: max, kernel: 4}\n", {"steps[0]", "kernel is 4"});
  ExpectWhy("- {step: squeeze_excite, name: se, channels: floor(in / 16)}\n", {"step 'se'", "channels is 0"});
}

TEST(BlockDefinition, NeedsAreLookedAtFirst) {
  const std::string text = R"(
needs: [in >= 4, out <= 2 * in]
steps:
- {step: convolution, name: a, channels: out / (in - 2)}
)";
  EXPECT_NE(WhyInvalid(OwnBlock(text), {2, 2, 1, {4, 4}}).find("needs in >= 4"), std::string::npos);
  EXPECT_NE(WhyInvalid(OwnBlock(text), {4, 9, 1, {4, 4}}).find("needs out <= 2 * in"), std::string::npos);
  EXPECT_NE(WhyInvalid(OwnBlock(text), {4, 8, 1, {4, 4}}).find("it gives 4 x 4 x 4"), std::string::npos);
}

// Sizes and channels that grow with each step stop before they overflow.
TEST(BlockDefinition, NothingOverflows) {
  std::string joins, ups;
  for (int i = 0; i < 40; ++i) {
    const std::string from = i == 0 ? "input" : "s" + std::to_string(i - 1), name = "s" + std::to_string(i);
    joins += "- {step: join, name: " + name + ", from: [" + from + ", " + from + "]}\n";
    ups += "- {step: deconvolution, name: " + name + ", kernel: 16, stride: 16}\n";
  }
  ExpectWhy(joins, {"more than 65536 channels"});
  ExpectWhy(ups, {"larger than 16384"});
  StepFails("{step: join, from: [" + Repeated(32, "input, ") + "input]}", {"more than 32 maps"});
}

}  // namespace
}  // namespace danas::test
