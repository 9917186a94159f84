#include "danas/export/exported_network.h"

#include <stdexcept>

namespace danas {

namespace {

Json PersonPreprocessing(const ExportedNetwork& exported) {
  const SearchSpace& network = exported.network;
  const Size maps = network.heat_maps().size;
  Json json = {{"input_size", {network.input_channels(), network.input().height, network.input().width}},
               {"heat_map_size", {maps.height, maps.width}},
               {"color", network.input_channels() == 1 ? "grey" : "RGB"},
               {"crop", "box"},
               {"box_scale", exported.preprocessing.box_scale},
               {"interpolation", "bilinear"},
               {"antialias", false},
               {"scale", 1.0 / 255},
               {"mean", exported.preprocessing.mean},
               {"std", exported.preprocessing.deviation},
               {"decode", "quarter_offset"},
               {"flip_test", exported.reading.flip_test},
               {"shift_heatmap", exported.reading.shift_heatmap},
               {"flip_pairs", exported.reading.flip_pairs},
               {"score_threshold", exported.reading.score_threshold}};
  if (!exported.reading.skeleton.empty()) json["skeleton"] = exported.reading.skeleton;
  const std::vector<std::string>& names = exported.class_labels.empty() ? exported.class_ids : exported.class_labels;
  if (!names.empty()) json["keypoints"] = names;
  return json;
}

}  // namespace

Json PreprocessingJson(const ExportedNetwork& exported) {
  const SearchSpace& network = exported.network;
  if (network.has_heat_maps()) return PersonPreprocessing(exported);
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
