#include "danas/arch/space.h"

#include <algorithm>
#include <stdexcept>

#include "danas/arch/block_definition.h"
#include "danas/arch/space_limits.h"
#include "danas/core/error.h"

namespace danas {
namespace {

constexpr int kMostClasses = 1 << 22;
constexpr int kLargestPool = 32;

void RequireInRange(const std::string& what, int value, int least, int most) {
  if (value >= least && value <= most) return;
  throw ConfigError(what + " is " + std::to_string(value) + "; expected " + std::to_string(least) + ".." +
                    std::to_string(most));
}

std::string ToText(Size size) { return std::to_string(size.height) + "x" + std::to_string(size.width); }

void CheckStem(const SpaceParts& parts) {
  if (!AreImageChannels(parts.input_channels)) {
    throw ConfigError("input channels is " + std::to_string(parts.input_channels) + "; " + kImageChannels);
  }
  RequireInRange("input height", parts.input.height, 1, kLargestSide);
  RequireInRange("input width", parts.input.width, 1, kLargestSide);
  RequireInRange("stem channels", parts.stem.channels, 0, kMostChannels);
  RequireInRange("stem stride", parts.stem.stride, 1, kLargestStride);
  RequireInRange("stem kernel", parts.stem.kernel, 1, kLargestKernel);
  if (parts.stem.kernel % 2 == 0) {
    throw ConfigError("stem kernel " + std::to_string(parts.stem.kernel) + " is even; use an odd one");
  }
  if (parts.stem.channels == 0 && parts.stem.stride != 1) {
    throw ConfigError("a stem with 0 channels is no stem: its stride must be 1, not " +
                      std::to_string(parts.stem.stride));
  }
}

void CheckHead(const SpaceParts& parts) {
  const bool heat_maps = parts.head.kind == HeadKind::kHeatMaps;
  RequireInRange(heat_maps ? "key-points" : "classes", parts.classes, 1, heat_maps ? kMostChannels : kMostClasses);
  if (heat_maps && parts.head != HeadSpec{.kind = HeadKind::kHeatMaps}) {
    throw ConfigError("a head of heat maps is one 1x1 convolution: it has no channels, pool, hidden or dropout");
  }
  RequireInRange("head channels", parts.head.channels, 0, kMostChannels);
  RequireInRange("head pool", parts.head.pool, 1, kLargestPool);
  for (const int width : parts.head.hidden) RequireInRange("head hidden", width, 1, kMostChannels);
  if (!(parts.head.dropout >= 0 && parts.head.dropout < 1)) throw ConfigError("head dropout is not in [0, 1)");
  if (!(parts.norm.momentum > 0 && parts.norm.momentum <= 1)) throw ConfigError("norm momentum is not in (0, 1]");
  if (!(parts.norm.epsilon > 0 && parts.norm.epsilon <= 1)) throw ConfigError("norm epsilon is not in (0, 1]");
}

void CheckLayer(const LayerSpec& layer, const std::string& where, int channels, Size size) {
  const LayerShape& shape = layer.shape;
  if (shape.in != channels) {
    throw ConfigError(where + " takes " + std::to_string(shape.in) + " channels, but the part before it gives " +
                      std::to_string(channels));
  }
  if (shape.input != size) {
    throw ConfigError(where + " takes " + ToText(shape.input) + ", but the part before it gives " + ToText(size));
  }
  RequireInRange(where + ": output channels", shape.out, 1, kMostChannels);
  RequireInRange(where + ": stride", shape.stride, 1, kLargestStride);
  RequireInRange(where + ": upsample", shape.upsample, 1, kLargestStride);
  if (shape.stride > 1 && shape.upsample > 1) {
    throw ConfigError(where + " has stride " + std::to_string(shape.stride) + " and upsample " +
                      std::to_string(shape.upsample) + "; one of them must be 1");
  }
  if (layer.candidates.empty()) throw ConfigError(where + " has no candidates");
  std::set<std::string> names;
  for (const BlockSpec& block : layer.candidates) {
    const std::string name = CandidateName(block);
    if (const std::string why = WhyInvalid(block, shape); !why.empty()) {
      throw ConfigError(where + ": " + name + " cannot be used there: " + why);
    }
    if (!names.insert(name).second) throw ConfigError(where + " names the candidate " + name + " twice");
  }
}

// The size of the layer's result: an upsample may lead beyond what a space may have.
Size OutputOf(const LayerShape& shape, const std::string& where) {
  const Size size = shape.output();
  RequireInRange(where + ": output height", size.height, 1, kLargestSide);
  RequireInRange(where + ": output width", size.width, 1, kLargestSide);
  return size;
}

// Names stand for blocks: of weights, in latency tables, in prunings by block, and definitions in files.
class Names {
 public:
  void Add(const BlockSpec& block) {
    const BlockDefinition* definition = block.defined.definition.get();
    if (definition) {
      const auto [known, is_new] = definitions_.emplace(definition->name(), definition);
      if (!is_new && *known->second != *definition) Fail("blocks", known->first);
      work_ += definition->work();
      if (work_ > kMostDefinedWork) throw ConfigError(kTooMuchDefinedWork);
    }
    const auto [candidate, is_new] = candidates_.emplace(CandidateName(block), &block);
    if (!is_new && *candidate->second != block) Fail("candidates", candidate->first);
    const auto [kind, is_new_kind] = kinds_.emplace(BlockName(block), definition);
    if (!is_new_kind && !AreEqual(kind->second, definition)) Fail("blocks", kind->first);
  }

 private:
  static bool AreEqual(const BlockDefinition* a, const BlockDefinition* b) { return a == b || (a && b && *a == *b); }

  [[noreturn]] static void Fail(const std::string& what, const std::string& name) {
    throw ConfigError("two different " + what + " are called " + name +
                      "; rename a block, or the label of a parameter");
  }

  std::map<std::string, const BlockSpec*> candidates_;
  std::map<std::string, const BlockDefinition*> kinds_, definitions_;
  size_t work_ = 0;
};

void CheckNames(const std::vector<LayerSpec>& layers) {
  Names names;
  for (const LayerSpec& layer : layers) {
    for (const BlockSpec& block : layer.candidates) names.Add(block);
  }
}

SpaceParts Checked(SpaceParts parts) {
  CheckStem(parts);
  CheckHead(parts);
  if (parts.layers.empty()) throw ConfigError("a search space needs at least one layer");
  for (LayerSpec& layer : parts.layers) {
    for (BlockSpec& block : layer.candidates) block = Canonical(block);
  }
  CheckNames(parts.layers);
  int channels = parts.stem.channels > 0 ? parts.stem.channels : parts.input_channels;
  Size size = Downsampled(parts.input, parts.stem.stride);
  for (size_t i = 0; i < parts.layers.size(); ++i) {
    LayerSpec& layer = parts.layers[i];
    const std::string where = DescribeLayer(i, layer.shape);
    CheckLayer(layer, where, channels, size);
    channels = layer.shape.out;
    size = OutputOf(layer.shape, where);
  }
  return parts;
}

}  // namespace

bool ShufflesChannels(const SearchSpace& space) {
  return std::ranges::any_of(space.layers(), [](const LayerSpec& layer) {
    return layer.shape.stride == 1 &&
           std::ranges::any_of(layer.candidates, [](const BlockSpec& block) { return ShufflesChannels(block.kind); });
  });
}

std::string DescribeLayer(size_t index, const LayerShape& shape) {
  return "layers[" + std::to_string(index) + "] (" + std::to_string(shape.in) + " -> " + std::to_string(shape.out) +
         ", " + ScaleText(shape) + ")";
}

SearchSpace::SearchSpace(SpaceParts parts) : parts_(Checked(std::move(parts))) {}

int SearchSpace::feature_channels() const { return layers().back().shape.out; }

Size SearchSpace::feature_size() const { return layers().back().shape.output(); }

int SearchSpace::head_channels() const { return head().channels > 0 ? head().channels : feature_channels(); }

MapShape SearchSpace::heat_maps() const {
  if (!has_heat_maps()) throw std::logic_error(name() + " ends in a classifier: it has no heat maps");
  return {classes(), feature_size()};
}

int SearchSpace::pooled_features() const {
  if (has_heat_maps()) throw std::logic_error(name() + " ends in heat maps: it pools no features");
  return head_channels() * head().pool * head().pool;
}

int SearchSpace::classifier_channels() const {
  return head().hidden.empty() ? pooled_features() : head().hidden.back();
}

std::optional<int> SearchSpace::StagePlace(size_t layer) const {
  if (channel_order() == ChannelOrder::kShuffled) return std::nullopt;
  int place = 0;
  for (size_t end = layer + 1; end > 0 && KeepsShape(layers().at(end - 1).shape); --end) ++place;
  return place;
}

size_t SearchSpace::CandidateCount() const {
  size_t count = 0;
  for (const LayerSpec& layer : layers()) count += layer.candidates.size();
  return count;
}

size_t SearchSpace::SearchableLayers() const {
  return static_cast<size_t>(
      std::count_if(layers().begin(), layers().end(), [](const LayerSpec& l) { return l.candidates.size() > 1; }));
}

double SearchSpace::NetworkCount() const {
  double count = 1;
  for (const LayerSpec& layer : layers()) count *= static_cast<double>(layer.candidates.size());
  return count;
}

SearchSpace SearchSpace::Without(const std::map<size_t, std::set<size_t>>& dropped) const {
  SpaceParts parts = parts_;
  for (const auto& [index, candidates] : dropped) {
    LayerSpec& layer = parts.layers.at(index);
    const std::vector<BlockSpec> before = std::move(layer.candidates);
    layer.candidates.clear();
    for (size_t c = 0; c < before.size(); ++c) {
      if (!candidates.contains(c)) layer.candidates.push_back(before[c]);
    }
    if (layer.candidates.empty()) {
      throw ConfigError(DescribeLayer(index, layer.shape) + " would be left without candidates");
    }
  }
  return SearchSpace(std::move(parts));
}

SearchSpace SearchSpace::Select(const std::vector<size_t>& choice) const {
  if (choice.size() != layers().size()) {
    throw ConfigError("a choice of " + std::to_string(choice.size()) + " candidates for " +
                      std::to_string(layers().size()) + " layers");
  }
  SpaceParts parts = parts_;
  for (size_t i = 0; i < choice.size(); ++i) {
    std::vector<BlockSpec>& candidates = parts.layers[i].candidates;
    if (choice[i] >= candidates.size()) {
      throw ConfigError(DescribeLayer(i, parts.layers[i].shape) + " has no candidate " + std::to_string(choice[i]) +
                        "; it has " + std::to_string(candidates.size()));
    }
    candidates = {candidates[choice[i]]};
  }
  return SearchSpace(std::move(parts));
}

SearchSpace SearchSpace::WithInput(Size input) const {
  SpaceParts parts = parts_;
  parts.input = input;
  Size size = Downsampled(input, parts.stem.stride);
  for (size_t l = 0; l < parts.layers.size(); ++l) {
    LayerShape& shape = parts.layers[l].shape;
    shape.input = size;
    size = OutputOf(shape, DescribeLayer(l, shape));
  }
  return SearchSpace(std::move(parts));
}

SearchSpace SearchSpace::WithClasses(int classes) const {
  SpaceParts parts = parts_;
  parts.classes = classes;
  return SearchSpace(std::move(parts));
}

SearchSpace SearchSpace::WithDropout(double dropout) const {
  SpaceParts parts = parts_;
  if (!has_heat_maps()) parts.head.dropout = dropout;
  return SearchSpace(std::move(parts));
}

SearchSpace SearchSpace::WithName(std::string name) const {
  SpaceParts parts = parts_;
  parts.name = std::move(name);
  return SearchSpace(std::move(parts));
}

}  // namespace danas
