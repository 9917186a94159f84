#include "danas/arch/heat_map_head.h"

#include <gtest/gtest.h>

#include <functional>

#include "danas/arch/block_graph.h"
#include "danas/arch/genotype.h"
#include "danas/arch/module_names.h"
#include "danas/arch/space_file.h"
#include "danas/arch/zoo.h"
#include "danas/core/error.h"
#include "tests/arch/arch_support.h"
#include "tests/support/test_support.h"

namespace danas::test {
namespace {

// Of a backbone that divides the sides by 4 and ends in 12 channels.
const HeatMapHead kSmallHead{.key_points = 5, .input = {24, 16}, .layers = 2, .channels = 8, .groups = {1, 2, 4}};

SearchSpace Small() { return WithHeatMapHead(SmallSpace(), kSmallHead); }

TEST(HeatMapHead, StandsBehindTheBackbone) {
  const SearchSpace space = Small(), backbone = SmallSpace().WithInput({24, 16});
  EXPECT_EQ(space.name(), "small_heat_maps");
  EXPECT_EQ(space.classes(), 5);
  EXPECT_EQ(space.input(), (Size{24, 16}));
  ASSERT_EQ(space.layers().size(), 5u);
  for (size_t l = 0; l < 3; ++l) EXPECT_EQ(space.layers()[l], backbone.layers()[l]);
  EXPECT_EQ(space.layers()[3].shape, (LayerShape{12, 8, 1, {6, 4}, 2}));
  EXPECT_EQ(space.layers()[4].shape, (LayerShape{8, 8, 1, {12, 8}, 2}));
  const std::vector<std::string> names = {"deconvolution_g1_k4", "deconvolution_g2_k4", "deconvolution_g4_k4"};
  EXPECT_EQ(CandidateNames(space.layers()[3]), names);
  EXPECT_EQ(CandidateNames(space.layers()[4]), names);
  EXPECT_EQ(space.heat_maps(), (MapShape{5, {24, 16}}));
  EXPECT_EQ(space.head(), (HeadSpec{.kind = HeadKind::kHeatMaps}));
  EXPECT_EQ(space.init().deconvolution, DeconvolutionInit::kSmallNormal);
  EXPECT_EQ(space.init().convolution, backbone.init().convolution);
  EXPECT_EQ(BackboneLayers(space), 3u);
  EXPECT_EQ(BackboneLayers(backbone), 3u);
  EXPECT_EQ(DescribeLayer(3, space.layers()[3].shape), "layers[3] (12 -> 8, upsample 2)");
}

TEST(HeatMapHead, FixedGroupsLeaveNothingToSearch) {
  HeatMapHead head = kSmallHead;
  head.fixed = {4, 2};
  const SearchSpace space = WithHeatMapHead(SmallSpace(), head);
  EXPECT_EQ(CandidateNames(space.layers()[3]), std::vector<std::string>{"deconvolution_g4_k4"});
  EXPECT_EQ(CandidateNames(space.layers()[4]), std::vector<std::string>{"deconvolution_g2_k4"});
}

// SimpleBaseline's: a quarter of the image.
TEST(HeatMapHead, DefaultsGive64x48MapsOf256x192Images) {
  for (const char* name : {"mobile", "shuffle", "shuffle_mobile", "mobile_plus", "shuffle_plus"}) {
    const SearchSpace space = WithHeatMapHead(LoadSpace(name).space, {});
    EXPECT_EQ(space.heat_maps(), (MapShape{17, {64, 48}})) << name;
    EXPECT_EQ(space.layers().back().shape.in, 256) << name;
    EXPECT_EQ(space.layers().back().candidates.size(), 3u) << name;
  }
}

TEST(HeatMapHead, TheShippedNetworkIsSimpleBaseline) {
  const SearchSpace made = WithHeatMapHead(MakeZooNetwork("resnet50"), {.groups = {1}});
  const Genotype shipped = ReadGenotype(SourcePath("configs/networks/simple_baseline_resnet50.json"));
  EXPECT_EQ(made.WithName(shipped.network.name()), shipped.network);
  EXPECT_EQ(shipped.class_ids.size(), 17u);
}

TEST(HeatMapHead, MistakesAreNamed) {
  const auto fails = [](const std::function<void(HeatMapHead&)>& change,
                        std::initializer_list<std::string_view> words) {
    HeatMapHead head = kSmallHead;
    change(head);
    ExpectErrorContains<ConfigError>([&] { WithHeatMapHead(SmallSpace(), head); }, words);
  };
  fails([](HeatMapHead& h) { h.groups = {8}; },
        {"layers[3] (12 -> 8, upsample 2): deconvolution_g8_k4 cannot be used there",
         "12 input channels are not a multiple of 8 groups"});
  fails([](HeatMapHead& h) { h.channels = 6; }, {"6 output channels are not a multiple of 4 groups"});
  fails([](HeatMapHead& h) { h.groups = {0}; }, {"groups 0 is below 1"});
  fails([](HeatMapHead& h) { h.groups = {2, 2}; }, {"names the candidate deconvolution_g2_k4 twice"});
  fails([](HeatMapHead& h) { h.groups = {}; }, {"without groups"});
  fails([](HeatMapHead& h) { h.fixed = {2}; }, {"fixed groups of 1 layers for a head of 2 deconvolutions"});
  fails([](HeatMapHead& h) { h.layers = 0; }, {"0 deconvolutions; expected 1..8"});
  fails([](HeatMapHead& h) { h.layers = 9; }, {"9 deconvolutions; expected 1..8"});
  fails([](HeatMapHead& h) { h.kernel = 1; }, {"kernel 1 is below the layer's upsample"});
  fails([](HeatMapHead& h) { h.key_points = 0; }, {"key-points is 0; expected 1.."});
  fails([](HeatMapHead& h) { h.input = {24, 18}; }, {"the input's width is 18 pixels", "a multiple of 4"});
  fails([](HeatMapHead& h) { h.input = {22, 16}; }, {"the input's height is 22 pixels", "a multiple of 4"});
  fails(
      [](HeatMapHead& h) {
        h.layers = 8, h.input = {4096, 4096};
      },
      {"upsample 2): output height is 32768; expected 1..16384"});
  ExpectErrorContains<ConfigError>([] { WithHeatMapHead(Small(), kSmallHead); }, {"ends in heat maps already"});
}

TEST(HeatMapHead, HasNoClassifier) {
  const SearchSpace space = Small();
  EXPECT_THROW(space.pooled_features(), std::logic_error);
  EXPECT_THROW(space.classifier_channels(), std::logic_error);
  EXPECT_THROW(SmallSpace().heat_maps(), std::logic_error);
  EXPECT_EQ(space.WithDropout(0.3), space);
  const auto names = ModuleNames(space.Select({0, 0, 0, 1, 2}));
  EXPECT_EQ(names.back(), (std::pair<std::string, std::string>("head.heat_maps", "heat_maps")));
  SpaceParts parts = space.parts();
  parts.head.channels = 7;
  ExpectErrorContains<ConfigError>([&] { SearchSpace{parts}; }, {"a head of heat maps is one 1x1 convolution"});
}

TEST(Deconvolution, IsOneStepThatEnlarges) {
  const BlockSpec block{
      .kind = BlockKind::kDeconvolution, .op = {.kernel = 4}, .activation = Activation::kRelu, .groups = 2};
  const BlockGraph graph = GraphOf(block, {12, 8, 1, {6, 4}, 2});
  ASSERT_EQ(graph.steps.size(), 2u);
  EXPECT_EQ(graph.steps[0].name, "deconv");
  EXPECT_TRUE(graph.steps[0].operation ==
              Operation(DeconvolutionStep{.out = 8, .kernel = 4, .stride = 2, .groups = 2}));
  EXPECT_EQ(graph.shape(graph.result), (MapShape{8, {12, 8}}));
  BlockSpec odd = block;
  odd.op.kind = OperatorKind::kNormal;
  odd.expand = 6, odd.reduction = 4, odd.squeeze_excite = true;
  EXPECT_EQ(Canonical(odd), block);
}

TEST(Deconvolution, OnlyWhereALayerEnlarges) {
  const LayerShape keeps{8, 8, 1, {4, 4}}, doubles{8, 8, 1, {4, 4}, 2};
  const BlockSpec block{.kind = BlockKind::kDeconvolution, .op = {.kernel = 4}, .activation = Activation::kRelu};
  EXPECT_EQ(WhyInvalid(block, doubles), "");
  EXPECT_NE(WhyInvalid(block, keeps).find("no \"upsample\""), std::string::npos);
  for (const BlockSpec& other : {Ir(3, 3), ShuffleA(3), MaxPool(3), Identity(), Identity(true)}) {
    EXPECT_NE(WhyInvalid(other, doubles).find("this layer has upsample 2"), std::string::npos) << CandidateName(other);
  }
}

// --- Files ---

TEST(HeatMapFiles, ReadBackToAnEqualSpace) {
  const SearchSpace space = Small();
  const Json json = ToJson(space);
  EXPECT_EQ(json["head"], (Json{{"kind", "heat_maps"}}));
  EXPECT_EQ(json["layers"][3]["upsample"], 2);
  EXPECT_EQ(json["layers"][3]["candidates"][1],
            (Json{{"block", "deconvolution"}, {"groups", 2}, {"kernel", 4}, {"activation", "relu"}}));
  EXPECT_EQ(SpaceFromJson(Json::parse(json.dump()), "space-1.json"), space);
}

// What danas wrote before there were heat maps it writes to the same bytes.
TEST(HeatMapFiles, ThoseOfClassifiersSayNothingOfThem) {
  const std::string text = ToJson(SmallSpace()).dump();
  for (const char* key : {"upsample", "kind\":\"classifier", "deconvolution"}) {
    EXPECT_EQ(text.find(key), std::string::npos) << key;
  }
}

constexpr char kFile[] = R"(name: pose
input: {height: 32, width: 24}
classes: 3
init: {deconvolution: small_normal}
stem: {channels: 8, stride: 2}
stages:
  - {channels: 16, repeat: 1, stride: 2, candidates: [{block: inverted_residual, expand: 3, operator: {kind: depthwise, kernel: 3}}]}
  - {channels: 8, upsample: 2, repeat: 2, candidates: [{block: identity}, {block: deconvolution, groups: [2, 4], kernel: [2, 4]}]}
head: {kind: heat_maps}
)";

LoadedSpace Read(const std::string& text) {
  const TempDir folder;
  WriteText(folder / "pose.yaml", text);
  return LoadSpace((folder / "pose.yaml").string());
}

std::string Replaced(std::string text, const std::string& what, const std::string& with) {
  return text.replace(text.find(what), what.size(), with);
}

// As with a stride, the first layer of a stage alone.
TEST(HeatMapFiles, AStageEnlargesOnce) {
  const LoadedSpace loaded = Read(kFile);
  const SearchSpace& space = loaded.space;
  EXPECT_EQ(space.layers()[1].shape, (LayerShape{16, 8, 1, {8, 6}, 2}));
  EXPECT_EQ(space.layers()[2].shape, (LayerShape{8, 8, 1, {16, 12}}));
  EXPECT_EQ(CandidateNames(space.layers()[1]),
            (std::vector<std::string>{"deconvolution_g2_k2", "deconvolution_g2_k4", "deconvolution_g4_k2",
                                      "deconvolution_g4_k4"}));
  EXPECT_EQ(CandidateNames(space.layers()[2]), std::vector<std::string>{"identity"});
  EXPECT_EQ(space.heat_maps(), (MapShape{3, {16, 12}}));
  EXPECT_EQ(loaded.notes.size(), 2u);
}

TEST(HeatMapFiles, MistakesAreNamed) {
  const auto fails = [](const std::string& what, const std::string& with,
                        std::initializer_list<std::string_view> words) {
    ExpectErrorContains<ConfigError>([&] { Read(Replaced(kFile, what, with)); }, words);
  };
  fails("upsample: 2", "upsample: 2, stride: 2",
        {"pose.yaml", "upsample", "a stride above 1 or an upsample, not both"});
  fails("upsample: 2", "upsample: 17", {"upsample", "17"});
  fails("upsample: 2", "upsample: 1", {"stride"});
  fails("{kind: heat_maps}", "{kind: heat_maps, dropout: 0.1}", {"head.dropout", "leave this out"});
  fails("{kind: heat_maps}", "{kind: heatmaps}", {"head.kind", "heat_maps"});
  fails("small_normal", "normal", {"init.deconvolution", "small_normal"});
  fails("groups: [2, 4]", "groups: 0", {"groups 0 is below 1"});
  fails("kernel: [2, 4]", "operator: {kind: depthwise, kernel: 4}", {"operator"});
}

// A block of a file may enlarge, too.
TEST(HeatMapFiles, BlocksOfAFileMayEnlarge) {
  const std::string text = Replaced(
      Replaced(kFile, "stages:", "blocks: {up: {steps: [{step: deconvolution, name: d, channels: out}]}}\nstages:"),
      "{block: identity}", "{block: up}, {block: identity}");
  const SearchSpace space = Read(text).space;
  EXPECT_EQ(CandidateName(space.layers()[1].candidates[0]), "up");
  EXPECT_EQ(SpaceFromJson(ToJson(space), "again"), space);
}

TEST(SearchSpace, SizesGrowWithAnotherInput) {
  const SearchSpace space = Small().WithInput({48, 16});
  EXPECT_EQ(space.layers()[4].shape.input, (Size{24, 8}));
  EXPECT_EQ(space.heat_maps().size, (Size{48, 16}));
}

}  // namespace
}  // namespace danas::test
