#include "danas/train/memory.h"

#include <ATen/DeviceAccelerator.h>
#include <malloc.h>

#include <fstream>
#include <string>

namespace danas {
namespace {

// A line such as "VmHWM:     12345 kB".
int64_t StatusBytes(const std::string& key) {
  std::ifstream status("/proc/self/status");
  for (std::string word; status >> word;) {
    int64_t kibibytes = 0;
    if (word == key && status >> kibibytes) return kibibytes * 1024;
  }
  return 0;
}

}  // namespace

int64_t ResidentBytes() { return StatusBytes("VmRSS:"); }
int64_t PeakResidentBytes() { return StatusBytes("VmHWM:"); }

int64_t PeakDeviceBytes(at::Device device) {
  if (device.is_cpu()) return 0;
  using namespace c10::CachingAllocator;
  const auto stats = at::accelerator::getDeviceStats(device.index());
  return stats.allocated_bytes[static_cast<size_t>(StatType::AGGREGATE)].peak;
}

void ResetPeakBytes(at::Device device) {
  if (!device.is_cpu()) {
    at::accelerator::resetPeakStats(device.index());
    return;
  }
  malloc_trim(0);
  std::ofstream("/proc/self/clear_refs") << "5";
}

}  // namespace danas
