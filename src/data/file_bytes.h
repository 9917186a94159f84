// A file's bytes: mapped into memory, read-only, for the large ones that are read in pieces; read at once for images.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <vector>

#include "danas/core/mapped_file.h"

namespace danas {

// Throws DataError with the path and the system's reason; a link without a target and a folder are named as such.
std::vector<uint8_t> ReadFileBytes(const std::filesystem::path& path);

// Mapped; throws DataError as ReadFileBytes does.
std::unique_ptr<MappedFile> MapFile(const std::filesystem::path& path);

}  // namespace danas
