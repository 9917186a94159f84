// The task that a config names.
#pragma once

#include <memory>

#include "danas/config/config.h"
#include "danas/train/task.h"

namespace danas {

std::shared_ptr<const Task> MakeTask(const Config& config);

}  // namespace danas
