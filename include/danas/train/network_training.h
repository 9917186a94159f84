// Training of one network and its test: what `danas finetune` and `danas train` share.
#pragma once

#include <ATen/core/Tensor.h>

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "danas/config/config.h"
#include "danas/core/progress.h"
#include "danas/data/subset.h"
#include "danas/events/training_events.h"
#include "danas/nn/supernet.h"
#include "danas/train/evaluate.h"
#include "danas/train/task.h"

namespace danas {

struct NetworkTraining {
  events::TrainingKind kind = events::TrainingKind::kFinetune;
  Config config;  // data, runtime, seed
  std::shared_ptr<const Task> task = {};
  TrainConfig recipe;
  int64_t epochs = 1;
  Subset images;                          // targets are the dataset's own classes
  std::optional<Subset> validation = {};  // is looked at after each epoch: events::ClassAccuracy
  std::vector<int64_t> kept_epochs = {};  // whose weights are written too (WeightsAfter), from 1
  std::shared_ptr<const DatasetIndex> test_set;
  at::Device device = at::kCPU;
  Ranks ranks = {};
  events::TrainingStart start = {};  // of its own kind: what TrainAndTest() does not know
};

struct TrainingOutputs {
  MetricSink* metrics = nullptr;  // events/training_events.h
  ProgressSink* progress = nullptr;
  // weights.safetensors, weights-epoch<N>.safetensors, weights-ema.safetensors, result.json, checkpoints/, or nothing
  std::filesystem::path folder = {};
  bool resume = false;            // resumes from the newest whole checkpoint in `folder`
  std::vector<Event> notes = {};  // are recorded where the training starts or resumes
};

struct TrainingResult {
  events::TrainingKind kind = events::TrainingKind::kFinetune;
  int64_t epochs = 0;
  int64_t steps = 0;
  int64_t skipped = 0;                       // batches left out for a loss that was not finite
  EvaluationResult last = {};                // the last epoch's weights on the test set
  std::optional<EvaluationResult> ema = {};  // and their average
  double seconds = 0;                        // training and evaluation
  double images_per_second = 0;              // in training
  double device_hours = 0;
};

// Trains the network, which is on the device, from the weights it has. The test set is read once, after the last epoch:
// no epoch is chosen by it. Of several ranks only the first has outputs. result.json is written last: where it is, all
// is. Throws ConfigError (warm-up longer than training), DataError, NumericError, Interrupted; CheckpointError where
// none that is there can be used.
TrainingResult TrainAndTest(Supernet& network, const NetworkTraining& training, const TrainingOutputs& outputs);

// The file of these weights in the folder of a training of `epochs`: the last epoch's are weights.safetensors.
std::filesystem::path WeightsAfter(const std::filesystem::path& folder, int64_t epoch, int64_t epochs);

// Task::Test() on these images.
EvaluationResult EvaluateImages(Supernet& network, const Subset& images, const NetworkTraining& training,
                                const std::string& label, ProgressSink* progress);

// Images that a process tests at once: those of a forward pass in training.
int64_t TestBatch(const TrainConfig& recipe, const Ranks& ranks);

// Weights of `network` with the classes that the classifier's rows stand for (WeightsMetadata).
void WriteWeights(const std::filesystem::path& path, const NamedTensors& state, const SearchSpace& network,
                  const ClassList& classes);

// The last event, and what result.json holds.
events::TrainingEnd EndEvent(const TrainingResult& result, const std::vector<std::string>& class_ids);

}  // namespace danas
