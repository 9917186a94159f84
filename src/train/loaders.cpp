#include "danas/train/loaders.h"

#include <ATen/Parallel.h>

namespace danas {

LoaderOptions TrainingLoader(const Config& config, int64_t batch, at::Device device) {
  return {.batch = batch,
          .shuffle = true,
          .join_lone_last = true,
          .workers = config.data.workers > 0 ? config.data.workers : at::get_num_threads(),
          .queue = config.data.queue,
          .seed = config.seed,
          .device = device};
}

LoaderOptions TestLoader(const Config& config, int64_t batch, at::Device device) {
  LoaderOptions options = TrainingLoader(config, batch, device);
  options.shuffle = false;
  options.replace_bad = false;
  options.join_lone_last = false;
  return options;
}

}  // namespace danas
