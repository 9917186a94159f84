// How long something took, by the clock that is never set.
#pragma once

#include <chrono>

namespace danas {

inline double SecondsSince(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

}  // namespace danas
