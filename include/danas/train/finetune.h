// Training of the network that a search found, on all classes of its dataset (section 5.1; the recipe is
// ProxylessNAS's).
#pragma once

#include <ATen/core/Tensor.h>

#include <filesystem>
#include <string>
#include <vector>

#include "danas/arch/genotype.h"
#include "danas/config/config.h"
#include "danas/data/dataset_index.h"
#include "danas/train/network_training.h"

namespace danas {

struct FinetuneInputs {
  Config config;  // finetune, data, runtime, seed
  std::shared_ptr<const Task> task = {};
  Genotype genotype;
  Dataset dataset;                             // may be another than the search's: the classifier follows its classes
  std::filesystem::path supernet_weights;      // for finetune.init = supernet: the search's weights.safetensors
  std::filesystem::path initial_weights = {};  // of the network itself, to begin with; empty: finetune.init says
  at::Device device = at::kCPU;
  Ranks ranks = {};
};

// Classes are in the dataset's own order. Throws as TrainAndTest(); ConfigError where there are no supernet weights to
// start from or initial weights are named as well, CheckpointError where weights do not fit.
TrainingResult RunFinetune(const FinetuneInputs& inputs, const TrainingOutputs& outputs);

// Copies a supernet's weights into the network made from it, by name. Norm weights and biases, which a supernet has
// not, stay as they are. The classifier's rows are in the search's class order, which the file's metadata
// "class_order" gives (a JSON list of class ids, easiest first), and are brought into the order of `class_ids`; where
// these are other classes, the classifier stays as it is, and that is logged. Throws CheckpointError naming tensors
// that are missing or do not fit.
void LoadSupernetWeights(Supernet& network, const std::filesystem::path& path,
                         const std::vector<std::string>& class_ids);

}  // namespace danas
