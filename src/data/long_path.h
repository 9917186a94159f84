// Files and folders by their paths, also where a path is longer than the system takes at once (PATH_MAX, 4096 bytes):
// it is then gone along in pieces.
#pragma once

#include <sys/stat.h>

#include <filesystem>
#include <string>

namespace danas {

// As open(2) and stat(2): -1 and errno where it cannot be done.
int OpenPath(const std::filesystem::path& path, int flags);
int StatPath(const std::filesystem::path& path, struct stat& status);

// Where a link leads, as it is written; empty where `path` is not a link.
std::string LinkTarget(const std::filesystem::path& path);

}  // namespace danas
