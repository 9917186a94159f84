#include "danas/search/kept_images.h"

#include <algorithm>

#include "danas/core/interrupt.h"
#include "danas/run/device.h"
#include "danas/tasks/make_task.h"
#include "danas/train/loaders.h"

namespace danas {

std::vector<Batch> KeepImages(const Subset& subset, int64_t most, const Config& config, at::Device device,
                              int channels) {
  const int64_t batches = std::max<int64_t>(1, (subset.size() + most - 1) / most);
  LoaderOptions options = TestLoader(config, std::max<int64_t>(1, (subset.size() + batches - 1) / batches), Ranks());
  options.least_last = 2;
  Loader loader(subset, MakeTask(config)->Frames(*subset.dataset, ImageUse::kTest, channels), options, device);
  loader.Start(0);
  std::vector<Batch> kept;
  while (const std::optional<Batch> batch = loader.Next()) {
    ThrowIfInterrupted();
    Batch& images = kept.emplace_back();
    images.images = InLayout(batch->images, config.runtime);
    images.targets = batch->targets;
    images.truth = batch->truth;
  }
  return kept;
}

}  // namespace danas
