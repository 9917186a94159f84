#include "danas/judge/zoo_training.h"

#include <algorithm>
#include <cmath>
#include <set>

#include "danas/arch/config_space.h"
#include "danas/arch/zoo.h"
#include "danas/config/config_file.h"
#include "danas/core/checkpoint_files.h"
#include "danas/core/error.h"
#include "danas/core/file.h"
#include "danas/core/hash.h"
#include "danas/core/log.h"
#include "danas/run/device.h"
#include "danas/tasks/make_task.h"

namespace danas {
namespace {

// What of a config decides how the weights end. Where files lie and how many threads read them does not. This is not
// what ResumePolicy() says of the keys: a training that is over may be used again with another number of threads or
// limit of pixels, with which one under way could not go on.
Json DecidingParts(Json config) {
  for (const char* key : {"root", "train", "test", "format", "class_names", "max_pixels", "workers", "queue"}) {
    config["data"].erase(key);
  }
  return {{"seed", config["seed"]},
          {"nn", config["nn"]},
          {"amp", config["runtime"]["amp"]},
          {"precision", config["runtime"]["precision"]},
          {"data", config["data"]},
          {"zoo", config["zoo"]}};
}

// An older danas left no list: then the fingerprint decides.
bool HasSameImages(const std::filesystem::path& folder, const ZooTraining& training) {
  if (!training.images || !std::filesystem::exists(folder / kListingFile)) return true;
  const std::string differences = Differences(ReadListing(folder / kListingFile), *training.images);
  if (differences.empty()) return true;
  log::info("{} is skipped: it was trained on other images. {}", folder.string(), differences);
  return false;
}

// Whether network.json is there and says that the folder is one of just this training.
bool IsOf(const std::filesystem::path& folder, const ZooTraining& training) {
  if (!std::filesystem::exists(folder / "network.json")) return false;
  const Genotype found = ReadGenotype(folder / "network.json");
  const Genotype wanted = MakeZooGenotype(training);
  if (found.network != wanted.network || found.class_ids != wanted.class_ids) return false;
  if (!found.origin.contains("config") || found.origin.value("fingerprint", "") != wanted.origin["fingerprint"]) {
    return false;
  }
  // Read back, so that keys that did not exist when it was written have their defaults.
  const Config config = ConfigFromJson(found.origin["config"], (folder / "network.json").string());
  if (DecidingParts(ToJson(config)) != DecidingParts(wanted.origin["config"])) return false;
  return HasSameImages(folder, training);
}

}  // namespace

std::vector<int64_t> KeptEpochs(int64_t epochs) {
  std::set<int64_t> kept;
  for (const double share : {0.05, 0.5, 1.0}) {
    kept.insert(std::max<int64_t>(1, std::llround(share * static_cast<double>(epochs))));
  }
  return {kept.begin(), kept.end()};
}

Genotype MakeZooGenotype(const ZooTraining& training) {
  const ClassList& classes = training.dataset.train.classes;
  SearchSpace network = MakeZooNetwork(training.model, InputSize(training.config.data), static_cast<int>(classes.ids.size()));
  return {std::move(network),
          classes.ids,
          classes.labels,
          {{"model", FindZooModel(training.model).name},
           {"config", ToJson(training.config)},
           {"fingerprint", HexText(training.dataset.train.fingerprint)}}};
}

TrainingResult TrainZooNetwork(const ZooTraining& inputs, const TrainingOutputs& outputs) {
  const Config& config = inputs.config;
  const Genotype genotype = MakeZooGenotype(inputs);
  const auto network = MakeNetwork(genotype.network, config.nn);
  InitializeWeights(*network, config.seed);
  MoveTo(*network, inputs.device, config.runtime);
  const Split split =
      SplitTrainingSet(std::make_shared<const DatasetIndex>(inputs.dataset.train), config.data, config.seed);
  if (!outputs.folder.empty()) {
    WriteFileAtomically(outputs.folder / "network.json", JsonText(ToJson(genotype), 2) + "\n");
  }
  NetworkTraining training{.kind = events::TrainingKind::kTrain,
                           .config = config,
                           .task = MakeTask(config),
                           .recipe = config.zoo.train,
                           .epochs = config.zoo.epochs,
                           .images = split.weights,
                           .validation = split.architecture,
                           .kept_epochs = KeptEpochs(config.zoo.epochs),
                           .test_set = std::make_shared<const DatasetIndex>(inputs.dataset.test),
                           .device = inputs.device,
                           .ranks = inputs.ranks};
  training.start.model = genotype.network.name();
  training.start.fingerprint = genotype.origin.at("fingerprint").get<std::string>();
  training.start.validation_images = static_cast<int64_t>(split.architecture.size());
  training.start.class_ids = genotype.class_ids;
  return TrainAndTest(*network, training, outputs);
}

bool IsFinishedTraining(const std::filesystem::path& folder, const ZooTraining& training) {
  const int64_t epochs = training.config.zoo.epochs;
  if (!std::filesystem::exists(folder / "result.json") || !IsOf(folder, training)) return false;
  return std::ranges::all_of(
      KeptEpochs(epochs), [&](int64_t epoch) { return std::filesystem::exists(WeightsAfter(folder, epoch, epochs)); });
}

bool IsBegunTraining(const std::filesystem::path& folder, const ZooTraining& training) {
  const std::filesystem::path checkpoints = CheckpointFolder(folder);
  return !std::filesystem::exists(folder / "result.json") && std::filesystem::is_directory(checkpoints) &&
         !std::filesystem::is_empty(checkpoints) && IsOf(folder, training);
}

}  // namespace danas
