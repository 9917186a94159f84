// A block's graph as boxes and arrows, for figures that hold one or several; and the boxes of such figures.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "danas/arch/block_graph.h"
#include "danas/figures/svg.h"
#include "graph_layout.h"

namespace danas {

// At most so many pixels, by the widest of the usual fonts.
double TextWidth(std::string_view text, double size, bool bold = false);

// "24 × 56 × 56": channels, height, width.
std::string ShapeLabel(const MapShape& shape);

// A step in two parts: "conv 3×3" and "stride 2, batch norm".
struct StepLabel {
  std::string what;
  std::string details;
};
StepLabel LabelOf(const Operation& operation, int channels_read);

void DrawFrame(Svg& svg, const Frame& frame, const std::string& fill, const std::string& border);
void DrawArrow(Svg& svg, const std::vector<Point>& points);

// Kinds of steps, each with a colour.
enum class StepGroup { kDense, kGrouped, kPerChannel, kPool, kChannels, kArithmetic };

class GraphDrawing {
 public:
  explicit GraphDrawing(const BlockGraph& graph);

  double width() const { return layout_.width; }
  double height() const { return layout_.height; }
  const std::set<StepGroup>& groups() const { return groups_; }
  void Draw(Svg& svg, Point top_left) const;

 private:
  // Two lines, each with a text at its left and one at its right; the second may be empty.
  struct Box {
    std::string what;
    std::string name;
    std::string details;
    std::string shape;
    std::optional<StepGroup> group;  // not of input and result
  };

  void AddBox(Box box, std::vector<size_t> reads);

  std::vector<Box> boxes_;
  std::vector<GraphBox> sizes_;
  std::set<StepGroup> groups_;
  GraphLayout layout_;
};

// What the colours of these groups are for, in one line; how wide it is.
double LegendWidth(const std::set<StepGroup>& groups);
void DrawLegend(Svg& svg, Point top_left, const std::set<StepGroup>& groups);

}  // namespace danas
