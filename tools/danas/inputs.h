// What several commands read the same way.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "danas/arch/config_space.h"
#include "danas/config/config.h"
#include "option_groups.h"

namespace danas {

// The file's config, or the defaults if no file is given, with the assignments.
Config ReadConfig(const ConfigOptions& options);

// "cifar10" for configs/cifar10.json: names run folders. "default" for no file.
std::string ConfigName(const ConfigOptions& options);

// Runs `check` on every file and prints "FILE: valid", and below it what `check` returns, or the error; the exit code
// of the first error.
int CheckFiles(const std::vector<std::string>& paths, const std::function<std::string(const std::string& path)>& check);

}  // namespace danas
