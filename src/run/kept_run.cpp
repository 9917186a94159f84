#include "danas/run/kept_run.h"

#include <string>
#include <utility>

namespace danas {

KeptRun::KeptRun(const std::filesystem::path& folder, const CheckpointConfig& config, const Ranks& ranks,
                 at::Device device, DescribeRun describe)
    : ranks_(ranks), device_(device), describe_(std::move(describe)) {
  if (!folder.empty()) keeper_.emplace(folder, config, device, describe_);
}

bool KeptRun::Resume(bool wanted, const char* start_event) {
  const std::string resumed =
      ranks_.FromFirst([&] { return wanted && keeper_->RestoreOrRewind(start_event) ? "yes" : "no"; });
  if (resumed == "no") return false;
  ShareState(ranks_, describe_, device_);
  return true;
}

void KeptRun::Begun() {
  if (keeper_) keeper_->KeepFirst();
}

void KeptRun::Keep(CheckpointKind kind) {
  if (keeper_) keeper_->Keep(kind);
}

void KeptRun::KeepAfterEpoch() {
  if (keeper_) keeper_->KeepAfterEpoch();
}

void KeptRun::Finish() {
  if (keeper_) keeper_->Finish();
}

}  // namespace danas
