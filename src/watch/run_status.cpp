#include "danas/watch/run_status.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <iterator>

#include "danas/core/checkpoint_files.h"
#include "danas/core/error.h"
#include "danas/core/file.h"
#include "danas/core/json.h"
#include "danas/core/run_folder.h"
#include "danas/core/utc_time.h"
#include "danas/events/log_excerpt.h"
#include "danas/events/progress.h"
#include "danas/events/ranking_events.h"
#include "danas/events/run_log.h"
#include "danas/events/search_events.h"
#include "danas/events/training_events.h"
#include "search_work.h"
#include "spent_text.h"

namespace danas {
namespace {

namespace fs = std::filesystem;

constexpr int64_t kRunLogBytes = int64_t{256} << 10;
constexpr size_t kWarningsShown = 5;
constexpr double kSilentSeconds = 600;

// The first or the last event of a kind; none where there is none. Of broken ones what can be read.
template <typename T>
std::optional<T> First(const std::vector<Json>& log) {
  const auto found = std::ranges::find_if(log, [](const Json& event) { return events::Is<T>(event); });
  return found == log.end() ? std::nullopt : std::optional(events::Read<T>(*found).value);
}

template <typename T>
std::optional<T> Last(const std::vector<Json>& log) {
  const auto found = std::find_if(log.rbegin(), log.rend(), [](const Json& event) { return events::Is<T>(event); });
  return found == log.rend() ? std::nullopt : std::optional(events::Read<T>(*found).value);
}

std::optional<std::time_t> TimeOf(const Json& event) { return ParseUtc(events::TimeOfLine(event)); }

std::time_t TimeOf(fs::file_time_type time) {
  return std::chrono::system_clock::to_time_t(std::chrono::file_clock::to_sys(time));
}

class Reader {
 public:
  Reader(const fs::path& folder, std::time_t now) : folder_(folder), now_(now) { status_.folder = folder; }

  RunStatus Read() {
    if (!HoldsRun(folder_)) throw FileError(folder_.string() + " contains no run: there is no log.jsonl");
    const LogExcerpt log = ReadLogExcerpt(folder_ / kLogFile);
    if (log.broken > 0) {
      status_.warnings.push_back("log.jsonl: " + std::to_string(log.broken) + " lines that are not events");
    }
    ReadKind(log.events);
    if (!log.events.empty()) {
      status_.begun = TimeOf(log.events.front());
      last_event_ = TimeOf(log.events.back());
      Sign(last_event_);
    }
    if (status_.kind == RunKind::kSearch) ReadSearch(log.events);
    if (status_.kind == RunKind::kFinetune || status_.kind == RunKind::kTrain) ReadTraining(log.events);
    ReadRanking(log.events);
    const bool finished = !log.events.empty() && IsFinished(log.events.back());
    if (status_.seconds_left && last_event_) {
      status_.seconds_left = std::max(0.0, *status_.seconds_left - AgeOf(*last_event_));
    }
    if (!finished) ReadProgress();
    ReadCheckpoints();
    ReadRunLog(finished);
    ReadLife(finished);
    return std::move(status_);
  }

 private:
  void Sign(std::optional<std::time_t> time) {
    if (time) last_sign_ = std::max(last_sign_.value_or(*time), *time);
  }
  // A clock that was set back makes nothing younger than now.
  double AgeOf(std::time_t time) const { return std::max(0.0, std::difftime(now_, time)); }

  // A search that ranks classes first begins with the events of a ranking, and keeps it in a folder of its own.
  void ReadKind(const std::vector<Json>& log) {
    if (log.empty()) return;
    const Json& first = log.front();
    if (const auto start = First<events::SearchStart>(log)) {
      status_.kind = RunKind::kSearch;
      status_.what = start->space;
      status_.task = start->task;
    } else if (events::Is<events::EasinessStart>(first)) {
      status_.kind = fs::exists(folder_ / "easiness") ? RunKind::kSearch : RunKind::kEasiness;
    } else if (events::Is<events::TrainingStart>(first)) {
      const auto kind = events::KindNamed<events::TrainingStart>(events::NameOfLine(first));
      const bool zoo = kind == events::TrainingKind::kTrain;
      status_.kind = zoo ? RunKind::kTrain : RunKind::kFinetune;
      const auto training = events::Read<events::TrainingStart>(first).value;
      status_.task = training.task;
      if (zoo) status_.what = training.model.value_or("");
    }
  }

  bool IsFinished(const Json& last) const {
    switch (status_.kind) {
      case RunKind::kSearch:
        return events::Is<events::SearchEnd>(last);
      case RunKind::kFinetune:
      case RunKind::kTrain:
        return events::Is<events::TrainingEnd>(last);
      case RunKind::kEasiness:
        return events::Is<events::EasinessEnd>(last);
      case RunKind::kUnknown:
        break;
    }
    return false;
  }

  void ReadEpoch(const events::SearchEpoch& epoch) {
    if (epoch.timing) status_.share_waited = events::Known(epoch.timing->share_waited);
    status_.train_loss = events::Known(epoch.train_loss);
    status_.train_accuracy = events::Known(epoch.train_accuracy);
    if (epoch.architecture) {
      status_.validation_loss = events::Known(epoch.architecture->validation_loss);
      status_.validation_accuracy = events::Known(epoch.architecture->validation_accuracy);
    }
    if (epoch.alpha) status_.expected_cost = events::Known(epoch.alpha->expected_cost);
  }

  void ReadEpoch(const events::TrainingEpoch& epoch) {
    if (epoch.seconds_waited && epoch.seconds > 0) status_.share_waited = *epoch.seconds_waited / epoch.seconds;
    status_.train_loss = events::Known(epoch.train_loss);
    status_.train_accuracy = events::Known(epoch.train_accuracy);
  }

  void ReadSearch(const std::vector<Json>& log) {
    const auto start = First<events::SearchStart>(log);
    if (!start) {
      status_.at.phase = "ranking";
      return;
    }
    status_.unit = start->unit;
    status_.budget = start->budget;
    status_.budget_max = start->budget_max;
    const auto epoch = Last<events::SearchEpoch>(log);
    const SearchWork work(*start);
    status_.at = work.After(epoch);
    status_.share_done = work.ShareAfter(epoch);
    if (epoch) {
      ReadEpoch(*epoch);
      status_.seconds_left = work.SecondsLeft(log);
    }
    for (const events::BudgetBand& budget : start->budgets.value_or(std::vector<events::BudgetBand>())) {
      status_.budgets.push_back({.name = budget.budget.empty() ? "?" : budget.budget, .cost = {}});
    }
    const auto pruning = Last<events::Pruning>(log);
    status_.budgets.empty() ? ReadCandidates(pruning) : ReadSupernet(Last<events::SupernetPruned>(log));
    if (pruning && pruning->unclear_cuts) ReadPrunings(log, *pruning);
    if (const auto end = Last<events::SearchEnd>(log)) ReadEnd(*end);
  }

  void ReadEnd(const events::SearchEnd& end) {
    if (end.result) status_.cost = events::Known(end.result->cost);
    for (size_t b = 0; end.found && b < std::min(status_.budgets.size(), end.found->size()); ++b) {
      status_.budgets[b].cost = events::Known((*end.found)[b].cost);
    }
    status_.share_done = 1;
    status_.seconds_taken = events::Known(end.timing.seconds);
    if (end.macs_passed) status_.macs_passed = events::Known(end.macs_passed->total);
    status_.spent = SharesOfTime(end);
  }

  // Of the phase of the last one: one a budget.
  void ReadPrunings(const std::vector<Json>& log, const events::Pruning& last) {
    std::vector<events::Pruning> prunings;
    if (status_.budgets.empty()) {
      prunings.push_back(last);
    } else {
      for (const Json& line : log) {
        if (events::Is<events::Pruning>(line)) prunings.push_back(events::Read<events::Pruning>(line).value);
      }
    }
    status_.cuts = 0;
    status_.unclear_cuts = 0;
    for (const events::Pruning& pruning : prunings) {
      if (pruning.phase != last.phase) continue;
      if (const auto networks = pruning.networks_in_band) {
        status_.networks_in_band = std::min(*networks, status_.networks_in_band.value_or(*networks));
      }
      *status_.cuts += pruning.cuts.value_or(0);
      *status_.unclear_cuts += pruning.unclear_cuts.value_or(0);
    }
  }

  // What several budgets left of the supernet.
  void ReadSupernet(const std::optional<events::SupernetPruned>& pruned) {
    if (pruned) status_.candidates = pruned->candidates;
  }

  // The last α event says which candidates its epoch had; a pruning of the same phase came after it.
  void ReadCandidates(const std::optional<events::Pruning>& pruning) {
    const LogExcerpt lines = ReadLogExcerpt(folder_ / kAlphaFile, 0, kLogTailBytes);
    const auto alpha = Last<events::Alpha>(lines.events);
    if (!alpha) return;
    for (const events::LayerAlpha& layer : alpha->layers) status_.candidates.push_back(std::ssize(layer.candidates));
    if (!pruning || pruning->phase != alpha->phase) return;
    for (const events::LayerCut& cut : pruning->layers) {
      if (cut.layer >= 0 && cut.layer < std::ssize(status_.candidates)) {
        status_.candidates[static_cast<size_t>(cut.layer)] -= std::ssize(cut.dropped);
      }
    }
  }

  void ReadTraining(const std::vector<Json>& log) {
    RunPosition& at = status_.at;
    at.epochs = events::Read<events::TrainingStart>(log.front()).value.epochs;
    at.epoch = std::min<int64_t>(1, at.epochs);
    if (const auto epoch = Last<events::TrainingEpoch>(log)) {
      ReadEpoch(*epoch);
      const int64_t over = epoch->epoch;
      at.epoch = std::min(over + 1, at.epochs);
      if (at.epochs > 0) status_.share_done = static_cast<double>(over) / static_cast<double>(at.epochs);
      if (const auto seconds = events::Known(epoch->seconds)) {
        status_.seconds_left = *seconds * static_cast<double>(at.epochs - over);
      }
    }
    if (!IsFinished(log.back())) return;
    const auto end = events::Read<events::TrainingEnd>(log.back()).value;
    status_.share_done = 1;
    status_.seconds_taken = events::Known(end.seconds);
    status_.test_accuracy = events::Known(end.test_last_epoch.top1);
    status_.test_keypoints = end.test_last_epoch.keypoints;
  }

  void ReadRanking(const std::vector<Json>& log) {
    if (const auto start = First<events::EasinessStart>(log)) status_.judges = std::ssize(start->judges);
    for (const Json& event : log) status_.judged += events::Is<events::NetworkJudged>(event) ? 1 : 0;
    // A run that was resumed ranks from the beginning.
    status_.judged = std::min(status_.judged, status_.judges);
    if (status_.kind == RunKind::kEasiness && IsFinished(log.back())) status_.share_done = 1;
  }

  void ReadProgress() {
    const fs::path path = folder_ / events::ProgressNow::kFile;
    if (!fs::exists(path)) return;
    Json json;
    try {
      json = ParseJson(ReadFile(path, 1 << 20));
    } catch (const FileError& error) {
      status_.warnings.emplace_back(error.what());
      return;
    }
    const auto now = events::Read<events::ProgressNow>(json).value;
    const std::optional<std::time_t> time = ParseUtc(now.time);
    if (!time) {
      status_.warnings.emplace_back("progress.json has no time");
      return;
    }
    const bool is_old = last_event_ && *time < *last_event_;  // of a pass that is over, as the log says
    Sign(time);
    if (is_old) return;
    status_.pass = PassProgress{now.pass, AgeOf(*time)};
    for (double events::PassNow::*number :
         {&events::PassNow::loss, &events::PassNow::accuracy, &events::PassNow::images_per_second}) {
      (*status_.pass).*number = events::Known(now.pass.*number).value_or(0);
    }
    status_.share_done = std::max(events::Known(now.share_done), status_.share_done);
    if (const auto left = now.seconds_left.value) {
      status_.seconds_left = std::max(0.0, *left - status_.pass->age_seconds);
    }
  }

  // The newest whose manifest is whole; its tensors, gigabytes, are not read for this.
  void ReadCheckpoints() {
    for (const CheckpointFiles& files : FindCheckpoints(folder_)) {
      std::error_code error;
      const fs::file_time_type time = fs::last_write_time(files.manifest, error);
      if (error) continue;  // an old one is removed while this looks
      try {
        ReadCheckpointManifest(files.manifest);
      } catch (const Error& fault) {
        if (fs::exists(files.manifest, error)) status_.warnings.emplace_back(fault.what());
        continue;
      }
      Sign(TimeOf(time));
      status_.checkpoint = CheckpointAge{.number = files.number, .age_seconds = AgeOf(TimeOf(time))};
      return;
    }
  }

  // Its warnings and errors, "2026-01-31T12:00:00Z warning: text".
  void ReadRunLog(bool finished) {
    const std::string tail = ReadTail(folder_ / "run.log", kRunLogBytes);
    std::vector<std::string> warnings;
    for (size_t begin = 0, end; (end = tail.find('\n', begin)) != std::string::npos; begin = end + 1) {
      const std::string line = tail.substr(begin, end - begin);
      const std::optional<std::time_t> time = ParseUtc(line.substr(0, line.find(' ')));
      if (!time) continue;
      Sign(time);
      const std::string rest = line.substr(line.find(' ') + 1);
      const bool is_error = rest.starts_with("error: ");
      status_.stopped_by = is_error ? rest.substr(7) : "";
      if (!is_error && !rest.starts_with("warning: ")) continue;
      // A resumed run says the same again; the last time counts.
      std::erase_if(warnings, [&](const std::string& said) { return said.ends_with("Z " + rest); });
      warnings.push_back(line);
    }
    if (finished) status_.stopped_by.clear();
    if (!status_.stopped_by.empty()) warnings.pop_back();
    const size_t shown = std::min(kWarningsShown, warnings.size());
    if (shown < warnings.size()) {
      status_.warnings.push_back("run.log: " + std::to_string(warnings.size() - shown) + " earlier warnings or errors");
    }
    status_.warnings.insert(status_.warnings.end(), warnings.end() - static_cast<ptrdiff_t>(shown), warnings.end());
  }

  void ReadLife(bool finished) {
    const RunHolder holder = FindHolder(folder_);
    status_.holder = holder.name;
    if (last_sign_) status_.last_sign_seconds = AgeOf(*last_sign_);
    if (finished) {
      status_.life = RunLife::kFinished;
    } else if (holder.state == RunHolder::State::kAlive) {
      status_.life = RunLife::kRunning;
      status_.stopped_by.clear();  // an error of a process before this one
    } else if (!status_.stopped_by.empty()) {
      status_.life = RunLife::kStopped;
    } else if (holder.state == RunHolder::State::kGone) {
      status_.life = RunLife::kDied;
    }
    const bool may_live = status_.life == RunLife::kRunning || status_.life == RunLife::kUnknown;
    if (!may_live) status_.seconds_left.reset();
    if (status_.life == RunLife::kRunning && status_.last_sign_seconds.value_or(0) > kSilentSeconds) {
      status_.warnings.emplace_back("its process is alive but has written nothing for more than 10 minutes");
    }
  }

  fs::path folder_;
  std::time_t now_;
  RunStatus status_;
  std::optional<std::time_t> last_event_, last_sign_;
};

void CollectRuns(const fs::path& folder, int depth, std::vector<fs::path>& runs) {
  if (HoldsRun(folder)) {
    runs.push_back(folder);
    return;
  }
  if (depth == 0) return;
  std::error_code error;
  std::vector<fs::path> folders;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder, error)) {
    if (entry.is_directory(error) && !entry.is_symlink(error)) folders.push_back(entry.path());
  }
  std::sort(folders.begin(), folders.end());
  for (const fs::path& next : folders) CollectRuns(next, depth - 1, runs);
}

}  // namespace

const char* NameOf(RunKind kind) {
  constexpr std::array kNames = {"run", "search", "finetune", "train", "easiness"};
  return kNames.at(static_cast<size_t>(kind));
}

const char* NameOf(RunLife life) {
  constexpr std::array kNames = {"running", "finished", "stopped", "died", "unknown"};
  return kNames.at(static_cast<size_t>(life));
}

RunStatus ReadRunStatus(const fs::path& folder, std::time_t now) { return Reader(folder, now).Read(); }

bool HoldsRun(const fs::path& folder) {
  std::error_code error;
  return fs::is_regular_file(folder / kLogFile, error);
}

std::vector<fs::path> FindRuns(const fs::path& folder) {
  if (!fs::is_directory(folder)) throw FileError("there is no folder " + folder.string());
  std::vector<fs::path> runs;
  CollectRuns(folder, 3, runs);
  if (runs.empty()) {
    throw FileError(folder.string() + " contains no run: there is no log.jsonl in it or up to three folders below");
  }
  return runs;
}

}  // namespace danas
