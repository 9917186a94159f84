// A file's bytes: mapped into memory, read-only, for the large ones that are read in pieces; read at once for images;
// unpacked where the file is a gzip stream, whatever its name.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "danas/core/mapped_file.h"

namespace danas {

// A path of any length. Throws DataError with the path and the system's reason; a link without a target and a folder
// are named as such.
std::vector<uint8_t> ReadFileBytes(const std::filesystem::path& path);

// The first bytes of a file, `most` of them or fewer; none where it cannot be read.
std::string FirstBytes(const std::filesystem::path& path, size_t most);

// Mapped; throws DataError as ReadFileBytes does.
std::unique_ptr<MappedFile> MapFile(const std::filesystem::path& path);

// The content of a file that may be packed: mapped as it is, or the bytes that its gzip stream holds. Its first two
// bytes decide, not its name. Throws DataError as MapFile(), and for a stream that is damaged or unpacks to more than 4
// GiB (the largest known dataset that comes so, EMNIST ByClass, has 550 MB).
class FileContent {
 public:
  explicit FileContent(const std::filesystem::path& path);
  std::span<const uint8_t> bytes() const { return bytes_; }

 private:
  std::unique_ptr<MappedFile> mapped_;
  std::vector<uint8_t> unpacked_;
  std::span<const uint8_t> bytes_;
};

// Throws the DataError for a path that the system did not open or find, by its errno: a broken link says where it
// leads.
[[noreturn]] void FailToReach(const std::filesystem::path& path, int error);

}  // namespace danas
