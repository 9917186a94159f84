#include "danas/run/profiler.h"

#include <kineto/ActivityType.h>
#include <torch/csrc/autograd/profiler_kineto.h>

#include <cstdlib>
#include <memory>
#include <set>

namespace danas {
namespace {

namespace profiler = torch::autograd::profiler;

// Ends the profiler on every way out: torch refuses a second one in a process.
class Recording {
 public:
  explicit Recording(at::Device device) {
    // Kineto reads it at its first use. What it says on a processor is of GPUs that are not there; on a GPU it may say
    // why it sees no kernels.
    if (!device.is_cuda()) ::setenv("KINETO_LOG_LEVEL", "99", /*overwrite=*/0);
    std::set<profiler::ActivityType> activities = {profiler::ActivityType::CPU};
    if (device.is_cuda()) activities.insert(profiler::ActivityType::CUDA);
    const profiler::ProfilerConfig config(profiler::ProfilerState::KINETO);
    profiler::prepareProfiler(config, activities);
    profiler::enableProfiler(config, activities);
  }
  ~Recording() {
    if (!ended_) profiler::disableProfiler();
  }
  Recording(const Recording&) = delete;
  Recording& operator=(const Recording&) = delete;

  std::unique_ptr<profiler::ProfilerResult> End() {
    ended_ = true;
    return profiler::disableProfiler();
  }

 private:
  bool ended_ = false;
};

bool RunsOnGpu(libkineto::ActivityType kind) {
  using libkineto::ActivityType;
  return kind == ActivityType::CONCURRENT_KERNEL || kind == ActivityType::GPU_MEMCPY ||
         kind == ActivityType::GPU_MEMSET;
}

bool RunsOnProcessor(libkineto::ActivityType kind) {
  using libkineto::ActivityType;
  return kind == ActivityType::CPU_OP || kind == ActivityType::CUDA_RUNTIME || kind == ActivityType::CUDA_DRIVER;
}

}  // namespace

std::vector<ProfiledEvent> RecordEvents(at::Device device, const std::function<void()>& work) {
  Recording recording(device);
  work();
  const std::unique_ptr<profiler::ProfilerResult> result = recording.End();
  std::vector<ProfiledEvent> events;
  for (const profiler::KinetoEvent& event : result->events()) {
    const auto kind = static_cast<libkineto::ActivityType>(event.activityType());
    if (!RunsOnGpu(kind) && !RunsOnProcessor(kind)) continue;
    const bool on_gpu = RunsOnGpu(kind);
    events.push_back({.name = event.name(),
                      .start = static_cast<int64_t>(event.startNs()),
                      .end = static_cast<int64_t>(event.endNs()),
                      .lane = on_gpu ? event.deviceResourceId() : static_cast<int64_t>(event.startThreadId()),
                      .on_gpu = on_gpu});
  }
  return events;
}

}  // namespace danas
