#include "src/data/file_bytes.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "danas/core/error.h"

namespace danas {
namespace {

[[noreturn]] void Fail(const std::filesystem::path& path, int error) {
  std::error_code ignored;
  if (error == ENOENT && std::filesystem::is_symlink(path, ignored)) {
    throw DataError(path.string() + ": a link to " + std::filesystem::read_symlink(path, ignored).string() +
                    ", which is not there. Mend the link or take it out of the dataset");
  }
  throw DataError(path.string() + ": cannot be read: " + std::strerror(error));
}

// An open regular file.
class OpenFile {
 public:
  explicit OpenFile(const std::filesystem::path& path)
      : path_(path), descriptor_(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)) {
    if (descriptor_ < 0) Fail(path, errno);
  }
  ~OpenFile() { close(descriptor_); }
  OpenFile(const OpenFile&) = delete;
  OpenFile& operator=(const OpenFile&) = delete;

  int descriptor() const { return descriptor_; }
  size_t Size() const {
    struct stat status {};
    if (fstat(descriptor_, &status) != 0) Fail(path_, errno);
    if (!S_ISREG(status.st_mode)) throw DataError(path_.string() + ": not a file, though a file is expected here");
    return static_cast<size_t>(status.st_size);
  }

 private:
  const std::filesystem::path& path_;
  int descriptor_;
};

}  // namespace

std::vector<uint8_t> ReadFileBytes(const std::filesystem::path& path) {
  const OpenFile file(path);
  std::vector<uint8_t> bytes(file.Size());
  size_t done = 0;
  while (done < bytes.size()) {
    const ssize_t got = read(file.descriptor(), bytes.data() + done, bytes.size() - done);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) Fail(path, errno);
    if (got == 0) throw DataError(path.string() + ": became shorter while it was read");
    done += static_cast<size_t>(got);
  }
  return bytes;
}

std::unique_ptr<MappedFile> MapFile(const std::filesystem::path& path) {
  const OpenFile file(path);
  file.Size();  // says what is wrong with the path
  try {
    return std::make_unique<MappedFile>(path);
  } catch (const FileError& error) {
    throw DataError(error.what());
  }
}

}  // namespace danas
