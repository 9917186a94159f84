#include "run_reports.h"

#include <unistd.h>

#include <algorithm>
#include <exception>
#include <sstream>

#include "danas/config/config_file.h"
#include "danas/core/file.h"
#include "danas/core/hash.h"
#include "danas/core/log.h"
#include "danas/core/rank_place.h"
#include "danas/events/run_log.h"
#include "danas/watch/event_printer.h"
#include "danas/watch/progress_file.h"
#include "danas/watch/tensorboard_sink.h"

namespace danas {
namespace {

std::vector<std::shared_ptr<MetricSink>> MakeSinks(const RunFolder* folder, const LogConfig& log,
                                                   const std::shared_ptr<MetricSink>& printer) {
  std::vector<std::shared_ptr<MetricSink>> sinks;
  if (folder != nullptr) sinks.push_back(std::make_shared<JsonlSink>(*folder));
  if (folder != nullptr && log.tensorboard) sinks.push_back(std::make_shared<TensorBoardSink>(folder->path()));
  if (printer) sinks.push_back(printer);
  return sinks;
}

std::vector<std::shared_ptr<ProgressSink>> MakeProgress(Screen& screen, const events::TaskWords& words,
                                                        Verbosity verbosity,
                                                        const std::shared_ptr<ProgressFile>& file) {
  std::vector<std::shared_ptr<ProgressSink>> sinks;
  if (verbosity != Verbosity::kQuiet) sinks.push_back(std::make_shared<ProgressLine>(screen, words));
  if (file) sinks.push_back(file);
  return sinks;
}

events::TaskWords WordsOf(const Config& config) { return events::WordsOf(NameOf(config.task)); }

constexpr size_t kMostNoteBytes = 1 << 16;

// torchrun's agent, which restarts the ranks, if it gave its job no name: the process and its start time.
std::string ParentProcess() {
  const std::string id = std::to_string(::getppid());
  try {
    const std::string stat = ReadFile("/proc/" + id + "/stat", kMostNoteBytes);
    // The 22nd field; the second, in brackets, may hold blanks.
    std::istringstream fields(stat.substr(stat.rfind(')') + 1));
    std::string begun;
    for (int field = 3; field <= 22; ++field) fields >> begun;
    return id + "-" + begun;
  } catch (const FileError&) {
    return id;
  }
}

// runs/.jobs/JOB-LINE; empty without a launcher that starts jobs again.
std::filesystem::path NoteOfJob(const Call& call) {
  const RankPlace place = FindRankPlace();
  std::string job = place.job;
  if (job.empty() && place.launcher == "torchrun") job = "torchrun-" + ParentProcess();
  if (job.empty()) return {};
  std::replace(job.begin(), job.end(), '/', '_');
  return std::filesystem::path("runs") / ".jobs" / (job + "-" + HexText(HashText(call.words)));
}

}  // namespace

RunReports::RunReports(const RunFolder* folder, const Config& config, Verbosity verbosity)
    : tensorboard_(config.log.tensorboard),
      verbosity_(verbosity),
      screen_(StandardErrorScreen()),
      progress_file_(folder == nullptr ? nullptr : std::make_shared<ProgressFile>(folder->path())),
      progress_(MakeProgress(screen_, WordsOf(config), verbosity, progress_file_)),
      printer_(verbosity == Verbosity::kQuiet ? nullptr : std::make_shared<EventPrinter>(screen_, WordsOf(config))),
      fan_(MakeSinks(folder, config.log, printer_)) {
  if (folder != nullptr) LogToFileAsWell(*folder / "run.log");
  BeforeEachMessage([this] { screen_.ClearStatus(); });
}

RunReports::~RunReports() {
  BeforeEachMessage({});
  if (progress_file_ && std::uncaught_exceptions() == 0) progress_file_->Remove();
}

std::shared_ptr<MetricSink> RunReports::SinkOfTraining(const std::filesystem::path& folder) const {
  return tensorboard_ ? std::make_shared<TensorBoardSink>(folder) : nullptr;
}

void RunReports::Say(std::string_view text) {
  if (verbosity_ != Verbosity::kQuiet) screen_.Line(text);
}

std::filesystem::path RunPath(const std::string& run, const std::string& name, const Config& config) {
  std::filesystem::path path = run;
  if (run.empty()) path = RunFolder::DefaultPath(name, config.seed);
  RunFolder::CheckFree(path);
  return path;
}

RunFolder MakeRunFolder(const std::filesystem::path& path, const Config& config, const Call& call) {
  RunFolder folder(path);
  try {
    folder.WriteJson("config.json", ToJson(config));
    if (const std::filesystem::path note = NoteOfJob(call); !note.empty()) {
      std::filesystem::create_directories(note.parent_path());
      WriteFileAtomically(note, std::filesystem::absolute(path).string());
    }
  } catch (const FileError&) {
    folder.GiveBack();
    throw;
  }
  return folder;
}

std::filesystem::path RunOfJob(const Call& call) {
  const std::filesystem::path note = NoteOfJob(call);
  if (note.empty() || !std::filesystem::exists(note)) return {};
  return ReadFile(note, kMostNoteBytes);
}

void ListBadImages(const DatasetIndex& dataset, const RunFolder& folder) {
  if (dataset.bad) dataset.bad->ListIn(folder / "bad_files.txt");
}

}  // namespace danas
