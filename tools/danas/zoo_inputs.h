// What `danas train`, `evaluate` and `easiness` read for a network of the zoo.
#pragma once

#include <string>

#include "danas/config/config.h"
#include "option_groups.h"

namespace danas {

// The config that trains `model`: the line's assignments over --config's file over the recipe of the model's family
// (configs/zoo), the small one for images of up to 64 pixels. Without --config the shipped config of the dataset's
// layout stands for the file (cifar10, cifar100, fashion_mnist; none for folders and manifests). Logs what it took.
// Throws ConfigError for an unknown model, where no dataset is named and where zoo.train does not hold together,
// DataError where there is no dataset.
Config ConfigOfZooModel(const std::string& model, const ConfigOptions& options);

}  // namespace danas
