// The ranges of an exported network's values over training images, which quantisation to int8 takes its scales from.
#pragma once

#include <cstdint>

#include "danas/config/config.h"
#include "danas/export/plain_graph.h"
#include "danas/nn/supernet.h"

namespace danas {

// Least and greatest of each of `graph.quantized` over `images` images of the config's training set, as many of each
// class as can be, chosen by its seed, and prepared as in testing. `network` is what the graph was made of, on the CPU:
// its logits must be the graph's (std::logic_error). Throws DataError, NumericError for values that are not
// finite, and UsageError where the network's input is not square.
ValueRanges Calibrate(const PlainGraph& graph, Supernet& network, const Config& config, int64_t images);

}  // namespace danas
