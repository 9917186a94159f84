// Loaders as the config asks for them.
#pragma once

#include "danas/config/config.h"
#include "danas/train/loader.h"
#include "danas/run/ranks.h"

namespace danas {

// The fewest images of a last batch that stands by itself: two for each batch norm that normalises by its own images.
int64_t LeastLastBatch(const TrainConfig& recipe, int ranks);

// Shuffled, batches of the recipe, of which each process takes its part; data.workers 0 becomes a thread for each that
// computes. Throws ConfigError where the batch is too small for so many processes.
LoaderOptions TrainingLoader(const Config& config, const TrainConfig& recipe, const Ranks& ranks);

// In order, every image in a batch of its place; `batch` images in each process.
LoaderOptions TestLoader(const Config& config, int64_t batch, const Ranks& ranks);

}  // namespace danas
