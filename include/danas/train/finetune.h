// Training of the network that a search found, on all classes of its dataset (section 5.1; the recipe is
// ProxylessNAS's).
#pragma once

#include <ATen/core/Tensor.h>

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "danas/arch/genotype.h"
#include "danas/config/config.h"
#include "danas/core/json.h"
#include "danas/core/metrics.h"
#include "danas/core/progress.h"
#include "danas/data/dataset_index.h"
#include "danas/nn/supernet.h"
#include "danas/train/evaluate.h"

namespace danas {

struct FinetuneInputs {
  Config config;  // finetune, data, runtime, seed
  Genotype genotype;
  Dataset dataset;                         // may be another than the search's: the classifier follows its classes
  std::filesystem::path supernet_weights;  // for finetune.init = supernet: the search's weights.safetensors
  at::Device device = at::kCPU;
};

struct FinetuneOutputs {
  MetricSink* metrics = nullptr;  // events "finetune_start", "epoch", "finetune_end": docs/file-formats.md
  ProgressSink* progress = nullptr;
  std::filesystem::path folder;  // weights.safetensors, weights-ema.safetensors, result.json; empty: nothing is written
};

struct FinetuneResult {
  int64_t epochs = 0;
  int64_t steps = 0;
  int64_t skipped = 0;                  // batches left out for a loss that was not finite
  EvaluationResult last;                // the last epoch's weights on the test set
  std::optional<EvaluationResult> ema;  // and their average
  double seconds = 0;                   // training and evaluation
  double images_per_second = 0;         // in training
  double device_hours = 0;
};

// Classes are in the dataset's own order. The test set is read once, after the last epoch: no epoch is chosen by it.
// Throws ConfigError (warm-up longer than training; no supernet weights to start from), CheckpointError, DataError,
// NumericError, Interrupted.
FinetuneResult RunFinetune(const FinetuneInputs& inputs, const FinetuneOutputs& outputs);

// What result.json holds.
Json ToJson(const FinetuneResult& result, const std::vector<std::string>& class_ids);

// Copies a supernet's weights into the network made from it, by name. Norm weights and biases, which a supernet has
// not, stay as they are. The classifier's rows stand in the search's class order, which the file's metadata
// "class_order" gives (a JSON list of class ids, easiest first), and are brought into the order of `class_ids`; where
// these are other classes, the classifier stays as it is, and that is logged. Throws CheckpointError naming tensors
// that are missing or do not fit.
void LoadSupernetWeights(Supernet& network, const std::filesystem::path& path,
                         const std::vector<std::string>& class_ids);

}  // namespace danas
