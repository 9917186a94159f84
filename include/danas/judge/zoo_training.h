// Training of one network of the zoo as a judge of its dataset's classes (section 4.2): on the training set without the
// carved validation images, which show after every epoch how well each class is known (the paper's Fig. 1).
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "danas/arch/genotype.h"
#include "danas/config/config.h"
#include "danas/data/dataset_index.h"
#include "danas/data/image_listing.h"
#include "danas/train/network_training.h"

namespace danas {

struct ZooTraining {
  std::string model;  // arch/zoo.h
  Config config;      // zoo, data, nn, runtime, seed
  Dataset dataset;
  at::Device device = at::kCPU;
  Ranks ranks = {};
  std::shared_ptr<const std::vector<ListedSet>> images = {};  // the dataset's, on the first rank; null: not compared
};

// The network as it is trained, as network.json holds it: its origin names the model, the config and the training set's
// fingerprint. Throws ConfigError as MakeZooNetwork() does.
Genotype MakeZooGenotype(const ZooTraining& training);

// Trains, tests once and writes into outputs.folder network.json, weights-epoch<N>.safetensors for the first of
// KeptEpochs(), and what TrainAndTest() writes. Records an events::ClassAccuracy after each epoch beside its events.
// Throws as TrainAndTest() and SplitTrainingSet() do.
TrainingResult TrainZooNetwork(const ZooTraining& training, const TrainingOutputs& outputs);

// The epochs whose weights are kept: 5, 50 and 100 % of all, rounded, from 1; ascending, each once.
std::vector<int64_t> KeptEpochs(int64_t epochs);

// Whether the folder holds a finished training of just this: the same model and version of its network, dataset, seed,
// recipe, augmentation and number formats. Sections that have no part in it (search, schedule ...), places of files,
// threads and the device may differ. Throws ConfigError where network.json is there and cannot be read.
bool IsFinishedTraining(const std::filesystem::path& folder, const ZooTraining& training);

// Whether it holds one that has a checkpoint to resume from, but no result.
bool IsBegunTraining(const std::filesystem::path& folder, const ZooTraining& training);

}  // namespace danas
