#include <gtest/gtest.h>

#include "danas/arch/space_file.h"
#include "danas/core/error.h"
#include "danas/cost/cost_model.h"
#include "tests/arch/arch_support.h"
#include "tests/support/test_support.h"

namespace danas::test {
namespace {

std::unique_ptr<CostModel> SmallTable() { return ReadLatencyModel(SourcePath("tests/cost/latency_small.yaml")); }

TEST(LatencyModel, AddsUpTheTablesMeans) {
  const CostTable table = MakeCostTable(*SmallTable(), SmallSpace());
  EXPECT_EQ(table.unit, "ms");
  EXPECT_EQ(table.fixed, 1.0 + 0.125 + 0.0625);
  EXPECT_EQ(table.candidates_lc, (std::vector<std::vector<double>>{{0.5, 0.75, 0.0}, {2.0, 1.5}, {0.25}}));
}

TEST(LatencyModel, ListsEveryMissingKeyOnce) {
  SpaceParts parts = SmallParts();
  parts.layers[0].candidates.push_back(Ir(6, 7));
  parts.layers[2].candidates.push_back(Ir(3, 3));
  parts.layers.push_back({{12, 12, 1, {4, 3}}, {Ir(3, 3), Identity()}});
  parts.classes = 6;
  const std::string message = ExpectErrorContains<ConfigError>(
      [&] { MakeCostTable(*SmallTable(), SearchSpace(parts)); },
      {"latency_small.yaml", "3 of the",
       "\n  expanded_conv-input:8x6x8-output:8x6x8-expand:6-kernel:7-stride:1-idskip:1",
       "\n  expanded_conv-input:4x3x12-output:4x3x12-expand:3-kernel:3-stride:1-idskip:1",
       "\n  Logits-input:4x3x20-output:6"});
  EXPECT_EQ(std::count(message.begin(), message.end(), '\n'), 3) << message;
}

// What the public layout has no key for goes by its own name, never by another block's number.
TEST(LatencyModel, KeysTellBlocksApart) {
  SpaceParts parts = SmallParts();
  const auto op = [](int kernel) { return OperatorSpec{OperatorKind::kDepthwise, kernel}; };
  parts.layers[0].candidates = {
      {.op = op(3), .squeeze_excite = true},
      {.op = {OperatorKind::kNormal, 3}},
      {.op = {OperatorKind::kNormal, 3}, .fused = true},
      {.op = op(3), .activation = Activation::kSwish},
      {.op = op(3), .expand = 1.5},
  };
  const std::string shape = "-input:8x6x8-output:8x6x8";
  const std::string se = "\n  expanded_conv" + shape + "-expand:1-kernel:3-stride:1-idskip:1-se:1\n";
  const std::string normal = "\n  ir_e1_n3" + shape + "-stride:1\n";
  const std::string fused = "\n  ir_fused_e1_n3" + shape + "-stride:1\n";
  const std::string swish = "\n  ir_e1_k3_swish" + shape + "-stride:1\n";
  const std::string odd = "\n  ir_e1p5_k3" + shape + "-stride:1";
  ExpectErrorContains<ConfigError>([&] { MakeCostTable(*SmallTable(), SearchSpace(parts)); },
                                   {"5 of the", se, normal, fused, swish, odd});
}

TEST(LatencyModel, TablesOfAnotherForm) {
  const TempDir folder;
  const auto fails = [&](const std::string& text, std::initializer_list<std::string_view> words) {
    const auto path = WriteText(folder / "table.yaml", text);
    ExpectErrorContains<ConfigError>([&] { ReadLatencyModel(path); }, words);
  };
  fails("a:\n  count: 3\n", {"table.yaml:2", "mean"});
  fails("a:\n  mean: fast\n", {"table.yaml:2", "a.mean", "fast"});
  fails("a:\n  mean: -1\n", {"table.yaml:2", "not negative"});
  fails("a:\n  mean: .nan\n", {"table.yaml:2", "mean"});
  fails("a: 3\n", {"table.yaml:1", "a"});
  fails("- 3\n", {"table.yaml"});
  fails("{}\n", {"table.yaml", "empty latency table"});
  fails("a:\n  mean: 1\na:\n  mean: 2\n", {"table.yaml:3", "a"});
  EXPECT_THROW(ReadLatencyModel(folder / "none.yaml"), FileError);
}

// The space that the phone's table covers: e {3, 6} x k {3, 5, 7}, and the identity where shapes agree.
constexpr char kCoveredSpace[] = R"(
name: phone
input: {height: 224, width: 224}
classes: 1000
candidates:
  first: [{block: inverted_residual, expand: 1, operator: {kind: depthwise, kernel: 3}}]
  phone:
    - {block: inverted_residual, expand: [3, 6], operator: {kind: depthwise, kernel: [3, 5, 7]}}
    - {block: identity}
stem: {channels: 32, stride: 2, activation: relu6}
stages:
  - {channels: 16, repeat: 1, stride: 1, candidates: first}
  - {channels: 24, repeat: 4, stride: 2, candidates: phone}
  - {channels: 40, repeat: 4, stride: 2, candidates: phone}
  - {channels: 80, repeat: 4, stride: 2, candidates: phone}
  - {channels: 96, repeat: 4, stride: 1, candidates: phone}
  - {channels: 192, repeat: 4, stride: 2, candidates: phone}
  - {channels: 320, repeat: 1, stride: 1, candidates: phone}
head: {channels: 1280, activation: relu6}
)";

TEST(PhoneLatencyTable, CoversItsSpace) {
  DANAS_TEST_DATA_OR_SKIP(path, "latency/proxylessnas_mobile_trim.yaml");
  const TempDir folder;
  const SearchSpace space = LoadSpace(WriteText(folder / "phone.yaml", kCoveredSpace).string()).space;
  const CostTable table = MakeCostTable(*ReadLatencyModel(path), space);
  EXPECT_NEAR(table.fixed, 4.083755600814664 + 3.088623217922607 + 0.3096415478615071, 1e-12);
  EXPECT_EQ(table.candidates_lc[0], (std::vector<double>{3.8821352201257864}));
  EXPECT_EQ(table.candidates_lc[1], (std::vector<double>{6.240567073170731, 7.519106918238994, 9.143757763975156,
                                                         16.766225433526014, 18.941260869565216, 22.104676829268296}));
  EXPECT_EQ(table.candidates_lc[2].size(), 7u);
  EXPECT_EQ(table.candidates_lc[2][6], 0);  // identity
}

TEST(PhoneLatencyTable, DoesNotCoverMobile) {
  DANAS_TEST_DATA_OR_SKIP(path, "latency/proxylessnas_mobile_trim.yaml");
  const auto model = ReadLatencyModel(path);
  const SearchSpace space = LoadSpace("mobile").space;
  // Its e = 1 candidates are missing: k 3 and 5 at each of the eleven distinct shapes.
  const std::string message = ExpectErrorContains<ConfigError>(
      [&] { MakeCostTable(*model, space); },
      {"22 of the", "expanded_conv-input:112x112x16-output:56x56x24-expand:1-kernel:3-stride:2-idskip:0",
       "expanded_conv-input:7x7x192-output:7x7x320-expand:1-kernel:5-stride:1-idskip:0"});
  EXPECT_EQ(std::count(message.begin(), message.end(), '\n'), 22);
}

}  // namespace
}  // namespace danas::test
