// What `danas status` shows: one run in full, many in a table, or all as JSON for programs.
#pragma once

#include <string>
#include <vector>

#include "danas/core/json.h"
#include "danas/watch/run_status.h"

namespace danas {

// Some ten lines; every line ends with a newline.
std::string StatusText(const RunStatus& status);

// A line for each run.
std::string StatusTable(const std::vector<RunStatus>& runs);

// "runs/mine: search running, step2 3/4, 57 % done, 12 min 05 s left, loss 1.234, top-1 56.7 %"
std::string StatusLine(const RunStatus& status);

// {"runs": [...]}; docs/file-formats.md. What is not known is left out.
Json StatusJson(const std::vector<RunStatus>& runs);

}  // namespace danas
