#include "run_reports.h"

#include "danas/config/config_file.h"
#include "danas/core/log.h"
#include "danas/report/event_printer.h"

namespace danas {
namespace {

std::vector<std::shared_ptr<MetricSink>> MakeSinks(const RunFolder* folder, const std::shared_ptr<MetricSink>& printer) {
  std::vector<std::shared_ptr<MetricSink>> sinks;
  if (folder != nullptr) sinks.push_back(std::make_shared<JsonlSink>(*folder));
  if (printer) sinks.push_back(printer);
  return sinks;
}

}  // namespace

RunReports::RunReports(const RunFolder* folder, Verbosity verbosity)
    : verbosity_(verbosity),
      screen_(StandardErrorScreen()),
      printer_(verbosity == Verbosity::kQuiet ? nullptr : std::make_shared<EventPrinter>(screen_)),
      fan_(MakeSinks(folder, printer_)) {
  if (verbosity != Verbosity::kQuiet) progress_ = std::make_unique<ProgressLine>(screen_);
  BeforeEachMessage([this] { screen_.ClearStatus(); });
}

RunReports::~RunReports() { BeforeEachMessage({}); }

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
