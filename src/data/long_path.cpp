#include "src/data/long_path.h"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <climits>
#include <utility>

namespace danas {
namespace {

// The folder from which the rest of a path is short enough. Where that folder cannot be reached, or a single name is
// too long, the calls that follow fail with the reason in errno.
class Descent {
 public:
  explicit Descent(const std::filesystem::path& path) : rest_(path.string()) {
    while (rest_.size() >= PATH_MAX) {
      const size_t cut = rest_.rfind('/', PATH_MAX - 2);
      if (cut == std::string::npos || cut == 0) return;
      const int next = ::openat(folder_, rest_.substr(0, cut).c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC);
      const int error = errno;
      Close();
      folder_ = next;
      if (next < 0) {
        error_ = error;
        return;
      }
      rest_.erase(0, rest_.find_first_not_of('/', cut));
      if (rest_.empty()) rest_ = ".";
    }
  }
  ~Descent() {
    const int error = errno;
    Close();
    errno = error;
  }
  Descent(const Descent&) = delete;
  Descent& operator=(const Descent&) = delete;

  bool Reached() const {
    if (error_ != 0) errno = error_;
    return error_ == 0;
  }
  int folder() const { return folder_; }
  const char* rest() const { return rest_.c_str(); }

 private:
  void Close() {
    if (folder_ >= 0) ::close(folder_);
  }

  int folder_ = AT_FDCWD;
  int error_ = 0;
  std::string rest_;
};

}  // namespace

int OpenPath(const std::filesystem::path& path, int flags) {
  const Descent at(path);
  return at.Reached() ? ::openat(at.folder(), at.rest(), flags) : -1;
}

int StatPath(const std::filesystem::path& path, struct stat& status) {
  const Descent at(path);
  return at.Reached() ? ::fstatat(at.folder(), at.rest(), &status, 0) : -1;
}

std::string LinkTarget(const std::filesystem::path& path) {
  const Descent at(path);
  std::array<char, PATH_MAX> target;
  const ssize_t size = at.Reached() ? ::readlinkat(at.folder(), at.rest(), target.data(), target.size()) : -1;
  return size > 0 ? std::string(target.data(), static_cast<size_t>(size)) : "";
}

}  // namespace danas
