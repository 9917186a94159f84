// danas finetune: trains a found network and tests it once.
#include <filesystem>
#include <utility>

#include "danas/arch/config_space.h"
#include "danas/core/units.h"
#include "danas/cost/cost_model.h"
#include "danas/nn/weights_file.h"
#include "danas/tasks/make_task.h"
#include "danas/train/finetune.h"
#include "finetune_options.h"
#include "network_inputs.h"
#include "training_run.h"

namespace danas {
namespace {

// The network as it is trained: the dataset's classes, the config's image size.
Genotype TrainedGenotype(const FinetuneInputs& inputs) {
  const ClassList classes = inputs.dataset.train.outputs();
  return {inputs.genotype.network.WithInput(InputSize(inputs.config.data))
              .WithClasses(static_cast<int>(classes.ids.size()))
              .WithDropout(inputs.config.finetune.dropout),
          classes.ids, classes.labels, inputs.genotype.origin};
}

int Finetune(FinetuneInputs inputs, const Genotype& trained, TrainingRun run, const Call& call) {
  inputs.task = MakeTask(inputs.config);
  run.network = FormatCount(static_cast<double>(CountMacs(trained.network))) + " MACs, " +
                FormatCount(static_cast<double>(CountParameters(trained.network))) + " parameters";
  return RunTraining(run, inputs.config, inputs.dataset, call, {},
                     [&](const TrainingOutputs& outputs) { return RunFinetune(inputs, outputs); });
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
  std::vector<Event> moved = ReopenTraining(inputs, run, PointerTo(folder), ranks, [&] {
    return ConfigToResume(run, options.run.resume, options.config, [&] { return ConfigOfLine(options); });
  });
  return Finetune(inputs, TrainedGenotype(inputs),
                  {.folder = PointerTo(folder), .resume = true, .notes = std::move(moved), .json = options.json}, call);
}

int Begin(const FinetuneOptions& options, const Call& call, Ranks& ranks) {
  if (options.arch.empty()) throw UsageError("--arch is required. See danas finetune --help");
  // Read first: g++ 12 frees members twice if a later one's initializer throws inside the braces.
  Genotype genotype = ReadGenotype(options.arch);
  FinetuneInputs inputs{.config = {}, .genotype = std::move(genotype), .dataset = {}, .supernet_weights = {}};
  inputs.config = FirstReads(ranks, [&] { return ConfigOfNetwork(inputs.genotype, options.arch, options.config); });
  const std::string name = std::filesystem::path(options.arch).stem().string() + "-finetune";
  const std::filesystem::path run = FirstChooses(ranks, [&] { return RunPath(options.run.run, name, inputs.config); });
  OpenForTraining(inputs, ranks);
  inputs.dataset = OpenDataset(inputs.config.data);
  const std::filesystem::path beside = std::filesystem::path(options.arch).parent_path() / "weights.safetensors";
  if (std::filesystem::exists(beside)) inputs.supernet_weights = beside;
  inputs.initial_weights = options.init;
  if (!options.init.empty()) ReadWeightsFile(options.init);  // before there is a folder

  const Genotype trained = TrainedGenotype(inputs);
  const std::optional<RunFolder> folder = MakeTrainingFolder(inputs, run, call, ranks, &trained);
  return Finetune(inputs, trained, {.folder = PointerTo(folder), .json = options.json}, call);
}

}  // namespace

int RunCommand(const FinetuneOptions& options, const Call& call) {
  return BeginOrResume(options, options.arch, call, Begin, Resume);
}

}  // namespace danas
