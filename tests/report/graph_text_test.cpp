#include "danas/report/graph_text.h"

#include <gtest/gtest.h>

#include <sstream>

#include "danas/report/text_table.h"

namespace danas {
namespace {

void ExpectText(const BlockGraph& graph, const std::string& text) { EXPECT_EQ("\n" + GraphText(graph), text); }

TEST(GraphText, InvertedResidualWithSqueezeAndExcite) {
  const BlockSpec block{.kind = BlockKind::kInvertedResidual, .expand = 6, .squeeze_excite = true};
  ExpectText(GraphOf(block, {16, 16, 1, {32, 32}}), R"(
┌── input                                          16 x 32 x 32
│   expand     convolution 1x1, batch norm, relu6  96 x 32 x 32
│┌─ op         depthwise 3x3, batch norm, relu6    96 x 32 x 32
││             global average                      96 x 1 x 1
││  se.reduce  convolution 1x1, bias, relu         8 x 1 x 1
││  se.expand  convolution 1x1, bias, sigmoid      96 x 1 x 1
│└─            multiply <- op, se.expand           96 x 32 x 32
│   project    convolution 1x1, batch norm         16 x 32 x 32
└──            add <- project, input               16 x 32 x 32
)");
}

TEST(GraphText, ShuffleOfStride2) {
  const BlockSpec block{
      .kind = BlockKind::kShuffleA, .op = {OperatorKind::kDepthwise, 5}, .activation = Activation::kRelu};
  ExpectText(GraphOf(block, {16, 40, 2, {28, 20}}), R"(
 ┌─ input                                                       16 x 28 x 20
 │  shortcut_op     depthwise 5x5, stride 2, batch norm         16 x 14 x 10
┌┼─ shortcut_conv   convolution 1x1, batch norm, relu           16 x 14 x 10
│└─ branch.expand   convolution 1x1, batch norm, relu <- input  20 x 28 x 20
│   branch.op       depthwise 5x5, stride 2, batch norm         20 x 14 x 10
│   branch.project  convolution 1x1, batch norm, relu           24 x 14 x 10
└──                 join <- shortcut_conv, branch.project       40 x 14 x 10
)");
}

TEST(GraphText, UnnamedStepsThatAreReadFurtherDownHaveNumbers) {
  const BlockSpec block{
      .kind = BlockKind::kShuffleA, .op = {OperatorKind::kNormal, 3}, .activation = Activation::kRelu};
  ExpectText(GraphOf(block, {32, 32, 1, {16, 16}}), R"(
 ┌─ input                                              32 x 16 x 16
┌┼─ #1              take channels 0, 2, ...            16 x 16 x 16
│└─                 take channels 1, 3, ... <- input   16 x 16 x 16
│   branch.expand   convolution 1x1, batch norm, relu  16 x 16 x 16
│   branch.op       convolution 3x3, batch norm        16 x 16 x 16
│   branch.project  convolution 1x1, batch norm, relu  16 x 16 x 16
└──                 join <- #1, branch.project         32 x 16 x 16
)");
}

TEST(GraphText, IdentityHasNoSteps) {
  ExpectText(GraphOf({.kind = BlockKind::kIdentity}, {24, 24, 1, {7, 7}}), R"(
input   24 x 7 x 7
result  24 x 7 x 7
)");
}

// Every kind of step that shipped blocks do not have, an activation that stands alone since two read what it reads, and
// a result that is not the last step's.
TEST(GraphText, OtherSteps) {
  const MapShape small{8, {4, 4}}, large{8, {8, 8}};
  const BlockGraph graph{
      .input = small,
      .steps = {{"same",
                 ConvolutionStep{.out = 8, .kernel = 4, .norm = false, .bias = true, .padding = Padding::kSame},
                 {0},
                 small},
                {"", ActivationStep{Activation::kGelu}, {1}, small},
                {"", MultiplyStep{}, {2, 1}, small},
                {"norm", NormStep{.norm = NormKind::kLayer}, {3}, small},
                {"batch", NormStep{}, {4}, small},
                {"scale", ScaleStep{.initial = 1e-6}, {5}, small},
                {"up", DeconvolutionStep{.out = 8, .groups = 2}, {6}, large},
                {"", ActivationStep{Activation::kHardSigmoid}, {7}, large},
                {"", PoolStep{.pool = Pool::kAverage}, {8}, small}},
      .result = 8};
  ExpectText(graph, R"(
   input                                                                    8 x 4 x 4
┌─ same    convolution 4x4, padding same, bias                              8 x 4 x 4
│  #2      gelu                                                             8 x 4 x 4
└─         multiply <- #2, same                                             8 x 4 x 4
   norm    layer norm, epsilon 1e-06                                        8 x 4 x 4
   batch   batch norm                                                       8 x 4 x 4
   scale   scale from 1e-06                                                 8 x 4 x 4
┌─ up      deconvolution 4x4, stride 2, 2 groups, batch norm, hard_sigmoid  8 x 8 x 8
│          average pool 2x2, stride 2                                       8 x 4 x 4
└─ result  <- up                                                            8 x 8 x 8
)");
}

TEST(GraphText, LinesOfShippedBlocksHaveAtMostAHundredCharacters) {
  for (const BlockKind kind : {BlockKind::kInvertedResidual, BlockKind::kShuffleA, BlockKind::kShuffleX,
                               BlockKind::kShuffleV1, BlockKind::kShuffleV2, BlockKind::kResidual, BlockKind::kBasic}) {
    BlockSpec block{.kind = kind, .activation = Activation::kHardSigmoid, .expand = 6, .squeeze_excite = true};
    if (kind == BlockKind::kBasic) block.op.kind = OperatorKind::kNormal;
    if (kind == BlockKind::kShuffleV1) block.groups = 3;
    std::istringstream lines(GraphText(GraphOf(block, {480, 1200, 2, {112, 112}})));
    for (std::string line; std::getline(lines, line);) EXPECT_LE(DisplayWidth(line), 100u) << line;
  }
}

}  // namespace
}  // namespace danas
