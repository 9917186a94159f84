// A large file's bytes as memory, read-only: what is not looked at is not read.
#pragma once

#include <cstdint>
#include <filesystem>
#include <span>

namespace danas {

class MappedFile {
 public:
  // Throws FileError with the path and the system's reason; for what is not a regular file, too. As with every mapping
  // the file must not become shorter while this lives.
  explicit MappedFile(const std::filesystem::path& path);
  ~MappedFile();
  MappedFile(const MappedFile&) = delete;
  MappedFile& operator=(const MappedFile&) = delete;

  std::span<const uint8_t> bytes() const { return bytes_; }

 private:
  std::span<const uint8_t> bytes_;
};

}  // namespace danas
