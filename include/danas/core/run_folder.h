// The folder of one run: its config, what it logged and what it found. A folder belongs to one run for good:
//   config.json  the resolved config      log.jsonl    one event a line
//   alpha.jsonl  the events of α          best.json, result.json, *.safetensors ...  what the run found
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

#include "danas/core/json.h"

namespace danas {

inline constexpr const char* kLogFile = "log.jsonl";
inline constexpr const char* kAlphaFile = "alpha.jsonl";

class RunFolder {
 public:
  // Makes the folder and those above it, or takes an empty one. Throws FileError if there is anything in it already: a
  // second run never touches the first one's files. Of two processes that ask for one folder at once, one gets it.
  explicit RunFolder(std::filesystem::path path);

  // The folder of a resumed run, without the temporary files and the half line of a log that a process leaves which
  // is killed. Throws FileError where there is none, or where a process that lives works in it.
  static RunFolder Reopen(std::filesystem::path path);

  // Throws what RunFolder(path) would throw now; makes nothing. For plans, and before what takes long.
  static void CheckFree(const std::filesystem::path& path);

  // runs/<name>-<YYYYMMDD-hhmmss>-seed<seed> in local time, below the working folder; "-2", "-3" ... is added where a
  // run started in the same second.
  static std::filesystem::path DefaultPath(std::string_view name, int64_t seed);

  const std::filesystem::path& path() const { return path_; }
  std::filesystem::path operator/(std::string_view file) const { return path_ / file; }

  // Undoes the claim, for a run that could not even begin: the same folder can be asked for again.
  void GiveBack() const;

  // Indented, whole or not at all.
  void WriteJson(std::string_view file, const Json& json) const;

 private:
  class Lock;
  RunFolder() = default;

  std::filesystem::path path_;
  std::shared_ptr<const Lock> lock_;  // the system gives it back when the process ends, however it ends
};

// Who works in a run's folder.
struct RunHolder {
  enum class State {
    kNone,       // nobody is named: there is no file `lock`, or it is empty
    kAlive,      // a process holds the lock
    kGone,       // the process that is named holds it no longer
    kElsewhere,  // it was taken on another machine, whose locks may not be seen from here
  };
  State state = State::kNone;
  std::string name;  // "process 12 on host"; empty where nobody is named
};

// Looks at the lock and leaves it as it is. Throws FileError where it cannot be read.
RunHolder FindHolder(const std::filesystem::path& run_folder);

}  // namespace danas
