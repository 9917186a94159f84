// Search spaces and blocks as figures, in the manner of the paper's Fig. 4.
#pragma once

#include <string>

#include "danas/arch/block_graph.h"
#include "danas/arch/space.h"

namespace danas {

// An SVG document: the graph with the title above it.
std::string BlockFigure(const BlockGraph& graph, const std::string& title);

// An SVG document. At the left the space from its images to its classes, equal neighbouring layers as one. Beside it
// each block, that is each BlockName() of a candidate, as its graph in the first layer that has it, by its first
// candidate there; letters say which layers have which blocks.
std::string SpaceFigure(const SearchSpace& space);

}  // namespace danas
