#include "danas/search/memory_estimate.h"

#include <algorithm>
#include <optional>
#include <type_traits>

#include "danas/arch/graph_chains.h"
#include "danas/nn/fused_layer.h"

namespace danas {
namespace {

double Area(Size size) { return static_cast<double>(size.height) * static_cast<double>(size.width); }

// The gradient comes from the activation's result, not from its input.
bool FromResult(Activation activation) {
  return activation == Activation::kRelu || activation == Activation::kRelu6 || activation == Activation::kSigmoid;
}

// A convolution's result with norm and activation: the norm's input and the activation's result, and where its gradient
// wants that, its input.
int TensorsOfActivated(Activation activation) { return FromResult(activation) ? 2 : 3; }

// Adds up what backward wants of a block's graph, step by step.
class KeptElements {
 public:
  KeptElements(const BlockGraph& graph, bool fuses) : graph_(graph), keeps_(graph.steps.size() + 1) {
    const GraphChains chains(graph);
    std::vector<bool> fused(graph.steps.size());
    for (size_t i = 0; i < graph.steps.size(); ++i) {
      if (fused[i]) continue;
      const std::optional<Chain> chain = fuses ? chains.ChainAt(i) : std::nullopt;
      if (chain && FitsKernels(graph, *chain)) {
        AddFused(*chain);
        for (const size_t step : chain->Steps()) fused[step] = true;
      } else {
        Add(i);
      }
    }
    for (MapId map = 1; map < keeps_.size(); ++map) {  // the layer holds the input
      if (keeps_[map]) Keep(graph.shape(map).elements());
    }
  }

  CandidateElements sum() const { return sum_; }

 private:
  void Keep(double elements, int tensors = 1) {
    sum_.kept += elements * tensors;
    sum_.widest = std::max(sum_.widest, elements);
  }

  void Add(size_t i) {
    const Step& step = graph_.steps[i];
    const MapId x = step.inputs[0];
    const double output = step.output.elements();
    std::visit(
        [&](const auto& operation) {
          using S = std::decay_t<decltype(operation)>;
          if constexpr (std::is_same_v<S, ConvolutionStep> || std::is_same_v<S, DeconvolutionStep>) {
            keeps_[x] = true;
            if (operation.norm) Keep(output);  // the norm's input
          } else if constexpr (std::is_same_v<S, NormStep>) {
            keeps_[x] = true;
            if (operation.norm == NormKind::kLayer) Keep(Area(step.output.size), 2);  // each pixel's mean and deviation
          } else if constexpr (std::is_same_v<S, ScaleStep>) {
            keeps_[x] = true;
          } else if constexpr (std::is_same_v<S, ActivationStep>) {
            keeps_[FromResult(operation.activation) ? i + 1 : x] = true;
          } else if constexpr (std::is_same_v<S, MultiplyStep>) {
            for (const MapId input : step.inputs) keeps_[input] = true;
          } else if constexpr (std::is_same_v<S, PoolStep>) {
            keeps_[x] = true;
            if (operation.pool == Pool::kMax) Keep(output, 2);  // places of the largest, of 8 bytes each
          }
        },
        step.operation);
  }

  // The kernels keep what goes in and the results of the last two convolutions, and compute the rest again.
  void AddFused(const Chain& chain) {
    keeps_[graph_.steps[chain.Links().front().convolution].inputs[0]] = true;
    const double middle = graph_.steps[chain.depthwise.convolution].output.elements();
    sum_.kept += middle + graph_.steps[chain.project.convolution].output.elements();
    sum_.widest = std::max(sum_.widest, middle);
  }

  const BlockGraph& graph_;
  std::vector<bool> keeps_;  // [map]
  CandidateElements sum_;
};

// Of the head at its backward: of a classifier its 1x1, the rest is small.
double HeadElements(const SearchSpace& space) {
  // The maps, what the loss keeps of their size, and the gradient.
  if (space.has_heat_maps()) return 3 * space.heat_maps().elements();
  const HeadSpec& head = space.head();
  return head.channels * Area(space.feature_size()) * (TensorsOfActivated(head.activation) + 1);
}

}  // namespace

CandidateElements CountElements(const BlockGraph& graph, bool fuses) { return KeptElements(graph, fuses).sum(); }

CandidateElements CountElements(const BlockSpec& block, const LayerShape& shape, bool fused) {
  const bool whole = fused && IsFusible(block, shape), parts = fused && IsFusibleInParts(block, shape);
  CandidateElements elements = CountElements(GraphOf(block, shape), whole || parts);
  elements.fused = whole;
  elements.parts = parts;
  return elements;
}

double PeakElements(const SearchSpace& space, const std::vector<double>& candidates_l, bool keeps_outputs,
                    const Computation& how) {
  const Size stem_size = space.layers().front().shape.input;
  // Of a stem that is not trained nothing but its result is wanted.
  const int stem_channels = space.stem().channels > 0 ? space.stem().channels : space.input_channels();
  const bool trains_stem = space.stem().channels > 0 && !keeps_outputs;
  double held = stem_channels * Area(stem_size) * (trains_stem ? TensorsOfActivated(space.stem().activation) : 1);
  double peak = held;
  bool input_wants = !keeps_outputs;  // a gradient; in the architecture pass from the first choice on
  for (size_t l = 0; l < space.layers().size(); ++l) {
    const LayerSpec& layer = space.layers()[l];
    const double input = layer.shape.in * Area(layer.shape.input),
                 output = layer.shape.out * Area(layer.shape.output());
    const double share = candidates_l[l] / static_cast<double>(layer.candidates.size());
    // Backward through a layer: the gradients of its outputs, and inside a candidate that of a tensor and of its input.
    // A node for a part of it holds one more: what the activation behind the depthwise convolution lets through.
    double kept = 0, outputs = 0, inside = 0;
    bool any_fused = false;
    for (const BlockSpec& block : layer.candidates) {
      const CandidateElements elements = CountElements(block, layer.shape, how.fused);
      if (input_wants || elements.fused) kept += share * elements.kept;
      if (!elements.fused) outputs += share * output;
      inside = std::max(inside, elements.widest * (elements.fused ? 1 : elements.parts ? 3 : 2));
      any_fused |= elements.fused;
    }
    if (any_fused) inside += input + output;  // the gradients of the node's input and output
    if (keeps_outputs) kept += outputs;
    input_wants |= layer.candidates.size() > 1;
    if (!how.recomputes) held += kept;
    held += output;
    peak = std::max(peak, held + (how.recomputes ? kept : 0) + outputs + inside);
  }
  return std::max(peak, held + HeadElements(space));
}

double ScoringElements(const SearchSpace& space, const std::vector<double>& candidates_l, bool mixtures,
                       const Computation& how) {
  double held = 0, peak = 0;
  for (size_t l = 0; l < space.layers().size(); ++l) {
    const LayerSpec& layer = space.layers()[l];
    const double input = layer.shape.in * Area(layer.shape.input);
    const double output = layer.shape.out * Area(layer.shape.output());
    double inside = 0;
    bool any_fused = false, all_fused = true;
    for (const BlockSpec& block : layer.candidates) {
      const CandidateElements elements = CountElements(block, layer.shape, how.fused);
      inside = std::max(inside, elements.widest * (elements.fused ? 1 : 2));
      any_fused |= elements.fused;
      all_fused &= elements.fused;
    }
    held = mixtures ? input : held + input;
    double outputs = output;
    if (mixtures && !all_fused) outputs = output * (candidates_l[l] + (any_fused ? 1 : 0));
    peak = std::max(peak, held + outputs + inside);
  }
  if (!space.has_heat_maps()) return peak;
  return std::max(peak, space.feature_channels() * Area(space.feature_size()) + space.heat_maps().elements());
}

}  // namespace danas
