// A network's weights in plain memory, as the room `export` takes them.
#pragma once

#include "danas/export/exported_network.h"
#include "danas/nn/supernet.h"

namespace danas {

// All of StateOf(), as floats.
PlainWeights PlainWeightsOf(const Supernet& network);

}  // namespace danas
