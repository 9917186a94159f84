#include "danas/train/network_training.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <stdexcept>

#include "danas/core/file.h"
#include "danas/core/run_folder.h"
#include "danas/core/seconds_since.h"
#include "danas/events/run_log.h"
#include "danas/nn/safetensors.h"
#include "danas/nn/weights_file.h"
#include "danas/run/agreement_check.h"
#include "danas/run/device.h"
#include "danas/run/kept_run.h"
#include "danas/run/memory.h"
#include "danas/train/loaders.h"
#include "danas/train/weight_pass.h"

namespace danas {
namespace {

template <typename T>
void Record(const TrainingOutputs& outputs, const T& event) {
  if (outputs.metrics != nullptr) outputs.metrics->Record(events::ToEvent(event));
}

ClassList OutputsOf(const NetworkTraining& training) { return training.images.dataset->outputs(); }

events::TrainingEpoch EpochEvent(int64_t epoch, const PassResult& pass, const WeightTraining& weights,
                                 at::Device device) {
  events::TrainingEpoch event{.epoch = epoch,
                              .lr = weights.schedule.At(weights.step - 1),
                              .steps = weights.step,
                              .train_loss = pass.loss,
                              .train_accuracy = pass.accuracy,
                              .images = pass.images,
                              .skipped = pass.skipped,
                              .seconds = pass.seconds,
                              .seconds_waited = pass.seconds_waited,
                              .peak_resident_bytes = PeakResidentBytes(),
                              .peak_device_bytes = {}};
  if (!device.is_cpu()) event.peak_device_bytes = PeakDeviceBytes(device);
  return event;
}

events::TrainingStart StartEvent(const Supernet& network, const NetworkTraining& training, const Loader& loader) {
  events::TrainingStart event = training.start;
  event.kind = training.kind;
  if (training.config.task != TaskKind::kClassification) event.task = NameOf(training.config.task);
  event.epochs = training.epochs;
  event.steps = training.epochs * loader.BatchesPerPass();
  event.train_images = loader.ImagesPerPass();
  event.test_images = static_cast<int64_t>(training.test_set->size());
  event.classes = network.space().classes();
  event.seed = training.config.seed;
  event.device = DescribeDevice(training.device);
  return event;
}

// A training as far as it got.
struct TrainingRun {
  WeightTraining weights;
  int64_t epoch = 0;       // epochs that are over
  PassTotals totals = {};  // of the one under way
  int64_t skipped = 0;     // in those that are over
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

std::vector<double> Shares(const std::vector<ClassAccuracy>& per_class) {
  std::vector<double> shares;
  for (const ClassAccuracy& accuracy : per_class) {
    shares.push_back(static_cast<double>(accuracy.correct) / static_cast<double>(accuracy.images));
  }
  return shares;
}

// Weights that are to be kept, but for the last epoch's, which are written in the end anyway.
void KeepWeights(const Supernet& network, const NetworkTraining& training, const TrainingOutputs& outputs,
                 int64_t epoch) {
  if (outputs.folder.empty() || epoch == training.epochs) return;
  if (std::ranges::count(training.kept_epochs, epoch) == 0) return;
  WriteWeights(WeightsAfter(outputs.folder, epoch, training.epochs), StateOf(network), network.space(),
               OutputsOf(training));
}

// How well each class is known.
void Validate(Supernet& network, const NetworkTraining& training, const TrainingOutputs& outputs, int64_t epoch) {
  if (!training.validation) return;
  const EvaluationResult result = EvaluateImages(network, *training.validation, training,
                                                 "validation images, epoch " + std::to_string(epoch), outputs.progress);
  Record(outputs, events::ClassAccuracy{.epoch = epoch,
                                        .images = result.images,
                                        .loss = result.loss,
                                        .top1 = result.top1,
                                        .accuracy = Shares(result.per_class),
                                        .seconds = result.seconds});
}

// The epochs that are left.
void Train(Supernet& network, Loader& loader, TrainingRun& run, const NetworkTraining& training,
           const TrainingOutputs& outputs, KeptRun& kept) {
  const int64_t epochs = training.epochs;
  while (run.epoch < epochs) {
    const int64_t epoch = run.epoch;
    const PassResult pass =
        TrainWeightsPass(network, [&](const at::Tensor& image_nchw) { return network.forward(image_nchw); }, loader,
                         run.weights, *training.task, network.space().classes(),
                         {.label = std::string(events::NameOf(training.kind)) + ", epoch " + std::to_string(epoch + 1) +
                                   "/" + std::to_string(epochs),
                          .epoch = epoch,
                          .progress = outputs.progress,
                          .run_share = PartOfRun{.before = static_cast<double>(epoch) / static_cast<double>(epochs),
                                                 .part = 1 / static_cast<double>(epochs)},
                          .totals = &run.totals,
                          .keeper = kept.keeper()});
    CheckAgreement(training.ranks, StateOf(network), "", "after epoch " + std::to_string(epoch + 1));
    Record(outputs, EpochEvent(epoch + 1, pass, run.weights, training.device));
    run.skipped += pass.skipped;
    run.pass_seconds += pass.seconds;
    run.images += pass.images;
    run.totals = {};
    KeepWeights(network, training, outputs, epoch + 1);
    Validate(network, training, outputs, epoch + 1);
    ++run.epoch;
    if (run.epoch < epochs) {
      kept.KeepAfterEpoch();
    } else {
      kept.Keep(CheckpointKind::kMilestone);
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
  Loader loader(images, training.task->Frames(*images.dataset, ImageUse::kTest, network.space().input_channels()),
                TestLoader(config, TestBatch(recipe, training.ranks), training.ranks), training.device);
  const EvaluationOptions options{.pass = {.label = label, .progress = progress, .ranks = training.ranks},
                                  .classes = network.space().classes(),
                                  .runtime = config.runtime};
  return training.task->Test(
      network, [&](const at::Tensor& image_nchw) { return network.forward(image_nchw); }, loader, options);
}

void WriteWeights(const std::filesystem::path& path, const NamedTensors& state, const SearchSpace& network,
                  const ClassList& classes) {
  WriteSafetensors(path, state, WeightsMetadata(network, classes.ids));
}

std::filesystem::path WeightsAfter(const std::filesystem::path& folder, int64_t epoch, int64_t epochs) {
  return folder / (epoch == epochs ? "weights.safetensors" : "weights-epoch" + std::to_string(epoch) + ".safetensors");
}

TrainingResult TrainAndTest(Supernet& network, const NetworkTraining& training, const TrainingOutputs& outputs) {
  if (!training.task) throw std::invalid_argument("a training needs its task");
  const auto start = std::chrono::steady_clock::now();
  const Config& config = training.config;
  const TrainConfig& recipe = training.recipe;
  Loader loader(training.images,
                training.task->Frames(*training.images.dataset, ImageUse::kTrain, network.space().input_channels()),
                TrainingLoader(config, recipe, training.ranks), training.device);
  const int64_t batches = loader.BatchesPerPass();
  const auto warmup_steps = std::llround(recipe.lr_warmup_epochs * static_cast<double>(batches));
  const RateSchedule schedule(recipe, warmup_steps, training.epochs * batches, training.epochs);
  const Ranks& ranks = training.ranks;
  TrainingRun run{.weights = WeightTraining(recipe, config.runtime, config.seed, schedule, training.device,
                                            {.ranks = ranks, .config = config.ranks})};
  WeightTraining& weights = run.weights;
  weights.Bind(network);
  const DescribeRun describe = [&](StateFields& fields) { Describe(fields, run, network, SecondsSince(start)); };
  KeptRun kept(outputs.folder, config.checkpoint, ranks, training.device, describe);
  if (!kept.Resume(outputs.resume, events::TrainingStart::kNames.at(static_cast<size_t>(training.kind)))) {
    Record(outputs, StartEvent(network, training, loader));
    kept.Begun();
  }
  events::RecordNews(outputs.metrics, outputs.folder / kLogFile, outputs.notes);
  Train(network, loader, run, training, outputs, kept);
  TrainingResult result{.kind = training.kind,
                        .epochs = training.epochs,
                        .steps = weights.step,
                        .skipped = run.skipped,
                        .images_per_second = static_cast<double>(run.images) / run.pass_seconds};

  const ClassList classes = OutputsOf(training);
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
  const events::TrainingEnd end = EndEvent(result, classes.ids);
  kept.Finish();
  Record(outputs, end);
  // Last: a training whose result is there has ended, and is not resumed.
  if (write) WriteFileAtomically(outputs.folder / "result.json", JsonText(events::ToJson(end), 2) + "\n");
  return result;
}

events::TrainingEnd EndEvent(const TrainingResult& result, const std::vector<std::string>& class_ids) {
  events::TrainingEnd event{.kind = result.kind,
                            .kind_name = events::NameOf(result.kind),
                            .tested = "once, after the last epoch",
                            .test_last_epoch = TestFieldsOf(result.last, class_ids),
                            .test_ema = {},
                            .epochs = result.epochs,
                            .steps = result.steps,
                            .skipped = result.skipped,
                            .seconds = result.seconds,
                            .images_per_second = result.images_per_second,
                            .device_hours = result.device_hours};
  if (result.ema) event.test_ema = TestFieldsOf(*result.ema, class_ids);
  return event;
}

}  // namespace danas
