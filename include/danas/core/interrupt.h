// Ctrl-C, SIGTERM and SIGUSR1 (Slurm sends it before a time limit) in an orderly way: the first asks the loops to stop
// at the next batch, the second ends at once.
#pragma once

namespace danas {

// Installs the handlers, and ignores a closed pipe (SIGPIPE), so that writing to one fails instead. Call once, in main.
void CatchInterrupts();

bool InterruptRequested();

// Throws Interrupted where one was asked for. The loops call this between batches.
void ThrowIfInterrupted();

}  // namespace danas
