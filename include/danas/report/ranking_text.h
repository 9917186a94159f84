// Scored networks of a search's space, best first, and what their order is worth against trained ones.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "danas/core/json.h"
#include "danas/easiness/truth_agreement.h"
#include "danas/events/task_words.h"

namespace danas {

struct RankedNetwork {
  std::string name;                     // NetworkName() in the run's whole space
  double score = 0;                     // higher is better
  std::optional<double> loss = {};      // with the supernet's weights, in nats
  std::optional<double> accuracy = {};  // share of images
  std::optional<double> fitted = {};    // the loss that a fit to all networks' losses gives it, where one ranks them
  double cost = 0;                      // in the search's unit
  double parameters = 0;
  std::optional<double> trained = {};  // accuracy of the table of truth
};

// The kept state of a search that scores were taken from.
struct StateOfRanking {
  std::string file;
  std::string when = {};  // "before the pruning of step1"
  int64_t weight_steps = 0;
  int classes = 0;  // learnt so far
};

struct TruthOfRanking {
  std::string file;
  int64_t unknown = 0;  // networks that the table does not have
  TruthAgreement agreement = {};
};

struct NetworkRanking {
  std::string run;
  std::string score;                         // "supernet", "alpha", "macs", "parameters", "naswot", "zico"
  std::optional<StateOfRanking> state = {};  // none: the score needs none
  std::string statistics = {};               // supernet: search.scoring.statistics
  double ema = 0;                            // supernet: search.scoring.ema; 0: the weights themselves
  int64_t images = 0;                        // supernet
  std::string unit = {};                     // of the costs
  events::TaskWords words = {};
  std::vector<RankedNetwork> networks = {};  // best first
  std::optional<TruthOfRanking> truth = {};
};

// The first `shown` networks; how well they agree with the table.
std::string RankingText(const NetworkRanking& ranking, size_t shown = 20);

// docs/file-formats.md.
Json RankingJson(const NetworkRanking& ranking);

}  // namespace danas
