// What `danas train`, `evaluate` and `easiness` read for a network of the zoo.
#pragma once

#include <string>

#include "danas/config/config.h"
#include "option_groups.h"

namespace danas {

// The config that trains `model`: the line's assignments over --config's file over the recipe of the model's family
// (configs/zoo), the small one for images of up to 64 pixels. Without --config, the shipped config of the dataset's
// layout replaces the file (cifar10, cifar100, fashion_mnist; none for folders and manifests). Logs what was used.
// Throws ConfigError for an unknown model, if no dataset is specified or if zoo.train contradicts itself, DataError if
// the dataset does not exist.
Config ConfigOfZooModel(const std::string& model, const ConfigOptions& options);

}  // namespace danas
