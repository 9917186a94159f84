#include <gtest/gtest.h>

#include "danas/arch/space_file.h"
#include "danas/core/error.h"
#include "tests/arch/arch_support.h"
#include "tests/support/test_support.h"

namespace danas::test {
namespace {

// The candidates of a one-layer space, 16 -> 16.
std::vector<std::string> Read(const std::string& candidates, const std::string& named = "{}") {
  const std::string text = R"({"name": "one", "input": {"height": 8, "width": 8}, "classes": 2,
    "candidates": )" + named +
                           R"(, "stem": {"channels": 16, "stride": 1},
    "stages": [{"channels": 16, "repeat": 1, "stride": 1, "candidates": )" +
                           candidates + R"(}], "head": {}})";
  return CandidateNames(SpaceFromJson(Json::parse(text), "one.json").layers()[0]);
}

using Names = std::vector<std::string>;

TEST(Candidates, ProductsExpandInOrder) {
  EXPECT_EQ(Read(R"([{"block": "inverted_residual", "expand": [1, 6], "operator": {"kind": ["depthwise", "normal"],
                      "kernel": [3, 5]}}])"),
            (Names{"ir_e1_k3", "ir_e1_k5", "ir_e1_n3", "ir_e1_n5", "ir_e6_k3", "ir_e6_k5", "ir_e6_n3", "ir_e6_n5"}));
  EXPECT_EQ(Read(R"([{"block": ["shuffle_a", "shuffle_x"], "operator": {"kind": "depthwise", "kernel": [3, 5]}}])"),
            (Names{"shuffle_a_k3", "shuffle_a_k5", "shuffle_x_k3", "shuffle_x_k5"}));
}

TEST(Candidates, AsymmetricListsAndEveryOption) {
  EXPECT_EQ(
      Read(R"([{"block": "identity"},
                     {"block": "inverted_residual", "expand": 3, "operator": {"kind": "depthwise", "kernel": 3}},
                     {"block": "inverted_residual", "expand": 6, "operator": {"kind": "depthwise", "kernel": 5}},
                     {"block": "inverted_residual", "expand": 1.5, "squeeze_excite": true, "activation": "swish",
                      "operator": {"kind": "depthwise", "kernel": 7}},
                     {"block": "inverted_residual", "expand": 3, "fused": true,
                      "operator": {"kind": "normal", "kernel": 3}},
                     {"block": "residual", "activation": "hard_swish", "operator": {"kind": "normal", "kernel": 3}}])"),
      (Names{"identity", "ir_e3_k3", "ir_e6_k5", "ir_se_e1p5_k7_swish", "ir_fused_e3_n3", "residual_n3_hard_swish"}));
}

TEST(Candidates, BlocksOfThePublishedNetworks) {
  const std::string normal = R"("operator": {"kind": "normal", "kernel": 3})";
  const std::string depthwise = R"("operator": {"kind": "depthwise", "kernel": 3})";
  EXPECT_EQ(Read(R"([{"block": ["basic", "convolution"], )" + normal + R"(},
                     {"block": "residual", "reduction": 4, )" + normal + R"(},
                     {"block": "shuffle_v1", "groups": 2, "dense_entry": true, )" + depthwise + R"(},
                     {"block": "shuffle_v1", "groups": 4, )" + depthwise + R"(},
                     {"block": ["shuffle_v2", "depthwise_separable"], )" + depthwise + R"(},
                     {"block": "max_pool", "kernel": [3, 5]}])"),
            (Names{"basic_n3", "convolution_n3", "residual_r4_n3", "shuffle_v1_g2_dense_k3", "shuffle_v1_g4_k3",
                   "shuffle_v2_k3", "depthwise_separable_k3", "max_pool_k3", "max_pool_k5"}));
}

TEST(Candidates, NamedListsNest) {
  const std::string named = R"({
    "light": [{"block": "inverted_residual", "expand": 1, "operator": {"kind": "depthwise", "kernel": 3}}],
    "both": [{"block": "identity"}, "light"]})";
  EXPECT_EQ(Read(R"("both")", named), (Names{"identity", "ir_e1_k3"}));
  EXPECT_EQ(Read(R"(["light", {"block": "identity"}])", named), (Names{"ir_e1_k3", "identity"}));
  ExpectErrorContains<ConfigError>([&] { Read(R"("lihgt")", named); }, {"one.json", "lihgt", "did you mean \"light\""});
  ExpectErrorContains<ConfigError>([] { Read(R"("x")", R"({"x": ["x"]})"); }, {"no candidate list is named \"x\""});
}

TEST(Candidates, MistakesAreNamed) {
  const std::string op = R"("operator": {"kind": "depthwise", "kernel": 3})";
  const auto fails = [](const std::string& candidates, std::initializer_list<std::string_view> words) {
    ExpectErrorContains<ConfigError>([&] { Read(candidates); }, words);
  };
  fails("[]", {"stages[0].candidates", "at least one candidate"});
  fails(R"([{"block": "inverted_residual", "expand": [], )" + op + "}]", {"expand", "at least one value"});
  fails(R"([{"block": "inverted_residual", "expand": 0, )" + op + "}]", {"expand must be above 0"});
  fails(R"([{"block": "inverted_residual", "expand": "six", )" + op + "}]", {"expand", "six"});
  fails(R"([{"block": "inverted_residual", )" + op + "}]", {"expand"});
  fails(R"([{"block": "inverted_residual", "expand": 3}])", {"operator"});
  fails(R"([{"block": "shuffle_a", "operator": {"kind": "depthwise", "kernel": 4}}])", {"kernel 4 is even"});
  fails(R"([{"block": "shuffle_a", "operator": {"kind": "dense", "kernel": 3}}])", {"kind", "dense", "normal"});
  fails(R"([{"block": "shuffle_b", )" + op + "}]", {"block", "shuffle_b", "shuffle_a"});
  fails(R"([{"block": "shuffle_a", "expand": 3, )" + op + "}]", {"expand"});
  fails(R"([{"block": "identity", )" + op + "}]", {"operator"});
  fails(R"([{"block": "basic", )" + op + "}]", {"its operator kind must be \"normal\""});
  fails(R"([{"block": "shuffle_v1", )" + op + "}]", {"groups"});
  fails(R"([{"block": "shuffle_v2", "groups": 2, )" + op + "}]", {"groups"});
  fails(R"([{"block": "residual", "reduction": 0, )" + op + "}]", {"reduction 0 is below 1"});
  fails(R"([{"block": "max_pool", )" + op + "}]", {"kernel"});
  fails(R"([{"block": "max_pool", "kernel": 0}])", {"kernel 0 is not in 1..31"});
  fails(R"([{"block": "identity", "projct": true}])", {"projct", "project"});
  fails(R"([{"block": "shuffle_a", )" + op + R"(}, {"block": "shuffle_a", )" + op + "}]", {"shuffle_a_k3 twice"});
}

TEST(Candidates, AreWrittenAsTheyAreRead) {
  EXPECT_EQ(
      ToJson(Ir(6, 5)).dump(),
      R"({"block":"inverted_residual","expand":6,"operator":{"kind":"depthwise","kernel":5},"activation":"relu6"})");
  EXPECT_EQ(ToJson(Ir(1.5, 3))["expand"].dump(), "1.5");
  EXPECT_EQ(ToJson(Identity(true)).dump(), R"({"block":"identity","project":true})");
  EXPECT_EQ(ToJson(MaxPool(3)).dump(), R"({"block":"max_pool","kernel":3})");
  EXPECT_EQ(ToJson(ShuffleV1(3, true)).dump(),
            R"({"block":"shuffle_v1","groups":3,"dense_entry":true,)"
            R"("operator":{"kind":"depthwise","kernel":3},"activation":"relu"})");
  const BlockSpec fused{.op = {OperatorKind::kNormal, 3}, .expand = 3, .squeeze_excite = true, .fused = true};
  EXPECT_EQ(ToJson(fused)["fused"], true);
  EXPECT_EQ(ToJson(fused)["squeeze_excite"], true);
}

}  // namespace
}  // namespace danas::test
