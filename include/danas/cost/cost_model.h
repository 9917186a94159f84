// What a network costs. One convention everywhere: FLOPs means multiply-accumulates (MACs) of convolutions and fully
// connected layers only - no batch norm, activation, pooling or bias - as the papers of this field count them.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "danas/arch/space.h"
#include "danas/config/search_config.h"

namespace danas {

class CostModel {
 public:
  virtual ~CostModel() = default;
  virtual std::string unit() const = 0;  // "MACs", "parameters", "ms"
  virtual double Block(const BlockSpec& block, const LayerShape& shape) const = 0;
  virtual double Stem(const SearchSpace& space) const = 0;
  virtual double Head(const SearchSpace& space) const = 0;

  // Throws ConfigError listing every key the model lacks for this space (latency tables); the others never throw.
  virtual void CheckCovers(const SearchSpace& space) const { (void)space; }
};

// Exact integers below 2^53. `parameters` counts every trainable tensor with affine batch norm; not running statistics.
std::unique_ptr<CostModel> MakeMacsModel();
std::unique_ptr<CostModel> MakeParametersModel();
// The ProxylessNAS / Once-for-All layout: YAML, one key per block with mean milliseconds.
std::unique_ptr<CostModel> ReadLatencyModel(const std::filesystem::path& table);

std::unique_ptr<CostModel> MakeCostModel(const SearchConfig& config);

// The costs of a space's candidates. Expected cost (Eq. 10's C) = fixed + sum over layers and candidates of
// probability * cost.
struct CostTable {
  std::string unit;
  double fixed = 0;                                // stem and head
  std::vector<std::vector<double>> candidates_lc;  // [layer][candidate]

  double Least() const;
  double Most() const;
  double Mean() const;                                    // over all networks, each as likely
  double FixedPart() const;                               // stem, head and the layers with one candidate
  double OfNetwork(const std::vector<size_t>& choice) const;
};

CostTable MakeCostTable(const CostModel& model, const SearchSpace& space);

// Convenience for networks (one candidate in every layer).
int64_t CountMacs(const SearchSpace& network);
int64_t CountParameters(const SearchSpace& network);

}  // namespace danas
