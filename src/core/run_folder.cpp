#include "danas/core/run_folder.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <ctime>

#include "danas/core/error.h"

namespace danas {
namespace {

constexpr const char* kLogName = "log.jsonl";

[[noreturn]] void FailToMake(const std::filesystem::path& path, int error) {
  throw FileError("cannot make the run folder " + path.string() + ": " + std::strerror(error));
}

[[noreturn]] void FailTaken(const std::filesystem::path& path, bool holds_run) {
  throw FileError(path.string() + (holds_run ? " already holds a run, which stays as it is" : " is not empty") +
                  ". Choose another folder with --run, or remove this one first");
}

// Whether this call made the folder.
bool MakeFolder(const std::filesystem::path& path) {
  if (::mkdir(path.c_str(), 0777) == 0) return true;
  if (errno != EEXIST) FailToMake(path, errno);
  return false;
}

void MakeParents(const std::filesystem::path& path) {
  std::error_code error;
  if (path.has_parent_path()) std::filesystem::create_directories(path.parent_path(), error);
  if (error) FailToMake(path, error.value());
}

// The log's exclusive creation decides which of two processes has the folder.
void ClaimFolder(const std::filesystem::path& path) {
  const std::filesystem::path log = path / kLogName;
  const int descriptor = ::open(log.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
  if (descriptor < 0 && errno == EEXIST) FailTaken(path, true);
  if (descriptor < 0) FailToMake(path, errno);
  ::close(descriptor);
}

std::string FormatTime(const char* format, const std::tm& time) {
  std::array<char, 64> text{};
  std::strftime(text.data(), text.size(), format, &time);
  return text.data();
}

std::string LocalTimeForNames() {
  const std::time_t now = std::time(nullptr);
  std::tm local{};
  ::localtime_r(&now, &local);
  return FormatTime("%Y%m%d-%H%M%S", local);
}

std::string UniversalTime() {
  const std::time_t now = std::time(nullptr);
  std::tm universal{};
  ::gmtime_r(&now, &universal);
  return FormatTime("%Y-%m-%dT%H:%M:%SZ", universal);
}

// Names of folders and classes need not be UTF-8; what is not becomes U+FFFD.
std::string Dump(const Json& json, int indent) {
  return json.dump(indent, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace

RunFolder::RunFolder(std::filesystem::path path) : path_(std::move(path)) {
  MakeParents(path_);
  if (!MakeFolder(path_)) {
    std::error_code error;
    const bool empty = std::filesystem::is_empty(path_, error);
    if (error) FailToMake(path_, error.value());
    if (!std::filesystem::is_directory(path_)) FailToMake(path_, ENOTDIR);
    if (!empty) FailTaken(path_, std::filesystem::exists(path_ / kLogName));
  }
  ClaimFolder(path_);
}

RunFolder RunFolder::WithDefaultName(std::string_view name, int64_t seed) {
  const std::string stem = std::string(name) + "-" + LocalTimeForNames() + "-seed" + std::to_string(seed);
  std::filesystem::path path = std::filesystem::path("runs") / stem;
  for (int number = 2; std::filesystem::exists(path); ++number) {
    path.replace_filename(stem + "-" + std::to_string(number));
  }
  return RunFolder(path);
}

void RunFolder::WriteJson(std::string_view file, const Json& json) const {
  WriteFileAtomically(path_ / file, Dump(json, 2));
}

JsonlSink::JsonlSink(const RunFolder& folder) : log_(folder / kLogName), alpha_(folder / "alpha.jsonl") {}

void JsonlSink::Record(const Event& event) {
  Json line = {{"event", event.name}, {"time", UniversalTime()}};
  line.update(event.fields);
  (event.name == "alpha" ? alpha_ : log_).Append(Dump(line, -1));
}

}  // namespace danas
