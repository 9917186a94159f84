// danas finetune: trains a found network and tests it once.
#include <filesystem>
#include <iostream>

#include "danas/core/log.h"
#include "danas/core/units.h"
#include "danas/cost/cost_model.h"
#include "danas/nn/fused_layer.h"
#include "danas/run/device.h"
#include "danas/train/finetune.h"
#include "finetune_options.h"
#include "network_inputs.h"
#include "on_ranks.h"
#include "resume.h"
#include "run_images.h"
#include "run_reports.h"

namespace danas {
namespace {

// The network as it is trained: the dataset's classes, the config's image size.
Genotype TrainedGenotype(const FinetuneInputs& inputs) {
  const ClassList& classes = inputs.dataset.train.classes;
  const auto side = static_cast<int>(inputs.config.data.image_size);
  return {inputs.genotype.network.WithInput({side, side})
              .WithClasses(static_cast<int>(classes.ids.size()))
              .WithDropout(inputs.config.finetune.dropout),
          classes.ids, classes.labels, inputs.genotype.origin};
}

std::string ResultText(const Genotype& trained, const TrainingResult& result, const std::filesystem::path& folder) {
  std::string text = "test top-1 " + FormatPercent(result.last.top1, 2) + " (last epoch's weights";
  if (result.ema) text += "; their average: " + FormatPercent(result.ema->top1, 2);
  return text + "), " + FormatCount(static_cast<double>(CountMacs(trained.network))) + " MACs, " +
         FormatCount(static_cast<double>(CountParameters(trained.network))) + " parameters, " +
         FormatDuration(result.seconds) + "\nin " + folder.string() +
         ": weights.safetensors, network.json, result.json\n";
}

void Open(FinetuneInputs& inputs, Ranks& ranks) {
  inputs.device = OpenRankDevice(inputs.config, ranks);
  inputs.ranks = ranks;
  log::info("kernels: {}", DescribeKernels(inputs.config.nn.kernels, inputs.device));
}

// `folder`: on the first rank.
int Finetune(const FinetuneOptions& options, const Call& call, const FinetuneInputs& inputs, const Genotype& trained,
             const RunFolder* folder, bool resume, const std::vector<Event>& notes = {}) {
  if (folder == nullptr) {
    RunFinetune(inputs, {.resume = resume});
    return 0;
  }
  ListBadImages(inputs.dataset.train, *folder);
  ListBadImages(inputs.dataset.test, *folder);
  RunReports reports(folder, inputs.config.log, call.verbosity());
  const TrainingResult result = SayingWhatIsKept(folder, [&] {
    return RunFinetune(inputs, {.metrics = reports.metrics(),
                                .progress = reports.progress(),
                                .folder = folder->path(),
                                .resume = resume,
                                .notes = notes});
  });
  std::cout << (options.json ? JsonText(events::ToJson(EndEvent(result, trained.class_ids)), 2) + "\n"
                             : ResultText(trained, result, folder->path()));
  return 0;
}

// Of a command line that would start the run.
Config ConfigOfLine(const FinetuneOptions& options) {
  if (options.arch.empty()) throw UsageError("--arch is required. See danas finetune --help");
  return ConfigOfNetwork(ReadGenotype(options.arch), options.arch, options.config);
}

int Resume(const FinetuneOptions& options, const Call& call, const std::filesystem::path& run, Ranks& ranks) {
  const std::optional<RunFolder> folder = FirstOpens(ranks, [&] { return RunFolder::Reopen(run); });
  Genotype genotype = ReadGenotype(run / "network.json");
  if (FirstDecides(ranks, [&] { return SayIfFinished(run); })) return 0;
  FinetuneInputs inputs{.config = {}, .genotype = std::move(genotype), .dataset = {}, .supernet_weights = {}};
  inputs.config = FirstReads(ranks, [&] {
    return ConfigToResume(run, options.run.resume, options.config, [&] { return ConfigOfLine(options); });
  });
  Open(inputs, ranks);
  ResumedDataset resumed = ReopenDataset(ranks, run, PointerTo(folder), inputs.config.data);
  inputs.dataset = std::move(resumed.dataset);
  resumed.images.reset();  // large, and no longer needed
  const Genotype trained = TrainedGenotype(inputs);
  return Finetune(options, call, inputs, trained, PointerTo(folder), /*resume=*/true, resumed.moved);
}

int Begin(const FinetuneOptions& options, const Call& call, Ranks& ranks) {
  if (options.arch.empty()) throw UsageError("--arch is required. See danas finetune --help");
  // Read first: g++ 12 frees members twice if a later one's initializer throws inside the braces.
  Genotype genotype = ReadGenotype(options.arch);
  FinetuneInputs inputs{.config = {}, .genotype = std::move(genotype), .dataset = {}, .supernet_weights = {}};
  inputs.config = FirstReads(ranks, [&] { return ConfigOfNetwork(inputs.genotype, options.arch, options.config); });
  const std::string name = std::filesystem::path(options.arch).stem().string() + "-finetune";
  const std::filesystem::path run = FirstChooses(ranks, [&] { return RunPath(options.run.run, name, inputs.config); });
  Open(inputs, ranks);
  inputs.dataset = OpenDataset(inputs.config.data);
  const std::filesystem::path beside = std::filesystem::path(options.arch).parent_path() / "weights.safetensors";
  if (std::filesystem::exists(beside)) inputs.supernet_weights = beside;

  const Genotype trained = TrainedGenotype(inputs);
  RunImages images = ListRunImages(ranks, inputs.dataset.train, &inputs.dataset.test);
  const std::optional<RunFolder> folder = FirstOpens(ranks, [&] { return MakeRunFolder(run, inputs.config, call); });
  if (folder) folder->WriteJson("network.json", ToJson(trained));
  KeepImages(PointerTo(folder), std::move(images));
  return Finetune(options, call, inputs, trained, PointerTo(folder), /*resume=*/false);
}

}  // namespace

int RunCommand(const FinetuneOptions& options, const Call& call) {
  return OnRanks(SourcesOf(options.config, options.run, options.arch), [&](Ranks& ranks) {
    const std::filesystem::path run =
        FirstChooses(ranks, [&] { return RunToResume(options.run, options.config, call, SetsUsed::kBoth); });
    return run.empty() ? Begin(options, call, ranks) : Resume(options, call, run, ranks);
  });
}

}  // namespace danas
