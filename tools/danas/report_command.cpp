#include "report_command.h"

#include <algorithm>
#include <ctime>
#include <iostream>
#include <optional>
#include <set>

#include "danas/core/error.h"
#include "danas/core/file.h"
#include "danas/core/log.h"
#include "danas/core/utc_time.h"
#include "danas/figures/run_page.h"
#include "danas/watch/run_status.h"
#include "program.h"
#include "version_info.h"

namespace danas {
namespace {

namespace fs = std::filesystem;

constexpr const char* kPage = "report.html";

struct FoundRun {
  fs::path folder;
  std::string name;
  bool named = false;  // itself, not a folder that holds it
};

std::string LastName(const fs::path& path) {
  const fs::path normal = fs::absolute(path).lexically_normal();
  return (normal.has_filename() ? normal : normal.parent_path()).filename().string();
}

// Of a folder of runs its searches and what was trained from them: a ranking, and the networks that judged, are not the
// subject.
std::vector<FoundRun> RunsOf(const std::vector<std::string>& paths) {
  std::vector<FoundRun> runs;
  std::set<fs::path> seen;
  for (const std::string& path : paths) {
    const bool named = HoldsRun(path);
    for (const fs::path& folder : FindRuns(path)) {
      const fs::path normal = fs::absolute(folder).lexically_normal();
      if (!seen.insert(normal).second) continue;
      std::string name = named ? LastName(path) : folder.lexically_relative(path).string();
      if (!named && paths.size() > 1) name = LastName(path) + "/" + name;
      const bool taken = std::ranges::any_of(runs, [&](const FoundRun& run) { return run.name == name; });
      runs.push_back({.folder = folder, .name = taken ? folder.string() : name, .named = named});
    }
  }
  return runs;
}

bool IsSubject(const RunStatus& status) { return status.kind != RunKind::kTrain && status.kind != RunKind::kEasiness; }

std::optional<ReportedRun> ReadRun(const FoundRun& found) {
  const RunStatus status = ReadRunStatus(found.folder, std::time(nullptr));
  if (!found.named && !IsSubject(status)) return std::nullopt;
  ReportedRun run{.name = found.name, .record = ReadRunRecord(found.folder), .state = NameOf(status.life)};
  if (!status.stopped_by.empty()) run.warnings.push_back("The run stopped: " + status.stopped_by);
  if (status.life == RunLife::kDied) run.warnings.emplace_back("The run's process is gone without a word.");
  return run;
}

std::vector<ReportedRun> ReadRuns(const std::vector<std::string>& paths) {
  std::vector<ReportedRun> runs;
  for (const FoundRun& found : RunsOf(paths)) {
    try {
      if (auto run = ReadRun(found)) runs.push_back(std::move(*run));
    } catch (const FileError& error) {
      // One that cannot be read does not hide the others.
      if (found.named) throw;
      log::warn("left out: {}", error.what());
    }
  }
  if (runs.empty()) throw FileError(paths.front() + " contains no run of danas search, finetune or train");
  return runs;
}

ReportPage PageOf(const std::vector<ReportedRun>& runs) {
  return MakeReportPage(runs, VersionLine(), FormatUtc(std::time(nullptr)));
}

// White behind it where a browser shows it, whose own background may be dark.
std::string FileOf(const Figure& figure) {
  constexpr std::string_view kTag = "<svg";
  return std::string(kTag) + " style=\"background:#ffffff\"" + figure.svg.substr(kTag.size());
}

fs::path PlaceOf(const ReportOptions& options) {
  if (!options.out.empty()) return options.out;
  return options.paths.size() == 1 ? fs::path(options.paths.front()) / kPage : fs::path(kPage);
}

}  // namespace

void DescribeOptions(CLI::App& app, ReportOptions& options) {
  app.description("Write a page about runs: what was found, how it came about, how sure it is");
  app.footer(
      "Examples:\n"
      "  danas report runs/mine\n"
      "  danas report runs/search runs/found runs/random-1 --out report.html --figures figures\n"
      "One HTML file that needs nothing beside itself, from run folders alone, of runs that are finished, under way "
      "or\n"
      "dead. Trainings of a search's network and of random ones stand beside it; several searches are compared.\n"
      "Without --out the page is report.html in the folder given, or in the working folder if several are given.");
  app.add_option("run", options.paths, "run folders, or folders that contain them")->option_text("RUN...")->required();
  app.add_option("-o,--out", options.out, "file to write")->option_text("FILE");
  app.add_option("--figures", options.figures, "folder to write each picture to as well, as an SVG file")
      ->option_text("DIR");
}

int RunCommand(const ReportOptions& options, const Call&) {
  const ReportPage page = PageOf(ReadRuns(options.paths));
  const fs::path out = PlaceOf(options);
  WriteFileAtomically(out, page.html);
  if (!options.figures.empty()) {
    MakeFolders(options.figures);
    for (const Figure& figure : page.figures) {
      WriteFileAtomically(fs::path(options.figures) / (figure.name + ".svg"), FileOf(figure));
    }
  }
  std::cout << out.string() << "\n";
  return 0;
}

bool HasRunReport(const fs::path& run) { return fs::exists(run / kPage); }

fs::path WriteRunReport(const fs::path& run) {
  const fs::path out = run / kPage;
  // The run's process still holds its folder.
  const ReportedRun reported{.name = LastName(run), .record = ReadRunRecord(run), .state = NameOf(RunLife::kFinished)};
  WriteFileAtomically(out, PageOf({reported}).html);
  return out;
}

}  // namespace danas
