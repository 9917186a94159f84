#include "danas/study/step_state.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>
#include <vector>

#include "danas/config/config_changes.h"
#include "danas/config/config_file.h"
#include "danas/config/document.h"
#include "danas/config/resume_policy.h"
#include "danas/core/error.h"
#include "danas/core/file.h"
#include "danas/core/log.h"
#include "danas/core/run_folder.h"
#include "danas/core/text_list.h"
#include "danas/events/run_log.h"
#include "danas/events/search_events.h"

namespace danas {
namespace {

namespace fs = std::filesystem;

constexpr size_t kListed = 4;  // changes in a message

bool IsDone(const StudyStep& step) {
  switch (step.kind) {
    case StepKind::kEasiness:
      return fs::exists(step.folder / "easiness.html");  // written last
    case StepKind::kSearch:
      // Before its last event the files may be there in part.
      return std::ranges::all_of(step.found, [&](const std::string& file) { return fs::exists(step.folder / file); }) &&
             events::EndsWith<events::SearchEnd>(step.folder / kLogFile);
    case StepKind::kDraw:
      return fs::exists(step.folder / ("random-" + std::to_string(step.drawn) + ".json"));
    case StepKind::kFinetune:
      return fs::exists(step.folder / "result.json");
  }
  return false;
}

fs::path Beside(const fs::path& folder, const std::string& ending) {
  return folder.parent_path() / (folder.filename().string() + ending);
}

struct Changes {
  std::vector<std::string> keys;    // "search.alpha_lr 0.01 -> 0.02"
  std::vector<std::string> places;  // "data.root ..."
};

// Of two whole configs; keys that change no result are left out.
void AddConfigChanges(const Json& was, const Json& is, Changes& changes) {
  for (const ConfigChange& change : ChangesBetween(was, is)) {
    const OnResume policy = ResumePolicy(change.key);
    if (policy == OnResume::kMayChange) continue;
    (policy == OnResume::kPlace ? changes.places : changes.keys).push_back(change.text);
  }
}

Changes ChangesOf(const StudyStep& step) {
  Changes changes;
  const fs::path path = AskedFile(step);
  if (!fs::exists(path)) return changes;
  Json was = Document::Read(path).Root().ToJson();
  Json is = step.asked;
  if (was.contains("config") && is.contains("config")) {
    AddConfigChanges(ToJson(ConfigFromJson(was.at("config"), path.string())), is.at("config"), changes);
  }
  was.erase("config");
  is.erase("config");
  for (const ConfigChange& change : ChangesBetween(was, is)) changes.keys.push_back(change.text);
  return changes;
}

}  // namespace

StepState StateOf(const StudyStep& step) {
  if (IsDone(step)) return StepState::kDone;
  return fs::exists(AskedFile(step)) ? StepState::kBegun : StepState::kToDo;
}

fs::path AskedFile(const StudyStep& step) { return Beside(step.folder, ".asked.json"); }
fs::path OutputFile(const StudyStep& step) { return Beside(step.folder, ".txt"); }

void WriteAsked(const StudyStep& step) {
  MakeFolders(AskedFile(step).parent_path());
  WriteFileAtomically(AskedFile(step), JsonText(step.asked, 2) + "\n");
}

void CheckUnchanged(const StudyPlan& plan) {
  std::vector<std::pair<std::string, std::vector<std::string>>> changed;  // what differs, and the steps where it does
  std::vector<std::string> moved;
  for (const StudyStep& step : plan.steps) {
    const Changes changes = ChangesOf(step);
    if (!changes.places.empty()) moved = changes.places;
    if (changes.keys.empty()) continue;
    const std::string what = FirstClausesOf(changes.keys, kListed);
    const auto known = std::ranges::find(changed, what, [](const auto& entry) { return entry.first; });
    (known == changed.end() ? changed.emplace_back(what, std::vector<std::string>()) : *known)
        .second.push_back(step.name);
  }
  if (!changed.empty()) {
    std::vector<std::string> texts;
    for (const auto& [what, steps] : changed) {
      texts.push_back("'" + steps.front() + "' (" + what + ")" +
                      (steps.size() > 1 ? " and " + std::to_string(steps.size() - 1) + " more step" +
                                              (steps.size() > 2 ? "s" : "") + " alike"
                                        : ""));
    }
    throw ConfigError(plan.file.string() + ": the study was changed after these steps were started: " +
                      FirstClausesOf(texts, kListed) +
                      ". Restore the settings, give a changed arm a new name, or give the study another folder with "
                      "--run");
  }
  if (!moved.empty())
    log::warn("the data is no longer where it was and must contain the same images: {}",
              FirstClausesOf(moved, kListed));
}

StudyLock::StudyLock(const fs::path& folder) {
  MakeFolders(folder);
  const fs::path path = folder / "lock";
  const std::string holder = FindHolder(folder).name;
  descriptor_ = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666);
  if (descriptor_ < 0) throw FileError("cannot open " + path.string() + ": " + std::strerror(errno));
  if (::flock(descriptor_, LOCK_EX | LOCK_NB) != 0) {
    ::close(descriptor_);
    throw FileError(folder.string() + " is in use" + (holder.empty() ? "" : " by " + holder) +
                    ". Wait for that study to end, or end it; --report shows the results so far");
  }
  const std::string name = "process " + std::to_string(::getpid());
  // Only for people to read: where it cannot be written (a full disk), the lock holds all the same.
  if (::ftruncate(descriptor_, 0) == 0) static_cast<void>(!::pwrite(descriptor_, name.data(), name.size(), 0));
}

StudyLock::~StudyLock() { ::close(descriptor_); }

}  // namespace danas
