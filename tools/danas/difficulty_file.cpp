#include "difficulty_file.h"

#include "danas/core/error.h"
#include "danas/core/file.h"

namespace danas {
namespace {

namespace fs = std::filesystem;

std::string ReadGiven(const std::string& path) {
  if (!fs::exists(path)) {
    throw FileError("schedule.difficulty: there is no file " + path +
                    "; write it with danas evaluate --run RUN --difficulty FILE");
  }
  return ReadFile(path);
}

std::string ReadOnFirst(const std::string& path, const fs::path& run) {
  const fs::path copy = run / kDifficultyCopy;
  if (run.empty() || !fs::exists(copy)) return ReadGiven(path);
  std::string text = ReadFile(copy);
  if (fs::exists(path) && ReadFile(path) != text) {
    throw ConfigError(run.string() + " cannot be resumed: schedule.difficulty: " + path +
                      " has changed since it started. Restore it (" + copy.string() +
                      " is what it was), or start a new run with --run");
  }
  return text;
}

}  // namespace

std::string ReadDifficulty(const Config& config, const fs::path& run, const Ranks& ranks) {
  const std::string& path = config.schedule.difficulty;
  if (path.empty()) return "";
  return ranks.FromFirst([&] { return ReadOnFirst(path, run); });
}

void KeepDifficulty(const RunFolder* folder, const std::string& text) {
  if (folder == nullptr || text.empty() || fs::exists(*folder / kDifficultyCopy)) return;
  WriteFileAtomically(*folder / kDifficultyCopy, text);
}

GroupedPersons GroupsOf(const std::shared_ptr<const DatasetIndex>& training_set, const Config& config,
                        const std::string& text) {
  return GroupPersons(training_set, config, ParseDifficulty(text, config.schedule.difficulty));
}

}  // namespace danas
