// How a run begins, is resumed, and keeps its state: written once for searches and trainings. Without a folder it keeps
// nothing.
#pragma once

#include <filesystem>
#include <optional>

#include "danas/run/checkpoint.h"

namespace danas {

class KeptRun {
 public:
  // Of several ranks the first has a folder; all describe the same run.
  KeptRun(const std::filesystem::path& folder, const CheckpointConfig& config, const Ranks& ranks, at::Device device,
          DescribeRun describe);

  // With `wanted` takes up the state of the newest whole checkpoint, on every rank, and cuts the logs back to it.
  // False: the run begins; where a process was killed before its first checkpoint, without what it logged since
  // `start_event`. Throws as CheckpointKeeper::RestoreOrRewind() does.
  bool Resume(bool wanted, const char* start_event);

  // The run has begun, and its first event is recorded.
  void Begun();

  // As CheckpointKeeper's; they do nothing without a folder.
  void Keep(CheckpointKind kind = CheckpointKind::kRegular);
  void KeepAfterEpoch();
  void Finish();

  CheckpointKeeper* keeper() { return keeper_ ? &*keeper_ : nullptr; }

 private:
  Ranks ranks_;
  at::Device device_;
  DescribeRun describe_;
  std::optional<CheckpointKeeper> keeper_;
};

}  // namespace danas
