// danas train: trains a network of the zoo and tests it once.
#include <filesystem>
#include <utility>

#include "danas/arch/zoo.h"
#include "danas/core/units.h"
#include "danas/cost/cost_model.h"
#include "danas/judge/zoo_training.h"
#include "train_options.h"
#include "training_run.h"
#include "zoo_inputs.h"

namespace danas {
namespace {

// "mobilenetv2_small: 24.5M MACs, 2.2M parameters, 28x28, 10 classes; 60 epochs, lr 0.1"
std::string PlanText(const SearchSpace& network, const ZooConfig& zoo) {
  return network.name() + ": " + FormatCount(static_cast<double>(CountMacs(network))) + " MACs, " +
         FormatCount(static_cast<double>(CountParameters(network))) + " parameters, " +
         std::to_string(network.input().height) + "x" + std::to_string(network.input().width) + " pixels, " +
         std::to_string(network.classes()) + " classes; " + std::to_string(zoo.epochs) + " epochs, batch " +
         std::to_string(zoo.train.batch) + ", lr " + Json(zoo.train.lr).dump();
}

int Train(const ZooTraining& training, const TrainingRun& run, const Call& call) {
  const Genotype genotype = MakeZooGenotype(training);
  const auto greet = [&](RunReports& reports) {
    if (run.resume && reports.printer() != nullptr) {
      events::TrainingStart start;  // reported by an earlier process
      start.class_ids = genotype.class_ids;
      reports.printer()->Record(events::ToEvent(start));
    }
    reports.Say(PlanText(genotype.network, training.config.zoo));
  };
  return RunTraining(run, training.config, training.dataset, call, greet,
                     [&](const TrainingOutputs& outputs) { return TrainZooNetwork(training, outputs); });
}

// Of a command line that would start the run.
Config ConfigOfLine(const TrainOptions& options) {
  if (options.model.empty()) throw UsageError("--model is required. See danas train --help");
  return ConfigOfZooModel(options.model, options.config);
}

int Resume(const TrainOptions& options, const Call& call, const std::filesystem::path& run, Ranks& ranks) {
  const std::optional<RunFolder> folder = FirstOpens(ranks, [&] { return RunFolder::Reopen(run); });
  const Json origin = ReadGenotype(run / "network.json").origin;
  if (FirstDecides(ranks, [&] { return SayIfFinished(run); })) return 0;
  if (!origin.contains("model"))
    throw ConfigError((run / "network.json").string() + " does not name a model of the zoo");
  ZooTraining training{.model = origin.at("model").get<std::string>(), .config = {}, .dataset = {}};
  std::vector<Event> moved = ReopenTraining(training, run, PointerTo(folder), ranks, [&] {
    return ConfigToResume(run, options.run.resume, options.config, [&] { return ConfigOfLine(options); });
  });
  return Train(training, {.folder = PointerTo(folder), .resume = true, .notes = std::move(moved), .json = options.json},
               call);
}

int Begin(const TrainOptions& options, const Call& call, Ranks& ranks) {
  ZooTraining training{.model = options.model, .config = {}, .dataset = {}};
  training.config = FirstReads(ranks, [&] { return ConfigOfLine(options); });
  const std::filesystem::path run =
      FirstChooses(ranks, [&] { return RunPath(options.run.run, options.model, training.config); });
  OpenForTraining(training, ranks);
  training.dataset = OpenDataset(training.config.data);
  MakeZooGenotype(training);  // throws before the folder is created
  const std::optional<RunFolder> folder = MakeTrainingFolder(training, run, call, ranks);
  return Train(training, {.folder = PointerTo(folder), .json = options.json}, call);
}

}  // namespace

int RunCommand(const TrainOptions& options, const Call& call) {
  return BeginOrResume(options, "", call, Begin, Resume);
}

}  // namespace danas
