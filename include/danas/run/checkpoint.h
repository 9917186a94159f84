// Checkpoints of a run: copied at once, written beside the training, found again whole or not at all
// (docs/checkpoints.md). Their files: core/checkpoint_files.h.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "danas/config/checkpoint_config.h"
#include "danas/core/checkpoint_files.h"
#include "danas/run/ranks.h"
#include "danas/run/run_state.h"

namespace danas {

using DescribeRun = std::function<void(StateFields& fields)>;

enum class CheckpointKind { kRegular, kMilestone };  // a milestone is never removed

// One whose manifest was whole when it was read.
struct StoredCheckpoint {
  CheckpointFiles files;
  CheckpointManifest manifest;
};

// The newest of a run whose tensors are whole too; warns of those that it skips. Throws CheckpointError where there is
// none.
StoredCheckpoint NewestCheckpoint(const std::filesystem::path& run_folder);

// All that are there, the newest first; those whose manifest is not whole are skipped with a warning. Tensors are not
// looked at: they may be damaged, or removed since.
std::vector<StoredCheckpoint> ListCheckpoints(const std::filesystem::path& run_folder);

// Throws CheckpointError where its tensors are not whole.
StateFields OpenCheckpoint(const StoredCheckpoint& checkpoint, at::Device device);

// Gives all ranks the state that rank 0 has: what `describe` tells there is restored elsewhere, on `device`.
void ShareState(const Ranks& ranks, const DescribeRun& describe, at::Device device);

// Of several ranks the first has one, the others none.
class CheckpointKeeper {
 public:
  // `describe` is called to save and to restore, from the thread that trains.
  CheckpointKeeper(std::filesystem::path run_folder, const CheckpointConfig& config, at::Device device,
                   DescribeRun describe);
  ~CheckpointKeeper();  // waits for the write under way
  CheckpointKeeper(const CheckpointKeeper&) = delete;
  CheckpointKeeper& operator=(const CheckpointKeeper&) = delete;

  // Restores the newest whole checkpoint and cuts the run's logs back to where they were then. One that is cut short,
  // altered or of a newer version is skipped with a warning. Throws CheckpointError where none is there or whole.
  void Restore();

  // Restores where there is a checkpoint. Else, where the run was ended before its first one, which it waits for, cuts
  // the logs back to before their event `start` and returns false: the run begins again.
  bool RestoreOrRewind(const std::string& start);

  // Whether `checkpoint.every` has passed, or an interrupt asks the run to end.
  bool Due() const;

  // The first checkpoint of a run, before its first batch: waits until it is written.
  void KeepFirst();

  // Copies the state and writes it in the background, after the write before. Throws FileError where that one failed
  // and checkpoints are required.
  void Keep(CheckpointKind kind = CheckpointKind::kRegular);

  // At the end of an epoch: Keep(), unless the last is younger than checkpoint.min_seconds.
  void KeepAfterEpoch();

  // Waits until all is written; throws as Keep() does.
  void Finish();

 private:
  struct Copy;
  class Writer;
  double SecondsSinceLast() const;
  void RaiseFailure();

  std::filesystem::path folder_;
  CheckpointConfig config_;
  at::Device device_;
  DescribeRun describe_;
  int64_t next_number_ = 1;
  std::chrono::steady_clock::time_point last_;
  std::unique_ptr<Writer> writer_;
};

}  // namespace danas
