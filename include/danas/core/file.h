// Files are read whole and written whole: a reader never sees half a file, and a crash leaves the old one in place.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>

namespace danas {

// The file's bytes. Throws FileError with the path and the system's reason, and for a file larger than `max_bytes`.
std::string ReadFile(const std::filesystem::path& path, size_t max_bytes = SIZE_MAX);

// The file's bytes block by block, at most 1 MiB in memory at a time. Throws FileError as ReadFile() does.
void ReadBlocks(const std::filesystem::path& path, const std::function<void(std::string_view block)>& visit);

// Writes to a temporary name in the same folder, flushes it to disk, renames it over `path` and flushes the folder.
// On any failure (full disk, no permission, `path` is a device or a pipe) the temporary file is removed, `path` is as before, and FileError is
// thrown; where flushing the folder alone fails, it is thrown with the new file in place.
void WriteFileAtomically(const std::filesystem::path& path, std::string_view content);

// As above for content too large to hold twice: `write` is called with a function that appends bytes.
using AppendBytes = std::function<void(const void* bytes, size_t size)>;
void WriteFileAtomically(const std::filesystem::path& path, const std::function<void(const AppendBytes&)>& write);

// What was written to a file so far, or the names in a folder, is on the disk when this returns: a power cut takes
// nothing of it back. Throws FileError.
void FlushToDisk(const std::filesystem::path& path);

// Makes a folder and those above it that are missing, and flushes their names to the disk. Throws FileError.
void MakeFolders(const std::filesystem::path& path);

// Copies a file, whole or not at all, as WriteFileAtomically() does.
void CopyFileAtomically(const std::filesystem::path& from, const std::filesystem::path& to);

// A file that only grows, such as a log. Each Append() is one write of whole bytes. Where that fails (full disk, a file
// that was removed meanwhile) the file stays as it was and FileError is thrown.
class AppendFile {
 public:
  explicit AppendFile(const std::filesystem::path& path);
  ~AppendFile();
  AppendFile(const AppendFile&) = delete;
  AppendFile& operator=(const AppendFile&) = delete;

  void Append(std::string_view bytes);

 private:
  std::filesystem::path path_;
  int descriptor_;
};

}  // namespace danas
