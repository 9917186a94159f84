// The body of a block's forward in Python: steps become statements, whose variables are used again once nobody needs
// what they hold.
#pragma once

#include <string>
#include <vector>

#include "danas/arch/block_graph.h"
#include "python_step.h"

namespace danas {

// `modules`: [step]; how each is called.
std::string PythonForward(const BlockGraph& graph, const std::vector<ModuleCall>& modules);

}  // namespace danas
