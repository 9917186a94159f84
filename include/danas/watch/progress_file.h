// How far a run is, in `progress.json` of its folder, for those who look from elsewhere (danas status): written whole
// every ten seconds, removed when the run is finished.
#pragma once

#include <chrono>
#include <filesystem>

#include "danas/core/progress.h"
#include "danas/events/progress.h"
#include "danas/watch/time_left.h"

namespace danas {

class ProgressFile : public ProgressSink {
 public:
  explicit ProgressFile(const std::filesystem::path& run_folder) : path_(run_folder / events::ProgressNow::kFile) {}
  bool Due() override;
  // A file that cannot be written does not end the run: it is warned of once.
  void Show(const Progress& progress) override;
  void Remove();

 private:
  using Clock = std::chrono::steady_clock;
  std::filesystem::path path_;
  Clock::time_point due_ = Clock::now();
  TimeLeft time_left_;
  bool begun_ = false;
  bool warned_ = false;
};

}  // namespace danas
