#include "danas/search/memory_estimate.h"

#include <algorithm>

#include "danas/nn/fused_layer.h"

namespace danas {
namespace {

double Area(Size size) { return static_cast<double>(size.height) * static_cast<double>(size.width); }

// Adds up a chain of convolutions with batch norm.
class Chain {
 public:
  // Batch norm keeps its input. Behind relu and relu6 the result is kept too; the others keep their input besides.
  void Activated(double channels, double area, Activation activation) {
    const bool from_result = activation == Activation::kRelu || activation == Activation::kRelu6;
    Keep(channels * area, from_result ? 2 : 3);
  }
  // The result goes on to another convolution, or out of the block.
  void Linear(double channels, double area, bool goes_on) { Keep(channels * area, goes_on ? 2 : 1); }
  void Keep(double elements, int tensors) {
    sum_.kept += elements * tensors;
    sum_.widest = std::max(sum_.widest, elements);
  }
  // A depthwise and a 1x1 convolution, each with its norm, through the fused kernels.
  void Fused(double middle, double out, double area) {
    sum_.kept += (middle + out) * area;
    sum_.widest = std::max(sum_.widest, middle * area);
  }
  CandidateElements sum() const { return sum_; }

 private:
  CandidateElements sum_;
};

void AddInvertedResidual(Chain& chain, const BlockSpec& block, const LayerShape& shape) {
  const double in_area = Area(shape.input), out_area = Area(shape.output());
  const double wide = ExpandedChannels(block, shape.in);
  if (!block.fused && block.expand != 1) chain.Activated(wide, in_area, block.activation);
  chain.Activated(wide, out_area, block.activation);
  if (block.squeeze_excite) chain.Keep(wide * out_area, 1);  // the product
  chain.Linear(shape.out, out_area, false);
}

void AddShuffle(Chain& chain, const BlockSpec& block, const LayerShape& shape) {
  const double in_area = Area(shape.input), out_area = Area(shape.output());
  const bool splits = shape.stride == 1;
  const double entering = splits ? shape.in / 2 : shape.in;
  const double middle = shape.out / 2, leaving = shape.out - entering;
  if (splits) chain.Keep(entering * in_area, 1);  // the branch's copy of its channels
  if (block.kind == BlockKind::kShuffleA) {
    chain.Activated(middle, in_area, block.activation);
    chain.Linear(middle, out_area, true);
  } else {
    chain.Linear(entering, out_area, true);
    chain.Activated(middle, out_area, block.activation);
    chain.Linear(middle, out_area, true);
    chain.Activated(middle, out_area, block.activation);
    chain.Linear(middle, out_area, true);
  }
  chain.Activated(leaving, out_area, block.activation);
  if (splits) return;
  chain.Linear(shape.in, out_area, true);
  chain.Activated(shape.in, out_area, block.activation);
}

void AddFusedShuffle(Chain& chain, const BlockSpec& block, const LayerShape& shape) {
  const double out_area = Area(shape.output());
  const bool splits = shape.stride == 1;
  const double entering = splits ? shape.in / 2 : shape.in;
  const double middle = shape.out / 2, leaving = shape.out - entering;
  if (splits) chain.Keep(entering * Area(shape.input), 1);  // the branch's copy of its channels
  if (block.kind == BlockKind::kShuffleX) {
    chain.Fused(entering, middle, out_area);
    chain.Keep(middle * out_area, 1);  // what the next two convolutions get
    chain.Fused(middle, middle, out_area);
    chain.Keep(middle * out_area, 1);
  }
  chain.Fused(middle, leaving, out_area);
  if (!splits) chain.Fused(shape.in, shape.in, out_area);
}

// Behind the sum: the projection of the input where shapes differ, and what the last activation keeps.
void AddSum(Chain& chain, const LayerShape& shape) {
  const double out_area = Area(shape.output());
  if (!KeepsShape(shape)) chain.Linear(shape.out, out_area, false);
  chain.Keep(shape.out * out_area, 1);
}

void AddResidual(Chain& chain, const BlockSpec& block, const LayerShape& shape) {
  const double out_area = Area(shape.output()), middle = shape.out / block.reduction;
  chain.Activated(middle, Area(shape.input), block.activation);
  chain.Activated(middle, out_area, block.activation);
  chain.Linear(shape.out, out_area, false);
  AddSum(chain, shape);
}

void AddBasic(Chain& chain, const BlockSpec& block, const LayerShape& shape) {
  const double out_area = Area(shape.output());
  chain.Activated(shape.out, out_area, block.activation);
  chain.Linear(shape.out, out_area, false);
  AddSum(chain, shape);
}

void AddShuffleV1(Chain& chain, const BlockSpec& block, const LayerShape& shape) {
  const double in_area = Area(shape.input), out_area = Area(shape.output()), middle = shape.out / 4;
  chain.Activated(middle, in_area, block.activation);
  if (block.groups > 1) chain.Keep(middle * in_area, 1);  // mixed
  chain.Linear(middle, out_area, true);
  chain.Linear(shape.stride == 1 ? shape.out : shape.out - shape.in, out_area, false);
  chain.Keep(shape.out * out_area, 1);  // what the last activation keeps
}

void AddShuffleV2(Chain& chain, const BlockSpec& block, const LayerShape& shape, bool fused) {
  const double in_area = Area(shape.input), out_area = Area(shape.output()), half = shape.out / 2;
  const bool splits = shape.stride == 1;
  if (splits) chain.Keep(half * in_area, 1);  // the branch's copy of its channels
  if (fused) {
    chain.Fused(half, half, out_area);
    if (!splits) chain.Fused(shape.in, half, out_area);
    return;
  }
  chain.Activated(half, in_area, block.activation);
  chain.Linear(half, out_area, true);
  chain.Activated(half, out_area, block.activation);
  if (splits) return;
  chain.Linear(shape.in, out_area, true);
  chain.Activated(half, out_area, block.activation);
}

void AddDepthwiseSeparable(Chain& chain, const BlockSpec& block, const LayerShape& shape, bool fused) {
  const double out_area = Area(shape.output());
  if (fused) {
    chain.Fused(shape.in, shape.out, out_area);
  } else {
    chain.Activated(shape.in, out_area, block.activation);
    chain.Activated(shape.out, out_area, block.activation);
  }
}

}  // namespace

CandidateElements CountElements(const BlockSpec& block, const LayerShape& shape, bool fused) {
  Chain chain;
  if (fused && IsFusible(block, shape.stride)) {
    if (block.kind != BlockKind::kIdentity) {
      chain.Fused(ExpandedChannels(block, shape.in), shape.out, Area(shape.output()));
    }
    CandidateElements elements = chain.sum();
    elements.fused = true;
    return elements;
  }
  const bool in_parts = fused && IsFusibleInParts(block, shape.stride);
  const double output = shape.out * Area(shape.output());
  switch (block.kind) {
    case BlockKind::kInvertedResidual:
      AddInvertedResidual(chain, block, shape);
      break;
    case BlockKind::kShuffleA:
    case BlockKind::kShuffleX:
      in_parts ? AddFusedShuffle(chain, block, shape) : AddShuffle(chain, block, shape);
      break;
    case BlockKind::kShuffleV1:
      AddShuffleV1(chain, block, shape);
      break;
    case BlockKind::kShuffleV2:
      AddShuffleV2(chain, block, shape, in_parts);
      break;
    case BlockKind::kResidual:
      AddResidual(chain, block, shape);
      break;
    case BlockKind::kBasic:
      AddBasic(chain, block, shape);
      break;
    case BlockKind::kDepthwiseSeparable:
      AddDepthwiseSeparable(chain, block, shape, in_parts);
      break;
    case BlockKind::kConvolution:
      chain.Keep(output, block.activation == Activation::kRelu ? 1 : 2);
      break;
    case BlockKind::kMaxPool:
      chain.Keep(output, 2);  // places of the largest, of 8 bytes each
      break;
    case BlockKind::kIdentity:
      if (block.project) chain.Linear(shape.out, Area(shape.output()), false);
      break;
  }
  return chain.sum();
}

double PeakElements(const SearchSpace& space, const std::vector<double>& candidates_l, bool keeps_outputs,
                    const Computation& how) {
  const Size stem_size = space.layers().front().shape.input;
  Chain stem;
  if (space.stem().channels == 0) {
    stem.Keep(space.input_channels() * Area(stem_size), 1);
  } else if (keeps_outputs) {
    stem.Keep(space.stem().channels * Area(stem_size), 1);  // nothing wants its gradient: the weights are frozen
  } else {
    stem.Activated(space.stem().channels, Area(stem_size), space.stem().activation);
  }
  double held = stem.sum().kept, peak = held;
  bool input_wants = !keeps_outputs;  // a gradient; in the architecture pass from the first choice on
  for (size_t l = 0; l < space.layers().size(); ++l) {
    const LayerSpec& layer = space.layers()[l];
    const double input = layer.shape.in * Area(layer.shape.input),
                 output = layer.shape.out * Area(layer.shape.output());
    const double share = candidates_l[l] / static_cast<double>(layer.candidates.size());
    // Backward through a layer: the gradients of its outputs, and inside a candidate that of a tensor and of its input.
    double kept = 0, outputs = 0, inside = 0;
    bool any_fused = false;
    for (const BlockSpec& block : layer.candidates) {
      const CandidateElements elements = CountElements(block, layer.shape, how.fused);
      if (input_wants || elements.fused) kept += share * elements.kept;
      if (!elements.fused) outputs += share * output;
      inside = std::max(inside, elements.widest * (elements.fused ? 1 : 2));
      any_fused |= elements.fused;
    }
    if (any_fused) inside += input + output;  // the gradients of the node's input and output
    if (keeps_outputs) kept += outputs;
    input_wants |= layer.candidates.size() > 1;
    if (!how.recomputes) held += kept;
    held += output;
    peak = std::max(peak, held + (how.recomputes ? kept : 0) + outputs + inside);
  }
  Chain head;
  if (space.head().channels > 0)
    head.Activated(space.head().channels, Area(space.feature_size()), space.head().activation);
  return std::max(peak, held + head.sum().kept + head.sum().widest);
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
  return peak;
}

}  // namespace danas
