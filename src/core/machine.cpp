#include "danas/core/machine.h"

#include <sched.h>

#include <fstream>
#include <thread>

namespace danas {
namespace {

std::string ProcessorModel() {
  std::ifstream info("/proc/cpuinfo");
  for (std::string line; std::getline(info, line);) {
    const size_t colon = line.find(": ");
    if (colon == std::string::npos) continue;
    if (line.starts_with("model name") || line.starts_with("CPU part")) return line.substr(colon + 2);
  }
  return "unknown processor";
}

int UsableCores() {
  cpu_set_t usable;
  if (::sched_getaffinity(0, sizeof usable, &usable) == 0) return CPU_COUNT(&usable);
  return static_cast<int>(std::thread::hardware_concurrency());
}

}  // namespace

std::string DescribeMachine() {
  const int cores = UsableCores();
  return ProcessorModel() + ", " + std::to_string(cores) + (cores == 1 ? " core" : " cores");
}

}  // namespace danas
