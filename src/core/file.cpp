#include "danas/core/file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <span>
#include <vector>

#include "danas/core/error.h"

namespace danas {
namespace {

[[noreturn]] void Fail(const char* action, const std::filesystem::path& path, int error) {
  throw FileError(std::string("cannot ") + action + " " + path.string() + ": " + std::strerror(error));
}

void WriteAll(int descriptor, const void* bytes, size_t size, const std::filesystem::path& path) {
  const char* next = static_cast<const char*>(bytes);
  while (size > 0) {
    const ssize_t written = ::write(descriptor, next, size);
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) Fail("write", path, errno);
    next += written;
    size -= static_cast<size_t>(written);
  }
}

std::filesystem::path FolderOf(const std::filesystem::path& path) {
  return path.has_parent_path() ? path.parent_path() : ".";
}

// A temporary neighbour of `path` that disappears unless Commit() is reached.
class TemporaryFile {
 public:
  explicit TemporaryFile(const std::filesystem::path& path)
      : path_(path), temporary_(path.string() + ".tmp-" + std::to_string(::getpid())) {
    std::error_code ignored;  // root's rename would put a file in the place of /dev/null
    if (std::filesystem::is_other(path, ignored)) {
      throw FileError("cannot write " + path.string() + ": it is a device or a pipe; give the name of a file");
    }
    descriptor_ = ::open(temporary_.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    if (descriptor_ < 0) Fail("write", path_, errno);
  }
  ~TemporaryFile() {
    if (descriptor_ >= 0) ::close(descriptor_);
    if (!committed_) ::unlink(temporary_.c_str());
  }
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;

  void Append(const void* bytes, size_t size) { WriteAll(descriptor_, bytes, size, path_); }

  void Commit() {
    if (::fsync(descriptor_) != 0) Fail("write", path_, errno);
    const int closed = ::close(descriptor_);
    descriptor_ = -1;
    if (closed != 0) Fail("write", path_, errno);
    if (::rename(temporary_.c_str(), path_.c_str()) != 0) Fail("write", path_, errno);
    committed_ = true;
    FlushToDisk(FolderOf(path_));  // without this a power cut could bring the old file back
  }

 private:
  std::filesystem::path path_;
  std::filesystem::path temporary_;
  int descriptor_ = -1;
  bool committed_ = false;
};

// Calls `visit` with what each read leaves in `buffer`.
template <typename Visit>
void ReadInto(std::span<char> buffer, const std::filesystem::path& path, const Visit& visit) {
  std::error_code ignored;
  if (std::filesystem::is_directory(path, ignored)) Fail("read", path, EISDIR);
  errno = 0;
  std::ifstream stream(path, std::ios::binary);
  if (!stream) Fail("read", path, errno);
  while (stream.read(buffer.data(), std::ssize(buffer)), stream.gcount() > 0) {
    visit(std::string_view(buffer.data(), static_cast<size_t>(stream.gcount())));
  }
  if (stream.bad()) Fail("read", path, errno != 0 ? errno : EIO);
}

}  // namespace

std::string ReadFile(const std::filesystem::path& path, size_t max_bytes) {
  std::string content;
  std::array<char, 1 << 16> buffer;
  ReadInto(buffer, path, [&](std::string_view block) {
    content.append(block);
    if (content.size() > max_bytes) Fail("read", path, EFBIG);
  });
  return content;
}

void ReadBlocks(const std::filesystem::path& path, const std::function<void(std::string_view block)>& visit) {
  std::vector<char> buffer(size_t{1} << 20);
  ReadInto(buffer, path, visit);
}

void WriteFileAtomically(const std::filesystem::path& path, std::string_view content) {
  WriteFileAtomically(path, [&](const AppendBytes& append) { append(content.data(), content.size()); });
}

void WriteFileAtomically(const std::filesystem::path& path, const std::function<void(const AppendBytes&)>& write) {
  TemporaryFile file(path);
  write([&](const void* bytes, size_t size) { file.Append(bytes, size); });
  file.Commit();
}

void FlushToDisk(const std::filesystem::path& path) {
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) Fail("flush", path, errno);
  const int flushed = ::fsync(descriptor);
  const int error = errno;
  ::close(descriptor);
  // Some network file systems cannot flush a folder and say EINVAL; what was done in it has succeeded.
  if (flushed != 0 && error != EINVAL) Fail("flush", path, error);
}

void MakeFolders(const std::filesystem::path& path) {
  std::error_code error;
  std::vector<std::filesystem::path> missing;
  std::filesystem::path folder = path.lexically_normal();
  while (!std::filesystem::exists(folder, error) && FolderOf(folder) != folder) {
    missing.push_back(folder);
    folder = FolderOf(folder);
  }
  for (auto next = missing.rbegin(); next != missing.rend(); ++next) {
    if (::mkdir(next->c_str(), 0777) != 0 && errno != EEXIST) Fail("make", *next, errno);
    FlushToDisk(FolderOf(*next));
  }
  if (!std::filesystem::is_directory(path, error)) Fail("make", path, ENOTDIR);
}

void CopyFileAtomically(const std::filesystem::path& from, const std::filesystem::path& to) {
  WriteFileAtomically(to, [&](const AppendBytes& append) {
    ReadBlocks(from, [&](std::string_view block) { append(block.data(), block.size()); });
  });
}

AppendFile::AppendFile(const std::filesystem::path& path) : path_(path) {
  descriptor_ = ::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
  if (descriptor_ < 0) Fail("open", path, errno);
}

AppendFile::~AppendFile() { ::close(descriptor_); }

void AppendFile::Append(std::string_view bytes) {
  struct stat status {};
  // Written to a file without a name, the bytes would be gone with the process.
  if (::fstat(descriptor_, &status) == 0 && status.st_nlink == 0) {
    throw FileError("cannot write " + path_.string() + ": it was removed in the meantime");
  }
  const off_t end = ::lseek(descriptor_, 0, SEEK_END);
  try {
    WriteAll(descriptor_, bytes.data(), bytes.size(), path_);
  } catch (const FileError&) {
    // Half a line would stand there for good. Should this fail too, the first error is still the one to report.
    if (end >= 0) static_cast<void>(!::ftruncate(descriptor_, end));
    throw;
  }
}

}  // namespace danas
