#include "danas/search/memory_estimate.h"

#include <algorithm>

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

void AddResidual(Chain& chain, const BlockSpec& block, const LayerShape& shape) {
  const double in_area = Area(shape.input), out_area = Area(shape.output());
  chain.Activated(shape.out / 2, in_area, block.activation);
  chain.Activated(shape.out / 2, out_area, block.activation);
  chain.Linear(shape.out, out_area, false);
  if (shape.stride != 1 || shape.in != shape.out) chain.Linear(shape.out, out_area, false);
  chain.Keep(shape.out * out_area, 1);  // what the last activation keeps
}

}  // namespace

CandidateElements CountElements(const BlockSpec& block, const LayerShape& shape) {
  Chain chain;
  switch (block.kind) {
    case BlockKind::kInvertedResidual:
      AddInvertedResidual(chain, block, shape);
      break;
    case BlockKind::kShuffleA:
    case BlockKind::kShuffleX:
      AddShuffle(chain, block, shape);
      break;
    case BlockKind::kResidual:
      AddResidual(chain, block, shape);
      break;
    case BlockKind::kIdentity:
      if (block.project) chain.Linear(shape.out, Area(shape.output()), false);
      break;
  }
  return chain.sum();
}

double PeakElements(const SearchSpace& space, const std::vector<double>& candidates_l, bool keeps_outputs) {
  const Size stem_size = space.layers().front().shape.input;
  Chain stem;
  stem.Activated(space.stem().channels, Area(stem_size), space.stem().activation);
  double held = stem.sum().kept, peak = held;
  for (size_t l = 0; l < space.layers().size(); ++l) {
    const LayerSpec& layer = space.layers()[l];
    const double outputs = candidates_l[l] * layer.shape.out * Area(layer.shape.output());
    double kept = 0, widest = 0;
    for (const BlockSpec& block : layer.candidates) {
      const CandidateElements elements = CountElements(block, layer.shape);
      kept += candidates_l[l] * elements.kept / static_cast<double>(layer.candidates.size());
      widest = std::max(widest, elements.widest);
    }
    held += kept + layer.shape.out * Area(layer.shape.output()) + (keeps_outputs ? outputs : 0);
    // Backward through a layer: the gradients of its outputs, and inside a candidate that of a tensor and of its input.
    peak = std::max(peak, held + outputs + 2 * widest);
  }
  Chain head;
  if (space.head().channels > 0) head.Activated(space.head().channels, Area(space.feature_size()), space.head().activation);
  return std::max(peak, held + head.sum().kept + head.sum().widest);
}

}  // namespace danas
