// What a command does before a run that takes long: says so, says what would shorten it, and asks on a terminal.
#pragma once

#include <string>

namespace danas {

struct LongRun {
  double seconds = 0;        // expected
  double ask_above = 0;      // runtime.ask_above, minutes; 0: never asks
  bool yes = false;          // said so on the command line
  int ranks = 1;             // several go on without asking: the others would wait for the answer
  std::string shorter = {};  // what would shorten it
};

// Returns where the run may begin. Throws Interrupted where the answer on the terminal is anything but y or yes, and
// when it is interrupted meanwhile.
void AskBefore(const LongRun& run);

}  // namespace danas
