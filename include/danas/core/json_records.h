// JSON files that are lists of records, read one record at a time: memory holds a single one, however large the file.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "danas/core/json.h"

namespace danas {

struct JsonRecordPlan {
  // Keys of the file's object whose lists are read; the others are read over. The key "" stands for a file that is one
  // list, without an object around it.
  std::vector<std::string> lists;
  std::vector<std::string> passed_over;  // keys of a record whose values are never kept
};

struct JsonRecord {
  std::string list;   // its key in the file
  int64_t place = 0;  // within the list, from 0
  Json value;
};

// A record may have this many values; more is refused.
inline constexpr int64_t kMostRecordValues = 10'000;

// Calls `visit` with each record of the lists of `plan` that are there, in the file's order; what it throws is passed
// on. Returns the keys of these lists. Throws FileError where the file cannot be read, and DataError with the file and
// the byte where it is no JSON or ends too soon, and with the key where a list is none or is there twice.
std::vector<std::string> ReadJsonRecords(const std::filesystem::path& path, const JsonRecordPlan& plan,
                                         const std::function<void(JsonRecord&& record)>& visit);

// The same of `text`; `name` stands for the file in errors.
std::vector<std::string> ReadJsonRecords(std::string_view text, const std::string& name, const JsonRecordPlan& plan,
                                         const std::function<void(JsonRecord&& record)>& visit);

}  // namespace danas
