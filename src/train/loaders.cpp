#include "danas/train/loaders.h"

#include <ATen/Parallel.h>

#include <algorithm>

#include "danas/core/error.h"

namespace danas {
namespace {

LoaderOptions CommonOptions(const Config& config, int64_t batch, const Ranks& ranks) {
  return {.batch = batch,
          .rank = ranks.rank(),
          .ranks = ranks.count(),
          .workers = config.data.workers > 0 ? config.data.workers : at::get_num_threads(),
          .queue = config.data.queue,
          .seed = config.seed};
}

}  // namespace

int64_t LeastLastBatch(const TrainConfig& recipe, int ranks) {
  if (recipe.sync_bn) return std::max(2, ranks);
  return 2 * ranks * recipe.bn_groups;
}

LoaderOptions TrainingLoader(const Config& config, const TrainConfig& recipe, const Ranks& ranks) {
  const int64_t least = LeastLastBatch(recipe, ranks.count());
  if (recipe.batch < least) {
    throw ConfigError("a batch of " + std::to_string(recipe.batch) + " images is too small for " +
                      std::to_string(ranks.count()) + " processes, which need " + std::to_string(least) +
                      ". Raise the recipe's batch, which is that of all processes together");
  }
  LoaderOptions options = CommonOptions(config, recipe.batch, ranks);
  options.shuffle = true;
  options.least_last = least;
  return options;
}

LoaderOptions TestLoader(const Config& config, int64_t batch, const Ranks& ranks) {
  LoaderOptions options = CommonOptions(config, batch * ranks.count(), ranks);
  options.replace_bad = false;
  options.least_last = 1;
  return options;
}

}  // namespace danas
