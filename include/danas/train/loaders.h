// Loaders as the config asks for them.
#pragma once

#include "danas/config/config.h"
#include "danas/data/loader.h"

namespace danas {

// Shuffled, a lone last image joined; data.workers 0 becomes a thread for each that computes.
LoaderOptions TrainingLoader(const Config& config, int64_t batch, at::Device device);

// In order, every image in a batch of its place.
LoaderOptions TestLoader(const Config& config, int64_t batch, at::Device device);

}  // namespace danas
