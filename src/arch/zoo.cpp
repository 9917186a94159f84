#include "danas/arch/zoo.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <string_view>
#include <utility>

#include "danas/core/error.h"
#include "danas/core/text_list.h"
#include "danas/core/units.h"

namespace danas {
namespace {

constexpr std::string_view kSmallEnding = "_small";
constexpr std::string_view kFullEnding = "_full";

constexpr OperatorSpec kDepthwise3{OperatorKind::kDepthwise, 3};
constexpr OperatorSpec kNormal3{OperatorKind::kNormal, 3};

// A network's layers, one after the other.
class Layers {
 public:
  Layers(const StemSpec& stem, Size input) {
    parts_.input = input;
    parts_.stem = stem;
    channels_ = stem.channels > 0 ? stem.channels : parts_.input_channels;
    size_ = Downsampled(input, stem.stride);
  }

  int channels() const { return channels_; }

  void Add(const BlockSpec& block, int out, int stride) {
    const LayerShape shape{channels_, out, stride, size_};
    parts_.layers.push_back({shape, {block}});
    channels_ = out;
    size_ = shape.output();
  }

  // `repeat` layers; the first has the stride.
  void AddStage(const BlockSpec& block, int out, int stride, int repeat) {
    for (int i = 0; i < repeat; ++i) Add(block, out, i == 0 ? stride : 1);
  }

  void AddPool(int kernel) {
    Add({.kind = BlockKind::kMaxPool, .op = {OperatorKind::kDepthwise, kernel}, .activation = Activation::kRelu},
        channels_, 2);
  }

  SpaceParts Finish(const HeadSpec& head, const InitSpec& init) && {
    parts_.head = head;
    parts_.init = init;
    return std::move(parts_);
  }

 private:
  SpaceParts parts_;
  int channels_;
  Size size_;
};

StemSpec Stem(int channels, bool small, Activation activation = Activation::kRelu) {
  return {.channels = channels, .kernel = 3, .stride = small ? 1 : 2, .activation = activation};
}

// A whole number of eights near `channels`, at most a tenth below (MobileNetV2's public code).
int RoundToEights(double channels) {
  const int rounded = std::max(8, static_cast<int>(channels + 4) / 8 * 8);
  return rounded < 0.9 * channels ? rounded + 8 : rounded;
}

SpaceParts Resnet(const std::array<int, 4>& repeats, bool bottleneck, Size input, bool small) {
  StemSpec stem = Stem(64, small);
  if (!small) stem.kernel = 7;
  Layers layers(stem, input);
  if (!small) layers.AddPool(3);
  BlockSpec block{.kind = BlockKind::kBasic, .op = kNormal3, .activation = Activation::kRelu};
  if (bottleneck) {
    block = {.kind = BlockKind::kResidual, .op = kNormal3, .activation = Activation::kRelu, .reduction = 4};
  }
  for (size_t stage = 0; stage < repeats.size(); ++stage) {
    layers.AddStage(block, (bottleneck ? 256 : 64) << stage, stage == 0 ? 1 : 2, repeats[stage]);
  }
  return std::move(layers).Finish({}, {});
}

SpaceParts Vgg16(Size input, bool small) {
  constexpr std::array<std::pair<int, int>, 5> kStages = {{{64, 2}, {128, 2}, {256, 3}, {512, 3}, {512, 3}}};
  Layers layers({.channels = 0, .stride = 1}, input);
  for (const auto& [channels, repeat] : kStages) {
    layers.AddStage({.kind = BlockKind::kConvolution, .op = kNormal3, .activation = Activation::kRelu}, channels, 1,
                    repeat);
    layers.AddPool(2);
  }
  const int hidden = small ? 512 : 4096;
  return std::move(layers).Finish({.pool = small ? 1 : 7, .hidden = {hidden, hidden}, .dropout = 0.5},
                                  {.fully_connected = FullyConnectedInit::kNormal});
}

SpaceParts MobilenetV1(double width, Size input, bool small) {
  constexpr std::array<std::pair<int, int>, 13> kLayers = {{{64, 1},
                                                            {128, 2},
                                                            {128, 1},
                                                            {256, 2},
                                                            {256, 1},
                                                            {512, 2},
                                                            {512, 1},
                                                            {512, 1},
                                                            {512, 1},
                                                            {512, 1},
                                                            {512, 1},
                                                            {1024, 2},
                                                            {1024, 1}}};
  Layers layers(Stem(RoundToEights(32 * width), small), input);
  for (const auto& [channels, stride] : kLayers) {
    layers.Add({.kind = BlockKind::kDepthwiseSeparable, .op = kDepthwise3, .activation = Activation::kRelu},
               RoundToEights(channels * width), stride);
  }
  return std::move(layers).Finish({}, {});
}

SpaceParts MobilenetV2(double width, Size input, bool small) {
  struct Stage {
    double expand;
    int channels, repeat, stride;
  };
  constexpr std::array<Stage, 7> kStages = {
      {{1, 16, 1, 1}, {6, 24, 2, 2}, {6, 32, 3, 2}, {6, 64, 4, 2}, {6, 96, 3, 1}, {6, 160, 3, 2}, {6, 320, 1, 1}}};
  Layers layers(Stem(RoundToEights(32 * width), small, Activation::kRelu6), input);
  for (const Stage& stage : kStages) {
    layers.AddStage({.op = kDepthwise3, .expand = stage.expand}, RoundToEights(stage.channels * width), stage.stride,
                    stage.repeat);
  }
  return std::move(layers).Finish(
      {.channels = RoundToEights(1280 * std::max(1.0, width)), .activation = Activation::kRelu6, .dropout = 0.2},
      {.fully_connected = FullyConnectedInit::kNormal});
}

constexpr std::array<int, 3> kShuffleRepeats = {4, 8, 4};

constexpr int kDefaultGroups = 3;

// Stem's and stages' channels as in the paper's Table 1 and, for other widths, in its authors' code.
struct ShuffleV1Widths {
  double width;
  int groups;
  int stem;
  int first;  // of the first stage; each next has twice as many
};
constexpr std::array<ShuffleV1Widths, 11> kShuffleV1 = {{{1, 3, 24, 240},
                                                         {0.5, 3, 12, 120},
                                                         {1.5, 3, 24, 360},
                                                         {2, 3, 24, 480},
                                                         {1, 1, 24, 144},
                                                         {1, 2, 24, 200},
                                                         {1, 4, 24, 272},
                                                         {0.5, 8, 16, 192},
                                                         {1, 8, 24, 384},
                                                         {1.5, 8, 24, 576},
                                                         {2, 8, 24, 768}}};

SpaceParts ShufflenetV1(const ZooModel& model, Size input, bool small) {
  const ShuffleV1Widths& widths = *std::find_if(kShuffleV1.begin(), kShuffleV1.end(), [&](const ShuffleV1Widths& w) {
    return w.width == model.width && w.groups == model.groups;
  });
  Layers layers(Stem(widths.stem, small), input);
  if (!small) layers.AddPool(3);
  for (size_t stage = 0; stage < kShuffleRepeats.size(); ++stage) {
    for (int i = 0; i < kShuffleRepeats[stage]; ++i) {
      layers.Add({.kind = BlockKind::kShuffleV1,
                  .op = kDepthwise3,
                  .activation = Activation::kRelu,
                  .groups = widths.groups,
                  .dense_entry = stage == 0 && i == 0},
                 widths.first << stage, i == 0 ? 2 : 1);
    }
  }
  return std::move(layers).Finish({.bias = false}, {.fully_connected = FullyConnectedInit::kNormal});
}

struct ShuffleV2Widths {
  double width;
  std::array<int, 3> stages;
  int last;
};
constexpr std::array<ShuffleV2Widths, 4> kShuffleV2 = {{{1, {116, 232, 464}, 1024},
                                                        {0.5, {48, 96, 192}, 1024},
                                                        {1.5, {176, 352, 704}, 1024},
                                                        {2, {244, 488, 976}, 2048}}};

SpaceParts ShufflenetV2(double width, Size input, bool small) {
  const ShuffleV2Widths& widths = *std::find_if(kShuffleV2.begin(), kShuffleV2.end(),
                                                [&](const ShuffleV2Widths& w) { return w.width == width; });
  Layers layers(Stem(24, small), input);
  if (!small) layers.AddPool(3);
  for (size_t stage = 0; stage < kShuffleRepeats.size(); ++stage) {
    layers.AddStage({.kind = BlockKind::kShuffleV2, .op = kDepthwise3, .activation = Activation::kRelu},
                    widths.stages[stage], 2, kShuffleRepeats[stage]);
  }
  return std::move(layers).Finish({.channels = widths.last}, {.convolution = ConvolutionInit::kFanIn});
}

SpaceParts MakeParts(const ZooModel& model, Size input, bool small) {
  if (model.network == "resnet18") return Resnet({2, 2, 2, 2}, false, input, small);
  if (model.network == "resnet34") return Resnet({3, 4, 6, 3}, false, input, small);
  if (model.network == "resnet50") return Resnet({3, 4, 6, 3}, true, input, small);
  if (model.network == "vgg16") return Vgg16(input, small);
  if (model.network == "mobilenetv1") return MobilenetV1(model.width, input, small);
  if (model.network == "mobilenetv2") return MobilenetV2(model.width, input, small);
  if (model.network == "shufflenetv1") return ShufflenetV1(model, input, small);
  return ShufflenetV2(model.width, input, small);
}

// 1 -> "1.0", 0.25 -> "0.25".
std::string WidthText(double width) { return FormatDecimals(width, width * 10 == std::floor(width * 10) ? 1 : 2); }

// The name, and those with the defaults of width and groups written out.
std::vector<std::string> SpellingsOf(const ZooModel& model) {
  std::vector<std::string> names = {model.name};
  if (model.family == ZooFamily::kResnet || model.family == ZooFamily::kVgg) return names;
  const std::string with_width = model.network + "_" + WidthText(model.width);
  if (model.groups == 0 || model.groups == kDefaultGroups) names.push_back(with_width);
  if (model.groups > 0) names.push_back(with_width + "_g" + std::to_string(model.groups));
  return names;
}

// The name's part before "_small" or "_full".
std::string WithoutEnding(const std::string& name) {
  for (const std::string_view ending : {kSmallEnding, kFullEnding}) {
    if (name.ends_with(ending)) return name.substr(0, name.size() - ending.size());
  }
  return name;
}

}  // namespace

std::vector<ZooModel> ZooModels() {
  std::vector<ZooModel> models;
  for (const char* name : {"resnet18", "resnet34", "resnet50"}) models.push_back({name, name, ZooFamily::kResnet});
  models.push_back({"vgg16", "vgg16", ZooFamily::kVgg});
  const auto add = [&](const std::string& network, ZooFamily family, double width) {
    models.push_back({width == 1 ? network : network + "_" + WidthText(width), network, family, width});
  };
  for (const char* network : {"mobilenetv1", "mobilenetv2"}) {
    for (const double width : {1.0, 0.25, 0.35, 0.5, 0.75, 1.3, 1.4}) add(network, ZooFamily::kMobilenet, width);
  }
  for (const ShuffleV1Widths& widths : kShuffleV1) {
    add("shufflenetv1", ZooFamily::kShufflenet, widths.width);
    models.back().groups = widths.groups;
    if (widths.groups == kDefaultGroups) continue;
    models.back().name = "shufflenetv1_" + WidthText(widths.width) + "_g" + std::to_string(widths.groups);
  }
  for (const ShuffleV2Widths& widths : kShuffleV2) add("shufflenetv2", ZooFamily::kShufflenet, widths.width);
  return models;
}

ZooModel FindZooModel(const std::string& name) {
  const std::string wanted = WithoutEnding(name);
  std::vector<std::string> names, of_network;
  for (const ZooModel& model : ZooModels()) {
    const std::vector<std::string> spellings = SpellingsOf(model);
    if (std::ranges::count(spellings, wanted) > 0) return model;
    names.push_back(model.name);
    if (wanted.starts_with(model.network + "_")) of_network.push_back(model.name);
  }
  std::string message = "there is no network '" + name + "' in the zoo";
  const std::string nearest = NearestName(wanted, names);
  if (!of_network.empty()) {
    message += "; those of this kind are " + Joined(of_network);
  } else if (!nearest.empty()) {
    message += "; did you mean '" + nearest + "'?";
  } else {
    message += "; it has " + Joined(names);
  }
  throw ConfigError(message + " (danas models)");
}

bool IsSmallVariant(const std::string& name, Size input) {
  if (name.ends_with(kSmallEnding)) return true;
  return !name.ends_with(kFullEnding) && std::max(input.height, input.width) <= kLargestSmallSide;
}

SearchSpace MakeZooNetwork(const std::string& name, Size input, int classes) {
  const ZooModel model = FindZooModel(name);
  const bool small = IsSmallVariant(name, input);
  SpaceParts parts = MakeParts(model, input, small);
  parts.name = model.name + (small ? std::string(kSmallEnding) : "");
  parts.classes = classes;
  return SearchSpace(std::move(parts));
}

}  // namespace danas
