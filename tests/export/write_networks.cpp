// Writes networks with every kind of block and step, and weights for them in which no part of a norm is neutral.
// Usage: danas_export_networks FOLDER SPACE=SIDE|SPACE=HEIGHTxWIDTH+KEY_POINTS...
// A space's file or name and the side of its images; or those of a head of heat maps on its backbone.
#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include <algorithm>
#include <cmath>
#include <exception>
#include <filesystem>
#include <iostream>

#include "danas/arch/genotype.h"
#include "danas/arch/heat_map_head.h"
#include "danas/arch/space_file.h"
#include "danas/core/file.h"
#include "danas/nn/safetensors.h"
#include "danas/nn/supernet.h"
#include "danas/nn/weights_file.h"

namespace danas {
namespace {

at::Tensor Uniform(const at::Tensor& like, double low, double high, at::Generator& generator) {
  return at::empty_like(like, at::MemoryFormat::Contiguous).uniform_(low, high, generator);
}

void Shake(Supernet& network) {
  const at::NoGradGuard no_gradient;
  at::Generator generator = at::detail::createCPUGenerator(7);
  InitializeWeights(network, 3);
  for (const auto& [name, tensor] : StateOf(network)) {
    if (name.ends_with("running_var") || (name.ends_with(".weight") && tensor.dim() == 1)) {
      tensor.copy_(Uniform(tensor, 0.6, 1.4, generator));
    } else if (tensor.dim() == 1) {
      tensor.copy_(Uniform(tensor, -0.3, 0.3, generator));
    } else if (name.find("deconv.conv") != std::string::npos || name.starts_with("head.heat_maps")) {
      tensor.mul_(100);  // behind weights that begin near 0 all maps would be their biases
    }
  }
}

void Write(const std::filesystem::path& folder, const std::string& name, const SearchSpace& network) {
  const std::shared_ptr<Supernet> made = MakeNetwork(network);
  Shake(*made);
  std::vector<std::string> ids, labels;
  for (int c = 0; c < network.classes(); ++c) {
    ids.push_back("class" + std::to_string(c));
    labels.push_back("label of " + std::to_string(c));
  }
  WriteFileAtomically(folder / (name + ".json"), ToJson(Genotype{network, ids, labels}).dump());
  WriteSafetensors(folder / (name + ".safetensors"), StateOf(*made), WeightsMetadata(network, ids));
}

// `images`: "33", or "64x32+5".
SearchSpace SpaceOf(const std::string& name, const std::string& images) {
  const size_t plus = images.find('+');
  const int height = std::stoi(images);
  if (plus == std::string::npos) return LoadSpace(name, {height, height}).space;
  return WithHeatMapHead(LoadSpace(name).space, {.key_points = std::stoi(images.substr(plus + 1)),
                                                 .input = {height, std::stoi(images.substr(images.find('x') + 1))},
                                                 .channels = 16,
                                                 .groups = {1, 2, 8}});
}

// A network for each place in the longest list of candidates: in each layer the candidate at that place, counted on
// from layer to layer so that neighbours differ.
void WriteNetworksOf(const std::filesystem::path& folder, const std::string& argument) {
  const size_t equals = argument.rfind('=');
  const std::string space_name = argument.substr(0, equals);
  const SearchSpace space = SpaceOf(space_name, argument.substr(equals + 1));
  size_t most = 0;
  for (const LayerSpec& layer : space.layers()) most = std::max(most, layer.candidates.size());
  for (size_t first = 0; first < most; first += std::max<size_t>(3, most / 2)) {
    std::vector<size_t> choice;
    for (size_t l = 0; l < space.layers().size(); ++l)
      choice.push_back((first + l) % space.layers()[l].candidates.size());
    const std::string name = space.has_heat_maps() ? space.name() : std::filesystem::path(space_name).stem().string();
    Write(folder, name + "_" + std::to_string(first), space.Select(choice));
  }
}

}  // namespace
}  // namespace danas

int main(int argc, char** argv) {
  try {
    for (int i = 2; i < argc; ++i) danas::WriteNetworksOf(argv[1], argv[i]);
  } catch (const std::exception& error) {
    std::cerr << error.what() << "\n";
    return 1;
  }
  return 0;
}
