// Where the boxes and arrows of a graph are drawn: from top to bottom, each box on the level below the lowest one that
// it reads; the longest way to the last box is the first column, and the ways beside it have columns at its right. An
// arrow that would cross a box goes round it, down a track at the right of its column. Levels, and tracks as places
// for long edges, are from Sugiyama, Tagawa and Toda, "Methods for Visual Understanding of Hierarchical System
// Structures", 1981.
#pragma once

#include <vector>

#include "danas/figures/plot.h"
#include "danas/figures/svg.h"

namespace danas {

struct GraphBox {
  double width = 0;
  double height = 0;
  std::vector<size_t> reads = {};  // boxes before this one
};

struct GraphLayout {
  double width = 0;
  double height = 0;
  std::vector<Frame> boxes;                // no two overlap
  std::vector<std::vector<Point>> arrows;  // lines of level and upright parts, from a box's bottom to another's top
};

// Of at least one box; the first reads nothing, the others at least one.
GraphLayout LayOut(const std::vector<GraphBox>& boxes);

}  // namespace danas
