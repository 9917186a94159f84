#include "danas/core/run_folder.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <ctime>
#include <vector>

#include "danas/core/error.h"
#include "danas/core/file.h"

namespace danas {
namespace {

constexpr const char* kLockName = "lock";

[[noreturn]] void FailToMake(const std::filesystem::path& path, int error) {
  throw FileError("cannot create the run folder " + path.string() + ": " + std::strerror(error));
}

[[noreturn]] void FailTaken(const std::filesystem::path& path, bool holds_run) {
  throw FileError(path.string() + (holds_run ? " already contains a run, which is left unchanged" : " is not empty") +
                  ". Choose another folder with --run" + (holds_run ? "; --resume continues this one" : ""));
}

// `path` or the nearest folder above it that is there.
std::filesystem::path NearestExisting(const std::filesystem::path& path) {
  std::filesystem::path nearest = std::filesystem::absolute(path).lexically_normal();
  std::error_code error;
  while (!std::filesystem::exists(nearest, error) && nearest.has_relative_path()) {
    if (error) FailToMake(path, error.value());
    nearest = nearest.parent_path();
  }
  return nearest;
}

// The log's exclusive creation decides which of two processes has the folder.
void ClaimFolder(const std::filesystem::path& path) {
  const std::filesystem::path log = path / kLogFile;
  const int descriptor = ::open(log.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
  if (descriptor < 0 && errno == EEXIST) FailTaken(path, true);
  if (descriptor < 0) FailToMake(path, errno);
  ::close(descriptor);
}

// Of files that were being written (core/file.h) when their process was killed.
void RemoveTemporaryFiles(const std::filesystem::path& folder) {
  std::vector<std::filesystem::path> found;
  std::error_code ignored;  // what stays costs room, nothing else
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder, ignored)) {
    if (entry.path().filename().string().find(".tmp-") != std::string::npos) found.push_back(entry.path());
  }
  for (const std::filesystem::path& file : found) std::filesystem::remove(file, ignored);
}

// A process that is killed may leave half a line, which the next one would continue.
void CutHalfLine(const std::filesystem::path& log) {
  if (!std::filesystem::exists(log)) return;
  const std::string lines = ReadFile(log);
  const size_t whole = lines.rfind('\n') == std::string::npos ? 0 : lines.rfind('\n') + 1;
  if (whole == lines.size()) return;
  std::error_code error;
  std::filesystem::resize_file(log, whole, error);
  if (error) throw FileError("cannot cut off the incomplete last line of " + log.string() + ": " + error.message());
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

std::string HostName() {
  std::array<char, 128> host{};
  ::gethostname(host.data(), host.size() - 1);
  return host.data();
}

std::string ReadHolder(int descriptor) {
  std::array<char, 256> holder{};
  const ssize_t size = ::pread(descriptor, holder.data(), holder.size() - 1, 0);
  return size > 0 ? holder.data() : "";
}

// FindHolder() has the lock for a moment; that is not a run.
bool TakeLock(int descriptor) {
  constexpr int kTries = 10;
  for (int i = 1; ::flock(descriptor, LOCK_EX | LOCK_NB) != 0; ++i) {
    if (i == kTries) return false;
    ::usleep(10000);
  }
  return true;
}

}  // namespace

// An flock() on the file `lock`, which names its holder.
class RunFolder::Lock {
 public:
  explicit Lock(const std::filesystem::path& folder) {
    const std::filesystem::path path = folder / kLockName;
    descriptor_ = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    if (descriptor_ < 0) throw FileError("cannot open " + path.string() + ": " + std::strerror(errno));
    if (!TakeLock(descriptor_)) {
      const std::string holder = ReadHolder(descriptor_);
      ::close(descriptor_);
      throw FileError(folder.string() + " is in use" + (holder.empty() ? "" : " by " + holder) +
                      ". Wait for that run to end, or end it");
    }
    const std::string holder = "process " + std::to_string(::getpid()) + " on " + HostName();
    // Only for people to read: where it cannot be written (a full disk), the lock holds all the same.
    if (::ftruncate(descriptor_, 0) == 0) static_cast<void>(!::pwrite(descriptor_, holder.data(), holder.size(), 0));
  }
  ~Lock() { ::close(descriptor_); }
  Lock(const Lock&) = delete;
  Lock& operator=(const Lock&) = delete;

 private:
  int descriptor_ = -1;
};

RunFolder::RunFolder(std::filesystem::path path) : path_(std::move(path)) {
  CheckFree(path_);
  MakeFolders(path_);
  ClaimFolder(path_);
  lock_ = std::make_shared<const Lock>(path_);
}

RunFolder RunFolder::Reopen(std::filesystem::path path) {
  RunFolder folder;
  folder.path_ = std::move(path);
  if (!std::filesystem::exists(folder / kLogFile)) {
    throw FileError(folder.path_.string() +
                    " does not contain a run. --resume needs the folder of a run that was started");
  }
  folder.lock_ = std::make_shared<const Lock>(folder.path_);
  RemoveTemporaryFiles(folder.path_);
  for (const char* log : {kLogFile, kAlphaFile}) CutHalfLine(folder / log);
  return folder;
}

void RunFolder::CheckFree(const std::filesystem::path& path) {
  const std::filesystem::path existing = NearestExisting(path);
  if (!std::filesystem::is_directory(existing)) FailToMake(path, ENOTDIR);
  if (::access(existing.c_str(), W_OK | X_OK) != 0) FailToMake(path, errno);
  if (!std::filesystem::exists(path)) return;
  std::error_code error;
  const bool empty = std::filesystem::is_empty(path, error);
  if (error) FailToMake(path, error.value());
  if (!empty) FailTaken(path, std::filesystem::exists(path / kLogFile));
}

std::filesystem::path RunFolder::DefaultPath(std::string_view name, int64_t seed) {
  const std::string stem = std::string(name) + "-" + LocalTimeForNames() + "-seed" + std::to_string(seed);
  std::filesystem::path path = std::filesystem::path("runs") / stem;
  for (int number = 2; std::filesystem::exists(path); ++number) {
    path.replace_filename(stem + "-" + std::to_string(number));
  }
  return path;
}

void RunFolder::GiveBack() const {
  std::error_code ignored;  // the error that led here is the one to report
  std::filesystem::remove(path_ / kLogFile, ignored);
  std::filesystem::remove(path_ / kLockName, ignored);
}

void RunFolder::WriteJson(std::string_view file, const Json& json) const {
  WriteFileAtomically(path_ / file, JsonText(json, 2) + "\n");
}

RunHolder FindHolder(const std::filesystem::path& run_folder) {
  const std::filesystem::path path = run_folder / kLockName;
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0 && errno == ENOENT) return {};
  if (descriptor < 0) throw FileError("cannot read " + path.string() + ": " + std::strerror(errno));
  RunHolder holder{.state = RunHolder::State::kNone, .name = ReadHolder(descriptor)};
  const bool held = ::flock(descriptor, LOCK_SH | LOCK_NB) != 0;
  const bool refused = held && errno == EWOULDBLOCK;
  ::close(descriptor);
  if (refused) {
    holder.state = RunHolder::State::kAlive;
  } else if (!holder.name.empty()) {
    // A file system without locks shows as little as another machine.
    const bool here = !held && holder.name.ends_with(" on " + HostName());
    holder.state = here ? RunHolder::State::kGone : RunHolder::State::kElsewhere;
  }
  return holder;
}

}  // namespace danas
