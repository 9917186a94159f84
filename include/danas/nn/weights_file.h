// Trained weights from a file, whichever of the formats it has: safetensors, or what torch.save wrote.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "danas/nn/state.h"
#include "danas/nn/supernet.h"

namespace danas {

// A network's tensors by the names that an exported PyTorch module gives them (danas/arch/module_names.h).
NamedTensors ByExportedNames(const SearchSpace& network, const NamedTensors& state);

// What danas writes beside a network's weights: "format", which is "pt" as other loaders want it, "class_order", a JSON list of the classes that the classifier's rows
// stand for, and where the order of channels is kept and that makes a difference, "channel_order".
std::map<std::string, std::string> WeightsMetadata(const SearchSpace& space, const std::vector<std::string>& class_ids);

// "blocks", a JSON list of each layer's candidate: of weights by names that leave them out.
std::map<std::string, std::string> BlocksMetadata(const SearchSpace& network);

// Throws CheckpointError where a file's metadata says that its weights are of another channel_order than the network's,
// and that makes a difference. What danas did not write says nothing, and is taken.
void RequireChannelOrder(const SearchSpace& space, const std::map<std::string, std::string>& metadata,
                         const std::filesystem::path& path);

struct WeightsFile {
  NamedTensors tensors;  // on the CPU; not to be written to
  std::vector<std::string> notes;
  std::vector<std::string> class_ids = {};  // that the classifier's rows stand for, where the file says so (danas's do)
  std::map<std::string, std::string> metadata = {};
};

// The format is recognised by the content, not by the name; names are cleaned in one way for all
// (src/nn/weight_names.h). Throws as ReadSafetensors and ReadTorchFile do; a file of another kind is named in the
// error.
WeightsFile ReadWeightsFile(const std::filesystem::path& path);

// Copies weights into the network by danas's names, by those of the exported PyTorch module or, where the network is
// one that torchvision has, by torchvision's (danas/nn/torchvision_names.h): by those that `weights` has most of. Floating types are converted.
// Nothing is copied unless all fits: throws CheckpointError that begins with `where` and lists the first missing,
// unexpected, wrongly shaped and wrongly typed names.
void LoadWeights(Supernet& network, const NamedTensors& weights, const std::string& where);

// The same from a file; its notes, and what conversion does to its numbers, go to the log. Throws as ReadWeightsFile
// does, too, and CheckpointError where a number is not finite, or where the file names its classes and they are not
// `class_ids` in this order (empty: any are taken), or its blocks and they are not the network's, or as
// RequireChannelOrder() does.
void LoadWeights(Supernet& network, const std::filesystem::path& path, const std::vector<std::string>& class_ids = {});

// The stem and the layers before the first that enlarges (arch/heat_map_head.h) from a file of the backbone's weights,
// such as those of an ImageNet network with its classifier, by names as LoadWeights() takes them. All else stays as it
// is. The log says what was taken and what was not. Throws as LoadWeights() does but for what is missing or left over,
// and CheckpointError where nothing has the name of a tensor of the backbone.
void LoadBackboneWeights(Supernet& network, const std::filesystem::path& path);

}  // namespace danas
