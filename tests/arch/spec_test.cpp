#include "danas/arch/spec.h"

#include <gtest/gtest.h>

#include "tests/arch/arch_support.h"

namespace danas::test {
namespace {

using enum OperatorKind;
using enum BlockKind;

TEST(CandidateName, SaysBlockOperatorAndUnusualActivation) {
  EXPECT_EQ(CandidateName(Ir(3, 5)), "ir_e3_k5");
  EXPECT_EQ(CandidateName(Ir(1.5, 3)), "ir_e1p5_k3");
  EXPECT_EQ(CandidateName({.op = {kNormal, 3}, .expand = 6}), "ir_e6_n3");
  EXPECT_EQ(CandidateName({.op = {kDepthwise, 3}, .expand = 6, .squeeze_excite = true}), "ir_se_e6_k3");
  EXPECT_EQ(CandidateName({.op = {kNormal, 3}, .expand = 3, .fused = true}), "ir_fused_e3_n3");
  EXPECT_EQ(CandidateName(ShuffleA(7)), "shuffle_a_k7");
  EXPECT_EQ(CandidateName({.kind = kShuffleX, .op = {kNormal, 3}, .activation = Activation::kRelu}), "shuffle_x_n3");
  EXPECT_EQ(CandidateName({.kind = kResidual, .op = {kDepthwise, 3}, .activation = Activation::kRelu}), "residual_k3");
  EXPECT_EQ(CandidateName({.kind = kResidual, .op = {kNormal, 3}, .activation = Activation::kRelu, .reduction = 4}),
            "residual_r4_n3");
  EXPECT_EQ(CandidateName({.kind = kBasic, .op = {kNormal, 3}, .activation = Activation::kRelu}), "basic_n3");
  EXPECT_EQ(CandidateName(ShuffleV1(3)), "shuffle_v1_g3_k3");
  EXPECT_EQ(CandidateName(ShuffleV1(8, true)), "shuffle_v1_g8_dense_k3");
  EXPECT_EQ(CandidateName({.kind = kShuffleV2, .activation = Activation::kRelu}), "shuffle_v2_k3");
  EXPECT_EQ(CandidateName({.kind = kDepthwiseSeparable, .activation = Activation::kRelu}), "depthwise_separable_k3");
  EXPECT_EQ(CandidateName({.kind = kConvolution, .op = {kNormal, 3}, .activation = Activation::kRelu}),
            "convolution_n3");
  EXPECT_EQ(CandidateName(MaxPool(2)), "max_pool_k2");
  EXPECT_EQ(CandidateName(Identity()), "identity");
  EXPECT_EQ(CandidateName(Identity(true)), "identity_project");
  EXPECT_EQ(CandidateName({.op = {kDepthwise, 5}, .activation = Activation::kHardSwish, .expand = 3}),
            "ir_e3_k5_hard_swish");
}

TEST(CandidateName, IsBlockThenOperator) {
  EXPECT_EQ(BlockName(Ir(3, 5)), "ir_e3");
  EXPECT_EQ(OperatorName(Ir(3, 5)), "k5");
  EXPECT_EQ(BlockName(ShuffleA(7)), "shuffle_a");
  EXPECT_EQ(OperatorName(Identity()), "");
}

TEST(Spec, WidthsOfTheNarrowAndTheWidePart) {
  EXPECT_EQ(ExpandedChannels(Ir(6, 3), 24), 144);
  EXPECT_EQ(ExpandedChannels(Ir(1.5, 3), 25), 38);
  EXPECT_EQ(SqueezeChannels(16), 8);
  EXPECT_EQ(SqueezeChannels(40), 10);
  EXPECT_EQ(SqueezeChannels(95), 23);
}

// An odd kernel with padding k / 2 gives ceil(size / stride).
TEST(Spec, DownsampledRoundsUp) {
  EXPECT_EQ(Downsampled({15, 14}, 2), (Size{8, 7}));
  EXPECT_EQ(Downsampled({1, 7}, 2), (Size{1, 4}));
  EXPECT_EQ(Downsampled({7, 7}, 1), (Size{7, 7}));
}

TEST(Spec, CanonicalForgetsWhatTheKindDoesNotUse) {
  const BlockSpec odd{
      .kind = kIdentity, .op = {kNormal, 4}, .activation = Activation::kSwish, .expand = 0, .project = true};
  const BlockSpec plain{.kind = kIdentity, .activation = Activation::kRelu, .project = true};
  EXPECT_EQ(Canonical(odd), plain);
  BlockSpec shuffle = ShuffleA(3);
  shuffle.expand = 6;
  shuffle.fused = shuffle.squeeze_excite = shuffle.project = true;
  EXPECT_EQ(Canonical(shuffle), ShuffleA(3));
  EXPECT_EQ(Canonical(Ir(6, 5)), Ir(6, 5));
  BlockSpec pool = MaxPool(3);
  pool.op.kind = kNormal;
  pool.activation = Activation::kSwish;
  pool.groups = pool.reduction = 4;
  pool.dense_entry = true;
  EXPECT_EQ(Canonical(pool), MaxPool(3));
  EXPECT_EQ(Canonical(ShuffleV1(3, true)), ShuffleV1(3, true));
}

struct InvalidCase {
  BlockSpec block;
  LayerShape shape;
  const char* reason;  // "": the block can stand there
};

TEST(WhyInvalid, GivesTheReason) {
  const LayerShape keeps{16, 16, 1, {8, 8}};
  const LayerShape grows{16, 24, 2, {8, 8}};
  const LayerShape grows_at_stride_1{80, 96, 1, {14, 14}};
  const InvalidCase cases[] = {
      {Ir(3, 3), keeps, ""},
      {Ir(3, 3), grows, ""},
      {Ir(3, 4), keeps, "kernel 4 is even"},
      {Ir(3, 33), keeps, "not in 1..31"},
      {Ir(3, -1), keeps, "not in 1..31"},
      {Ir(0, 3), keeps, "expand must be above 0"},
      {Ir(65, 3), keeps, "expand must be above 0 and at most 64"},
      {Ir(0.01, 3), keeps, "rounds to 0 channels"},
      {{.op = {kDepthwise, 3}, .expand = 3, .fused = true}, keeps, "its operator kind must be \"normal\""},
      {ShuffleA(3), keeps, ""},
      {ShuffleA(3), grows, ""},
      {ShuffleA(3), grows_at_stride_1, "stride 1 needs in = out"},
      {ShuffleA(3), {15, 15, 1, {8, 8}}, "even number of output channels"},
      {ShuffleA(3), {24, 16, 2, {8, 8}}, "stride 2 needs out > in"},
      {ShuffleA(3), {16, 16, 2, {8, 8}}, "stride 2 needs out > in"},
      {ShuffleA(3), {16, 24, 3, {8, 8}}, "stride 1 or 2"},
      {{.kind = kResidual}, {16, 15, 1, {8, 8}}, "even number of output channels"},
      {{.kind = kResidual}, grows, ""},
      {{.kind = kResidual, .reduction = 0}, keeps, "reduction 0 is below 1"},
      {{.kind = kResidual, .reduction = 5}, keeps, "not a multiple of 5"},
      {{.kind = kBasic}, keeps, "its operator kind must be \"normal\""},
      {{.kind = kBasic, .op = {kNormal, 3}}, grows, ""},
      {{.kind = kConvolution, .op = {kDepthwise, 3}}, keeps, "its operator kind must be \"normal\""},
      {{.kind = kConvolution, .op = {kNormal, 4}}, keeps, "kernel 4 is even"},
      {ShuffleV1(2), keeps, ""},
      {ShuffleV1(2), grows, ""},
      {ShuffleV1(0), keeps, "groups 0 is below 1"},
      {ShuffleV1(3), keeps, "not a multiple of 4 * groups"},
      {ShuffleV1(3), {16, 24, 2, {8, 8}}, "input channels are not a multiple of groups"},
      {ShuffleV1(3, true), {16, 24, 2, {8, 8}}, "out - in is not a multiple of groups"},
      {ShuffleV1(3, true), {24, 240, 2, {8, 8}}, ""},
      {ShuffleV1(2), grows_at_stride_1, "stride 1 needs in = out"},
      {{.kind = kShuffleV2}, keeps, ""},
      {{.kind = kShuffleV2}, grows_at_stride_1, "stride 1 needs in = out"},
      {{.kind = kDepthwiseSeparable}, grows_at_stride_1, ""},
      {MaxPool(3), keeps, ""},
      {MaxPool(3), {16, 16, 2, {8, 8}}, ""},
      {MaxPool(2), {16, 16, 2, {8, 8}}, ""},
      {MaxPool(2), keeps, "stride of the same size"},
      {MaxPool(2), grows, "pooling keeps the number of channels"},
      {Identity(), keeps, ""},
      {Identity(), grows, "needs stride 1 and in = out"},
      {Identity(true), grows, ""},
  };
  for (const InvalidCase& c : cases) {
    const std::string why = WhyInvalid(c.block, c.shape);
    EXPECT_EQ(why.empty(), std::string(c.reason).empty()) << CandidateName(c.block) << ": " << why;
    EXPECT_NE(why.find(c.reason), std::string::npos) << CandidateName(c.block) << ": " << why;
  }
}

}  // namespace
}  // namespace danas::test
