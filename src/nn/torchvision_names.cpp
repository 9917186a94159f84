#include "danas/nn/torchvision_names.h"

#include <algorithm>

#include "danas/arch/heat_map_head.h"

namespace danas {
namespace {

// Where torchvision counts its modules: one list for the whole network, or one for each stage.
class Names {
 public:
  explicit Names(const SearchSpace& network) : network_(network) {}

  std::map<std::string, std::string> Resnet() {
    ConvNorm("stem", "conv1", "bn1");
    EachBlock([&](const BlockSpec& block, const std::string& from, int stage, int place) {
      const std::string to = "layer" + std::to_string(stage + 1) + "." + std::to_string(place) + ".";
      int step = 1;
      const auto next = [&](const std::string& name) {
        ConvNorm(from + name, to + "conv" + std::to_string(step), to + "bn" + std::to_string(step));
        ++step;
      };
      if (block.kind == BlockKind::kBasic) {
        next("first"), next("second");
      } else {
        next("reduce"), next("op"), next("expand");
      }
      ConvNorm(from + "shortcut", to + "downsample.0", to + "downsample.1");
    });
    Head("fc");
    return std::move(names_);
  }

  // Convolution and ReLU, and pooling, are modules of one list; so are fully connected layer, ReLU and dropout.
  std::map<std::string, std::string> Vgg() {
    int module = 0;
    for (size_t l = 0; l < BackboneLayers(network_); ++l) {
      const BlockSpec& block = network_.layers()[l].candidates[0];
      if (block.kind == BlockKind::kMaxPool) {
        ++module;
        continue;
      }
      Affine(LayerName(l) + "conv", "features." + std::to_string(module));
      module += 2;
    }
    const size_t hidden = network_.head().hidden.size();
    for (size_t h = 0; h < hidden; ++h) {
      Affine("head.hidden." + std::to_string(h), "classifier." + std::to_string(3 * h));
    }
    Head("classifier." + std::to_string(3 * hidden));
    return std::move(names_);
  }

  std::map<std::string, std::string> MobilenetV2() {
    ConvNorm("stem", "features.0.0", "features.0.1");
    const size_t layers = BackboneLayers(network_);
    for (size_t l = 0; l < layers; ++l) {
      const std::string from = LayerName(l), to = "features." + std::to_string(l + 1) + ".conv.";
      int step = 0;
      const auto nested = [&](const std::string& name) {
        const std::string place = to + std::to_string(step++);
        ConvNorm(from + name, place + ".0", place + ".1");
      };
      if (network_.layers()[l].candidates[0].expand != 1) nested("expand");
      nested("op");
      ConvNorm(from + "project", to + std::to_string(step), to + std::to_string(step + 1));
    }
    const std::string last = "features." + std::to_string(layers + 1);
    ConvNorm("head.expand", last + ".0", last + ".1");
    Head("classifier.1");
    return std::move(names_);
  }

  std::map<std::string, std::string> ShufflenetV2() {
    ConvNorm("stem", "conv1.0", "conv1.1");
    EachBlock([&](const BlockSpec&, const std::string& from, int stage, int place) {
      const std::string to = "stage" + std::to_string(stage + 2) + "." + std::to_string(place) + ".";
      ConvNorm(from + "shortcut_op", to + "branch1.0", to + "branch1.1");
      ConvNorm(from + "shortcut_conv", to + "branch1.2", to + "branch1.3");
      ConvNorm(from + "expand", to + "branch2.0", to + "branch2.1");
      ConvNorm(from + "op", to + "branch2.3", to + "branch2.4");
      ConvNorm(from + "project", to + "branch2.5", to + "branch2.6");
    });
    ConvNorm("head.expand", "conv5.0", "conv5.1");
    Head("fc");
    return std::move(names_);
  }

 private:
  std::string LayerName(size_t layer) const {
    return "layers." + std::to_string(layer) + "." + CandidateName(network_.layers()[layer].candidates[0]) + ".";
  }

  // visit(block, the prefix of its names, stage from 0, place in the stage). A stage begins where channels change.
  template <typename Visit>
  void EachBlock(const Visit& visit) const {
    int stage = -1, place = 0;
    for (size_t l = 0; l < BackboneLayers(network_); ++l) {
      const LayerSpec& layer = network_.layers()[l];
      if (layer.candidates[0].kind == BlockKind::kMaxPool) continue;
      const bool first = stage < 0 || layer.shape.in != layer.shape.out;
      place = first ? 0 : place + 1;
      stage += first ? 1 : 0;
      visit(layer.candidates[0], LayerName(l), stage, place);
    }
  }

  void ConvNorm(const std::string& from, const std::string& conv, const std::string& norm) {
    names_[from + ".conv.weight"] = conv + ".weight";
    for (const char* part : {"weight", "bias", "running_mean", "running_var"}) {
      names_[from + ".norm." + part] = norm + "." + part;
    }
  }

  // The classifier; or deconvolution, norm and ReLU, which are three modules of one list, and the heat maps.
  void Head(const std::string& classifier) {
    if (!network_.has_heat_maps()) return Affine("head.classifier", classifier);
    int module = 0;
    for (size_t l = BackboneLayers(network_); l < network_.layers().size(); ++l, module += 3) {
      const auto name = [module](int offset) { return "deconv_layers." + std::to_string(module + offset); };
      ConvNorm(LayerName(l) + "deconv", name(0), name(1));
    }
    Affine("head.heat_maps", "final_layer");
  }

  void Affine(const std::string& from, const std::string& to) {
    for (const char* part : {"weight", "bias"}) names_[from + "." + part] = to + "." + part;
  }

  const SearchSpace& network_;
  std::map<std::string, std::string> names_;
};

}  // namespace

std::optional<std::map<std::string, std::string>> TorchvisionNames(const SearchSpace& network) {
  if (!network.IsNetwork()) return std::nullopt;
  if (network.channel_order() == ChannelOrder::kKept && ShufflesChannels(network)) return std::nullopt;
  const auto consists_of = [&](BlockKind kind) {
    return std::ranges::all_of(network.layers(), [&](const LayerSpec& layer) {
      const BlockSpec& block = layer.candidates[0];
      if (block.kind == BlockKind::kDeconvolution) return network.has_heat_maps();
      return block.kind == BlockKind::kMaxPool ||
             (block.kind == kind && layer.shape.upsample == 1 && !block.squeeze_excite && !block.fused);
    });
  };
  Names names(network);
  if (consists_of(BlockKind::kBasic) || consists_of(BlockKind::kResidual)) return names.Resnet();
  if (consists_of(BlockKind::kConvolution)) return names.Vgg();
  if (consists_of(BlockKind::kInvertedResidual)) return names.MobilenetV2();
  if (consists_of(BlockKind::kShuffleV2)) return names.ShufflenetV2();
  return std::nullopt;
}

}  // namespace danas
