#include "space_reader.h"

#include <algorithm>
#include <map>
#include <optional>
#include <utility>

#include "block_file.h"
#include "danas/arch/space_limits.h"
#include "danas/core/error.h"

namespace danas {
namespace {

constexpr int kMostRepeats = 1000;

int Bounded(const Node& node, int least, int most) { return static_cast<int>(node.AsInt(least, most)); }

void RequireLayersFit(const Node& node, size_t layers) {
  if (layers > kMostLayers) node.Fail("more than " + std::to_string(kMostLayers) + " layers");
}

NormSpec ReadNorm(const Node& node) {
  NormSpec norm;
  norm.momentum = node.KeyOr("momentum", norm.momentum);
  norm.epsilon = node.KeyOr("epsilon", norm.epsilon);
  return norm;
}

InitSpec ReadInit(const Node& node) {
  InitSpec init;
  init.convolution = node.KeyOr("convolution", init.convolution);
  init.fully_connected = node.KeyOr("fully_connected", init.fully_connected);
  init.deconvolution = node.KeyOr("deconvolution", init.deconvolution);
  return init;
}

StemSpec ReadStem(const Node& node) {
  StemSpec stem;
  stem.channels = Bounded(node.Key("channels"), 0, kMostChannels);
  stem.kernel = node.KeyOr("kernel", stem.kernel);
  stem.stride = Bounded(node.Key("stride"), 1, kLargestStride);
  stem.activation = node.KeyOr("activation", stem.activation);
  return stem;
}

HeadSpec ReadHead(const Node& node) {
  HeadSpec head;
  head.kind = node.KeyOr("kind", head.kind);
  if (head.kind == HeadKind::kHeatMaps) {
    for (const char* key : {"channels", "activation", "pool", "hidden", "dropout", "bias"}) {
      if (const auto given = node.Find(key)) given->Fail("a head of heat_maps is a 1x1 convolution; leave this out");
    }
    return head;
  }
  head.channels = node.KeyOr("channels", head.channels);
  head.activation = node.KeyOr("activation", head.activation);
  head.pool = node.KeyOr("pool", head.pool);
  if (const auto hidden = node.Find("hidden")) {
    for (const Node& width : hidden->Items()) head.hidden.push_back(width.As<int>());
  }
  head.dropout = node.KeyOr("dropout", head.dropout);
  head.bias = node.KeyOr("bias", head.bias);
  return head;
}

// What of a space's candidates cannot be used.
class Fit {
 public:
  // The blocks that can be used in the layer; fails where none can.
  LayerSpec Layer(const Node& node, size_t index, const LayerShape& shape, const std::vector<BlockSpec>& blocks) {
    LayerSpec layer{shape, {}};
    std::vector<std::pair<std::string, std::string>> dropped;  // reason, names
    for (const BlockSpec& block : blocks) {
      const BlockDefinition* definition = block.defined.definition.get();
      if (definition && (work_ += definition->work()) > kMostDefinedWork) node.Fail(kTooMuchDefinedWork);
      const std::string why = WhyInvalid(block, shape);
      if (definition) Remember(definition->name(), why);
      if (why.empty()) {
        layer.candidates.push_back(block);
      } else if (!dropped.empty() && dropped.back().first == why) {
        dropped.back().second += ", " + CandidateName(block);
      } else {
        dropped.emplace_back(why, CandidateName(block));
      }
    }
    std::string text;
    for (const auto& [why, names] : dropped) text += (text.empty() ? "" : "; ") + names + ": " + why;
    const std::string where = DescribeLayer(index, shape);
    if (layer.candidates.empty()) node.Fail(where + " is left without candidates: " + text);
    if (!text.empty()) notes_.push_back(where + ": dropped " + text);
    return layer;
  }

  // A shipped kind may fit nowhere; one of the file's own is then wrong.
  void CheckDefinitions(const Node& stages, const NamedBlocks& named) {
    for (const auto& [name, definition] : named.definitions) {
      if (!unusable_.contains(name)) notes_.push_back("no layer lists the block " + name);
    }
    for (const auto& [name, why] : unusable_) {
      if (!why.empty()) stages.Fail("the block " + name + " can be used in none of the layers that list it: " + why);
    }
  }

  std::vector<std::string> TakeNotes() { return std::move(notes_); }

 private:
  void Remember(const std::string& name, const std::string& why) {
    const auto [known, is_new] = unusable_.emplace(name, why);
    if (why.empty()) known->second.clear();
  }

  std::vector<std::string> notes_;
  size_t work_ = 0;                              // of defined blocks, so far
  std::map<std::string, std::string> unusable_;  // definition, the first reason; "" where it is used somewhere
};

// Stages, each of `repeat` layers or with a list of candidates for each layer.
void ReadStages(const Node& stages, const NamedBlocks& named, SpaceParts& parts, Fit& fit) {
  LayerShape shape;
  shape.out = parts.stem.channels > 0 ? parts.stem.channels : parts.input_channels;
  Size size = Downsampled(parts.input, parts.stem.stride);
  for (const Node& stage : stages.Items()) {
    std::vector<std::pair<Node, std::vector<BlockSpec>>> layers;
    if (const std::optional<Node> list = stage.Find("layers")) {
      RequireLayersFit(*list, parts.layers.size() + list->Items().size());
      for (const Node& item : list->Items()) layers.emplace_back(item, ReadCandidates(item, named));
      if (layers.empty()) list->Fail("an empty list; expected the candidates of at least one layer");
    } else {
      const auto repeat = static_cast<size_t>(stage.Key("repeat").AsInt(1, kMostRepeats));
      const Node candidates = stage.Key("candidates");
      layers.assign(repeat, {candidates, ReadCandidates(candidates, named)});
    }
    const int channels = Bounded(stage.Key("channels"), 1, kMostChannels);
    const std::optional<Node> enlarges = stage.Find("upsample");
    const int upsample = enlarges ? Bounded(*enlarges, 1, kLargestStride) : 1;
    const int stride = upsample > 1 && !stage.Find("stride") ? 1 : Bounded(stage.Key("stride"), 1, kLargestStride);
    if (stride > 1 && upsample > 1) enlarges->Fail("a stage has a stride above 1 or an upsample, not both");
    RequireLayersFit(stage, parts.layers.size() + layers.size());
    for (size_t i = 0; i < layers.size(); ++i) {
      const bool first = i == 0;
      shape = {.in = shape.out,
               .out = channels,
               .stride = first ? stride : 1,
               .input = size,
               .upsample = first ? upsample : 1};
      parts.layers.push_back(fit.Layer(layers[i].first, parts.layers.size(), shape, layers[i].second));
      size = shape.output();
      if (enlarges && std::max(size.height, size.width) > kLargestSide) {
        enlarges->Fail("gives maps of more than " + std::to_string(kLargestSide) + " pixels a side");
      }
    }
  }
  fit.CheckDefinitions(stages, named);
}

// Every layer in full, as danas writes them. Nothing is dropped here.
void ReadLayers(const Node& layers, const NamedBlocks& named, SpaceParts& parts) {
  RequireLayersFit(layers, layers.Items().size());
  for (const Node& node : layers.Items()) {
    LayerSpec layer;
    layer.shape.in = node.Key("in").As<int>();
    layer.shape.out = node.Key("out").As<int>();
    layer.shape.stride = node.Key("stride").As<int>();
    if (const auto upsample = node.Find("upsample")) layer.shape.upsample = Bounded(*upsample, 1, kLargestStride);
    layer.shape.input = {node.Key("height").As<int>(), node.Key("width").As<int>()};
    layer.candidates = ReadCandidates(node.Key("candidates"), named);
    parts.layers.push_back(std::move(layer));
  }
}

// Stem, layers and head from `body`: the space itself or one of its skeletons.
LoadedSpace ReadBody(const Node& body, const NamedBlocks& named, SpaceParts parts) {
  Fit fit;
  if (const auto norm = body.Find("norm")) parts.norm = ReadNorm(*norm);
  if (const auto init = body.Find("init")) parts.init = ReadInit(*init);
  parts.stem = ReadStem(body.Key("stem"));
  parts.head = ReadHead(body.Key("head"));
  if (const auto layers = body.Find("layers")) {
    ReadLayers(*layers, named, parts);
  } else {
    ReadStages(body.Key("stages"), named, parts, fit);
  }
  try {
    return {SearchSpace(std::move(parts)), fit.TakeNotes()};
  } catch (const ConfigError& error) {
    body.Fail(error.what());
  }
}

// Reads every skeleton, so that a mistake in one is found whichever is used.
LoadedSpace ReadSkeletons(const Node& skeletons, const std::string& wanted, const NamedBlocks& named,
                          const SpaceParts& parts) {
  std::optional<LoadedSpace> chosen;
  std::string names;
  for (const auto& [name, body] : skeletons.Entries()) {
    const bool first = names.empty();
    names += (first ? "" : ", ") + name;
    SpaceParts with_name = parts;
    if (!first) with_name.name += ":" + name;
    LoadedSpace space = ReadBody(body, named, std::move(with_name));
    if (name == wanted || (first && wanted.empty())) chosen = std::move(space);
  }
  if (names.empty()) skeletons.Fail("expected at least one skeleton");
  if (!chosen) skeletons.Fail("there is no \"" + wanted + "\"; expected one of " + names);
  return *std::move(chosen);
}

}  // namespace

void CheckFormatVersion(const Node& node, int known) {
  const std::optional<Node> version = node.Find("format_version");
  if (!version) return;
  const int64_t found = version->AsInt(1);
  if (found > known) {
    version->Fail("version " + std::to_string(found) + " is newer than this danas can read (" + std::to_string(known) +
                  "); use a newer danas");
  }
}

void RejectNotes(const Node& node, const LoadedSpace& loaded) {
  if (!loaded.notes.empty()) node.Fail(loaded.notes.front());
}

LoadedSpace ReadSpace(const Node& node, const std::string& skeleton, Size input, int classes) {
  CheckFormatVersion(node, kSpaceFormatVersion);
  SpaceParts parts;
  parts.name = node.Key("name").AsText();
  const Node image = node.Key("input");
  if (const auto channels = image.Find("channels")) {
    parts.input_channels = channels->As<int>();
    if (!AreImageChannels(parts.input_channels)) {
      channels->Fail("found " + channels->Found() + ", but " + kImageChannels);
    }
  }
  parts.input = {Bounded(image.Key("height"), 1, kLargestSide), Bounded(image.Key("width"), 1, kLargestSide)};
  if (input != Size{}) parts.input = input;
  parts.classes = node.Key("classes").As<int>();
  if (classes != 0) parts.classes = classes;
  parts.channel_order = node.KeyOr("channel_order", parts.channel_order);
  const NamedBlocks named = ReadNamedBlocks(node);

  if (const auto skeletons = node.Find("skeletons")) return ReadSkeletons(*skeletons, skeleton, named, parts);
  if (!skeleton.empty()) node.Fail("this space has no skeletons, so there is no \"" + skeleton + "\"");
  return ReadBody(node, named, std::move(parts));
}

}  // namespace danas
