#include "danas/figures/graph_figure.h"

#include <gtest/gtest.h>

#include <cstdio>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "danas/arch/heat_map_head.h"
#include "danas/arch/space_file.h"
#include "danas/arch/zoo.h"
#include "danas/figures/plot.h"
#include "danas/figures/svg.h"
#include "tests/figures/well_formed.h"

namespace danas {
namespace {

SearchSpace ShippedSpace(const std::string& name) {
  return LoadSpace(DANAS_SOURCE_DIR "/configs/spaces/" + name + ".json").space;
}

SearchSpace FigureSpace(const std::string& name) {
  if (name.starts_with("pose ")) {
    return WithHeatMapHead(ShippedSpace(name.substr(5)), {.input = {64, 32}, .channels = 32});
  }
  return name.starts_with("zoo ") ? MakeZooNetwork(name.substr(4)) : ShippedSpace(name);
}

std::vector<Frame> RectanglesOf(const std::string& svg) {
  constexpr char kForm[] = "<rect x=\"%lf\" y=\"%lf\" width=\"%lf\" height=\"%lf\"";
  std::vector<Frame> frames;
  for (size_t at = svg.find("<rect"); at != std::string::npos; at = svg.find("<rect", at + 1)) {
    Frame frame;
    if (std::sscanf(svg.c_str() + at, kForm, &frame.left, &frame.top, &frame.width, &frame.height) == 4) {
      frames.push_back(frame);
    }
  }
  return frames;
}

bool AreApart(const Frame& a, const Frame& b) {
  return a.right() <= b.left || b.right() <= a.left || a.bottom() <= b.top || b.bottom() <= a.top;
}

bool IsIn(const Frame& a, const Frame& b) {
  constexpr double kRounding = 0.02;  // of each number in the file
  return a.left >= b.left - kRounding && a.right() <= b.right() + kRounding && a.top >= b.top - kRounding &&
         a.bottom() <= b.bottom() + kRounding;
}

void ExpectNoOverlaps(const std::string& svg) {
  const std::vector<Frame> frames = RectanglesOf(svg);
  EXPECT_GT(frames.size(), 2u);
  for (const Frame& a : frames) {
    for (const Frame& b : frames) {
      EXPECT_TRUE(AreApart(a, b) || IsIn(a, b) || IsIn(b, a))
          << a.left << " " << a.top << " " << a.width << " " << a.height << ", " << b.left << " " << b.top;
    }
  }
}

size_t TextsThatAre(const std::string& text, const std::string& svg) {
  const std::string element = ">" + XmlText(text) + "</text>";
  size_t count = 0;
  for (size_t at = svg.find(element); at != std::string::npos; at = svg.find(element, at + 1)) ++count;
  return count;
}

class SpaceFigureOf : public testing::TestWithParam<const char*> {};

TEST_P(SpaceFigureOf, ShowsEachBlockAndStepOnce) {
  const SearchSpace space = FigureSpace(GetParam());
  const std::string svg = SpaceFigure(space);
  EXPECT_EQ(test::WhyNotWellFormed(svg), "");
  EXPECT_EQ(TextsThatAre(space.name(), svg), 1u);
  ExpectNoOverlaps(svg);

  std::set<std::string> blocks;
  std::map<std::string, size_t> named_steps;
  for (size_t l = 0; l < space.layers().size(); ++l) {
    for (const BlockSpec& block : space.layers()[l].candidates) {
      if (!blocks.insert(BlockName(block)).second) continue;
      for (const Step& step : GraphOf(block, space.layers()[l].shape, space.StagePlace(l)).steps) {
        if (!step.name.empty()) ++named_steps[step.name];
      }
    }
  }
  for (const std::string& name : blocks) EXPECT_EQ(TextsThatAre(name, svg), 1u) << name;
  for (const auto& [name, count] : named_steps) EXPECT_EQ(TextsThatAre(name, svg), count) << name;
}

INSTANTIATE_TEST_SUITE_P(Spaces, SpaceFigureOf,
                         testing::Values("mobile_plus", "shuffle_mobile_small", "spos4", "truth_a", "zoo resnet50",
                                         "zoo shufflenetv1", "zoo vgg16", "pose mobile_small"));

TEST(SpaceFigure, ShowsWhereResolutionGrowsAndTheHeatMaps) {
  const std::string svg = SpaceFigure(FigureSpace("pose mobile_small"));
  EXPECT_EQ(TextsThatAre("32 → 32, upsample 2", svg), 2u);
  EXPECT_EQ(TextsThatAre("a heat map for each key-point", svg), 1u);
  EXPECT_EQ(TextsThatAre("average pool", svg), 0u);
}

TEST(SpaceFigure, EqualNeighboursAreOneBox) {
  const std::string svg = SpaceFigure(ShippedSpace("mobile_plus"));
  EXPECT_EQ(TextsThatAre("layers[0]", svg), 1u);
  EXPECT_EQ(TextsThatAre("layers[2 to 4]", svg), 1u);
  EXPECT_EQ(TextsThatAre("layers[3]", svg), 0u);
  EXPECT_EQ(TextsThatAre("× 3", svg), 5u);
  EXPECT_EQ(TextsThatAre("24 → 40, stride 2", svg), 1u);
}

TEST(SpaceFigure, ManyBlocksHaveLettersOfTheirOwn) {
  SpaceParts parts = ShippedSpace("mobile_tiny").parts();
  parts.name = "many & <more>";
  for (LayerSpec& layer : parts.layers) {
    layer.candidates.clear();
    for (int expand = 1; expand <= 30; ++expand) {
      layer.candidates.push_back({.kind = BlockKind::kInvertedResidual, .expand = static_cast<double>(expand)});
    }
  }
  const std::string svg = SpaceFigure(SearchSpace(parts));
  EXPECT_EQ(test::WhyNotWellFormed(svg), "");
  EXPECT_EQ(TextsThatAre("many & <more>", svg), 1u);
  EXPECT_EQ(TextsThatAre("ir_e30", svg), 1u);
  EXPECT_GE(TextsThatAre("AD", svg), 2u);  // at the block and in layers
  EXPECT_EQ(TextsThatAre("AE", svg), 0u);
  ExpectNoOverlaps(svg);
}

TEST(BlockFigure, NamesAreEscaped) {
  const MapShape shape{8, {4, 4}};
  const BlockGraph graph{
      .input = shape,
      .steps = {{"<a & \"b\">", ConvolutionStep{.out = 8}, {0}, shape}, {"", AddStep{}, {1, 0}, shape}},
      .result = 2};
  const std::string svg = BlockFigure(graph, "x < y & z");
  EXPECT_EQ(test::WhyNotWellFormed(svg), "");
  EXPECT_EQ(TextsThatAre("<a & \"b\">", svg), 1u);
  EXPECT_EQ(TextsThatAre("x < y & z", svg), 1u);
  EXPECT_EQ(TextsThatAre("add", svg), 1u);
  ExpectNoOverlaps(svg);
}

TEST(BlockFigure, AnActivationBehindAConvolutionIsInItsBox) {
  const BlockSpec block{.kind = BlockKind::kInvertedResidual, .expand = 6, .squeeze_excite = true};
  const std::string svg = BlockFigure(GraphOf(block, {16, 16, 1, {32, 32}}), "ir_se_e6_k3");
  for (const char* text : {"depthwise 3×3", "batch norm, relu6", "bias, sigmoid", "96 × 32 × 32", "multiply"}) {
    EXPECT_GE(TextsThatAre(text, svg), 1u) << text;
  }
  EXPECT_EQ(TextsThatAre("relu6", svg), 0u);
}

TEST(BlockFigure, NoStepsAreAnArrowFromInputToResult) {
  const std::string svg = BlockFigure(GraphOf({.kind = BlockKind::kIdentity}, {24, 24, 1, {7, 7}}), "identity");
  EXPECT_EQ(test::WhyNotWellFormed(svg), "");
  EXPECT_EQ(TextsThatAre("input", svg), 1u);
  EXPECT_EQ(TextsThatAre("result", svg), 1u);
  EXPECT_EQ(TextsThatAre("24 × 7 × 7", svg), 2u);
}

}  // namespace
}  // namespace danas
