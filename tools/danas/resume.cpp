#include "resume.h"

#include <cstdlib>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "danas/config/config_changes.h"
#include "danas/config/config_file.h"
#include "danas/config/document.h"
#include "danas/config/resume_policy.h"
#include "danas/core/checkpoint_files.h"
#include "danas/core/error.h"
#include "danas/core/file.h"
#include "danas/core/log.h"
#include "danas/core/run_folder.h"
#include "danas/core/text_file.h"
#include "danas/core/text_list.h"
#include "danas/run/checkpoint.h"
#include "difficulty_file.h"
#include "inputs.h"
#include "run_images.h"
#include "run_reports.h"

namespace danas {
namespace {

namespace fs = std::filesystem;

constexpr size_t kDifferencesShown = 8;

bool MayRunChange(const std::string& key) {
  const OnResume policy = ResumePolicy(key);
  return policy == OnResume::kMayChange || policy == OnResume::kPlace;
}

bool MayForkChange(const std::string& key) { return ResumePolicy(key) != OnResume::kFixed; }

struct ConfigDifferences {
  std::vector<ConfigChange> allowed;
  std::vector<ConfigChange> others;
};

ConfigDifferences Compare(const Config& was, const Config& is, bool (*allow)(const std::string& key)) {
  ConfigDifferences differences;
  for (ConfigChange& change : ChangesBetween(ToJson(was), ToJson(is))) {
    (allow(change.key) ? differences.allowed : differences.others).push_back(std::move(change));
  }
  return differences;
}

std::string TextsOf(const std::vector<ConfigChange>& changes) {
  std::vector<std::string> texts;
  for (const ConfigChange& change : changes) texts.push_back(change.text);
  return FirstClausesOf(texts, kDifferencesShown);
}

// A fork may change more than a resumed run, but not what the state is built from.
std::string AdviceFor(const std::vector<ConfigChange>& changes) {
  std::vector<std::string> fixed;
  for (const ConfigChange& change : changes) {
    if (!MayForkChange(change.key)) fixed.push_back(change.key);
  }
  if (fixed.empty()) return "Keep the original values, start a new run, or continue in a new folder with --fork";
  return "Keep the original values, or start a new run: --fork cannot change " + Joined(fixed) + " either";
}

Config ConfigOfRun(const fs::path& run) {
  const fs::path path = run / "config.json";
  return ConfigFromJson(Document::Read(path).Root().ToJson(), path.string());
}

bool RestartedByLauncher() {
  for (const char* name : {"TORCHELASTIC_RESTART_COUNT", "SLURM_RESTART_COUNT"}) {
    const char* count = std::getenv(name);
    if (count != nullptr && std::atoi(count) > 0) return true;
  }
  return false;
}

// The folder in --run if it contains a run. `required`: --resume auto was given.
fs::path RunToContinue(const std::string& run_option, const Call& call, bool required) {
  if (run_option.empty()) {
    if (required) throw UsageError("--resume auto requires the folder of the run: --run, of danas easiness --out");
    return RunOfJob(call);
  }
  const fs::path run = run_option;
  if (!fs::exists(run / kLogFile)) return {};
  if (fs::exists(run / "config.json")) return run;
  RunFolder::Reopen(run).GiveBack();  // ended before it could write its config
  return {};
}

void CopyBegin(const fs::path& from, const fs::path& to, int64_t bytes) {
  std::string content = ReadFile(from);
  if (static_cast<int64_t>(content.size()) < bytes) {
    throw CheckpointError(from.string() + " is shorter than it was when the checkpoint was written");
  }
  content.resize(static_cast<size_t>(bytes));
  WriteFileAtomically(to, content);
}

void CopyFile(const fs::path& from, const fs::path& to) {
  std::error_code error;
  fs::copy(from, to, fs::copy_options::recursive, error);
  if (error) throw FileError("cannot copy " + from.string() + " to " + to.string() + ": " + error.message());
}

// What a run had written when it wrote the checkpoint; files of later phases are written again by the fork.
void CopyRun(const fs::path& from, const StoredCheckpoint& checkpoint, const RunFolder& to) {
  for (const auto& [log, bytes] : checkpoint.manifest.logs) {
    if (fs::exists(from / log)) CopyBegin(from / log, to / log, bytes);
  }
  for (const fs::directory_entry& entry : fs::directory_iterator(from)) {
    const std::string name = entry.path().filename().string();
    const bool goes_along = name == "network.json" || name == "easiness" || name == kListingFile ||
                            name == kDifficultyCopy || name.starts_with("space-step");
    if (goes_along) CopyFile(entry.path(), to / name);
  }
  const CheckpointFiles copies = FilesOfCheckpoint(to.path(), checkpoint.files.number);
  fs::create_directories(CheckpointFolder(to.path()));
  CopyFile(checkpoint.files.tensors, copies.tensors);
  CopyFile(checkpoint.files.manifest, copies.manifest);
}

// Before the fork's folder is made.
void RequireSameData(const fs::path& run, const Config& config, SetsUsed sets) {
  const bool with_test =
      sets == SetsUsed::kBoth || (config.schedule.ranking == "auto" && !fs::exists(run / "easiness" / "ranking.json"));
  RequireDataThere(run, config.data, with_test);
  if (with_test) {
    const Dataset dataset = OpenBothSets(config.data);
    RequireSameImages(run, ListImages(dataset.train, &dataset.test));
  } else {
    RequireSameImages(run, ListImages(OpenTrainingSet(config.data), nullptr));
  }
}

fs::path ForkRun(const RunOptions& options, const ConfigOptions& config, const Call& call, SetsUsed sets) {
  const fs::path from = options.resume;
  const Config saved = ConfigOfRun(from);
  Config wanted = saved;
  Assign(wanted, config.settings);
  const ConfigDifferences differences = Compare(saved, wanted, MayForkChange);
  if (!differences.others.empty()) {
    throw ConfigError("a fork of " + from.string() + " cannot change: " + TextsOf(differences.others) +
                      ". Its weights and architecture parameters depend on the original values: start a new run");
  }
  const StoredCheckpoint checkpoint = NewestCheckpoint(from);
  RequireSameData(from, wanted, sets);
  const RunFolder folder = MakeRunFolder(options.fork, wanted, call);
  CopyRun(from, checkpoint, folder);
  Json changes = Json::array();
  for (const ConfigChange& change : differences.allowed) changes.push_back(change.text);
  folder.WriteJson("fork.json", {{"from", fs::absolute(from).string()},
                                 {"checkpoint", checkpoint.files.manifest.filename().string()},
                                 {"changes", std::move(changes)}});
  return folder.path();
}

}  // namespace

fs::path RunToResume(const RunOptions& options, const ConfigOptions& config, const Call& call, SetsUsed sets) {
  const bool restarted = options.resume.empty() && options.fork.empty() && RestartedByLauncher();
  const std::string resume = restarted ? "auto" : options.resume;
  if (resume.empty() && !options.fork.empty()) throw UsageError("--fork requires --resume DIR, the run to fork");
  if (resume == "auto" && !options.fork.empty()) throw UsageError("--fork requires --resume DIR, not 'auto'");
  if (resume.empty()) return {};
  if (resume == "auto") return RunToContinue(options.run, call, /*required=*/!restarted);
  if (!options.run.empty() || !config.config.empty()) {
    throw UsageError("--resume DIR uses the config and folder of that run; leave out --config and --run");
  }
  if (options.fork.empty()) return resume;
  if (RestartedByLauncher() && fs::exists(CheckpointFolder(options.fork))) return options.fork;
  return ForkRun(options, config, call, sets);
}

Config ConfigToResume(const fs::path& run, const std::string& resume, const ConfigOptions& config,
                      const std::function<Config()>& read) {
  const Config saved = ConfigOfRun(run);
  Config wanted = saved;
  if (resume == "auto") {
    wanted = read();
  } else {
    Assign(wanted, config.settings);
  }
  const ConfigDifferences differences = Compare(saved, wanted, MayRunChange);
  if (!differences.others.empty()) {
    throw ConfigError(run.string() + " cannot be resumed with a different config: " + TextsOf(differences.others) +
                      ". " + AdviceFor(differences.others));
  }
  for (const ConfigChange& change : differences.allowed) log::info("resuming with {}", change.text);
  return wanted;
}

bool SayIfFinished(const fs::path& run) {
  if (!fs::exists(run / "result.json")) return false;
  log::info("{} is already finished; to evaluate it: danas evaluate --run {}", run.string(), run.string());
  return true;
}

}  // namespace danas
