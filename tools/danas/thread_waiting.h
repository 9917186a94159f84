// How the engine's OpenMP threads wait for work.
#pragma once

#include <string>

namespace danas {

// Lets threads that have nothing to do spin for some microseconds and then sleep, where the environment does not say
// otherwise. OpenMP's own default spins for milliseconds: alone on the machine that is as fast, and beside any other
// program that computes it makes a step take several times as long (docs/benchmarks.md, "Beside other programs"). The
// runtime reads the environment when it is loaded, so this comes before the engine is started.
void LetThreadsSleep();

// What the environment says of it: "GOMP_SPINCOUNT=1000"; empty where it says nothing.
std::string ThreadWaiting();

}  // namespace danas
