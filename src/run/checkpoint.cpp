#include "danas/run/checkpoint.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <array>
#include <future>
#include <map>
#include <new>
#include <optional>
#include <utility>
#include <vector>

#include "danas/core/error.h"
#include "danas/core/file.h"
#include "danas/core/interrupt.h"
#include "danas/core/log.h"
#include "danas/core/seconds_since.h"
#include "danas/core/units.h"
#include "danas/events/run_log.h"
#include "danas/events/search_events.h"
#include "danas/nn/safetensors.h"

namespace danas {
namespace {

namespace fs = std::filesystem;

constexpr std::array kLogs = {kLogFile, kAlphaFile};

int64_t SizeOf(const fs::path& file) {
  std::error_code error;
  const auto size = fs::file_size(file, error);
  return error ? 0 : static_cast<int64_t>(size);
}

StoredCheckpoint ReadStored(const CheckpointFiles& files) {
  // Made first: g++ 12 frees members twice where a later one's initializer throws inside the braces.
  CheckpointManifest manifest = ReadCheckpointManifest(files.manifest);
  return {.files = files, .manifest = std::move(manifest)};
}

void WarnSkipped(const Error& error) { log::warn("{}; trying the checkpoint before it", error.what()); }

[[noreturn]] void FailWithoutCheckpoint(const fs::path& folder, bool any) {
  throw CheckpointError(
      folder.string() +
      (any ? ": none of the checkpoints is whole" : " contains no checkpoint: the run ended before its first one") +
      ". Start again with another --run");
}

// Where the last event `start` begins, the end of the last whole line where there is none; none where epochs follow it.
std::optional<size_t> BeginOfRun(const std::string& text, const std::string& start) {
  const std::vector<events::LogLine> lines = events::ParseLog(text);
  const auto last = std::ranges::find_if(lines.rbegin(), lines.rend(), [&](const events::LogLine& line) {
    return events::NameOfLine(line.event) == start;
  });
  if (last == lines.rend()) return text.rfind('\n') == std::string::npos ? 0 : text.rfind('\n') + 1;
  const auto is_epoch = [](const events::LogLine& line) { return events::Is<events::SearchEpoch>(line.event); };
  const bool went_on = std::any_of(last.base(), lines.end(), is_epoch);
  return went_on ? std::nullopt : std::optional(last->begin);
}

void RequireLog(const fs::path& log, int64_t size) {
  if (SizeOf(log) >= size) return;
  throw CheckpointError(log.string() + " is shorter than it was when the checkpoint was written");
}

void CutLog(const fs::path& log, int64_t size) {
  if (!fs::exists(log)) return;
  std::error_code error;
  fs::resize_file(log, static_cast<uintmax_t>(size), error);
  if (error) throw FileError("cannot cut " + log.string() + " back to the checkpoint: " + error.message());
}

void CutLogs(const fs::path& folder, const std::map<std::string, int64_t>& sizes) {
  const auto size_of = [&](const char* log) {
    const auto size = sizes.find(log);
    return size == sizes.end() ? 0 : size->second;
  };
  for (const char* log : kLogs) RequireLog(folder / log, size_of(log));  // all, before one is cut
  for (const char* log : kLogs) CutLog(folder / log, size_of(log));
}

}  // namespace

struct CheckpointKeeper::Copy {
  CheckpointFiles files;
  NamedTensors tensors;
  CheckpointManifest manifest;  // without the tensors' hash
};

// Writes one checkpoint at a time in a thread of its own, and removes those that are no longer wanted.
class CheckpointKeeper::Writer {
 public:
  Writer(fs::path run, int64_t keep) : run_(std::move(run)), keep_(keep) {}

  void Start(Copy copy) {
    done_ = std::async(std::launch::async, [this, copy = std::move(copy)]() mutable { Write(std::move(copy)); });
  }

  // Of the last Start(); throws what it threw.
  void Wait() {
    if (done_.valid()) done_.get();
  }

  // Those that are no longer wanted where `newest` is whole. Newer ones, which were skipped, are left alone.
  void RemoveOld(int64_t newest) const {
    RemoveOrphans();
    int64_t kept = 0;
    for (const CheckpointFiles& files : FindCheckpoints(run_)) {
      if (files.number > newest) continue;
      bool milestone = true;
      try {
        milestone = ReadCheckpointManifest(files.manifest).milestone;
      } catch (const Error&) {
        continue;  // what cannot be read is left alone
      }
      if (milestone || kept++ < keep_) continue;
      std::error_code error;  // what stays costs room, nothing else
      if (fs::remove(files.manifest, error)) fs::remove(files.tensors, error);
    }
  }

 private:
  void Write(Copy copy) const {
    MakeFolder();
    WriteSafetensors(copy.files.tensors, copy.tensors);
    FlushLogs(copy.manifest.logs);
    WriteCheckpointManifest(copy.files, std::move(copy.manifest));
    RemoveOld(copy.files.number);
  }

  // Its own only: a run's folder that was removed meanwhile is not made again, with nothing in it but checkpoints.
  void MakeFolder() const {
    const fs::path folder = CheckpointFolder(run_);
    if (fs::is_directory(folder)) return;
    if (!fs::is_directory(run_)) throw FileError(run_.string() + " was removed meanwhile");
    MakeFolders(folder);
  }

  // After a power cut the logs must be as long as the manifest says, so they come before it.
  void FlushLogs(const std::map<std::string, int64_t>& sizes) const {
    for (const auto& [log, size] : sizes) {
      if (size > 0) FlushToDisk(run_ / log);
    }
  }

  // Tensors whose manifest was removed before its process was killed.
  void RemoveOrphans() const {
    for (const CheckpointFiles& files : FindTensorsAlone(run_)) {
      std::error_code ignored;
      fs::remove(files.tensors, ignored);
    }
  }

  fs::path run_;
  int64_t keep_;
  std::future<void> done_;  // last: its end waits for the thread
};

StoredCheckpoint NewestCheckpoint(const fs::path& run_folder) {
  const std::vector<CheckpointFiles> found = FindCheckpoints(run_folder);
  for (const CheckpointFiles& files : found) {
    try {
      StoredCheckpoint checkpoint = ReadStored(files);
      RequireWholeTensors(files, checkpoint.manifest);
      return checkpoint;
    } catch (const Error& error) {
      WarnSkipped(error);
    }
  }
  FailWithoutCheckpoint(CheckpointFolder(run_folder), !found.empty());
}

std::vector<StoredCheckpoint> ListCheckpoints(const fs::path& run_folder) {
  std::vector<StoredCheckpoint> checkpoints;
  for (const CheckpointFiles& files : FindCheckpoints(run_folder)) {
    try {
      checkpoints.push_back(ReadStored(files));
    } catch (const Error& error) {
      log::warn("{}; this checkpoint is skipped", error.what());
    }
  }
  return checkpoints;
}

StateFields OpenCheckpoint(const StoredCheckpoint& checkpoint, at::Device device) {
  const auto& [files, manifest] = checkpoint;
  RequireWholeTensors(files, manifest);
  return {ReadSafetensors(files.tensors).tensors, manifest.values, device, manifest.version};
}

void ShareState(const Ranks& ranks, const DescribeRun& describe, at::Device device) {
  if (ranks.alone()) return;
  StateFields own;
  const std::string text = ranks.FromFirst([&] {
    describe(own);
    Json tensors = Json::array();
    for (const auto& [name, tensor] : own.tensors()) {
      tensors.push_back({name, static_cast<int>(tensor.scalar_type()), tensor.sizes().vec()});
    }
    return JsonText({{"values", own.values()}, {"tensors", std::move(tensors)}});
  });
  const Json state = Json::parse(text);
  NamedTensors taken;
  for (const Json& tensor : state.at("tensors")) {
    const auto type = static_cast<at::ScalarType>(tensor.at(1).get<int>());
    taken.emplace_back(tensor.at(0).get<std::string>(), at::empty(tensor.at(2).get<std::vector<int64_t>>(), type));
  }
  for (size_t i = 0; i < taken.size(); ++i) {
    if (ranks.first()) taken[i].second.copy_(own.tensors()[i].second);
    ranks.TakeFirst({taken[i].second});
  }
  if (ranks.first()) return;
  StateFields fields(std::move(taken), state.at("values"), device);
  describe(fields);
  fields.RequireAllTaken();
}

CheckpointKeeper::CheckpointKeeper(fs::path run_folder, const CheckpointConfig& config, at::Device device,
                                   DescribeRun describe)
    : folder_(std::move(run_folder)),
      config_(config),
      device_(device),
      describe_(std::move(describe)),
      last_(std::chrono::steady_clock::now()),
      writer_(std::make_unique<Writer>(folder_, config.keep)) {
  const std::vector<CheckpointFiles> found = FindCheckpoints(folder_);
  if (!found.empty()) next_number_ = found.front().number + 1;
}

CheckpointKeeper::~CheckpointKeeper() {
  try {
    writer_->Wait();
  } catch (const std::exception& error) {
    log::warn("the last checkpoint was not written: {}", error.what());  // the run's end tells its own error
  }
}

void CheckpointKeeper::Restore() {
  const std::vector<CheckpointFiles> found = FindCheckpoints(folder_);
  for (const CheckpointFiles& files : found) {
    try {
      const StoredCheckpoint checkpoint = ReadStored(files);
      StateFields fields = OpenCheckpoint(checkpoint, device_);
      describe_(fields);
      fields.RequireAllTaken();
      CutLogs(folder_, checkpoint.manifest.logs);
      writer_->RemoveOld(files.number);
      log::info("resuming from checkpoint {}", files.manifest.string());
      return;
    } catch (const Error& error) {
      WarnSkipped(error);
    }
  }
  FailWithoutCheckpoint(CheckpointFolder(folder_), !found.empty());
}

bool CheckpointKeeper::RestoreOrRewind(const std::string& start) {
  const fs::path log = folder_ / kLogs.front();
  if (FindCheckpoints(folder_).empty() && fs::exists(log)) {
    if (const auto begin = BeginOfRun(ReadFile(log), start)) {
      CutLog(log, static_cast<int64_t>(*begin));
      log::info("{} ended before its first checkpoint: starting over", folder_.string());
      return false;
    }
  }
  Restore();
  return true;
}

double CheckpointKeeper::SecondsSinceLast() const {
  return SecondsSince(last_);
}

bool CheckpointKeeper::Due() const {
  return InterruptRequested() || (config_.every > 0 && SecondsSinceLast() >= 60 * config_.every);
}

void CheckpointKeeper::RaiseFailure() {
  try {
    writer_->Wait();
  } catch (const std::bad_alloc&) {
    if (config_.required) throw DeviceError("out of memory while a checkpoint was written");
    log::warn("a checkpoint could not be written and is skipped: out of memory");
  } catch (const std::exception& error) {
    if (config_.required) {
      throw FileError(std::string("a checkpoint could not be written: ") + error.what() +
                      ". Make room and resume with --resume, or set checkpoint.required to false");
    }
    log::warn("a checkpoint could not be written and is skipped: {}", error.what());
  }
}

void CheckpointKeeper::KeepFirst() {
  Keep(CheckpointKind::kMilestone);
  Finish();
}

void CheckpointKeeper::Keep(CheckpointKind kind) {
  RaiseFailure();
  StateFields fields;
  describe_(fields);
  Copy copy{.files = FilesOfCheckpoint(folder_, next_number_++), .tensors = {}, .manifest = {}};
  for (const auto& [name, tensor] : fields.tensors()) {
    copy.tensors.emplace_back(name, tensor.to(at::kCPU, tensor.scalar_type(), /*non_blocking=*/false, /*copy=*/true));
  }
  copy.manifest.milestone = kind == CheckpointKind::kMilestone;
  copy.manifest.values = fields.values();
  for (const char* log : kLogs) copy.manifest.logs[log] = SizeOf(folder_ / log);
  last_ = std::chrono::steady_clock::now();
  writer_->Start(std::move(copy));
}

void CheckpointKeeper::KeepAfterEpoch() {
  if (SecondsSinceLast() >= config_.min_seconds) Keep();
}

void CheckpointKeeper::Finish() { RaiseFailure(); }

}  // namespace danas
