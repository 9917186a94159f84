#include "danas/tasks/make_task.h"

#include "classification/classification.h"

namespace danas {

std::shared_ptr<const Task> MakeTask(const Config& config) {
  return std::make_shared<const Classification>(config.data, config.seed);
}

}  // namespace danas
