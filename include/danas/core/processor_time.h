// What the process has used of the machine's cores.
#pragma once

namespace danas {

// Seconds of processor time of all threads of the process, those that have ended too. Over wall time: how many cores
// were busy, on average.
double ProcessorSeconds();

}  // namespace danas
