// danas study: experiments as data. Plans a study file's steps, runs those that are not done, and reports.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "call.h"
#include "option_groups.h"

namespace danas {

struct StudyOptions {
  std::string file;
  std::string run;  // the study's folder
  int64_t jobs = 1;
  std::string data;   // the dataset's folder, for every step
  std::string truth;  // a table of trained networks
  bool report = false;
  std::optional<std::string> against;  // the arm that a report compares with
  bool dry_run = false;
  bool markdown = false;
  bool json = false;
};

void DescribeOptions(CLI::App& app, StudyOptions& options);
int RunCommand(const StudyOptions& options, const Call& call);

}  // namespace danas
