// Evolutionary search over the networks of a band of costs (SPOS, section 3.4; SPEC.md 6): the best so far are crossed
// and mutated, every network is scored once, and none leaves the band. Who scores is the caller's affair: it asks for
// the networks that wait, and hands back losses, so that a run can stop and resume within a generation.
#pragma once

#include <cstddef>
#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "danas/config/search_config.h"
#include "danas/core/random.h"
#include "danas/cost/cost_band.h"
#include "danas/cost/cost_model.h"
#include "danas/run/run_state.h"

namespace danas {

class Evolution {
 public:
  using Network = std::vector<size_t>;  // a candidate for each layer

  struct Scored {
    Network network;
    double loss = 0;
  };

  // The first generation is drawn uniformly from the band. Throws ConfigError, with the reachable range, where the band
  // is empty. All draws come from the stream ("evolution", generation).
  Evolution(const CostTable& costs, const CostBand& band, const EvolutionConfig& config, int64_t seed);

  // What the present generation still wants scored, in a fixed order; empty when the evolution is over: after
  // config.generations, or when no new network is found.
  const std::vector<Network>& waiting() const { return waiting_; }

  // The losses of the first networks that wait (one or more, in their order). The last one of a generation makes the
  // next. Throws std::invalid_argument for more than wait, or a loss that is not a number; infinity is the worst.
  void Hand(const std::vector<double>& losses);

  // All that were scored, lowest loss first; of equal ones the one scored first.
  std::vector<Scored> Ranked() const;

  int64_t generation() const { return generation_; }  // from 1; generations + 1 when over
  bool over() const { return waiting_.empty(); }

  void Describe(StateFields& fields);

 private:
  void MakeFirst();
  void MakeNext();
  // False where the network is known already or outside the band; else it waits.
  bool Offer(Network network);
  void FillWithRandom(size_t size, RandomStream& stream);

  CostTable costs_;
  CostBand band_;
  EvolutionConfig config_;
  int64_t seed_;
  int64_t generation_ = 1;
  std::vector<Network> waiting_;
  std::vector<Scored> scored_;  // in the order of scoring
  std::set<Network> known_;     // scored or waiting
};

}  // namespace danas
