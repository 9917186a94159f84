#include "danas/events/line_reader.h"

#include <cerrno>
#include <cstring>
#include <fstream>

#include "danas/core/error.h"

namespace danas {

LineReader::Lines LineReader::Read() {
  constexpr size_t kMostBytes = size_t{1} << 20;
  Lines result;
  std::error_code error;
  const auto size = static_cast<int64_t>(std::filesystem::file_size(path_, error));
  if (error == std::errc::no_such_file_or_directory) return result;
  if (error) throw FileError("cannot read " + path_.string() + ": " + error.message());
  if (size < offset_) {
    offset_ = size;
    rest_.clear();
    result.cut_back = true;
    return result;
  }
  errno = 0;
  std::ifstream stream(path_, std::ios::binary);
  stream.seekg(offset_);
  std::string bytes(kMostBytes, '\0');
  stream.read(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  if (stream.bad() || !stream.is_open()) {
    throw FileError("cannot read " + path_.string() + ": " + std::strerror(errno != 0 ? errno : EIO));
  }
  bytes.resize(static_cast<size_t>(stream.gcount()));
  offset_ += static_cast<int64_t>(bytes.size());
  rest_ += bytes;
  size_t begin = 0;
  for (size_t end; (end = rest_.find('\n', begin)) != std::string::npos; begin = end + 1) {
    result.lines.push_back(rest_.substr(begin, end - begin));
  }
  rest_.erase(0, begin);
  // The lines came, but not the end of the last one: more may be there already.
  return result.lines.empty() && bytes.size() == kMostBytes ? Read() : result;
}

}  // namespace danas
