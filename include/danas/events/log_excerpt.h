// Events at both ends of a run's log. Logs of long runs are large, and who asks how a run is doing waits: what lies
// between is not read.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "danas/core/json.h"

namespace danas {

struct LogExcerpt {
  std::vector<Json> events;  // objects with a text `event`, in the log's order
  int64_t broken = 0;        // lines that are none; a last one that is still being written does not count
  int64_t bytes_read = 0;
};

constexpr int64_t kLogHeadBytes = int64_t{4} << 20;
constexpr int64_t kLogTailBytes = int64_t{1} << 20;

// A file that is not there has no events. Throws FileError with the system's reason where it cannot be read.
LogExcerpt ReadLogExcerpt(const std::filesystem::path& log, int64_t head_bytes = kLogHeadBytes,
                          int64_t tail_bytes = kLogTailBytes);

// The last `bytes` of a file, all of it where it is shorter; empty where there is none. Throws as above.
std::string ReadTail(const std::filesystem::path& path, int64_t bytes);

}  // namespace danas
