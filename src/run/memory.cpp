#include "danas/run/memory.h"

#include <ATen/DeviceAccelerator.h>
#include <c10/util/Exception.h>
#include <malloc.h>

#include <algorithm>
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

std::string OutOfMemoryText(const std::exception& error) {
  const auto* of_torch = dynamic_cast<const c10::Error*>(&error);
  if (of_torch == nullptr) return "";
  std::string text = of_torch->what_without_backtrace();
  // The CPU's allocator throws no type of its own.
  const bool device = dynamic_cast<const c10::OutOfMemoryError*>(of_torch) != nullptr;
  if (!device && text.find("DefaultCPUAllocator: ") == std::string::npos) return "";
  text.resize(std::min({text.size(), text.find('\n'), text.find(". ")}));
  if (const size_t begin = text.find("DefaultCPUAllocator: "); begin != std::string::npos) text.erase(0, begin + 21);
  return "out of memory: " + text +
         ". Lower train.micro_batch or train.batch (--dry-run estimates what a step takes), or set "
         "nn.recompute: layer" +
         (device ? " or runtime.amp, or use more GPUs" : "");
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
