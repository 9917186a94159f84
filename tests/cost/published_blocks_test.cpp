// The networks that the blocks of configs/spaces were published with, put together from them, have their sizes.
#include <gtest/gtest.h>

#include <cmath>
#include <string>
#include <vector>

#include "danas/arch/space_file.h"
#include "danas/cost/cost_model.h"
#include "tests/support/test_support.h"

namespace danas::test {
namespace {

// The shipped space with these candidates, one in every layer; null: the layer's last.
SearchSpace NetworkOf(const std::string& space, const std::vector<Json>& blocks) {
  Json json = Json::parse(ReadText(SourcePath("configs/spaces/" + space + ".json")));
  size_t l = 0;
  for (Json& stage : json.at("stages")) {
    Json layers = stage.contains("layers")
                      ? stage.at("layers")
                      : Json(std::vector<Json>(stage.at("repeat").get<size_t>(), stage.at("candidates")));
    for (Json& layer : layers) {
      const Json& block = blocks.at(l++);
      if (!block.is_null()) {
        layer = Json::array({block});
      } else {
        layer = Json::array({json.at("candidates").at(layer.get<std::string>()).back()});
      }
    }
    stage.erase("repeat");
    stage.erase("candidates");
    stage["layers"] = std::move(layers);
  }
  EXPECT_EQ(l, blocks.size());
  return SpaceFromJson(json, space);
}

// Howard et al., table 1; sizes of torchvision's mobilenet_v3_large.
TEST(PublishedBlocks, MobileNetV3Large) {
  const auto bneck = [](double expand, bool squeeze_excite, const std::string& activation, int kernel) {
    return Json{{"block", "bneck"},
                {"expand", expand},
                {"squeeze_excite", squeeze_excite},
                {"activation", activation},
                {"kernel", kernel}};
  };
  const std::string early = "relu", late = "hard_swish";
  const SearchSpace network =
      NetworkOf("mobilenet_v3", {bneck(1, false, early, 3), bneck(4, false, early, 3), bneck(3, false, early, 3),
                                 bneck(3, true, early, 5), bneck(3, true, early, 5), bneck(3, true, early, 5),
                                 bneck(6, false, late, 3), bneck(2.5, false, late, 3), bneck(2.3, false, late, 3),
                                 bneck(2.3, false, late, 3), bneck(6, true, late, 3), bneck(6, true, late, 3),
                                 bneck(6, true, late, 5), bneck(6, true, late, 5), bneck(6, true, late, 5)});
  EXPECT_EQ(CountParameters(network), 5'483'032);
  EXPECT_EQ(CountMacs(network), 216'589'760);
}

// Han et al., tables 1 and 7: 141 M and 5.2 M.
TEST(PublishedBlocks, GhostNet) {
  const auto ghost = [](double expand, bool squeeze_excite, int kernel = 3) {
    return Json{{"block", "ghost"}, {"expand", expand}, {"squeeze_excite", squeeze_excite}, {"kernel", kernel}};
  };
  const SearchSpace network =
      NetworkOf("ghostnet",
                {ghost(1, false), ghost(3, false), ghost(3, false), ghost(3, true, 5), ghost(3, true), ghost(6, false),
                 ghost(2.5, false), ghost(2.3, false), ghost(2.3, false), ghost(6, true), ghost(6, true),
                 ghost(6, true, 5), ghost(6, false), ghost(6, true), ghost(6, false), ghost(6, true)});
  EXPECT_EQ(std::lround(static_cast<double>(CountMacs(network)) / 1e6), 141);
  EXPECT_EQ(std::lround(static_cast<double>(CountParameters(network)) / 1e5), 52);
}

// Liu et al., section 3; sizes of torchvision's convnext_tiny.
TEST(PublishedBlocks, ConvNeXtTiny) {
  const Json block = {{"block", "convnext"}, {"expand", 4}, {"kernel", 7}}, other = nullptr;
  std::vector<Json> blocks;
  for (const size_t depth : {3, 3, 9, 3}) {
    blocks.push_back(other);  // the stem, and what halves the size
    blocks.insert(blocks.end(), depth, block);
  }
  blocks.push_back(other);  // the last norm
  const SearchSpace network = NetworkOf("convnext", blocks);
  EXPECT_EQ(CountParameters(network), 28'589'128);
  EXPECT_EQ(CountMacs(network), 4'455'531'264);
}

// Tan and Le, table 1, without squeeze and excite; parameters of timm's efficientnet_lite0.
TEST(PublishedBlocks, EfficientNetLite0) {
  const auto mbconv = [](double expand, int kernel) {
    return Json{{"block", "mbconv"}, {"expand", expand}, {"kernel", kernel}};
  };
  std::vector<Json> blocks = {nullptr, mbconv(1, 3)};
  const auto add = [&](size_t repeat, int kernel) { blocks.insert(blocks.end(), repeat, mbconv(6, kernel)); };
  add(2, 3);
  add(2, 5);
  add(3, 3);
  add(3, 5);
  add(4, 5);
  add(1, 3);
  const SearchSpace network = NetworkOf("efficientnet_lite", blocks);
  EXPECT_EQ(CountParameters(network), 4'652'008);
}

}  // namespace
}  // namespace danas::test
