// What the fuzz targets share. A target is one file with LLVMFuzzerTestOneInput, which hands foreign bytes to a reader:
// that may throw danas::Error and nothing else, within bounded time and memory (docs/fuzzing.md).
#pragma once

#include <stdlib.h>

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>

#include "danas/core/error.h"
#include "danas/core/log.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);

namespace danas::fuzz {

inline std::string_view Text(const uint8_t* data, size_t size) {
  return {reinterpret_cast<const char*>(data), size};
}

// Warnings of readers would hide what a find prints.
inline const bool kQuiet = [] {
  SetUpLog(Verbosity::kErrors);
  return true;
}();

// Ends the process, as a find, where `condition` does not hold.
inline void Require(bool condition, const char* what) {
  if (condition) return;
  std::fprintf(stderr, "fuzz: this does not hold: %s\n", what);
  std::abort();
}

// Whether `read` came to its end; false where it threw a danas::Error. Any other exception ends the process.
template <typename Read>
bool Accepts(Read&& read) {
  try {
    read();
    return true;
  } catch (const Error& error) {
    Require(error.what()[0] != '\0', "an error has a message");
    return false;
  }
}

// The text before the next `mark`, which goes with it: an input may hold several files.
inline std::string_view TakeUpTo(std::string_view& rest, std::string_view mark) {
  const size_t at = rest.find(mark);
  const std::string_view part = rest.substr(0, at);
  rest = at == std::string_view::npos ? std::string_view() : rest.substr(at + mark.size());
  return part;
}

// A folder of this process for files that are read by their path; removed at the end.
class Folder {
 public:
  Folder() {
    std::string name = (std::filesystem::temp_directory_path() / "danas-fuzz-XXXXXX").string();
    if (mkdtemp(name.data()) == nullptr) throw std::system_error(errno, std::generic_category(), "mkdtemp " + name);
    path_ = name;
  }
  ~Folder() {
    std::error_code ignored;  // a folder left behind is no find
    std::filesystem::remove_all(path_, ignored);
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;

  const std::filesystem::path& path() const { return path_; }

  // Makes the folders on the way, too.
  std::filesystem::path Write(const std::string& name, std::string_view bytes) const {
    const std::filesystem::path path = path_ / name;
    if (name.find('/') != std::string::npos) std::filesystem::create_directories(path.parent_path());
    std::ofstream stream(path, std::ios::binary);
    stream.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
    stream.close();
    if (!stream) throw std::runtime_error("cannot write " + path.string());
    return path;
  }

 private:
  std::filesystem::path path_;
};

}  // namespace danas::fuzz
