#include <map>
#include <set>

#include "danas/config/document.h"
#include "danas/core/error.h"
#include "danas/cost/cost_model.h"

namespace danas {
namespace {

std::string MapText(Size size, int channels) {
  return std::to_string(size.height) + "x" + std::to_string(size.width) + "x" + std::to_string(channels);
}

std::string KeyOf(const std::string& kind, Size input, int in, const std::string& output) {
  return kind + "-input:" + MapText(input, in) + "-output:" + output;
}

// "" for a block that takes no time.
std::string BlockKey(const BlockSpec& block, const LayerShape& shape) {
  if (block.kind == BlockKind::kIdentity && KeepsShape(shape)) return "";
  const bool in_layout = block.kind == BlockKind::kInvertedResidual && !block.fused &&
                         block.op.kind == OperatorKind::kDepthwise && block.activation == Activation::kRelu6 &&
                         block.expand == static_cast<int>(block.expand);
  std::string key = KeyOf(in_layout ? "expanded_conv" : CandidateName(block), shape.input, shape.in,
                          MapText(shape.output(), shape.out));
  const std::string stride = "-stride:" + std::to_string(shape.stride);
  if (!in_layout) return key + stride;
  key += "-expand:" + std::to_string(static_cast<int>(block.expand)) + "-kernel:" + std::to_string(block.op.kernel);
  key += stride + "-idskip:" + (KeepsShape(shape) ? "1" : "0");
  return block.squeeze_excite ? key + "-se:1" : key;
}

// "" where there is none.
std::string StemKey(const SearchSpace& space) {
  const StemSpec& stem = space.stem();
  if (stem.channels == 0) return "";
  return KeyOf("Conv", space.input(), space.input_channels(),
               MapText(Downsampled(space.input(), stem.stride), stem.channels));
}

// Those of the 1x1 convolution, where there is one, and of the classifier.
std::vector<std::string> HeadKeys(const SearchSpace& space) {
  const Size size = space.feature_size();
  const int channels = space.head_channels();
  std::vector<std::string> keys;
  if (space.head().channels > 0) {
    keys.push_back(KeyOf("Conv_1", size, space.feature_channels(), MapText(size, channels)));
  }
  std::string logits = KeyOf("Logits", size, channels, std::to_string(space.classes()));
  if (space.head().pool != 1) logits += "-pool:" + std::to_string(space.head().pool);
  for (const int width : space.head().hidden) logits += "-hidden:" + std::to_string(width);
  keys.push_back(std::move(logits));
  return keys;
}

class LatencyModel : public CostModel {
 public:
  LatencyModel(std::string name, std::map<std::string, double> milliseconds)
      : name_(std::move(name)), milliseconds_(std::move(milliseconds)) {}

  std::string unit() const override { return "ms"; }
  double Block(const BlockSpec& block, const LayerShape& shape) const override { return Find(BlockKey(block, shape)); }
  double Stem(const SearchSpace& space) const override { return Find(StemKey(space)); }
  double Head(const SearchSpace& space) const override {
    double sum = 0;
    for (const std::string& key : HeadKeys(space)) sum += Find(key);
    return sum;
  }

  void CheckCovers(const SearchSpace& space) const override {
    std::vector<std::string> missing;
    std::set<std::string> seen = {""};
    const auto need = [&](const std::string& key) {
      if (seen.insert(key).second && !milliseconds_.contains(key)) missing.push_back(key);
    };
    need(StemKey(space));
    for (const LayerSpec& layer : space.layers()) {
      for (const BlockSpec& block : layer.candidates) need(BlockKey(block, layer.shape));
    }
    for (const std::string& key : HeadKeys(space)) need(key);
    if (missing.empty()) return;
    std::string message = name_ + ": no latency for " + std::to_string(missing.size()) + " of the " +
                          std::to_string(seen.size() - 1) + " keys that " + space.name() +
                          " needs; measure them, or search a space that the table covers. Missing:";
    for (const std::string& key : missing) message += "\n  " + key;
    throw ConfigError(message);
  }

 private:
  double Find(const std::string& key) const {
    if (key.empty()) return 0;
    const auto found = milliseconds_.find(key);
    if (found == milliseconds_.end()) throw ConfigError(name_ + ": no latency for " + key);
    return found->second;
  }

  std::string name_;
  std::map<std::string, double> milliseconds_;
};

}  // namespace

std::unique_ptr<CostModel> ReadLatencyModel(const std::filesystem::path& table) {
  const Document document = Document::Read(table);
  std::map<std::string, double> milliseconds;
  for (const auto& [key, entry] : document.Root().Entries()) {
    const Node mean = entry.Key("mean");
    const double value = mean.AsDouble();
    if (value < 0) mean.Fail("found " + std::to_string(value) + "; a latency is not negative");
    milliseconds[key] = value;
  }
  if (milliseconds.empty()) document.Root().Fail("an empty latency table");
  return std::make_unique<LatencyModel>(table.string(), std::move(milliseconds));
}

}  // namespace danas
