// What a network costs. One convention everywhere: FLOPs means multiply-accumulates (MACs) of convolutions and fully
// connected layers only - no norm, activation, pooling, scale or bias - as the papers of this field count them. A
// transposed convolution uses each weight once at every pixel of its input; papers on key-points count as if it were
// used at every pixel of the output, stride^2 as much, which DeconvolutionMacs::kAtOutput gives beside.
//
// Memory is the peak of the activations of a network at inference, in bytes, for one image in float32 (4 bytes an
// element). The network runs step by step, layer after layer; a step is a convolution, a fully connected layer, a
// pooling or a concatenation. Batch norm behind a convolution is folded into it; other norms, scales, activations,
// sums, products and dropout write over what they get; channels that are split, taken in another order or flattened are
// read where they lie, so that a tensor stays whole as long as any part of it is wanted. During a step the tensors that
// it reads, the one that it writes and those that a later step of the block still reads are held: the block's input for
// a sum, a shortcut or another branch, and what another branch gave. Steps are in the order in which the blocks compute
// them (src/arch/blocks): of a shuffle block first the channels that pass. Weights and a library's scratch
// space are not counted. A step holds nothing of other layers, so that a block's peak depends on the block and its
// shape alone, and a network's is the greatest of its stem's, its layers' and its head's.
#pragma once

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "danas/arch/space.h"
#include "danas/config/search_config.h"

namespace danas {

// How a network's cost comes from those of its parts: their sum, or the greatest of them (memory).
enum class CostFold { kSum, kMax };

class CostModel {
 public:
  virtual ~CostModel() = default;
  virtual std::string unit() const = 0;  // "MACs", "parameters", "ms", "bytes"
  virtual CostFold fold() const { return CostFold::kSum; }
  virtual double Block(const BlockSpec& block, const LayerShape& shape) const = 0;  // `block` can be used there
  virtual double Stem(const SearchSpace& space) const = 0;
  virtual double Head(const SearchSpace& space) const = 0;

  // Throws ConfigError listing every key the model lacks for this space, once each (latency tables); the others never
  // throw. Block(), Stem() and Head() of a latency table throw ConfigError for one lacking key.
  virtual void CheckCovers(const SearchSpace& space) const { (void)space; }
};

enum class DeconvolutionMacs { kAtInput, kAtOutput };

// Exact integers up to 2^53. `parameters` counts every trainable tensor with affine norms; not running statistics.
std::unique_ptr<CostModel> MakeMacsModel(DeconvolutionMacs counted = DeconvolutionMacs::kAtInput);
std::unique_ptr<CostModel> MakeParametersModel();

// Bytes, a multiple of 4, exact up to 2^53: the memory above.
std::unique_ptr<CostModel> MakeMemoryModel();

// Milliseconds by a table in the ProxylessNAS / Once-for-All layout: YAML, one key for each shape, with the mean of
// many measurements under `mean`. Sizes are height x width x channels:
//   Conv-input:224x224x3-output:112x112x32                   the stem
//   expanded_conv-input:112x112x16-output:56x56x24-expand:3-kernel:5-stride:2-idskip:0   an inverted residual with a
//                                                            depthwise operator, relu6 and a whole expand, or a block
//                                                            of a space file with its steps; idskip 1 where its input
//                                                            is added; -se:1 at the end with squeeze and excite
//   Conv_1-input:7x7x320-output:7x7x1280                     the head's 1x1 convolution
//   HeatMaps-input:64x48x256-output:64x48x17                 the last layer of a head of heat maps
//   Logits-input:7x7x1280-output:1000                        pooling and classifier; -pool:7 and -hidden:4096 for each
//                                                            hidden layer at the end, where the head has them
//   <CandidateName>-input:...-output:...-stride:2            every other block
// A block that passes its input on costs nothing and needs no key. A table that was measured elsewhere, by its
// own account (cost/latency_table.h), is warned of. Throws ConfigError for a file of another form.
std::unique_ptr<CostModel> ReadLatencyModel(const std::filesystem::path& table);

// By search.cost. Throws ConfigError as ReadLatencyModel() does, and where the table is one that a search measures.
std::unique_ptr<CostModel> MakeCostModel(const SearchConfig& config);

// The costs of a space's candidates. A network's cost is `fixed` joined with those of its candidates.
struct CostTable {
  std::string unit;
  double fixed = 0;                                // stem and head
  std::vector<std::vector<double>> candidates_lc;  // [layer][candidate]; with kMax none is negative
  CostFold fold = CostFold::kSum;

  double Join(double a, double b) const { return fold == CostFold::kSum ? a + b : std::max(a, b); }

  double Least() const;
  double Most() const;
  double Mean() const;                                        // over all networks, each as likely
  double FixedPart() const;                                   // stem, head and the layers with one candidate
  double OfNetwork(const std::vector<size_t>& choice) const;  // choice[layer]; ConfigError where it does not fit

  // Eq. 10's C, the mean over networks whose layers' candidates are drawn independently of each other, with these
  // probabilities [layer][candidate]. kSum: fixed + the sum over layers and candidates of probability * cost. kMax: the
  // sum over Levels() t of t (F(t) - F(t-)), where F(t) is the product over layers of the sum of the probabilities of
  // the candidates that cost at most t. Exact, in whatever space.
  double Expected(const std::vector<std::vector<double>>& probability_lc) const;

  // kMax: every cost that a network of the space has, rising; std::logic_error for kSum.
  std::vector<double> Levels() const;
};

// [layer][candidate]: 1 / n of a layer of n.
std::vector<std::vector<double>> EvenProbabilities(const CostTable& costs);

// FormatCost() in the table's unit.
std::string CostText(double cost, const CostTable& costs);

// "; the nearest that networks have are 5017600 and 6021120 bytes": of a table with kMax what lies below and above a
// band that no network is in, for errors; "" for sums, whose costs lie closer.
std::string NearestLevelsText(const CostTable& costs, double low, double high);

// Throws ConfigError as CheckCovers() does.
CostTable MakeCostTable(const CostModel& model, const SearchSpace& space);

// For networks (one candidate in every layer); ConfigError for a space with more, and where it is more than 2^53.
int64_t CountMacs(const SearchSpace& network, DeconvolutionMacs counted = DeconvolutionMacs::kAtInput);
int64_t CountParameters(const SearchSpace& network);
int64_t CountMemoryBytes(const SearchSpace& network);

}  // namespace danas
