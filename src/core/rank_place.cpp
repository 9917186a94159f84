#include "danas/core/rank_place.h"

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <cstring>
#include <optional>

#include "danas/core/error.h"

namespace danas {
namespace {

// Ports of the dynamic range that a job's number is mapped to.
constexpr int kFirstPort = 20000;
constexpr int kPorts = 10000;

class Variables {
 public:
  Variables(const GetVariable& get, const char* launcher) : get_(get), launcher_(launcher) {}

  bool Has(const char* name) const {
    const char* value = get_(name);
    return value != nullptr && *value != '\0';
  }

  std::string Text(const char* name) const {
    if (Has(name)) return get_(name);
    throw UsageError(std::string(launcher_) + " did not set " + name + ", which a run of several processes needs");
  }

  int Number(const char* name, int least, int most) const {
    const std::string text = Text(name);
    int value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end != text.data() + text.size() || value < least || value > most) {
      throw UsageError(std::string("the environment variable ") + name + " is '" + text + "', expected a number from " +
                       std::to_string(least) + " to " + std::to_string(most));
    }
    return value;
  }

  int NumberOr(const char* name, int least, int most, int otherwise) const {
    return Has(name) ? Number(name, least, most) : otherwise;
  }

 private:
  const GetVariable& get_;
  const char* launcher_;
};

constexpr int kMostRanks = 1 << 20;
constexpr int kMostRestarts = 1 << 20;

RankPlace FromTorchrun(const GetVariable& get) {
  const bool elastic = get("TORCHELASTIC_RUN_ID") != nullptr;
  const Variables variables(get, elastic ? "torchrun" : "whoever set RANK and WORLD_SIZE");
  RankPlace place;
  place.launcher = elastic ? "torchrun" : "environment";
  place.ranks = variables.Number("WORLD_SIZE", 1, kMostRanks);
  place.rank = variables.Number("RANK", 0, place.ranks - 1);
  place.local_ranks = variables.NumberOr("LOCAL_WORLD_SIZE", 1, place.ranks, place.ranks);
  place.local_rank = variables.NumberOr("LOCAL_RANK", 0, place.local_ranks - 1, place.rank % place.local_ranks);
  place.restarts = variables.NumberOr("TORCHELASTIC_RESTART_COUNT", 0, kMostRestarts, 0);
  // "none" is torchrun's name for a job that was given none.
  if (elastic && std::strcmp(get("TORCHELASTIC_RUN_ID"), "none") != 0) place.job = get("TORCHELASTIC_RUN_ID");
  if (place.alone()) return place;
  place.address = variables.Text("MASTER_ADDR");
  place.port = static_cast<uint16_t>(variables.Number("MASTER_PORT", 1, 65535));
  const char* agent = get("TORCHELASTIC_USE_AGENT_STORE");
  place.agent_serves = agent != nullptr && (std::strcmp(agent, "True") == 0 || std::strcmp(agent, "1") == 0);
  return place;
}

// The first of "4(x2),3": four on each of two nodes, three on one more.
int TasksOfANode(const Variables& variables) {
  for (const char* name : {"SLURM_STEP_TASKS_PER_NODE", "SLURM_TASKS_PER_NODE"}) {
    if (variables.Has(name)) return std::atoi(variables.Text(name).c_str());
  }
  return 1;
}

RankPlace FromSlurm(const GetVariable& get) {
  const Variables variables(get, "srun");
  RankPlace place;
  place.launcher = "Slurm";
  place.ranks = variables.Number(variables.Has("SLURM_STEP_NUM_TASKS") ? "SLURM_STEP_NUM_TASKS" : "SLURM_NTASKS", 1,
                                 kMostRanks);
  place.rank = variables.Number("SLURM_PROCID", 0, place.ranks - 1);
  place.local_rank = variables.Number("SLURM_LOCALID", 0, place.ranks - 1);
  place.local_ranks = std::max(place.local_rank + 1, TasksOfANode(variables));
  place.restarts = variables.NumberOr("SLURM_RESTART_COUNT", 0, kMostRestarts, 0);
  if (variables.Has("SLURM_JOB_ID")) place.job = "slurm-" + variables.Text("SLURM_JOB_ID");
  if (place.alone()) return place;
  place.address = variables.Has("MASTER_ADDR")
                      ? variables.Text("MASTER_ADDR")
                      : FirstHost(variables.Text(variables.Has("SLURM_STEP_NODELIST") ? "SLURM_STEP_NODELIST"
                                                                                     : "SLURM_JOB_NODELIST"));
  const int job = variables.NumberOr("SLURM_JOB_ID", 0, INT32_MAX, 0);
  place.port = static_cast<uint16_t>(variables.NumberOr("MASTER_PORT", 1, 65535, kFirstPort + job % kPorts));
  return place;
}

}  // namespace

std::string FirstHost(const std::string& node_list) {
  const size_t end = node_list.find_first_of("[,");
  std::string host = node_list.substr(0, end);
  if (end != std::string::npos && node_list[end] == '[') {
    const size_t stop = node_list.find_first_of("-,]", end + 1);
    if (stop == std::string::npos) host.clear();
    else host += node_list.substr(end + 1, stop - end - 1);
  }
  if (host.empty()) throw UsageError("'" + node_list + "' is not a Slurm node list; set MASTER_ADDR to rank 0's host");
  return host;
}

RankPlace FindRankPlace(const GetVariable& get) {
  if (get("RANK") != nullptr && get("WORLD_SIZE") != nullptr) return FromTorchrun(get);
  // A batch script has SLURM_PROCID and SLURM_NTASKS too, but is one process: srun alone sets the step's number.
  if (get("SLURM_PROCID") != nullptr && get("SLURM_STEP_ID") != nullptr) return FromSlurm(get);
  return {};
}

RankPlace FindRankPlace() {
  return FindRankPlace([](const char* name) -> const char* { return std::getenv(name); });
}

}  // namespace danas
