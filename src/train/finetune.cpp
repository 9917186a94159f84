#include "danas/train/finetune.h"

#include <chrono>
#include <cmath>

#include "danas/core/error.h"
#include "danas/core/file.h"
#include "danas/nn/safetensors.h"
#include "danas/train/device.h"
#include "danas/train/loaders.h"
#include "danas/train/memory.h"
#include "danas/train/weight_pass.h"

namespace danas {
namespace {

double SecondsSince(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

void Record(const FinetuneOutputs& outputs, const std::string& name, Json fields) {
  if (outputs.metrics != nullptr) outputs.metrics->Record({name, std::move(fields)});
}

std::shared_ptr<Supernet> MakeInitialNetwork(const FinetuneInputs& inputs) {
  const Config& config = inputs.config;
  const auto side = static_cast<int>(config.data.image_size);
  const ClassList& classes = inputs.dataset.train.classes;
  const auto network = MakeNetwork(inputs.genotype.network.WithInput({side, side})
                                       .WithClasses(static_cast<int>(classes.ids.size()))
                                       .WithDropout(config.finetune.dropout),
                                   config.nn);
  InitializeWeights(*network, config.seed);
  if (config.finetune.init == FinetuneInit::kSupernet) {
    if (inputs.supernet_weights.empty()) {
      throw ConfigError(
          "finetune.init: 'supernet' needs the weights that the search ended with; use 'scratch' without");
    }
    LoadSupernetWeights(*network, inputs.supernet_weights, classes.ids);
  }
  MoveTo(*network, inputs.device, config.runtime.layout);
  return network;
}

Subset TrainingImages(const FinetuneInputs& inputs) {
  const auto train = std::make_shared<const DatasetIndex>(inputs.dataset.train);
  if (inputs.config.finetune.whole_training_set) return WholeSet(train);
  return SplitTrainingSet(train, inputs.config.data, inputs.config.seed).weights;
}

Json EpochFields(int64_t epoch, const PassResult& pass, double lr) {
  return {{"epoch", epoch},
          {"lr", lr},
          {"train_loss", pass.loss},
          {"train_accuracy", pass.accuracy},
          {"images", pass.images},
          {"skipped", pass.skipped},
          {"seconds", pass.seconds},
          {"seconds_waited", pass.seconds_waited},
          {"peak_resident_bytes", PeakResidentBytes()}};
}

// All epochs; fills in what the result says of training.
void Train(Supernet& network, Loader& loader, WeightTraining& training, const FinetuneInputs& inputs,
           const FinetuneOutputs& outputs, FinetuneResult& result) {
  const int64_t epochs = inputs.config.finetune.epochs;
  double seconds = 0;
  int64_t images = 0;
  for (int64_t epoch = 0; epoch < epochs; ++epoch) {
    WeightPassOptions options{.classes = network.space().classes()};
    options.pass.label = "finetune, epoch " + std::to_string(epoch + 1) + "/" + std::to_string(epochs);
    options.pass.epoch = epoch;
    options.pass.progress = outputs.progress;
    options.pass.run_share = [=](double share) { return (static_cast<double>(epoch) + share) / epochs; };
    options.forward = [&](int64_t) {
      return [&](const at::Tensor& image_nchw) { return network.forward(image_nchw); };
    };
    const PassResult pass = TrainWeightsPass(network, loader, training, options);
    Record(outputs, "epoch", EpochFields(epoch + 1, pass, training.schedule.At(training.step - 1)));
    result.skipped += pass.skipped;
    seconds += pass.seconds;
    images += pass.images;
  }
  result.epochs = epochs;
  result.steps = training.step;
  result.images_per_second = static_cast<double>(images) / seconds;
}

// Once, at the end.
EvaluationResult Test(Supernet& network, const FinetuneInputs& inputs, const FinetuneOutputs& outputs,
                      const std::string& what) {
  const Config& config = inputs.config;
  const TrainConfig& recipe = config.finetune.train;
  Loader loader(WholeSet(std::make_shared<const DatasetIndex>(inputs.dataset.test)),
                Transform(config.data, ImageUse::kTest, config.seed),
                TestLoader(config, recipe.micro_batch > 0 ? recipe.micro_batch : recipe.batch, inputs.device));
  const EvaluationOptions options{.pass = {.label = "test set, " + what, .progress = outputs.progress},
                                  .classes = network.space().classes(),
                                  .runtime = config.runtime};
  return Evaluate(
      network, [&](const at::Tensor& image_nchw) { return network.forward(image_nchw); }, loader, options);
}

void WriteWeights(const FinetuneInputs& inputs, const std::filesystem::path& path, const NamedTensors& state) {
  WriteSafetensors(path, state, {{"class_order", JsonText(inputs.dataset.train.classes.ids)}});
}

}  // namespace

FinetuneResult RunFinetune(const FinetuneInputs& inputs, const FinetuneOutputs& outputs) {
  const auto start = std::chrono::steady_clock::now();
  const Config& config = inputs.config;
  const TrainConfig& recipe = config.finetune.train;
  const std::shared_ptr<Supernet> network = MakeInitialNetwork(inputs);
  Loader loader(TrainingImages(inputs), Transform(config.data, ImageUse::kTrain, config.seed),
                TrainingLoader(config, recipe.batch, inputs.device));

  const int64_t batches = loader.BatchesPerPass();
  const auto warmup_steps = std::llround(recipe.lr_warmup_epochs * static_cast<double>(batches));
  const CosineSchedule schedule(recipe, warmup_steps, config.finetune.epochs * batches);
  WeightTraining training(recipe, config.runtime, config.seed, schedule, inputs.device);
  training.Bind(*network);
  Record(outputs, "finetune_start",
         {{"epochs", config.finetune.epochs},
          {"steps", config.finetune.epochs * batches},
          {"train_images", loader.ImagesPerPass()},
          {"test_images", inputs.dataset.test.size()},
          {"classes", network->space().classes()},
          {"init", NameOf(config.finetune.init)},
          {"seed", config.seed},
          {"device", DescribeDevice(inputs.device)}});

  FinetuneResult result;
  Train(*network, loader, training, inputs, outputs, result);

  const bool write = !outputs.folder.empty();
  if (write) WriteWeights(inputs, outputs.folder / "weights.safetensors", StateOf(*network));
  result.last = Test(*network, inputs, outputs, "last epoch's weights");
  if (training.ema) {
    if (write) WriteWeights(inputs, outputs.folder / "weights-ema.safetensors", training.ema->State());
    LoadState(*network, training.ema->State(), "the weights' average");
    result.ema = Test(*network, inputs, outputs, "average of the weights");
  }
  result.seconds = SecondsSince(start);
  result.device_hours = result.seconds / 3600;
  const Json json = ToJson(result, inputs.dataset.train.classes.ids);
  if (write) WriteFileAtomically(outputs.folder / "result.json", JsonText(json, 2) + "\n");
  Record(outputs, "finetune_end", json);
  return result;
}

Json ToJson(const FinetuneResult& result, const std::vector<std::string>& class_ids) {
  const auto tested = [&](const EvaluationResult& evaluation) {
    Json json = ToJson(evaluation);
    json["per_class"] = PerClassJson(evaluation, class_ids);
    return json;
  };
  Json json = {{"tested", "once, after the last epoch"}, {"test_last_epoch", tested(result.last)}};
  if (result.ema) json["test_ema"] = tested(*result.ema);
  json["epochs"] = result.epochs;
  json["steps"] = result.steps;
  json["skipped"] = result.skipped;
  json["seconds"] = result.seconds;
  json["images_per_second"] = result.images_per_second;
  json["device_hours"] = result.device_hours;
  return json;
}

}  // namespace danas
