// The checkpoints of a run as files, for whoever asks which are there and whole (docs/checkpoints.md): pairs
// NUMBER.safetensors (tensors) and NUMBER.json (the manifest: values, sizes of the logs, hashes) in the run's folder
// `checkpoints`. The manifest is written last. What the tensors mean is run/checkpoint.h's.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "danas/core/content_hash.h"
#include "danas/core/json.h"

namespace danas {

// Of what is written. 2: the gradients of α. 3: hashes by XXH3, as ContentHash, where they were by HashText(). What
// changes the fields of a run raises it and reads older ones still.
inline constexpr int64_t kCheckpointVersion = 3;

// That of the hashes in a checkpoint of this version.
HashKind HashKindOfCheckpoint(int64_t version);

struct CheckpointFiles {
  int64_t number = 0;
  std::filesystem::path manifest = {};
  std::filesystem::path tensors = {};
};

std::filesystem::path CheckpointFolder(const std::filesystem::path& run_folder);
CheckpointFiles FilesOfCheckpoint(const std::filesystem::path& run_folder, int64_t number);

// Those that have a manifest, whole or not, the newest first. None where there is no such folder.
std::vector<CheckpointFiles> FindCheckpoints(const std::filesystem::path& run_folder);

// Those that have tensors and no manifest: being written, or left by a process that was killed.
std::vector<CheckpointFiles> FindTensorsAlone(const std::filesystem::path& run_folder);

struct CheckpointManifest {
  int64_t version = kCheckpointVersion;
  bool milestone = false;
  std::map<std::string, int64_t> logs = {};  // file name: bytes when it was written
  Json values = Json::object();  // by name, as the run described them
  std::string tensors_hash = {};
};

// Throws FileError where it cannot be read, and CheckpointError with the reason where it is not whole, lacks a
// value or is of a newer version.
CheckpointManifest ReadCheckpointManifest(const std::filesystem::path& path);

// Whole or not at all. The tensors must be there: their hash is that of the file, whatever `manifest` says.
void WriteCheckpointManifest(const CheckpointFiles& files, CheckpointManifest manifest);

// Reads all tensors, gigabytes. Throws CheckpointError where they are not those of the manifest.
void RequireWholeTensors(const CheckpointFiles& files, const CheckpointManifest& manifest);

}  // namespace danas
