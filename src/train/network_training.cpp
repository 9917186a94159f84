#include "danas/train/network_training.h"

#include <algorithm>
#include <chrono>
#include <cmath>

#include "danas/core/file.h"
#include "danas/core/seconds_since.h"
#include "danas/nn/safetensors.h"
#include "danas/nn/weights_file.h"
#include "danas/run/agreement_check.h"
#include "danas/run/device.h"
#include "danas/run/memory.h"
#include "danas/train/loaders.h"
#include "danas/train/weight_pass.h"

namespace danas {
namespace {

void Record(const TrainingOutputs& outputs, const std::string& name, Json fields) {
  if (outputs.metrics != nullptr) outputs.metrics->Record({name, std::move(fields)});
}

const ClassList& ClassesOf(const NetworkTraining& training) { return training.images.dataset->classes; }

Json EpochFields(int64_t epoch, const PassResult& pass, const WeightTraining& weights, at::Device device) {
  Json fields = {{"epoch", epoch},
                 {"lr", weights.schedule.At(weights.step - 1)},
          {"steps", weights.step},
          {"train_loss", pass.loss},
          {"train_accuracy", pass.accuracy},
          {"images", pass.images},
          {"skipped", pass.skipped},
          {"seconds", pass.seconds},
          {"seconds_waited", pass.seconds_waited},
          {"peak_resident_bytes", PeakResidentBytes()}};
  if (!device.is_cpu()) fields["peak_device_bytes"] = PeakDeviceBytes(device);
  return fields;
}

Json StartFields(const Supernet& network, const NetworkTraining& training, const Loader& loader) {
  Json fields = {{"epochs", training.epochs},
                 {"steps", training.epochs * loader.BatchesPerPass()},
                 {"train_images", loader.ImagesPerPass()},
                 {"test_images", training.test_set->size()},
                 {"classes", network.space().classes()},
                 {"seed", training.config.seed},
                 {"device", DescribeDevice(training.device)}};
  fields.update(training.start);
  return fields;
}

// A training as far as it got.
struct TrainingRun {
  WeightTraining weights;
  int64_t epoch = 0;         // epochs that are over
  PassTotals totals = {};    // of the one under way
  int64_t skipped = 0;       // in those that are over
  int64_t images = 0;
  double pass_seconds = 0;
  double seconds_before = 0;  // that earlier processes spent
};

void Describe(StateFields& fields, TrainingRun& run, const Supernet& network, double seconds) {
  auto& [weights, epoch, totals, skipped, images, pass_seconds, seconds_before] = run;
  fields.Within("training", [&](StateFields& f) { weights.Describe(f, network); });
  fields.Value("epoch", epoch);
  fields.Within("totals", [&](StateFields& f) { Describe(f, totals); });
  fields.Value("skipped", skipped);
  fields.Value("images", images);
  fields.Value("pass_seconds", pass_seconds);
  double spent = seconds_before + seconds;
  fields.Value("seconds", spent);
  if (fields.restoring()) seconds_before = spent;
}

// The epochs that are left.
void Train(Supernet& network, Loader& loader, TrainingRun& run, const NetworkTraining& training,
           const TrainingOutputs& outputs, const AfterEpoch& after_epoch, CheckpointKeeper* keeper) {
  const int64_t epochs = training.epochs;
  while (run.epoch < epochs) {
    const int64_t epoch = run.epoch;
    const PassResult pass = TrainWeightsPass(
        network, [&](const at::Tensor& image_nchw) { return network.forward(image_nchw); }, loader, run.weights,
        network.space().classes(),
        {.label = training.name + ", epoch " + std::to_string(epoch + 1) + "/" + std::to_string(epochs),
         .epoch = epoch,
         .progress = outputs.progress,
         .run_share = PartOfRun{.before = static_cast<double>(epoch) / static_cast<double>(epochs),
                               .part = 1 / static_cast<double>(epochs)},
         .totals = &run.totals,
         .keeper = keeper});
    CheckAgreement(training.ranks, StateOf(network), "", "after epoch " + std::to_string(epoch + 1));
    Record(outputs, "epoch", EpochFields(epoch + 1, pass, run.weights, training.device));
    run.skipped += pass.skipped;
    run.pass_seconds += pass.seconds;
    run.images += pass.images;
    run.totals = {};
    if (after_epoch) after_epoch(epoch + 1);
    ++run.epoch;
    if (keeper == nullptr) continue;
    if (run.epoch < epochs) {
      keeper->KeepAfterEpoch();
    } else {
      keeper->Keep(CheckpointKind::kMilestone);
    }
  }
}

}  // namespace

int64_t TestBatch(const TrainConfig& recipe, const Ranks& ranks) {
  const int64_t part = (recipe.batch + ranks.count() - 1) / ranks.count();
  return recipe.micro_batch > 0 ? std::min(recipe.micro_batch, part) : part;
}

EvaluationResult EvaluateImages(Supernet& network, const Subset& images, const NetworkTraining& training,
                                const std::string& label, ProgressSink* progress) {
  const Config& config = training.config;
  const TrainConfig& recipe = training.recipe;
  Loader loader(images, Transform(config.data, ImageUse::kTest, config.seed, network.space().input_channels()),
                TestLoader(config, TestBatch(recipe, training.ranks), training.device, training.ranks));
  const EvaluationOptions options{.pass = {.label = label, .progress = progress, .ranks = training.ranks},
                                  .classes = network.space().classes(),
                                  .runtime = config.runtime};
  return Evaluate(
      network, [&](const at::Tensor& image_nchw) { return network.forward(image_nchw); }, loader, options);
}

void WriteWeights(const std::filesystem::path& path, const NamedTensors& state, const SearchSpace& network,
                  const ClassList& classes) {
  WriteSafetensors(path, state, WeightsMetadata(network, classes.ids));
}

TrainingResult TrainAndTest(Supernet& network, const NetworkTraining& training, const TrainingOutputs& outputs,
                            const AfterEpoch& after_epoch) {
  const auto start = std::chrono::steady_clock::now();
  const Config& config = training.config;
  const TrainConfig& recipe = training.recipe;
  Loader loader(training.images, Transform(config.data, ImageUse::kTrain, config.seed, network.space().input_channels()),
                TrainingLoader(config, recipe, training.device, training.ranks));
  const int64_t batches = loader.BatchesPerPass();
  const auto warmup_steps = std::llround(recipe.lr_warmup_epochs * static_cast<double>(batches));
  const CosineSchedule schedule(recipe, warmup_steps, training.epochs * batches);
  const Ranks& ranks = training.ranks;
  TrainingRun run{.weights = WeightTraining(recipe, config.runtime, config.seed, schedule, training.device,
                                            {.ranks = ranks, .config = config.ranks})};
  WeightTraining& weights = run.weights;
  weights.Bind(network);
  const DescribeRun describe = [&](StateFields& fields) { Describe(fields, run, network, SecondsSince(start)); };
  std::optional<CheckpointKeeper> keeper;
  if (!outputs.folder.empty()) keeper.emplace(outputs.folder, config.checkpoint, training.device, describe);
  const std::string start_event = training.name + "_start";
  if (ranks.FromFirst([&] { return outputs.resume && keeper->RestoreOrRewind(start_event) ? "yes" : "no"; }) == "yes") {
    ShareState(ranks, describe, training.device);
  } else {
    Record(outputs, start_event, StartFields(network, training, loader));
    if (keeper) keeper->KeepFirst();
  }
  RecordAll(outputs.metrics, outputs.notes);
  Train(network, loader, run, training, outputs, after_epoch, keeper ? &*keeper : nullptr);
  TrainingResult result{.kind = training.name,
                        .epochs = training.epochs,
                        .steps = weights.step,
                        .skipped = run.skipped,
                        .images_per_second = static_cast<double>(run.images) / run.pass_seconds};

  const ClassList& classes = ClassesOf(training);
  const bool write = !outputs.folder.empty();
  const auto test = [&](const char* what) {
    return EvaluateImages(network, WholeSet(training.test_set), training, std::string("test set, ") + what,
                          outputs.progress);
  };
  if (write) WriteWeights(outputs.folder / "weights.safetensors", StateOf(network), network.space(), classes);
  result.last = test("last epoch's weights");
  if (weights.ema) {
    if (write) {
      WriteWeights(outputs.folder / "weights-ema.safetensors", weights.ema->State(), network.space(), classes);
    }
    for (const auto& [name, tensor] : weights.ema->State()) ranks.TakeFirst({tensor});  // of the statistics
    LoadState(network, weights.ema->State(), "the weights' average");
    result.ema = test("average of the weights");
  }
  result.seconds = run.seconds_before + SecondsSince(start);
  result.device_hours = ranks.count() * result.seconds / 3600;
  const Json json = ToJson(result, classes.ids);
  if (keeper) keeper->Finish();
  Record(outputs, training.name + "_end", json);
  // Last: a training whose result is there has ended, and is not gone on with.
  if (write) WriteFileAtomically(outputs.folder / "result.json", JsonText(json, 2) + "\n");
  return result;
}

Json ToJson(const TrainingResult& result, const std::vector<std::string>& class_ids) {
  const auto tested = [&](const EvaluationResult& evaluation) {
    Json json = ToJson(evaluation);
    json["per_class"] = PerClassJson(evaluation, class_ids);
    return json;
  };
  Json json = {{"kind", result.kind},
               {"tested", "once, after the last epoch"},
               {"test_last_epoch", tested(result.last)}};
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
