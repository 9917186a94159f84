// Versions and how danas was built.
#pragma once

#include <string>

#include "danas/core/json.h"

namespace danas {

std::string VersionLine();  // "danas 0.1.0"

// What was known when danas was built: {"danas", "commit", "torch", "opencv", "cuda_parts", "build_type", "compiler"}.
// The commit is empty where it was built outside a repository.
Json BuildVersions();

// One "name  value" line for each entry.
std::string VersionText(const Json& versions);

}  // namespace danas
