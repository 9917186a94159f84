#include "tests/faults/fault.h"

#include <dlfcn.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <cstdarg>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <map>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

namespace danas::test {
namespace {

namespace fs = std::filesystem;

enum class Action { kNone, kShort, kTorn, kKillBefore, kKillAfter, kCutBefore, kCutAfter, kCommand, kFail };

struct Plan {
  std::string path, on, calls, trace, saved, command;
  int64_t at = 0;
  Action action = Action::kNone;
  int error = 0;
  bool lasting = false, nosync = false, names_kept = false;
  int64_t clock_seconds = 0, clock_from = 0;
};

[[noreturn]] void Abort(const std::string& why) {
  const std::string line = "DANAS_FAULT: " + why + "\n";
  syscall(SYS_write, 2, line.data(), line.size());
  abort();
}

void SetAction(Plan& plan, const std::string& value) {
  static const std::map<std::string, Action> kActions = {{"short", Action::kShort},
                                                         {"torn", Action::kTorn},
                                                         {"kill-before", Action::kKillBefore},
                                                         {"kill-after", Action::kKillAfter},
                                                         {"cut-before", Action::kCutBefore},
                                                         {"cut-after", Action::kCutAfter},
                                                         {"command", Action::kCommand}};
  static const std::map<std::string, int> kErrors = {
      {"ENOSPC", ENOSPC}, {"EIO", EIO}, {"EROFS", EROFS}, {"EACCES", EACCES}, {"EINTR", EINTR}};
  if (const auto action = kActions.find(value); action != kActions.end()) {
    plan.action = action->second;
  } else if (const auto error = kErrors.find(value); error != kErrors.end()) {
    plan.action = Action::kFail;
    plan.error = error->second;
  } else {
    Abort("do=" + value + " is not known");
  }
}

void SetKey(Plan& plan, const std::string& key, const std::string& value) {
  if (key == "path") {
    plan.path = value;
  } else if (key == "on") {
    plan.on = value;
  } else if (key == "calls") {
    plan.calls = "," + value + ",";
  } else if (key == "command") {
    plan.command = value;
  } else if (key == "at") {
    plan.at = std::atoll(value.c_str());
  } else if (key == "do") {
    SetAction(plan, value);
  } else if (key == "lasting") {
    plan.lasting = value == "1";
  } else if (key == "trace") {
    plan.trace = value;
  } else if (key == "nosync") {
    plan.nosync = value == "1";
  } else if (key == "names") {
    plan.names_kept = value == "kept";
  } else if (key == "saved") {
    plan.saved = value;
  } else if (key == "clock" && value.find('@') != std::string::npos) {
    plan.clock_seconds = std::atoll(value.c_str());
    plan.clock_from = std::atoll(value.c_str() + value.find('@') + 1);
  } else {
    Abort(key + "=" + value + " is not known");
  }
}

Plan ParsePlan(const std::string& text) {
  Plan plan;
  for (size_t begin = 0; begin < text.size();) {
    const size_t end = std::min(text.find(';', begin), text.size());
    const std::string part = text.substr(begin, end - begin);
    const size_t equals = part.find('=');
    if (equals == std::string::npos) Abort("'" + part + "' is no key=value");
    SetKey(plan, part.substr(0, equals), part.substr(equals + 1));
    begin = end + 1;
  }
  return plan;
}

[[noreturn]] void Kill() {
  syscall(SYS_kill, syscall(SYS_getpid), SIGKILL);
  for (;;) pause();
}

// What a power cut would leave: an account of what was made, written and renamed, and of what was flushed since.
class Disk {
 public:
  explicit Disk(const Plan& plan) : plan_(plan) {}

  void Opened(const std::string& path, bool made) {
    if (files_.contains(path)) return;
    files_[path] = {.flushed = made ? 0 : SizeOf(path), .named = !made};
  }
  void FolderMade(const std::string& path) { folders_.emplace_back(path, false); }

  void Flushed(const std::string& path) {
    if (!fs::is_directory(path)) {
      files_[path].flushed = SizeOf(path);
      return;
    }
    const auto within = [&](const std::string& name) { return fs::path(name).parent_path() == path; };
    for (auto& [name, file] : files_) file.named = file.named || within(name);
    for (auto& [name, named] : folders_) named = named || within(name);
    std::erase_if(renames_, [&](const Rename& rename) { return within(rename.to); });
  }

  void BeforeRename(const std::string& from, const std::string& to) {
    Rename rename{from, to, ""};
    if (fs::exists(to)) {
      rename.old = plan_.saved + "/" + std::to_string(++saved_);
      fs::create_hard_link(to, rename.old);
    }
    renames_.push_back(rename);
  }
  void Renamed(const std::string& from, const std::string& to) {
    const auto node = files_.extract(from);
    if (!node.empty()) files_[to] = node.mapped();
  }

  [[noreturn]] void CutPower() {
    if (!plan_.names_kept) TakeBackRenames();
    for (const auto& [path, file] : files_) {
      if (!fs::exists(path)) continue;
      if (!file.named && !plan_.names_kept) {
        fs::remove(path);
      } else if (SizeOf(path) > file.flushed) {
        fs::resize_file(path, file.flushed);
      }
    }
    for (const auto& [path, named] : folders_) {
      if (!named && !plan_.names_kept) fs::remove_all(path);
    }
    Kill();
  }

 private:
  struct File {
    uintmax_t flushed = 0;
    bool named = false;  // its name is on the disk
  };
  struct Rename {
    std::string from, to;
    std::string old;  // where the file is that had the name before; empty where there was none
  };

  static uintmax_t SizeOf(const std::string& path) {
    std::error_code error;
    const uintmax_t size = fs::file_size(path, error);
    return error ? 0 : size;
  }

  void TakeBackRenames() {
    for (auto rename = renames_.rbegin(); rename != renames_.rend(); ++rename) {
      if (fs::exists(rename->to)) fs::rename(rename->to, rename->from);
      Renamed(rename->to, rename->from);
      if (rename->old.empty()) continue;
      fs::rename(rename->old, rename->to);
      files_[rename->to] = {.flushed = SizeOf(rename->to), .named = true};
    }
  }

  const Plan& plan_;
  std::map<std::string, File> files_;
  std::vector<std::pair<std::string, bool>> folders_;
  std::vector<Rename> renames_;
  int64_t saved_ = 0;
};

struct Faults {
  explicit Faults(const std::string& text) : plan(ParsePlan(text)), disk(plan) {}

  const Plan plan;
  std::mutex mutex;  // guards what is below
  Disk disk;
  int64_t count = 0;
  std::atomic<int64_t> times_asked = 0;
};

Faults*& Current() {
  static Faults* faults = [] {
    const char* text = std::getenv("DANAS_FAULT");
    return new Faults(text == nullptr ? "" : text);
  }();
  return faults;
}

thread_local bool inside = false;  // of this file's own calls

struct Inside {
  Inside() { inside = true; }
  ~Inside() { inside = false; }
};

std::string PathOf(int descriptor) {
  std::array<char, 4096> path{};
  const std::string link = "/proc/self/fd/" + std::to_string(descriptor);
  const ssize_t size = readlink(link.c_str(), path.data(), path.size() - 1);
  return size > 0 ? std::string(path.data(), static_cast<size_t>(size)) : "";
}

std::string Absolute(const char* path) {
  std::error_code error;
  return path == nullptr ? "" : fs::absolute(path, error).lexically_normal().string();
}

void Trace(const Plan& plan, const std::string& number, const char* call, const std::string& path) {
  if (plan.trace.empty()) return;
  const std::string line = number + " " + call + " " + path + "\n";
  const auto file = static_cast<int>(
      syscall(SYS_openat, AT_FDCWD, plan.trace.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644));
  if (file < 0 || syscall(SYS_write, file, line.data(), line.size()) < 0) Abort("cannot write " + plan.trace);
  syscall(SYS_close, file);
}

bool IsCounted(const Plan& plan, const char* call, const std::string& path) {
  if (path.find(plan.on) == std::string::npos) return false;
  return plan.calls.empty() || plan.calls.find("," + std::string(call) + ",") != std::string::npos;
}

// Whether this call is the plan's, which it then counts.
bool IsTheOne(Faults& faults, const char* call, const std::string& path) {
  const Plan& plan = faults.plan;
  if (plan.path.empty() || path.find(plan.path) == std::string::npos) return false;
  const bool counted = IsCounted(plan, call, path);
  if (counted) ++faults.count;
  Trace(plan, counted ? std::to_string(faults.count) : "-", call, path);
  return counted && plan.at > 0 && (faults.count == plan.at || (plan.lasting && faults.count > plan.at));
}

// `work` does the call and returns what it returns; `account` tells the disk of one that succeeded.
template <typename Work, typename Account>
long Call(const char* name, const std::string& path, const Work& work, const Account& account) {
  Faults& faults = *Current();
  const std::lock_guard lock(faults.mutex);
  const bool is_the_one = IsTheOne(faults, name, path);
  const Action action = is_the_one ? faults.plan.action : Action::kNone;
  if (action == Action::kKillBefore) Kill();
  if (action == Action::kCutBefore) faults.disk.CutPower();
  if (action == Action::kCommand &&
      std::system(("unset LD_PRELOAD DANAS_FAULT; " + faults.plan.command).c_str()) != 0) {
    Abort("'" + faults.plan.command + "' failed");
  }
  if (action == Action::kFail) {
    if (std::strcmp(name, "close") == 0) work();  // a close that fails has closed
    errno = faults.plan.error;
    return -1;
  }
  const long result = work();
  const int error = errno;
  if (result >= 0) account(faults.disk);
  if (action == Action::kKillAfter) Kill();
  if (action == Action::kCutAfter) faults.disk.CutPower();
  errno = error;
  return result;
}
template <typename Work>
long Call(const char* name, const std::string& path, const Work& work) {
  return Call(name, path, work, [](Disk&) {});
}

long Open(int folder, const char* path, int flags, mode_t mode) {
  const auto work = [&] { return syscall(SYS_openat, folder, path, flags, mode); };
  if (inside) return work();
  const Inside scope;
  const std::string full = Absolute(path);
  const bool made = (flags & O_CREAT) != 0 && !fs::exists(full);
  const bool writes = (flags & O_ACCMODE) != O_RDONLY;
  return Call(writes ? "open" : "look", full, work, [&](Disk& disk) {
    if (writes && !Current()->plan.saved.empty()) disk.Opened(full, made);
  });
}

// `some` writes so many of the bytes.
template <typename Some>
long Write(int descriptor, size_t size, const Some& some) {
  if (inside) return some(size);
  const Inside scope;
  const std::string path = PathOf(descriptor);
  Faults& faults = *Current();
  const Action action = faults.plan.action;
  if (action != Action::kShort && action != Action::kTorn) return Call("write", path, [&] { return some(size); });
  const std::lock_guard lock(faults.mutex);
  if (!IsTheOne(faults, "write", path)) return some(size);
  const long written = some((size + 1) / 2);
  if (action == Action::kTorn) Kill();
  return written;
}

int Unlink(const char* path, bool folder_too) {
  const auto work = [&]() -> long {
    const long done = syscall(SYS_unlinkat, AT_FDCWD, path, 0);
    return done < 0 && errno == EISDIR && folder_too ? syscall(SYS_unlinkat, AT_FDCWD, path, AT_REMOVEDIR) : done;
  };
  if (inside) return static_cast<int>(work());
  const Inside scope;
  return static_cast<int>(Call("unlink", Absolute(path), work));
}

int Rename(const char* from, const char* to) {
  const auto work = [&] { return syscall(SYS_renameat, AT_FDCWD, from, AT_FDCWD, to); };
  if (inside) return static_cast<int>(work());
  const Inside scope;
  const std::string source = Absolute(from), target = Absolute(to);
  const bool accounts = !Current()->plan.saved.empty();
  return static_cast<int>(Call(
      "rename", target,
      [&] {
        if (accounts) Current()->disk.BeforeRename(source, target);
        return work();
      },
      [&](Disk& disk) {
        if (accounts) disk.Renamed(source, target);
      }));
}

int Flush(int descriptor) {
  if (inside) return static_cast<int>(syscall(SYS_fsync, descriptor));
  const Inside scope;
  const std::string path = PathOf(descriptor);
  const bool skip = Current()->plan.nosync;
  return static_cast<int>(Call(
      "fsync", path, [&] { return skip ? 0 : syscall(SYS_fsync, descriptor); },
      [&](Disk& disk) {
        if (!Current()->plan.saved.empty()) disk.Flushed(path);
      }));
}

int MakeFolder(const char* path, mode_t mode) {
  const auto work = [&] { return syscall(SYS_mkdirat, AT_FDCWD, path, mode); };
  if (inside) return static_cast<int>(work());
  const Inside scope;
  const std::string full = Absolute(path);
  return static_cast<int>(Call("mkdir", full, work, [&](Disk& disk) { disk.FolderMade(full); }));
}

int Truncate(const std::string& path, const auto& work) {
  if (inside) return static_cast<int>(work());
  const Inside scope;
  return static_cast<int>(Call("truncate", path, work));
}

template <typename Function>
Function* Next(const char* name) {
  void* const symbol = dlsym(RTLD_NEXT, name);
  if (symbol == nullptr) Abort(std::string("no ") + name);
  return reinterpret_cast<Function*>(symbol);
}

FILE* OpenStream(const char* name, const char* path, const char* mode) {
  auto* const next = Next<FILE*(const char*, const char*)>(name);
  if (inside) return next(path, mode);
  const Inside scope;
  FILE* stream = nullptr;
  const char* const call = mode[0] == 'r' ? "look" : "open";
  const long result = Call(call, Absolute(path), [&] { return (stream = next(path, mode)) == nullptr ? -1L : 0L; });
  return result < 0 ? nullptr : stream;
}

int64_t SecondsOff() {
  if (inside) return 0;
  Faults& faults = *Current();
  if (faults.plan.clock_from == 0) return 0;
  return ++faults.times_asked >= faults.plan.clock_from ? faults.plan.clock_seconds : 0;
}

}  // namespace

void SetFaults(const char* plan) { Current() = new Faults(plan); }  // the one before stays, for threads that use it

}  // namespace danas::test

// In front of the C library's. Those that it calls within itself (fwrite's write) are not seen.
using namespace danas::test;

extern "C" {

int open(const char* path, int flags, ...) {
  va_list rest;
  va_start(rest, flags);
  const mode_t mode = (flags & (O_CREAT | O_TMPFILE)) != 0 ? va_arg(rest, mode_t) : 0;
  va_end(rest);
  return static_cast<int>(Open(AT_FDCWD, path, flags, mode));
}
int open64(const char* path, int flags, ...) {
  va_list rest;
  va_start(rest, flags);
  const mode_t mode = (flags & (O_CREAT | O_TMPFILE)) != 0 ? va_arg(rest, mode_t) : 0;
  va_end(rest);
  return static_cast<int>(Open(AT_FDCWD, path, flags, mode));
}
int __open_2(const char* path, int flags) { return static_cast<int>(Open(AT_FDCWD, path, flags, 0)); }
int __open64_2(const char* path, int flags) { return static_cast<int>(Open(AT_FDCWD, path, flags, 0)); }
FILE* fopen(const char* path, const char* mode) { return OpenStream("fopen", path, mode); }
FILE* fopen64(const char* path, const char* mode) { return OpenStream("fopen64", path, mode); }

ssize_t write(int descriptor, const void* bytes, size_t size) {
  return Write(descriptor, size, [&](size_t some) { return syscall(SYS_write, descriptor, bytes, some); });
}
ssize_t pwrite(int descriptor, const void* bytes, size_t size, off_t at) {
  return Write(descriptor, size, [&](size_t some) { return syscall(SYS_pwrite64, descriptor, bytes, some, at); });
}
ssize_t pwrite64(int descriptor, const void* bytes, size_t size, off64_t at) {
  return Write(descriptor, size, [&](size_t some) { return syscall(SYS_pwrite64, descriptor, bytes, some, at); });
}
int fsync(int descriptor) { return Flush(descriptor); }
int fdatasync(int descriptor) { return Flush(descriptor); }
int close(int descriptor) {
  const auto work = [&] { return syscall(SYS_close, descriptor); };
  if (inside) return static_cast<int>(work());
  const Inside scope;
  return static_cast<int>(Call("close", PathOf(descriptor), work));
}
int rename(const char* from, const char* to) { return Rename(from, to); }
int unlink(const char* path) { return Unlink(path, false); }
int remove(const char* path) { return Unlink(path, true); }
int mkdir(const char* path, mode_t mode) { return MakeFolder(path, mode); }
int ftruncate(int descriptor, off_t size) {
  return Truncate(inside ? "" : PathOf(descriptor), [&] { return syscall(SYS_ftruncate, descriptor, size); });
}
int ftruncate64(int descriptor, off64_t size) {
  return Truncate(inside ? "" : PathOf(descriptor), [&] { return syscall(SYS_ftruncate, descriptor, size); });
}
int truncate(const char* path, off_t size) {
  return Truncate(inside ? "" : Absolute(path), [&] { return syscall(SYS_truncate, path, size); });
}
int truncate64(const char* path, off64_t size) {
  return Truncate(inside ? "" : Absolute(path), [&] { return syscall(SYS_truncate, path, size); });
}
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wshadow"  // there is a struct of this name
int flock(int descriptor, int operation) {
  const auto work = [&] { return syscall(SYS_flock, descriptor, operation); };
  if (inside) return static_cast<int>(work());
  const Inside scope;
  return static_cast<int>(Call("flock", PathOf(descriptor), work));
}
#pragma GCC diagnostic pop

time_t time(time_t* out) {
  timespec now{};
  syscall(SYS_clock_gettime, CLOCK_REALTIME, &now);
  const time_t seconds = now.tv_sec + SecondsOff();
  if (out != nullptr) *out = seconds;
  return seconds;
}
int clock_gettime(clockid_t clock, timespec* out) {
  const auto done = static_cast<int>(syscall(SYS_clock_gettime, clock, out));
  if (done == 0 && clock == CLOCK_REALTIME) out->tv_sec += SecondsOff();
  return done;
}
int gettimeofday(timeval* out, void*) {
  timespec now{};
  syscall(SYS_clock_gettime, CLOCK_REALTIME, &now);
  *out = {.tv_sec = now.tv_sec + SecondsOff(), .tv_usec = now.tv_nsec / 1000};
  return 0;
}

}  // extern "C"
