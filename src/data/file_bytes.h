// A file's bytes: mapped into memory, read-only, for the large ones that are read in pieces; read at once for images.
#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <vector>

namespace danas {

// Throws DataError with the path and the system's reason; a link without a target and a folder are named as such.
std::vector<uint8_t> ReadFileBytes(const std::filesystem::path& path);

class MappedFile {
 public:
  // Throws DataError as ReadFileBytes does.
  explicit MappedFile(const std::filesystem::path& path);
  ~MappedFile();
  MappedFile(const MappedFile&) = delete;
  MappedFile& operator=(const MappedFile&) = delete;

  std::span<const uint8_t> bytes() const { return bytes_; }

 private:
  std::span<const uint8_t> bytes_;
};

}  // namespace danas
