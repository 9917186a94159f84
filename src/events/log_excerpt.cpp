#include "danas/events/log_excerpt.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <string>
#include <string_view>

#include "danas/core/error.h"
#include "danas/events/run_log.h"

namespace danas {
namespace {

// A file that may grow, or be cut back, while it is read.
class File {
 public:
  explicit File(const std::filesystem::path& path) : path_(path) {
    if (!std::filesystem::exists(path)) return;
    errno = 0;
    stream_.open(path, std::ios::binary | std::ios::ate);
    if (stream_) size_ = static_cast<int64_t>(stream_.tellg());
    if (!stream_ || size_ < 0) Fail();
  }

  int64_t size() const { return size_; }

  std::string Read(int64_t begin, int64_t end) {
    std::string bytes(static_cast<size_t>(std::max<int64_t>(end - begin, 0)), '\0');
    if (bytes.empty()) return bytes;
    errno = 0;
    stream_.seekg(begin);
    stream_.read(bytes.data(), static_cast<std::streamsize>(bytes.size()));
    if (stream_.bad()) Fail();
    bytes.resize(static_cast<size_t>(stream_.gcount()));
    stream_.clear();
    return bytes;
  }

 private:
  [[noreturn]] void Fail() const {
    throw FileError("cannot read " + path_.string() + ": " + std::strerror(errno != 0 ? errno : EIO));
  }

  std::filesystem::path path_;
  std::ifstream stream_;
  int64_t size_ = 0;
};

// The whole lines of `text`; what follows the last newline is left out.
void AddEvents(std::string_view text, LogExcerpt& excerpt) {
  for (size_t begin = 0, end; (end = text.find('\n', begin)) != std::string_view::npos; begin = end + 1) {
    if (begin == end) continue;
    Json event = events::ParseLine(text.substr(begin, end - begin));
    if (event.is_null()) {
      ++excerpt.broken;
    } else {
      excerpt.events.push_back(std::move(event));
    }
  }
}

}  // namespace

LogExcerpt ReadLogExcerpt(const std::filesystem::path& log, int64_t head_bytes, int64_t tail_bytes) {
  File file(log);
  LogExcerpt excerpt;
  const bool whole = file.size() <= head_bytes + tail_bytes;
  const std::string head = file.Read(0, whole ? file.size() : head_bytes);
  excerpt.bytes_read = static_cast<int64_t>(head.size());
  AddEvents(head, excerpt);
  if (whole) return excerpt;
  const std::string tail = file.Read(file.size() - tail_bytes, file.size());
  excerpt.bytes_read += static_cast<int64_t>(tail.size());
  const size_t first = tail.find('\n');  // behind the rest of a line that began before
  if (first != std::string::npos) AddEvents(std::string_view(tail).substr(first + 1), excerpt);
  return excerpt;
}

std::string ReadTail(const std::filesystem::path& path, int64_t bytes) {
  File file(path);
  return file.Read(std::max<int64_t>(file.size() - bytes, 0), file.size());
}

}  // namespace danas
