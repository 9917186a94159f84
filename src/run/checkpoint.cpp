#include "danas/run/checkpoint.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <future>
#include <new>
#include <utility>
#include <vector>

#include "danas/core/error.h"
#include "danas/core/file.h"
#include "danas/core/hash.h"
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
constexpr size_t kMostManifestBytes = size_t{1} << 30;

std::string NumberText(int64_t number) {
  std::array<char, 24> text{};
  std::snprintf(text.data(), text.size(), "%06lld", static_cast<long long>(number));
  return text.data();
}

int64_t SizeOf(const fs::path& file) {
  std::error_code error;
  const auto size = fs::file_size(file, error);
  return error ? 0 : static_cast<int64_t>(size);
}

std::string HashOfFile(const fs::path& path) { return HexText(HashText(ReadFile(path))); }

// Numbers of the manifests, or of what else has this extension, the newest first.
std::vector<int64_t> Numbers(const fs::path& folder, const char* extension = ".json") {
  std::vector<int64_t> numbers;
  std::error_code error;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder, error)) {
    const std::string stem = entry.path().stem().string();
    if (entry.path().extension() != extension || stem.size() < 6 || stem.size() > 18) continue;
    if (std::all_of(stem.begin(), stem.end(), [](char c) { return c >= '0' && c <= '9'; })) {
      numbers.push_back(std::stoll(stem));
    }
  }
  std::sort(numbers.rbegin(), numbers.rend());
  return numbers;
}

// Throws CheckpointError with the reason why it is not whole.
Json ReadManifest(const fs::path& path) {
  const Json manifest = ParseJson(ReadFile(path, kMostManifestBytes));
  if (manifest.is_discarded()) throw CheckpointError(path.string() + " is not JSON: cut short or altered");
  const auto format = manifest.is_object() ? manifest.find("format_version") : manifest.end();
  if (format == manifest.end() || !format->is_number_integer()) {
    throw CheckpointError(path.string() + " names no format_version");
  }
  if (format->get<int64_t>() > CheckpointKeeper::kFormatVersion) {
    throw CheckpointError(path.string() + ": format_version " + std::to_string(format->get<int64_t>()) +
                          " is newer than this danas, which reads up to " +
                          std::to_string(CheckpointKeeper::kFormatVersion));
  }
  Json content = manifest;
  content.erase("hash");
  for (const auto& [key, type] : {std::pair{"hash", Json::value_t::string},
                                  {"tensors_hash", Json::value_t::string},
                                  {"logs", Json::value_t::object},
                                  {"values", Json::value_t::object},
                                  {"milestone", Json::value_t::boolean}}) {
    const auto value = manifest.find(key);
    if (value == manifest.end() || value->type() != type) {
      throw CheckpointError(path.string() + " has no '" + key + "' as danas writes it");
    }
  }
  for (const Json& size : manifest.at("logs")) {
    if (!size.is_number_integer() || size.get<int64_t>() < 0) {
      throw CheckpointError(path.string() + " has a log whose size is none");
    }
  }
  if (manifest.at("hash") != HexText(HashText(JsonText(content)))) {
    throw CheckpointError(path.string() + " was altered: its hash is another");
  }
  return manifest;
}

// The manifest of checkpoint `number`; throws CheckpointError where it or its tensors are not whole.
Json WholeManifest(const fs::path& folder, int64_t number) {
  const fs::path tensors = folder / (NumberText(number) + ".safetensors");
  Json manifest = ReadManifest(folder / (NumberText(number) + ".json"));
  if (manifest.at("tensors_hash") != HashOfFile(tensors)) {
    throw CheckpointError(tensors.string() + " was altered or cut short: its hash is another");
  }
  return manifest;
}

void WarnPassedOver(const Error& error) { log::warn("{}; taking the checkpoint before it", error.what()); }

[[noreturn]] void FailWithoutCheckpoint(const fs::path& folder, bool any) {
  throw CheckpointError(
      folder.string() +
      (any ? ": none of the checkpoints is whole" : " holds no checkpoint: the run ended before its first one") +
      ". Start again with another --run");
}

// Where the last event `start` begins, the end of the last whole line where there is none; none where epochs follow it.
std::optional<size_t> BeginOfRun(const std::string& text, const std::string& start) {
  const std::vector<events::LogLine> lines = events::ParseLog(text);
  const auto last = std::ranges::find_if(lines.rbegin(), lines.rend(), [&](const events::LogLine& line) {
    return events::NameOfLine(line.event) == start;
  });
  if (last == lines.rend()) return text.rfind('\n') == std::string::npos ? 0 : text.rfind('\n') + 1;
  const bool went_on = std::any_of(last.base(), lines.end(),
                                   [](const events::LogLine& line) { return events::Is<events::SearchEpoch>(line.event); });
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

void CutLogs(const fs::path& folder, const Json& sizes) {
  for (const char* log : kLogs) RequireLog(folder / log, sizes.value(log, int64_t{0}));  // all, before one is cut
  for (const char* log : kLogs) CutLog(folder / log, sizes.value(log, int64_t{0}));
}

}  // namespace

struct CheckpointKeeper::Copy {
  int64_t number = 0;
  NamedTensors tensors;
  Json manifest;  // without hashes
};

// Writes one checkpoint at a time in a thread of its own, and removes those that are no longer wanted.
class CheckpointKeeper::Writer {
 public:
  Writer(fs::path run, int64_t keep) : run_(std::move(run)), folder_(run_ / "checkpoints"), keep_(keep) {}

  void Start(Copy copy) {
    done_ = std::async(std::launch::async, [this, copy = std::move(copy)]() mutable { Write(std::move(copy)); });
  }

  // Of the last Start(); throws what it threw.
  void Wait() {
    if (done_.valid()) done_.get();
  }

  // Those that are no longer wanted where `newest` is whole. Newer ones, which were passed over, are left alone.
  void RemoveOld(int64_t newest) const {
    RemoveOrphans();
    int64_t kept = 0;
    for (const int64_t number : Numbers(folder_)) {
      if (number > newest) continue;
      const fs::path manifest = folder_ / (NumberText(number) + ".json");
      bool milestone = true;  // what cannot be read is left alone
      try {
        milestone = ReadManifest(manifest).at("milestone").get<bool>();
      } catch (const Error&) {
        continue;
      }
      if (milestone || kept++ < keep_) continue;
      std::error_code error;  // what stays costs room, nothing else
      if (fs::remove(manifest, error)) fs::remove(folder_ / (NumberText(number) + ".safetensors"), error);
    }
  }

 private:
  void Write(Copy copy) const {
    MakeFolder();
    const std::string stem = NumberText(copy.number);
    const fs::path tensors = folder_ / (stem + ".safetensors");
    WriteSafetensors(tensors, copy.tensors);
    copy.manifest["tensors_hash"] = HashOfFile(tensors);
    copy.manifest["hash"] = HexText(HashText(JsonText(copy.manifest)));
    FlushLogs(copy.manifest.at("logs"));
    WriteFileAtomically(folder_ / (stem + ".json"), JsonText(copy.manifest) + "\n");
    RemoveOld(copy.number);
  }

  // Its own only: a run's folder that was removed meanwhile is not made again, with nothing in it but checkpoints.
  void MakeFolder() const {
    if (fs::is_directory(folder_)) return;
    if (!fs::is_directory(run_)) throw FileError(run_.string() + " was removed meanwhile");
    MakeFolders(folder_);
  }

  // After a power cut the logs must be as long as the manifest says, so they come before it.
  void FlushLogs(const Json& sizes) const {
    for (const auto& [log, size] : sizes.items()) {
      if (size > 0) FlushToDisk(run_ / log);
    }
  }

  // Tensors whose manifest was removed before its process was killed.
  void RemoveOrphans() const {
    const std::vector<int64_t> whole = Numbers(folder_);
    for (const int64_t number : Numbers(folder_, ".safetensors")) {
      std::error_code ignored;
      if (std::ranges::count(whole, number) == 0) fs::remove(folder_ / (NumberText(number) + ".safetensors"), ignored);
    }
  }

  fs::path run_;
  fs::path folder_;
  int64_t keep_;
  std::future<void> done_;  // last: its end waits for the thread
};

StoredCheckpoint NewestCheckpoint(const fs::path& run_folder) {
  const fs::path folder = run_folder / "checkpoints";
  const std::vector<int64_t> numbers = Numbers(folder);
  for (const int64_t number : numbers) {
    try {
      const Json manifest = WholeManifest(folder, number);
      return {.manifest = folder / (NumberText(number) + ".json"),
              .tensors = folder / (NumberText(number) + ".safetensors"),
              .logs = manifest.at("logs").get<std::map<std::string, int64_t>>()};
    } catch (const Error& error) {
      WarnPassedOver(error);
    }
  }
  FailWithoutCheckpoint(folder, !numbers.empty());
}

std::vector<CheckpointValues> ListCheckpoints(const fs::path& run_folder) {
  const fs::path folder = run_folder / "checkpoints";
  std::vector<CheckpointValues> checkpoints;
  for (const int64_t number : Numbers(folder)) {
    const fs::path manifest = folder / (NumberText(number) + ".json");
    try {
      checkpoints.push_back({.manifest = manifest, .values = ReadManifest(manifest).at("values")});
    } catch (const Error& error) {
      log::warn("{}; it is passed over", error.what());
    }
  }
  return checkpoints;
}

StateFields OpenCheckpoint(const CheckpointValues& checkpoint, at::Device device) {
  fs::path tensors = checkpoint.manifest;
  const int64_t number = std::stoll(tensors.stem().string());
  const Json manifest = WholeManifest(tensors.parent_path(), number);
  tensors.replace_extension(".safetensors");
  return {ReadSafetensors(tensors).tensors, manifest.at("values"), device,
          manifest.at("format_version").get<int64_t>()};
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
  const std::vector<int64_t> numbers = Numbers(folder_ / "checkpoints");
  if (!numbers.empty()) next_number_ = numbers.front() + 1;
}

CheckpointKeeper::~CheckpointKeeper() {
  try {
    writer_->Wait();
  } catch (const std::exception& error) {
    log::warn("the last checkpoint was not written: {}", error.what());  // the run's end tells its own error
  }
}

void CheckpointKeeper::Restore() {
  const fs::path folder = folder_ / "checkpoints";
  const std::vector<int64_t> numbers = Numbers(folder);
  for (const int64_t number : numbers) {
    try {
      const Json manifest = WholeManifest(folder, number);
      StateFields fields(ReadSafetensors(folder / (NumberText(number) + ".safetensors")).tensors, manifest.at("values"),
                         device_, manifest.at("format_version").get<int64_t>());
      describe_(fields);
      fields.RequireAllTaken();
      CutLogs(folder_, manifest.at("logs"));
      writer_->RemoveOld(number);
      log::info("going on from checkpoint {}", (folder / (NumberText(number) + ".json")).string());
      return;
    } catch (const Error& error) {
      WarnPassedOver(error);
    }
  }
  FailWithoutCheckpoint(folder, !numbers.empty());
}

bool CheckpointKeeper::RestoreOrRewind(const std::string& start) {
  const fs::path log = folder_ / kLogs.front();
  if (Numbers(folder_ / "checkpoints").empty() && fs::exists(log)) {
    if (const auto begin = BeginOfRun(ReadFile(log), start)) {
      CutLog(log, static_cast<int64_t>(*begin));
      log::info("{} was ended before its first checkpoint: it begins anew", folder_.string());
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
    log::warn("a checkpoint could not be written, the run goes on: out of memory");
  } catch (const std::exception& error) {
    if (config_.required) {
      throw FileError(std::string("a checkpoint could not be written: ") + error.what() +
                      ". Make room and go on with --resume, or set checkpoint.required to false");
    }
    log::warn("a checkpoint could not be written, the run goes on: {}", error.what());
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
  Copy copy{.number = next_number_++, .tensors = {}, .manifest = Json::object()};
  for (const auto& [name, tensor] : fields.tensors()) {
    copy.tensors.emplace_back(name, tensor.to(at::kCPU, tensor.scalar_type(), /*non_blocking=*/false, /*copy=*/true));
  }
  Json logs = Json::object();
  for (const char* log : kLogs) logs[log] = SizeOf(folder_ / log);
  copy.manifest = {{"format_version", kFormatVersion},
                   {"milestone", kind == CheckpointKind::kMilestone},
                   {"logs", std::move(logs)},
                   {"values", fields.values()}};
  last_ = std::chrono::steady_clock::now();
  writer_->Start(std::move(copy));
}

void CheckpointKeeper::KeepAfterEpoch() {
  if (SecondsSinceLast() >= config_.min_seconds) Keep();
}

void CheckpointKeeper::Finish() { RaiseFailure(); }

}  // namespace danas
