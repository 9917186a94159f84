// `--ranks N` and `--gpus N`: one machine, N processes of danas-engine with the variables that torchrun sets.
#pragma once

#include <filesystem>

namespace danas {

// Starts the ranks with the same arguments and waits for all. SIGINT, SIGTERM and SIGUSR1 go on to each once. Where a
// rank fails, the others have some seconds to end by themselves; then they are killed. Should this process be killed,
// they end too. Returns the exit code of the rank that failed first (128 + signal where one ended it), 0 where none did.
int LaunchRanks(int count, const std::filesystem::path& engine, char** argv);

}  // namespace danas
