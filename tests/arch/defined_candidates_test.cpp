// Candidates of kinds that a space file defines, read from whole files.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "danas/arch/block_definition.h"
#include "danas/arch/space_file.h"
#include "danas/core/error.h"
#include "tests/arch/arch_support.h"
#include "tests/arch/own_block.h"
#include "tests/support/test_support.h"

namespace danas::test {
namespace {

using Names = std::vector<std::string>;

// A space of one layer, 8 -> 8, on line 5 with these candidates.
std::string SpaceText(const std::string& candidates, const std::string& blocks) {
  return R"(name: own
input: {height: 8, width: 6}
classes: 2
stem: {channels: 8, stride: 1}
stages: [{channels: 8, repeat: 1, stride: 1, candidates: )" +
         candidates + "}]\nhead: {}\nblocks:\n" + blocks;
}

constexpr char kOwn[] = R"(  own:
    parameters: {expand: {default: 2, label: e}, flag: false, act: relu, kernel: 3}
    steps:
    - {step: convolution, name: a, channels: in * expand, kernel: kernel, activation: act}
    - {step: convolution, name: b, channels: out, when: not flag}
)";

SearchSpace Read(const std::string& candidates, const std::string& blocks = kOwn) {
  const TempDir folder;
  return LoadSpace(WriteText(folder / "own.yaml", SpaceText(candidates, blocks)).string()).space;
}

TEST(DefinedCandidates, AreProductsOfTheirParametersInOrder) {
  const SearchSpace space = Read("[{block: own, kernel: [3, 5], act: [relu, gelu], expand: [1, 2.5]}]");
  const LayerSpec& layer = space.layers()[0];
  EXPECT_EQ(CandidateNames(layer),
            (Names{"own_e1_flag0_act_relu_k3", "own_e1_flag0_act_relu_k5", "own_e1_flag0_act_gelu_k3",
                   "own_e1_flag0_act_gelu_k5", "own_e2p5_flag0_act_relu_k3", "own_e2p5_flag0_act_relu_k5",
                   "own_e2p5_flag0_act_gelu_k3", "own_e2p5_flag0_act_gelu_k5"}));
  EXPECT_EQ(BlockName(layer.candidates[3]), "own_e1_flag0_act_gelu");
  EXPECT_EQ(OperatorName(layer.candidates[3]), "k5");
  EXPECT_EQ(ToJson(layer.candidates[3]).dump(), R"({"block":"own","expand":1,"flag":false,"act":"gelu","kernel":5})");
  EXPECT_EQ(CandidateNames(Read("[{block: [identity, own]}, {block: own, expand: 1, flag: true}]").layers()[0]),
            (Names{"identity", "own_e2_flag0_act_relu_k3", "own_e1_flag1_act_relu_k3"}));
}

TEST(DefinedCandidates, MistakesAreNamed) {
  const auto fails = [](const std::string& entry, std::initializer_list<std::string_view> words) {
    SCOPED_TRACE(entry);
    const std::string message = ExpectErrorContains<ConfigError>([&] { Read("[{block: own, " + entry + "}]"); }, words);
    EXPECT_NE(message.find("own.yaml:5: stages[0].candidates"), std::string::npos) << message;
  };
  fails("act: 3", {"candidates[0].act", "found 3"});
  fails("act: rel", {"candidates[0].act", "did you mean 'relu'"});
  fails("act: [relu, 3]", {"candidates[0].act[1]", "found 3"});
  fails("flag: 3", {"candidates[0].flag", "found 3", "true or false"});
  fails("flag: [true, yes]", {"candidates[0].flag[1]", "'yes'", "true or false"});
  fails("expand: true", {"candidates[0].expand", "true", "number"});
  fails("expand: in * 2", {"candidates[0].expand", "'in * 2'", "number"});
  fails("expand: -1", {"candidates[0].expand", "-1", "from 0"});
  fails("expand: 1e30", {"candidates[0].expand", "1e30"});
  fails("expand: []", {"candidates[0].expand", "an empty list"});
  fails("expand: null", {"candidates[0].expand", "nothing (null)"});
  fails("expand: {default: 3}", {"candidates[0].expand", "a map"});
  fails("expand: [2, 2]", {"candidates[0]", "own_e2_flag0_act_relu_k3 twice"});
  fails("kernel: 0", {"left without candidates", "own_e2_flag0_act_relu_k0: step 'a': kernel is 0"});
  fails("kernel: 4", {"left without candidates", "own_e2_flag0_act_relu_k4: step 'a': kernel is 4"});
  fails("kernel: 33", {"left without candidates", "kernel is 33"});
  fails("expand: [0, 0.3]", {"left without candidates", "own_e0_flag0_act_relu_k3: step 'a': channels is 0",
                             "own_e0p3_flag0_act_relu_k3: step 'a': channels is 2.4"});
  fails("flag: true", {"left without candidates", "it gives 16 x 8 x 6"});
  std::string many = "0";
  for (int i = 1; i < 101; ++i) many += ", " + std::to_string(i);
  fails("expand: [" + many + "], kernel: [1, 3, 5, 7, 9, 11, 13, 15, 17, 19]", {"more than 1000 candidates"});
  ExpectErrorContains<ConfigError>([] { Read("[{block: own, expnd: 3}]"); },
                                   {"own.yaml:5", "candidates[0].expnd", "did you mean 'expand'"});
  ExpectErrorContains<ConfigError>([] { Read("[{block: own, operator: {kind: depthwise, kernel: 3}}]"); },
                                   {"own.yaml:5", "candidates[0].operator", "unknown key"});
  ExpectErrorContains<ConfigError>([] { Read("[{block: owm}]"); },
                                   {"own.yaml:5", "candidates[0].block", "did you mean 'own'"});
}

TEST(DefinedCandidates, DefinitionsHaveFileLineAndKey) {
  const auto fails = [](const std::string& blocks, std::initializer_list<std::string_view> words) {
    ExpectErrorContains<ConfigError>([&] { Read("[{block: identity}]", blocks); }, words);
  };
  fails("  own:\n    steps:\n    - {step: convolution, name: a, from: b}\n",
        {"own.yaml:10: blocks.own.steps[0].from: ", "'b'"});
  const std::string steps = "{steps: [{step: norm, name: a}]}\n";
  fails("  own: " + steps + "  identity: " + steps, {"own.yaml:9: blocks.identity: ", "'identity' already"});
  fails("  own: 3\n", {"own.yaml:8: blocks.own", "found 3", "expected a map"});
  fails("  - own\n", {"blocks", "a list", "expected a map"});
  fails("  own: " + steps + "  own: " + steps, {"own.yaml:9", "own"});
  std::string many;
  for (int i = 0; i < 1000; ++i) many += "  own" + std::to_string(i) + ": " + steps;
  fails(many, {"own.yaml", "blocks", "more than"});
}

// Names tell candidates from each other, in whatever way they were made.
TEST(DefinedCandidates, OfOneNameAreRefused) {
  const auto steps = [](const std::string& parameter) {
    return "needs: [" + parameter + " > 0], steps: [{step: convolution, name: a, kernel: kernel}]}\n";
  };
  ExpectErrorContains<ConfigError>(
      [&] {
        Read("[{block: inverted_residual, expand: 3, operator: {kind: depthwise, kernel: 3}}, {block: ir}]",
             "  ir: {parameters: {expand: {default: 3, label: e}, kernel: 3}, " + steps("expand"));
      },
      {"two different candidates are called ir_e3_k3"});
  ExpectErrorContains<ConfigError>(
      [&] {
        Read("[{block: [a, a_b]}]", "  a: {parameters: {b: {default: 3, label: b_c}, kernel: 3}, " + steps("b") +
                                        "  a_b: {parameters: {c: 3, kernel: 3}, " + steps("c"));
      },
      {"two different candidates are called a_b_c3_k3"});
}

// In layers of their own, too, and where only their kernels differ: pruning by block takes them for one.
TEST(DefinedCandidates, OfOneNameInOtherLayersAreRefused) {
  const auto block = [](const std::string& text, int kernel) {
    BlockSpec own = OwnBlock(text);
    own.defined.values.back() = static_cast<double>(kernel);
    return own;
  };
  const std::string text = "parameters: {kernel: 3}\nsteps: [{step: convolution, name: a, kernel: kernel}]\n";
  const BlockSpec one = block(text, 3), other = block(text + "needs: [in > 0]\n", 5);
  SpaceParts parts;
  parts.input = {8, 8};
  parts.classes = 2;
  parts.stem = {.channels = 8, .stride = 1};
  parts.layers = {{{8, 8, 1, {8, 8}}, {one}}, {{8, 8, 1, {8, 8}}, {block(text, 5)}}};
  EXPECT_EQ(SearchSpace(parts).layers().size(), 2u);
  parts.layers[1].candidates = {other};
  ExpectErrorContains<ConfigError>([&] { SearchSpace{parts}; }, {"two different blocks are called own"});
}

TEST(DefinedCandidates, MinusZeroHasTheNameOfZero) {
  const SearchSpace space = Read("[{block: own, p: -0.0}]",
                                 "  own: {parameters: {p: 1}, needs: [p >= 0], steps: [{step: scale, name: a}]}\n");
  const BlockSpec& block = space.layers()[0].candidates[0];
  EXPECT_EQ(CandidateName(block), "own_p0");
  EXPECT_EQ(CandidateName(SpaceFromJson(ToJson(space), "again").layers()[0].candidates[0]), "own_p0");
}

TEST(DefinedCandidates, LongNamesAreRefused) {
  ExpectErrorContains<ConfigError>(
      [] {
        Read("[{block: own, p: 1e-300}]",
             "  own: {parameters: {p: 1}, needs: [p >= 0], steps: [{step: scale, name: a}]}\n");
      },
      {"own_p0p000", "too long", "labels"});
}

TEST(DefinedCandidates, WhatNothingUsesIsNamed) {
  const std::string steps = ", steps: [{step: scale, name: a}]}\n";
  ExpectErrorContains<ConfigError>([&] { Read("[{block: own}]", "  own: {parameters: {p: 1}" + steps); },
                                   {"blocks.own.parameters.p", "no step uses the parameter 'p'"});
  const TempDir folder;
  WriteText(folder / "own.yaml", SpaceText("[{block: identity}]", "  own: {needs: [in > 0]" + steps));
  EXPECT_EQ(LoadSpace((folder / "own.yaml").string()).notes, std::vector<std::string>{"no layer lists the block own"});
}

TEST(DefinedCandidates, TheKernelIsANumberWithoutALabel) {
  const auto fails = [](const std::string& kernel, std::initializer_list<std::string_view> words) {
    ExpectErrorContains<ConfigError>(
        [&] {
          Read("[{block: own}]", "  own: {parameters: {kernel: " + kernel + "}, steps: [{step: scale, name: a}]}\n");
        },
        words);
  };
  fails("{default: 3, label: q}", {"kernel.label", "no label"});
  fails("true", {"parameters.kernel", "is a number"});
  fails("relu", {"parameters.kernel", "is a number"});
}

// The example of docs/file-formats.md.
TEST(DefinedCandidates, TheDocumentedExampleIsRead) {
  const std::string docs = ReadText(SourcePath("docs/file-formats.md"));
  const size_t begin = docs.find("blocks:\n  bneck:");
  ASSERT_NE(begin, std::string::npos);
  const std::string example = docs.substr(begin, docs.find("```", begin) - begin);
  const TempDir folder;
  const std::string text = "name: own\ninput: {height: 8, width: 6}\nclasses: 2\nstem: {channels: 16, stride: 1}\n" +
                           example + "stages: [{channels: 16, repeat: 1, stride: 1, candidates: all}]\nhead: {}\n";
  const SearchSpace space = LoadSpace(WriteText(folder / "own.yaml", text).string()).space;
  Names names;
  for (const std::string expand : {"3", "6"}) {
    for (const std::string se : {"0", "1"}) {
      for (const std::string kernel : {"3", "5"}) {
        names.push_back("bneck_e" + expand + "_se" + se + "_activation_hard_swish_k" + kernel);
      }
    }
  }
  EXPECT_EQ(CandidateNames(space.layers()[0]), names);
}

}  // namespace
}  // namespace danas::test
