// What torchvision calls the weights of networks that danas builds from blocks: its resnet18, 34 and 50, vgg16,
// mobilenet_v2 and shufflenet_v2. The names follow from the network's blocks, in whatever order a file has them. Of a
// network of heat maps the backbone's weights have these names too, as in a checkpoint of SimpleBaseline, which calls
// the rest deconv_layers.0.weight ... final_layer.bias.
#pragma once

#include <map>
#include <optional>
#include <string>

#include "danas/arch/space.h"

namespace danas {

// From danas's names (as StateOf() a Supernet) to torchvision's, of every parameter and statistic; nothing for a
// network of blocks of which torchvision has none, or of shuffle_v2 with ChannelOrder::kKept, in which torchvision's
// weights would meet other channels. Widths, depths and image size do not matter.
std::optional<std::map<std::string, std::string>> TorchvisionNames(const SearchSpace& network);

}  // namespace danas
