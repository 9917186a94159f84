#include "danas/arch/config_space.h"

#include "danas/arch/heat_map_head.h"

namespace danas {

Size InputSize(const DataConfig& data) {
  const auto height = static_cast<int>(data.image_size);
  return {.height = height, .width = data.image_width > 0 ? static_cast<int>(data.image_width) : height};
}

LoadedSpace LoadSpaceOf(const Config& config, int outputs) {
  const Size input = InputSize(config.data);
  if (config.task == TaskKind::kClassification) return LoadSpace(config.space, input, outputs);
  const KeypointHeadConfig& own = config.keypoints.head;
  HeatMapHead head{.input = input,
                   .layers = static_cast<int>(own.layers),
                   .channels = static_cast<int>(own.channels),
                   .kernel = static_cast<int>(own.kernel),
                   .groups = {own.groups.begin(), own.groups.end()},
                   .fixed = {own.fixed.begin(), own.fixed.end()}};
  if (outputs > 0) head.key_points = outputs;
  LoadedSpace loaded = LoadSpace(config.space, input);
  loaded.space = WithHeatMapHead(loaded.space, head);
  return loaded;
}

}  // namespace danas
