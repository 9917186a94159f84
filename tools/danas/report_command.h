// danas report: one HTML page about runs, from their folders.
#pragma once

#include <CLI/App.hpp>
#include <filesystem>
#include <string>
#include <vector>

#include "call.h"

namespace danas {

struct ReportOptions {
  std::vector<std::string> paths;  // run folders, or folders of them
  std::string out;
  std::string figures;
};

void DescribeOptions(CLI::App& app, ReportOptions& options);
int RunCommand(const ReportOptions& options, const Call& call);

// Whether a run has its page, and the page about one run as `danas search` leaves it at its end: report.html in its
// folder. Returns the file.
bool HasRunReport(const std::filesystem::path& run);
std::filesystem::path WriteRunReport(const std::filesystem::path& run);

}  // namespace danas
