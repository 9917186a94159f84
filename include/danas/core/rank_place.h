// A run of several processes ("ranks"): which of them this one is, as its launcher says in the environment.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

namespace danas {

struct RankPlace {
  int rank = 0;         // among `ranks` processes
  int ranks = 1;
  int local_rank = 0;   // among those on this machine
  int local_ranks = 1;
  std::string address;  // where the ranks find each other: host and port of the store
  uint16_t port = 0;
  bool agent_serves = false;  // the launcher serves the store; else rank 0 does
  std::string launcher;       // "torchrun", "Slurm", or "environment"; "" for a process alone
  std::string job;            // the same for all starts of one job; "" where nothing says so
  int restarts = 0;           // how often the launcher has started the job again

  bool alone() const { return ranks == 1; }
};

// A variable's value, null where it is not set: std::getenv.
using GetVariable = std::function<const char*(const char* name)>;

// From what torchrun sets (RANK, WORLD_SIZE, LOCAL_RANK, LOCAL_WORLD_SIZE, MASTER_ADDR, MASTER_PORT and its own
// TORCHELASTIC_...; `danas --ranks` sets the first six), else from what Slurm's srun does (SLURM_PROCID, SLURM_NTASKS,
// SLURM_LOCALID, SLURM_STEP_ID). Of Slurm the address is MASTER_ADDR where it is set, else the first host of the node
// list, and the port MASTER_PORT, else one that follows from the job's number. Throws UsageError where a variable is
// missing or no number that fits.
RankPlace FindRankPlace(const GetVariable& get);
RankPlace FindRankPlace();  // of this process

// The first host of a Slurm node list: "gpu[003-006,9],login" -> "gpu003". Throws UsageError where it is none.
std::string FirstHost(const std::string& node_list);

}  // namespace danas
