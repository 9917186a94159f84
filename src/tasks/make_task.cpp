#include "danas/tasks/make_task.h"

#include <stdexcept>

#include "classification/classification.h"
#include "keypoints/keypoint_localisation.h"

namespace danas {

std::shared_ptr<const Task> MakeTask(const Config& config) {
  switch (config.task) {
    case TaskKind::kClassification:
      return std::make_shared<const Classification>(config.data, config.seed);
    case TaskKind::kKeypoints:
      return std::make_shared<const KeypointLocalisation>(config.keypoints, config.data, config.seed);
  }
  throw std::invalid_argument("unknown task");
}

}  // namespace danas
