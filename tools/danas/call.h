// What every command is given beside its own options.
#pragma once

#include <string>

#include "danas/core/log.h"

namespace danas {

struct Call {
  bool quiet = false;
  bool verbose = false;
  std::string words;  // all arguments as they were typed, one a line: the same when a launcher starts a job again

  Verbosity verbosity() const { return quiet ? Verbosity::kQuiet : verbose ? Verbosity::kVerbose : Verbosity::kNormal; }
};

}  // namespace danas
