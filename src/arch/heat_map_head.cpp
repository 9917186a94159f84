#include "danas/arch/heat_map_head.h"

#include <algorithm>
#include <string>
#include <utility>

#include "danas/arch/space_limits.h"
#include "danas/core/error.h"

namespace danas {
namespace {

constexpr int kMostLayers = 8;
constexpr int kUpsample = 2;

void CheckHead(const HeatMapHead& head) {
  if (head.layers < 1 || head.layers > kMostLayers) {
    throw ConfigError("a head of heat maps with " + std::to_string(head.layers) + " deconvolutions; expected 1.." +
                      std::to_string(kMostLayers));
  }
  if (!head.fixed.empty() && head.fixed.size() != static_cast<size_t>(head.layers)) {
    throw ConfigError("fixed groups of " + std::to_string(head.fixed.size()) + " layers for a head of " +
                      std::to_string(head.layers) + " deconvolutions; expected one for each");
  }
  if (head.fixed.empty() && head.groups.empty()) {
    throw ConfigError("a head of heat maps without groups; expected at least one candidate for each deconvolution");
  }
}

// Of stem and layers: what the sides of the input are divided by, before layers enlarge.
int StrideOf(const SpaceParts& parts) {
  int64_t stride = parts.stem.stride;
  for (const LayerSpec& layer : parts.layers) stride = std::min<int64_t>(stride * layer.shape.stride, kLargestSide);
  return static_cast<int>(stride);
}

void RequireMultiples(const SpaceParts& parts, const std::string& name) {
  const int stride = StrideOf(parts);
  const auto require = [&](const std::string& side, int pixels) {
    if (pixels % stride == 0) return;
    throw ConfigError("the input's " + side + " is " + std::to_string(pixels) + " pixels; with " + name +
                      " it must be a multiple of " + std::to_string(stride) +
                      ", by which its layers divide it, so that heat maps lie evenly over the image");
  };
  require("height", parts.input.height);
  require("width", parts.input.width);
}

}  // namespace

SearchSpace WithHeatMapHead(const SearchSpace& backbone, const HeatMapHead& head) {
  if (backbone.has_heat_maps()) throw ConfigError(backbone.name() + " ends in heat maps already");
  CheckHead(head);
  SpaceParts parts = head.input == Size{} ? backbone.parts() : backbone.WithInput(head.input).parts();
  RequireMultiples(parts, "the backbone " + backbone.name());
  for (int l = 0; l < head.layers; ++l) {
    const LayerShape before = parts.layers.back().shape;
    LayerSpec layer{.shape = {.in = before.out, .out = head.channels, .input = before.output(), .upsample = kUpsample},
                    .candidates = {}};
    const bool searched = head.fixed.empty();
    for (const int groups : searched ? head.groups : std::vector<int>{head.fixed[static_cast<size_t>(l)]}) {
      layer.candidates.push_back({.kind = BlockKind::kDeconvolution,
                                  .op = {.kernel = head.kernel},
                                  .activation = Activation::kRelu,
                                  .groups = groups});
    }
    parts.layers.push_back(std::move(layer));
  }
  parts.name += "_heat_maps";
  parts.classes = head.key_points;
  parts.head = {.kind = HeadKind::kHeatMaps};
  parts.init.deconvolution = DeconvolutionInit::kSmallNormal;
  return SearchSpace(std::move(parts));
}

void RequireEvenHeatMaps(const SearchSpace& network) {
  if (network.has_heat_maps()) RequireMultiples(network.parts(), network.name());
}

size_t BackboneLayers(const SearchSpace& space) {
  const auto enlarges = [](const LayerSpec& layer) { return layer.shape.upsample > 1; };
  return static_cast<size_t>(std::ranges::find_if(space.layers(), enlarges) - space.layers().begin());
}

}  // namespace danas
