// `--ranks N` and `--gpus N`: one machine, N processes of danas-engine with the variables that torchrun sets.
#pragma once

#include <filesystem>

namespace danas {

// Starts the ranks with the same arguments and waits for all. SIGINT, SIGTERM and SIGUSR1 are forwarded to each once.
// If a rank fails, the others have some seconds to end by themselves; then they are killed. If this process is killed,
// they end too. Returns the exit code of the rank that failed first (128 + signal if it was killed), 0 if none did.
int LaunchRanks(int count, const std::filesystem::path& engine, char** argv);

}  // namespace danas
