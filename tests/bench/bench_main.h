// The main of the timing programs.
#pragma once

#include <malloc.h>

#include <climits>
#include <functional>
#include <iostream>
#include <string>
#include <vector>

#include "danas/core/error.h"

namespace danas {

// The whole of a program's main: runs `work` on its words and says what went wrong.
inline int BenchMain(const char* program, int count, char** words,
                     const std::function<int(const std::vector<std::string>& words)>& work) {
  // As danas-engine's own main: memory is kept, not given back and fetched again for every step.
  if (mallopt(M_MMAP_THRESHOLD, 1 << 30) != 1 || mallopt(M_TRIM_THRESHOLD, INT_MAX) != 1) return 1;
  try {
    return work({words + 1, words + count});
  } catch (const Error& error) {
    std::cerr << program << ": " << error.what() << "\n";
    return static_cast<int>(error.exit_code());
  }
}

}  // namespace danas
