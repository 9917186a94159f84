// How the engine's OpenMP threads wait for work.
#pragma once

#include <string>

namespace danas {

// Lets idle threads spin for some microseconds and then sleep, unless the environment says otherwise. OpenMP's own
// default spins for milliseconds: on an otherwise idle machine that is as fast, but beside any other busy program it
// makes a step take several times as long (docs/benchmarks.md, "Beside other programs"). The runtime reads the
// environment when it is loaded, so this must come before the engine is started.
void LetThreadsSleep();

// The settings of the environment: "GOMP_SPINCOUNT=1000"; empty if there are none.
std::string ThreadWaiting();

}  // namespace danas
