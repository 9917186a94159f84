#include "resume.h"

#include <algorithm>
#include <array>
#include <string>
#include <vector>

#include "danas/config/config_file.h"
#include "danas/core/error.h"
#include "danas/core/file.h"
#include "danas/core/log.h"
#include "inputs.h"

namespace danas {
namespace {

constexpr size_t kMostConfigBytes = size_t{1} << 24;
constexpr size_t kDifferencesShown = 8;

// Keys, or sections with a dot at the end, that change no result but by rounding.
constexpr std::array kHarmless = {"data.workers", "data.queue", "runtime.device", "checkpoint."};

bool IsHarmless(const std::string& key) {
  return std::any_of(kHarmless.begin(), kHarmless.end(), [&](const std::string& harmless) {
    return key == harmless || (harmless.ends_with('.') && key.starts_with(harmless));
  });
}

Json ReadJson(const std::filesystem::path& path) {
  try {
    return Json::parse(ReadFile(path, kMostConfigBytes));
  } catch (const Json::exception& error) {
    throw ConfigError(path.string() + ": " + error.what());
  }
}

void CollectDifferences(const Json& was, const Json& is, const std::string& prefix, std::vector<std::string>& harmless,
                        std::vector<std::string>& others) {
  for (const auto& [name, value] : is.items()) {
    const std::string key = prefix + name;
    const Json before = was.value(name, Json());
    if (before == value) continue;
    if (value.is_object() && before.is_object()) {
      CollectDifferences(before, value, key + ".", harmless, others);
    } else {
      (IsHarmless(key) ? harmless : others).push_back(key + " " + JsonText(before) + " -> " + JsonText(value));
    }
  }
}

}  // namespace

std::filesystem::path RunToResume(const CommandLine& line) {
  if (line.resume.empty()) return {};
  if (line.resume == "auto") {
    if (line.run.empty()) throw UsageError("--resume auto needs --run: the folder of the run");
    return std::filesystem::exists(std::filesystem::path(line.run) / "log.jsonl") ? line.run : "";
  }
  if (!line.run.empty() || !line.config.config.empty()) {
    throw UsageError("--resume DIR takes config and folder of that run; leave out --config and --run");
  }
  return line.resume;
}

Config ConfigToResume(const std::filesystem::path& run, const CommandLine& line) {
  const std::filesystem::path path = run / "config.json";
  const Config saved = ConfigFromJson(ReadJson(path), path.string());
  Config wanted = saved;
  if (line.resume == "auto") {
    wanted = ReadConfig(line.config);
  } else {
    Assign(wanted, line.config.settings);
  }
  std::vector<std::string> harmless, others;
  CollectDifferences(ToJson(saved), ToJson(wanted), "", harmless, others);
  if (!others.empty()) {
    std::string list;
    for (size_t i = 0; i < std::min(others.size(), kDifferencesShown); ++i) list += "; " + others[i];
    const size_t more = others.size() - std::min(others.size(), kDifferencesShown);
    if (more > 0) list += "; and " + std::to_string(more) + " more";
    throw ConfigError(run.string() + " cannot go on with another config" + list +
                      ". Leave these as they were, or start a new run");
  }
  for (const std::string& change : harmless) log::info("going on with {}", change);
  return wanted;
}

bool SayIfFinished(const std::filesystem::path& run) {
  if (!std::filesystem::exists(run / "result.json")) return false;
  log::info("{} is finished already: danas evaluate --run {}", run.string(), run.string());
  return true;
}

}  // namespace danas
