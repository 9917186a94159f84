#include "run_reports.h"

#include <exception>

#include "danas/config/config_file.h"
#include "danas/core/log.h"
#include "danas/report/event_printer.h"
#include "danas/report/progress_file.h"
#include "danas/report/tensorboard_sink.h"

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

std::vector<std::shared_ptr<ProgressSink>> MakeProgress(Screen& screen, Verbosity verbosity,
                                                        const std::shared_ptr<ProgressFile>& file) {
  std::vector<std::shared_ptr<ProgressSink>> sinks;
  if (verbosity != Verbosity::kQuiet) sinks.push_back(std::make_shared<ProgressLine>(screen));
  if (file) sinks.push_back(file);
  return sinks;
}

}  // namespace

RunReports::RunReports(const RunFolder* folder, const LogConfig& log, Verbosity verbosity)
    : tensorboard_(log.tensorboard),
      verbosity_(verbosity),
      screen_(StandardErrorScreen()),
      progress_file_(folder == nullptr ? nullptr : std::make_shared<ProgressFile>(folder->path())),
      progress_(MakeProgress(screen_, verbosity, progress_file_)),
      printer_(verbosity == Verbosity::kQuiet ? nullptr : std::make_shared<EventPrinter>(screen_)),
      fan_(MakeSinks(folder, log, printer_)) {
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

RunFolder MakeRunFolder(const std::filesystem::path& path, const Config& config) {
  RunFolder folder(path);
  try {
    folder.WriteJson("config.json", ToJson(config));
  } catch (const FileError&) {
    folder.GiveBack();
    throw;
  }
  return folder;
}

void ListBadImages(const DatasetIndex& dataset, const RunFolder& folder) {
  if (dataset.bad) dataset.bad->ListIn(folder / "bad_files.txt");
}

}  // namespace danas
