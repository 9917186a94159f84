#include "danas/export/exported_network.h"

#include <stdexcept>

namespace danas {

Json PreprocessingJson(const ExportedNetwork& exported) {
  const SearchSpace& network = exported.network;
  const Preprocessing& preprocessing = exported.preprocessing;
  return {{"input_size", {network.input_channels(), network.input().height, network.input().width}},
          {"color", network.input_channels() == 1 ? "grey" : "RGB"},
          {"resize_shorter_side", preprocessing.resize},
          {"interpolation", "bilinear"},
          {"antialias", true},
          {"crop", "center"},
          {"scale", 1.0 / 255},
          {"mean", preprocessing.mean},
          {"std", preprocessing.deviation}};
}

const PlainTensor& WeightOf(const ExportedNetwork& exported, const std::string& name) {
  const auto found = exported.weights.find(name);
  if (found == exported.weights.end()) throw std::logic_error("no weights " + name + " of " + exported.network.name());
  return found->second;
}

}  // namespace danas
