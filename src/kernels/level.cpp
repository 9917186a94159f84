#include "danas/kernels/level.h"

#include <cstdint>
#include <cstdlib>
#include <stdexcept>

#include "danas/core/error.h"
#include "hwy/highway.h"
#include "src/kernels/level.h"

namespace danas::kernels {
namespace {

struct KnownLevel {
  const char* name;
  int64_t target;
};
constexpr KnownLevel kLevels[] = {{"avx512", HWY_AVX3}, {"avx2", HWY_AVX2}, {"neon", HWY_NEON}};

bool Runs(const KnownLevel& level) {
  static const int64_t supported = hwy::SupportedTargets();  // before any level is chosen
  return (level.target & HWY_TARGETS & supported) != 0;
}

const KnownLevel& Find(const std::string& name) {
  std::string known;
  for (const KnownLevel& level : kLevels) {
    if (!Runs(level)) continue;
    if (level.name == name) return level;
    known += (known.empty() ? "" : ", ") + std::string(level.name);
  }
  throw UsageError("no kernel level '" + name + "' on this processor; it has " + (known.empty() ? "none" : known));
}

void Choose(const KnownLevel& level) {
  hwy::SetSupportedTargetsForTest(level.target);
  hwy::GetChosenTarget().Update(hwy::SupportedTargets());
}

const KnownLevel*& Chosen() {
  static const KnownLevel* chosen = []() -> const KnownLevel* {
    const char* wanted = std::getenv("DANAS_KERNEL_LEVEL");
    const std::vector<std::string> levels = Levels();
    if (levels.empty()) return nullptr;
    const KnownLevel& level = Find(wanted && *wanted ? wanted : levels.front());
    Choose(level);
    return &level;
  }();
  return chosen;
}

}  // namespace

std::vector<std::string> Levels() {
  std::vector<std::string> levels;
  for (const KnownLevel& level : kLevels) {
    if (Runs(level)) levels.emplace_back(level.name);
  }
  return levels;
}

std::string Level() { return Chosen() ? Chosen()->name : ""; }

void UseLevel(const std::string& name) {
  const KnownLevel& level = Find(name);
  Chosen() = &level;
  Choose(level);
}

void RequireLevel() {
  if (Chosen() == nullptr) throw std::logic_error("kernels: no level of instructions that this processor has");
}

}  // namespace danas::kernels
