#include "danas/train/finetune.h"

#include <algorithm>

#include "danas/arch/config_space.h"
#include "danas/core/error.h"
#include "danas/nn/weights_file.h"
#include "danas/run/device.h"

namespace danas {
namespace {

// Of the network itself; or, for one that ends in heat maps, of a network without them: those of its backbone.
void LoadInitialWeights(Supernet& network, const std::filesystem::path& path, const std::vector<std::string>& outputs) {
  const auto of_heat_maps = [](const auto& named) {
    return named.first.find("heat_maps") != std::string::npos || named.first.find("final_layer") != std::string::npos;
  };
  if (network.space().has_heat_maps() && std::ranges::none_of(ReadWeightsFile(path).tensors, of_heat_maps)) {
    LoadBackboneWeights(network, path);
  } else {
    LoadWeights(network, path, outputs);
  }
}

// A resumed run takes its weights from the checkpoint.
std::shared_ptr<Supernet> MakeInitialNetwork(const FinetuneInputs& inputs, bool resume) {
  const Config& config = inputs.config;
  const ClassList classes = inputs.dataset.train.outputs();
  const auto network = MakeNetwork(inputs.genotype.network.WithInput(InputSize(config.data))
                                       .WithClasses(static_cast<int>(classes.ids.size()))
                                       .WithDropout(config.finetune.dropout),
                                   config.nn);
  InitializeWeights(*network, config.seed);
  if (!inputs.initial_weights.empty() && !resume) {
    if (config.finetune.init == FinetuneInit::kSupernet) {
      throw ConfigError(
          "finetune.init is 'supernet', and other weights to begin with are given; leave out one of them");
    }
    LoadInitialWeights(*network, inputs.initial_weights, classes.ids);
  } else if (config.finetune.init == FinetuneInit::kSupernet && !resume) {
    if (inputs.supernet_weights.empty()) {
      throw ConfigError(
          "finetune.init: 'supernet' needs the weights that the search ended with; use 'scratch' without them");
    }
    LoadSupernetWeights(*network, inputs.supernet_weights, classes.ids);
  }
  MoveTo(*network, inputs.device, config.runtime);
  return network;
}

Subset TrainingImages(const FinetuneInputs& inputs) {
  const auto train = std::make_shared<const DatasetIndex>(inputs.dataset.train);
  if (inputs.config.finetune.whole_training_set) return WholeSet(train);
  return SplitTrainingSet(train, inputs.config.data, inputs.config.seed).weights;
}

}  // namespace

TrainingResult RunFinetune(const FinetuneInputs& inputs, const TrainingOutputs& outputs) {
  const FinetuneConfig& finetune = inputs.config.finetune;
  const std::shared_ptr<Supernet> network = MakeInitialNetwork(inputs, outputs.resume);
  NetworkTraining training{.kind = events::TrainingKind::kFinetune,
                           .config = inputs.config,
                           .task = inputs.task,
                           .recipe = finetune.train,
                           .epochs = finetune.epochs,
                           .images = {},
                           .test_set = std::make_shared<const DatasetIndex>(inputs.dataset.test),
                           .device = inputs.device,
                           .ranks = inputs.ranks};
  training.images = TrainingImages(inputs);
  training.start.init = inputs.initial_weights.empty() ? NameOf(finetune.init) : inputs.initial_weights.string();
  return TrainAndTest(*network, training, outputs);
}

}  // namespace danas
