// The peak of the activations of a network at inference, as danas/cost/cost_model.h defines it.
#include <algorithm>
#include <cstddef>
#include <initializer_list>
#include <vector>

#include "danas/cost/cost_model.h"

namespace danas {
namespace {

constexpr double kElementBytes = 4;

double Elements(double channels, Size size) { return channels * size.height * size.width; }

// The steps of a block, stem or head, and which tensors each of them reads and writes.
class Steps {
 public:
  using Tensor = size_t;

  explicit Steps(double input_elements) { tensors_.push_back({.elements = input_elements}); }

  Tensor input() const { return 0; }

  // A step that reads some tensors and writes a new one.
  Tensor Run(std::initializer_list<Tensor> read, double elements) {
    Read(read);
    tensors_.push_back({.elements = elements, .written = step_, .last_read = step_});
    return tensors_.size() - 1;
  }

  // A step that reads two tensors and writes over the first.
  Tensor Over(Tensor first, Tensor second) {
    Read({first, second});
    return first;
  }

  // In elements. `result` is what the block gives.
  double Peak(Tensor result) {
    tensors_[result].last_read = step_;
    double peak = tensors_[input()].elements;
    for (size_t step = 1; step <= step_; ++step) {
      double held = 0;
      for (const Held& tensor : tensors_) {
        if (tensor.written <= step && step <= tensor.last_read) held += tensor.elements;
      }
      peak = std::max(peak, held);
    }
    return peak;
  }

 private:
  // From the step that writes it, 0 for the input, to the last that reads it.
  struct Held {
    double elements = 0;
    size_t written = 0;
    size_t last_read = 0;
  };

  void Read(std::initializer_list<Tensor> read) {
    ++step_;
    for (const Tensor tensor : read) tensors_[tensor].last_read = step_;
  }

  std::vector<Held> tensors_;
  size_t step_ = 0;
};

double InvertedResidual(const BlockSpec& block, const LayerShape& shape, Steps& steps) {
  const double wide = ExpandedChannels(block, shape.in);
  Steps::Tensor y = steps.input();
  if (!block.fused && block.expand != 1) y = steps.Run({y}, Elements(wide, shape.input));
  y = steps.Run({y}, Elements(wide, shape.output()));
  if (block.squeeze_excite) {
    Steps::Tensor gates = steps.Run({y}, wide);  // the pooling
    gates = steps.Run({gates}, SqueezeChannels(shape.in));
    gates = steps.Run({gates}, wide);
    y = steps.Over(y, gates);
  }
  y = steps.Run({y}, Elements(shape.out, shape.output()));
  return steps.Peak(KeepsShape(shape) ? steps.Over(y, steps.input()) : y);
}

// What shuffle blocks pass on beside their branch: at stride 1 channels of the input, at stride 2 a projection.
Steps::Tensor Passed(const LayerShape& shape, double channels, Steps& steps) {
  if (shape.stride == 1) return steps.input();
  const Steps::Tensor depthwise = steps.Run({steps.input()}, Elements(shape.in, shape.output()));
  return steps.Run({depthwise}, Elements(channels, shape.output()));
}

double Shuffle(const BlockSpec& block, const LayerShape& shape, Steps& steps) {
  const double entering = shape.stride == 1 ? shape.in / 2 : shape.in;
  const double middle = shape.out / 2, leaving = shape.out - entering;
  const Steps::Tensor passed = Passed(shape, shape.in, steps);
  Steps::Tensor y = steps.input();
  if (block.kind == BlockKind::kShuffleA) {
    y = steps.Run({y}, Elements(middle, shape.input));
    y = steps.Run({y}, Elements(middle, shape.output()));
  } else {
    y = steps.Run({y}, Elements(entering, shape.output()));
    for (int i = 0; i < 4; ++i) y = steps.Run({y}, Elements(middle, shape.output()));
  }
  y = steps.Run({y}, Elements(leaving, shape.output()));
  return steps.Peak(steps.Run({passed, y}, Elements(shape.out, shape.output())));
}

double ShuffleV1(const LayerShape& shape, Steps& steps) {
  const double middle = shape.out / 4;
  Steps::Tensor y = steps.Run({steps.input()}, Elements(middle, shape.input));
  y = steps.Run({y}, Elements(middle, shape.output()));
  if (shape.stride == 1) {
    y = steps.Run({y}, Elements(shape.out, shape.output()));
    return steps.Peak(steps.Over(y, steps.input()));
  }
  y = steps.Run({y}, Elements(shape.out - shape.in, shape.output()));
  const Steps::Tensor average = steps.Run({steps.input()}, Elements(shape.in, shape.output()));
  return steps.Peak(steps.Run({average, y}, Elements(shape.out, shape.output())));
}

double ShuffleV2(const LayerShape& shape, Steps& steps) {
  const double half = shape.out / 2;
  const Steps::Tensor passed = Passed(shape, half, steps);
  Steps::Tensor y = steps.Run({steps.input()}, Elements(half, shape.input));
  y = steps.Run({y}, Elements(half, shape.output()));
  y = steps.Run({y}, Elements(half, shape.output()));
  return steps.Peak(steps.Run({passed, y}, Elements(shape.out, shape.output())));
}

// The input, or its projection where shapes differ, is added to the branch.
double WithShortcut(Steps::Tensor branch, const LayerShape& shape, Steps& steps) {
  const Steps::Tensor shortcut =
      KeepsShape(shape) ? steps.input() : steps.Run({steps.input()}, Elements(shape.out, shape.output()));
  return steps.Peak(steps.Over(branch, shortcut));
}

double Residual(const BlockSpec& block, const LayerShape& shape, Steps& steps) {
  const double middle = shape.out / block.reduction;
  Steps::Tensor y = steps.Run({steps.input()}, Elements(middle, shape.input));
  y = steps.Run({y}, Elements(middle, shape.output()));
  y = steps.Run({y}, Elements(shape.out, shape.output()));
  return WithShortcut(y, shape, steps);
}

double Basic(const LayerShape& shape, Steps& steps) {
  Steps::Tensor y = steps.Run({steps.input()}, Elements(shape.out, shape.output()));
  y = steps.Run({y}, Elements(shape.out, shape.output()));
  return WithShortcut(y, shape, steps);
}

// One step from input to output.
double Single(const LayerShape& shape, Steps& steps) {
  return steps.Peak(steps.Run({steps.input()}, Elements(shape.out, shape.output())));
}

double BlockPeak(const BlockSpec& block, const LayerShape& shape) {
  Steps steps(Elements(shape.in, shape.input));
  switch (block.kind) {
    case BlockKind::kInvertedResidual:
      return InvertedResidual(block, shape, steps);
    case BlockKind::kShuffleA:
    case BlockKind::kShuffleX:
      return Shuffle(block, shape, steps);
    case BlockKind::kShuffleV1:
      return ShuffleV1(shape, steps);
    case BlockKind::kShuffleV2:
      return ShuffleV2(shape, steps);
    case BlockKind::kResidual:
      return Residual(block, shape, steps);
    case BlockKind::kBasic:
      return Basic(shape, steps);
    case BlockKind::kDepthwiseSeparable: {
      const Steps::Tensor y = steps.Run({steps.input()}, Elements(shape.in, shape.output()));
      return steps.Peak(steps.Run({y}, Elements(shape.out, shape.output())));
    }
    case BlockKind::kConvolution:
    case BlockKind::kMaxPool:
      return Single(shape, steps);
    case BlockKind::kIdentity:
      return KeepsShape(shape) ? steps.Peak(steps.input()) : Single(shape, steps);
  }
  return 0;
}

double StemPeak(const SearchSpace& space) {
  const StemSpec& stem = space.stem();
  Steps steps(Elements(space.input_channels(), space.input()));
  if (stem.channels == 0) return steps.Peak(steps.input());
  return steps.Peak(steps.Run({steps.input()}, Elements(stem.channels, Downsampled(space.input(), stem.stride))));
}

double HeadPeak(const SearchSpace& space) {
  const HeadSpec& head = space.head();
  const Size size = space.feature_size();
  Steps steps(Elements(space.feature_channels(), size));
  Steps::Tensor y = steps.input();
  if (head.channels > 0) y = steps.Run({y}, Elements(head.channels, size));
  y = steps.Run({y}, space.pooled_features());
  for (const int width : head.hidden) y = steps.Run({y}, width);
  return steps.Peak(steps.Run({y}, space.classes()));
}

class MemoryModel : public CostModel {
 public:
  std::string unit() const override { return "bytes"; }
  CostFold fold() const override { return CostFold::kMax; }
  double Block(const BlockSpec& block, const LayerShape& shape) const override {
    return kElementBytes * BlockPeak(block, shape);
  }
  double Stem(const SearchSpace& space) const override { return kElementBytes * StemPeak(space); }
  double Head(const SearchSpace& space) const override { return kElementBytes * HeadPeak(space); }
};

}  // namespace

std::unique_ptr<CostModel> MakeMemoryModel() { return std::make_unique<MemoryModel>(); }

}  // namespace danas
