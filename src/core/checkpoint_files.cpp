#include "danas/core/checkpoint_files.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <utility>

#include "danas/core/error.h"
#include "danas/core/file.h"

namespace danas {
namespace {

namespace fs = std::filesystem;

constexpr const char* kManifestEnding = ".json";
constexpr const char* kTensorsEnding = ".safetensors";
constexpr size_t kMostManifestBytes = size_t{1} << 30;

constexpr const char* kVersionKey = "format_version";
constexpr const char* kHashKey = "hash";

std::string NumberText(int64_t number) {
  std::array<char, 24> text{};
  std::snprintf(text.data(), text.size(), "%06lld", static_cast<long long>(number));
  return text.data();
}

// Numbers of the files with this ending, the newest first.
std::vector<int64_t> Numbers(const fs::path& folder, const char* ending) {
  std::vector<int64_t> numbers;
  std::error_code error;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder, error)) {
    const std::string stem = entry.path().stem().string();
    if (entry.path().extension() != ending || stem.size() < 6 || stem.size() > 18) continue;
    if (std::ranges::all_of(stem, [](char c) { return c >= '0' && c <= '9'; })) numbers.push_back(std::stoll(stem));
  }
  std::sort(numbers.rbegin(), numbers.rend());
  return numbers;
}

std::vector<CheckpointFiles> FilesOf(const fs::path& run_folder, const std::vector<int64_t>& numbers) {
  std::vector<CheckpointFiles> files;
  for (const int64_t number : numbers) files.push_back(FilesOfCheckpoint(run_folder, number));
  return files;
}

int64_t ReadVersion(const fs::path& path, const Json& json) {
  const auto version = json.is_object() ? json.find(kVersionKey) : json.end();
  if (version == json.end() || !version->is_number_integer() || version->get<int64_t>() < 1) {
    throw CheckpointError(path.string() + " names no format_version");
  }
  if (version->get<int64_t>() > kCheckpointVersion) {
    throw CheckpointError(path.string() + ": format_version " + std::to_string(version->get<int64_t>()) +
                          " is newer than this danas, which reads up to " + std::to_string(kCheckpointVersion));
  }
  return version->get<int64_t>();
}

void RequireMembers(const fs::path& path, const Json& json) {
  for (const auto& [key, type] : {std::pair{kHashKey, Json::value_t::string},
                                  {"tensors_hash", Json::value_t::string},
                                  {"logs", Json::value_t::object},
                                  {"values", Json::value_t::object},
                                  {"milestone", Json::value_t::boolean}}) {
    const auto value = json.find(key);
    if (value == json.end()) throw CheckpointError(path.string() + " has no '" + key + "'");
    if (value->type() != type) {
      throw CheckpointError(path.string() + ": '" + key + "' is of the wrong type (" + value->type_name() + ")");
    }
  }
  for (const Json& size : json.at("logs")) {
    if (!size.is_number_integer() || size.get<int64_t>() < 0) {
      throw CheckpointError(path.string() + " has a log whose size is not a number of bytes");
    }
  }
}

}  // namespace

HashKind HashKindOfCheckpoint(int64_t version) { return version < 3 ? HashKind::kTextHash : HashKind::kXxh3; }

fs::path CheckpointFolder(const fs::path& run_folder) { return run_folder / "checkpoints"; }

CheckpointFiles FilesOfCheckpoint(const fs::path& run_folder, int64_t number) {
  const fs::path stem = CheckpointFolder(run_folder) / NumberText(number);
  return {.number = number, .manifest = stem.string() + kManifestEnding, .tensors = stem.string() + kTensorsEnding};
}

std::vector<CheckpointFiles> FindCheckpoints(const fs::path& run_folder) {
  return FilesOf(run_folder, Numbers(CheckpointFolder(run_folder), kManifestEnding));
}

std::vector<CheckpointFiles> FindTensorsAlone(const fs::path& run_folder) {
  const fs::path folder = CheckpointFolder(run_folder);
  const std::vector<int64_t> manifests = Numbers(folder, kManifestEnding);
  std::vector<int64_t> alone = Numbers(folder, kTensorsEnding);
  std::erase_if(alone, [&](int64_t number) { return std::ranges::count(manifests, number) > 0; });
  return FilesOf(run_folder, alone);
}

CheckpointManifest ReadCheckpointManifest(const fs::path& path) {
  Json json = ParseJson(ReadFile(path, kMostManifestBytes));
  if (json.is_discarded()) throw CheckpointError(path.string() + " is not JSON: cut short or altered");
  const int64_t version = ReadVersion(path, json);
  RequireMembers(path, json);
  const auto hash = json.at(kHashKey).get<std::string>();
  json.erase(kHashKey);
  if (hash != HashOfText(JsonText(json), HashKindOfCheckpoint(version))) {
    throw CheckpointError(path.string() + " does not match its own hash: altered or cut short");
  }
  CheckpointManifest manifest{.version = version, .milestone = json.at("milestone").get<bool>()};
  json.at("logs").get_to(manifest.logs);
  json.at("tensors_hash").get_to(manifest.tensors_hash);
  manifest.values = std::move(json.at("values"));
  return manifest;
}

void WriteCheckpointManifest(const CheckpointFiles& files, CheckpointManifest manifest) {
  const HashKind kind = HashKindOfCheckpoint(manifest.version);
  manifest.tensors_hash = HashOfFile(files.tensors, kind);
  Json json = {{kVersionKey, manifest.version},
               {"milestone", manifest.milestone},
               {"logs", manifest.logs},
               {"values", std::move(manifest.values)},
               {"tensors_hash", manifest.tensors_hash}};
  json[kHashKey] = HashOfText(JsonText(json), kind);
  WriteFileAtomically(files.manifest, JsonText(json) + "\n");
}

void RequireWholeTensors(const CheckpointFiles& files, const CheckpointManifest& manifest) {
  if (manifest.tensors_hash == HashOfFile(files.tensors, HashKindOfCheckpoint(manifest.version))) return;
  throw CheckpointError(files.tensors.string() + " does not match the hash in its manifest: altered or cut short");
}

}  // namespace danas
