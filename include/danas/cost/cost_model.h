// What a network costs. One convention everywhere: FLOPs means multiply-accumulates (MACs) of convolutions and fully
// connected layers only - no batch norm, activation, pooling or bias - as the papers of this field count them.
#pragma once

#include <cstdint>
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
  virtual std::string unit() const = 0;                                             // "MACs", "parameters", "ms"
  virtual double Block(const BlockSpec& block, const LayerShape& shape) const = 0;  // `block` can be used there
  virtual double Stem(const SearchSpace& space) const = 0;
  virtual double Head(const SearchSpace& space) const = 0;

  // Throws ConfigError listing every key the model lacks for this space, once each (latency tables); the others never
  // throw. Block(), Stem() and Head() of a latency table throw ConfigError for one lacking key.
  virtual void CheckCovers(const SearchSpace& space) const { (void)space; }
};

// Exact integers up to 2^53. `parameters` counts every trainable tensor with affine batch norm; not running statistics.
std::unique_ptr<CostModel> MakeMacsModel();
std::unique_ptr<CostModel> MakeParametersModel();

// Milliseconds by a table in the ProxylessNAS / Once-for-All layout: YAML, one key for each shape, with the mean of
// many measurements under `mean`. Sizes are height x width x channels:
//   Conv-input:224x224x3-output:112x112x32                   the stem
//   expanded_conv-input:112x112x16-output:56x56x24-expand:3-kernel:5-stride:2-idskip:0   an inverted residual with a
//                                                            depthwise operator; idskip 1 where its input is added;
//                                                            -se:1 at the end with squeeze and excite
//   Conv_1-input:7x7x320-output:7x7x1280                     the head's 1x1 convolution
//   Logits-input:7x7x1280-output:1000                        pooling and classifier; -pool:7 and -hidden:4096 for each
//                                                            hidden layer at the end, where the head has them
//   <CandidateName>-input:...-output:...-stride:2            every other block
// An identity that passes its input on costs nothing and needs no key. Throws ConfigError for a file of another form.
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
  double Mean() const;                                        // over all networks, each as likely
  double FixedPart() const;                                   // stem, head and the layers with one candidate
  double OfNetwork(const std::vector<size_t>& choice) const;  // choice[layer]; ConfigError where it does not fit
};

// FormatCost() in the table's unit.
std::string CostText(double cost, const CostTable& costs);

// Throws ConfigError as CheckCovers() does.
CostTable MakeCostTable(const CostModel& model, const SearchSpace& space);

// For networks (one candidate in every layer); ConfigError for a space with more, and where it is more than 2^53.
int64_t CountMacs(const SearchSpace& network);
int64_t CountParameters(const SearchSpace& network);

}  // namespace danas
