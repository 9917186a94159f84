// Whole lines of a file that grows, or is cut back to a checkpoint, while it is read.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace danas {

class LineReader {
 public:
  explicit LineReader(std::filesystem::path path) : path_(std::move(path)) {}

  struct Lines {
    std::vector<std::string> lines;  // without their newlines
    bool cut_back = false;           // the file is shorter than what was read of it; reading continues at its end
  };

  // The next lines, a megabyte at most; none where there are no whole ones yet, or no file. Throws FileError with the
  // system's reason where it cannot be read.
  Lines Read();

 private:
  std::filesystem::path path_;
  int64_t offset_ = 0;
  std::string rest_;  // of a line whose end is not there yet
};

}  // namespace danas
