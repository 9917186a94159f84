#include "block_form.h"
#include "graph_builder.h"

namespace danas {
namespace {

class Identity : public BlockForm {
 public:
  BlockGraph Graph(const BlockSpec&, const LayerShape& shape, std::optional<int>) const override {
    GraphBuilder graph(shape);
    const MapId x = graph.input();
    return std::move(graph).Finish(
        KeepsShape(shape) ? x : graph.Pointwise(x, "project", shape.out, std::nullopt, shape.stride));
  }

  std::string Name(const BlockSpec& block) const override { return block.project ? "identity_project" : "identity"; }
  BlockSpec Canonical(const BlockSpec& block) const override {
    return {.kind = block.kind, .activation = default_activation(), .project = block.project};
  }
  std::string WhyInvalid(const BlockSpec& block, const LayerShape& shape) const override {
    return block.project || KeepsShape(shape) ? "" : "an identity without \"project\" needs stride 1 and in = out";
  }

  bool has_operator() const override { return false; }
  bool has_activation() const override { return false; }

 private:
  std::vector<BlockSpec> ReadOwn(const Node& entry, const BlockSpec& block) const override {
    BlockSpec own = block;
    own.project = entry.KeyOr("project", false);
    return {own};
  }
  void WriteOwn(const BlockSpec& block, Json& entry) const override {
    if (block.project) entry["project"] = true;
  }
};

}  // namespace

const BlockForm& IdentityForm() {
  static const Identity form;
  return form;
}

}  // namespace danas
