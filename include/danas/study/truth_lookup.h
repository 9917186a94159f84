// A table of truth (docs/search-study.md) as the outcome of a study: how good a network of it is among those of its
// budget, and random networks of it.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "danas/arch/space.h"
#include "danas/config/config.h"
#include "danas/core/random.h"
#include "danas/cost/cost_band.h"
#include "danas/cost/cost_model.h"

namespace danas {

// What the table's head says of its trainings; 0 where it does not.
struct TruthHead {
  int64_t train_images = 0;
  int64_t epochs = 0;
  double hours = 0;  // of one core, for all trainings
};

// A network's place in the table. Shares are of networks that reach more; 0 is the best.
struct TruthOutcome {
  double accuracy = 0;      // test top-1, mean over the network's trainings, share
  double budget_share = 0;  // among the networks that cost at most band.high
  double band_share = 0;    // among those of the band; NaN where the table has none there
  double regret = 0;        // accuracy of the best that costs at most band.high, less this one's
};

class TruthLookup {
 public:
  // The config's space and kind of cost. Throws as ReadTruthTable() and MakeCostTable() do.
  TruthLookup(const std::filesystem::path& table, const Config& config);

  // None where the table does not have the network. Throws ConfigError where its budget holds none of the table's.
  std::optional<TruthOutcome> Find(const std::vector<size_t>& network, const CostBand& band) const;

  // `count` different networks of the table and the band, each as likely. Throws ConfigError where it has fewer.
  std::vector<std::vector<size_t>> Draw(int64_t count, const CostBand& band, RandomStream& stream) const;

  // The best of these by the table's accuracy. At least one, all of the table.
  const std::vector<size_t>& Best(const std::vector<std::vector<size_t>>& networks) const;

  const SearchSpace& space() const { return space_; }
  double Cost(const std::vector<size_t>& network) const { return costs_.OfNetwork(network); }
  double Macs(const std::vector<size_t>& network) const;
  const TruthHead& head() const { return head_; }
  int64_t networks() const { return static_cast<int64_t>(rows_.size()); }
  int64_t trainings() const { return trainings_; }

 private:
  struct Row {
    std::vector<size_t> network;
    double accuracy = 0;
    double cost = 0;
  };
  const Row* RowOf(const std::vector<size_t>& network) const;

  std::filesystem::path table_;
  SearchSpace space_;
  CostTable costs_;
  std::vector<Row> rows_;  // in the order of their networks
  int64_t trainings_ = 0;
  TruthHead head_;
};

}  // namespace danas
