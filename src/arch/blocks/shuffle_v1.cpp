// Zhang et al., "ShuffleNet", CVPR 2018, figure 2.
#include "block_form.h"
#include "splitting.h"

namespace danas {
namespace {

class ShuffleV1 : public BlockForm {
 public:
  BlockGraph Graph(const BlockSpec& block, const LayerShape& shape, std::optional<int>) const override {
    GraphBuilder graph(shape);
    const MapId x = graph.input();
    const bool joins = shape.stride == 2;
    MapId y = graph.Convolve(x, "entry", {.out = shape.out / 4, .groups = block.dense_entry ? 1 : block.groups},
                             block.activation);
    if (block.groups > 1) y = graph.Mix(y, block.groups);
    y = graph.Operator(y, "op", block.op, shape.stride, std::nullopt);
    y = graph.Convolve(y, "project", {.out = Last(shape), .groups = block.groups});
    if (joins) {
      const MapId pass = graph.Pooled(x, {.pool = Pool::kAverage, .kernel = 3, .stride = 2});
      y = graph.Join({pass, y});
    } else {
      y = graph.Add(y, x);
    }
    return std::move(graph).Finish(graph.Activate(y, block.activation));
  }

  std::string Name(const BlockSpec& block) const override {
    return "shuffle_v1_g" + std::to_string(block.groups) + (block.dense_entry ? "_dense" : "");
  }

  BlockSpec Canonical(const BlockSpec& block) const override {
    return {.kind = block.kind,
            .op = block.op,
            .activation = block.activation,
            .groups = block.groups,
            .dense_entry = block.dense_entry};
  }

  std::string WhyMalformed(const BlockSpec& block) const override {
    constexpr int kMostGroups = 1 << 16;  // as many as a layer can have channels
    if (block.groups < 1) return "groups " + std::to_string(block.groups) + " is below 1";
    if (block.groups <= kMostGroups) return "";
    return "groups " + std::to_string(block.groups) + " is above " + std::to_string(kMostGroups);
  }

  std::string WhyInvalid(const BlockSpec& block, const LayerShape& shape) const override {
    if (const std::string why = WhyInvalidShuffle(shape); !why.empty()) return why;
    if (shape.out % (4 * block.groups) != 0) return "its output channels are not a multiple of 4 * groups";
    if (!block.dense_entry && shape.in % block.groups != 0) return "its input channels are not a multiple of groups";
    return Last(shape) % block.groups != 0 ? "out - in is not a multiple of groups" : "";
  }

 private:
  std::vector<BlockSpec> ReadOwn(const Node& entry, const BlockSpec& block) const override {
    BlockSpec own = block;
    own.groups = entry.Key("groups").As<int>();
    own.dense_entry = entry.KeyOr("dense_entry", false);
    return {own};
  }

  void WriteOwn(const BlockSpec& block, Json& entry) const override {
    entry["groups"] = block.groups;
    if (block.dense_entry) entry["dense_entry"] = true;
  }

  // Channels of the last convolution: at stride 2 those of the input are pooled beside it.
  static int Last(const LayerShape& shape) { return shape.stride == 2 ? shape.out - shape.in : shape.out; }
};

}  // namespace

const BlockForm& ShuffleV1Form() {
  static const ShuffleV1 form;
  return form;
}

}  // namespace danas
