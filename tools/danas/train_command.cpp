// danas train: trains a network of the zoo and tests it once.
#include <filesystem>
#include <iostream>

#include "danas/arch/zoo.h"
#include "danas/core/log.h"
#include "danas/core/units.h"
#include "danas/cost/cost_model.h"
#include "danas/judge/zoo_training.h"
#include "danas/nn/fused_layer.h"
#include "danas/run/device.h"
#include "on_ranks.h"
#include "resume.h"
#include "run_images.h"
#include "run_reports.h"
#include "train_options.h"
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

std::string ResultText(const TrainingResult& result, const std::filesystem::path& folder) {
  std::string text = "test top-1 " + FormatPercent(result.last.top1, 2) + " (last epoch's weights";
  if (result.ema) text += "; their average: " + FormatPercent(result.ema->top1, 2);
  return text + "), " + FormatDuration(result.seconds) + "\nin " + folder.string() +
         ": weights.safetensors, network.json, result.json\n";
}

// `folder`: on the first rank.
int Train(const TrainOptions& options, const Call& call, const ZooTraining& training, const RunFolder* folder,
          bool resume, const std::vector<Event>& notes = {}) {
  if (folder == nullptr) {
    TrainZooNetwork(training, {.resume = resume});
    return 0;
  }
  const Genotype genotype = MakeZooGenotype(training);
  ListBadImages(training.dataset.train, *folder);
  ListBadImages(training.dataset.test, *folder);
  RunReports reports(folder, training.config.log, call.verbosity());
  if (resume && reports.printer() != nullptr) {
    events::TrainingStart start;  // reported by an earlier process
    start.class_ids = genotype.class_ids;
    reports.printer()->Record(events::ToEvent(start));
  }
  reports.Say(PlanText(genotype.network, training.config.zoo));
  const TrainingResult result = SayingWhatIsKept(folder, [&] {
    return TrainZooNetwork(training, {.metrics = reports.metrics(),
                                      .progress = reports.progress(),
                                      .folder = folder->path(),
                                      .resume = resume,
                                      .notes = notes});
  });
  std::cout << (options.json ? JsonText(events::ToJson(EndEvent(result, genotype.class_ids)), 2) + "\n"
                             : ResultText(result, folder->path()));
  return 0;
}

void Open(ZooTraining& training, Ranks& ranks) {
  training.device = OpenRankDevice(training.config, ranks);
  training.ranks = ranks;
  log::info("kernels: {}", DescribeKernels(training.config.nn.kernels, training.device));
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
  training.config = FirstReads(ranks, [&] {
    return ConfigToResume(run, options.run.resume, options.config, [&] { return ConfigOfLine(options); });
  });
  Open(training, ranks);
  ResumedDataset resumed = ReopenDataset(ranks, run, PointerTo(folder), training.config.data);
  training.dataset = std::move(resumed.dataset);
  resumed.images.reset();  // large, and no longer needed
  return Train(options, call, training, PointerTo(folder), /*resume=*/true, resumed.moved);
}

int Begin(const TrainOptions& options, const Call& call, Ranks& ranks) {
  ZooTraining training{.model = options.model, .config = {}, .dataset = {}};
  training.config = FirstReads(ranks, [&] { return ConfigOfLine(options); });
  const std::filesystem::path run =
      FirstChooses(ranks, [&] { return RunPath(options.run.run, options.model, training.config); });
  Open(training, ranks);
  training.dataset = OpenDataset(training.config.data);
  MakeZooGenotype(training);  // throws before the folder is created
  RunImages images = ListRunImages(ranks, training.dataset.train, &training.dataset.test);
  const std::optional<RunFolder> folder = FirstOpens(ranks, [&] { return MakeRunFolder(run, training.config, call); });
  KeepImages(PointerTo(folder), std::move(images));
  return Train(options, call, training, PointerTo(folder), /*resume=*/false);
}

}  // namespace

int RunCommand(const TrainOptions& options, const Call& call) {
  return OnRanks(SourcesOf(options.config, options.run), [&](Ranks& ranks) {
    const std::filesystem::path run =
        FirstChooses(ranks, [&] { return RunToResume(options.run, options.config, call, SetsUsed::kBoth); });
    return run.empty() ? Begin(options, call, ranks) : Resume(options, call, run, ranks);
  });
}

}  // namespace danas
