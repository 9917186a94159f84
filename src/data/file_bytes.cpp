#include "src/data/file_bytes.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include <cerrno>
#include <cstring>

#include "danas/core/error.h"
#include "src/data/long_path.h"

namespace danas {
namespace {

constexpr size_t kMaxUnpacked = size_t{4} << 30;

// An open regular file.
class OpenFile {
 public:
  explicit OpenFile(const std::filesystem::path& path)
      : path_(path), descriptor_(OpenPath(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)) {
    if (descriptor_ < 0) FailToReach(path, errno);
  }
  ~OpenFile() { close(descriptor_); }
  OpenFile(const OpenFile&) = delete;
  OpenFile& operator=(const OpenFile&) = delete;

  size_t Size() const {
    struct stat status {};
    if (fstat(descriptor_, &status) != 0) FailToReach(path_, errno);
    if (!S_ISREG(status.st_mode)) throw DataError(path_.string() + ": not a file, though a file is expected here");
    return static_cast<size_t>(status.st_size);
  }

  // Bytes from where the last call ended: fewer than `most` at the end of the file alone.
  size_t Read(void* to, size_t most) const {
    size_t done = 0;
    while (done < most) {
      const ssize_t got = read(descriptor_, static_cast<uint8_t*>(to) + done, most - done);
      if (got < 0 && errno == EINTR) continue;
      if (got < 0) FailToReach(path_, errno);
      if (got == 0) break;
      done += static_cast<size_t>(got);
    }
    return done;
  }

 private:
  const std::filesystem::path& path_;
  int descriptor_;
};

bool IsGzip(std::span<const uint8_t> bytes) { return bytes.size() > 2 && bytes[0] == 0x1F && bytes[1] == 0x8B; }

std::vector<uint8_t> Unpack(const std::filesystem::path& path) {
  const std::unique_ptr<gzFile_s, int (*)(gzFile)> file(gzopen(path.c_str(), "rb"), gzclose);
  if (!file) throw DataError(path.string() + ": cannot be opened");
  std::vector<uint8_t> bytes;
  constexpr unsigned kPiece = 1 << 20;
  for (size_t done = 0;;) {
    bytes.resize(done + kPiece);
    const int got = gzread(file.get(), bytes.data() + done, kPiece);
    int error = Z_OK;
    const char* reason = gzerror(file.get(), &error);
    // Z_BUF_ERROR: the file ends within the compressed data.
    if (got < 0 || error != Z_OK)
      throw DataError(path.string() + ": damaged or cut short (" + reason + "); fetch it again");
    done += static_cast<size_t>(got);
    if (got == 0) {
      bytes.resize(done);
      return bytes;
    }
    if (done > kMaxUnpacked)
      throw DataError(path.string() + ": unpacks to more than 4 GiB; no dataset of this kind does");
  }
}

}  // namespace

void FailToReach(const std::filesystem::path& path, int error) {
  const std::string target = error == ENOENT || error == ELOOP ? LinkTarget(path) : "";
  if (!target.empty()) {
    const char* fault = error == ENOENT ? ", which does not exist" : ", in a circle of links";
    throw DataError(path.string() + ": a link to " + target + fault + ". Fix the link");
  }
  throw DataError(path.string() + ": cannot be read: " + std::strerror(error));
}

std::vector<uint8_t> ReadFileBytes(const std::filesystem::path& path) {
  const OpenFile file(path);
  std::vector<uint8_t> bytes(file.Size());
  if (file.Read(bytes.data(), bytes.size()) < bytes.size()) {
    throw DataError(path.string() + ": became shorter while it was being read");
  }
  return bytes;
}

std::string FirstBytes(const std::filesystem::path& path, size_t most) {
  try {
    const OpenFile file(path);
    std::string bytes(std::min(most, file.Size()), '\0');
    bytes.resize(file.Read(bytes.data(), bytes.size()));
    return bytes;
  } catch (const DataError&) {
    return "";
  }
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

FileContent::FileContent(const std::filesystem::path& path) : mapped_(MapFile(path)), bytes_(mapped_->bytes()) {
  if (!IsGzip(bytes_)) return;
  mapped_.reset();
  unpacked_ = Unpack(path);
  bytes_ = unpacked_;
}

}  // namespace danas
