// What danas finetune and danas train have in common: how a training begins in a new folder, how it is resumed, and
// what is printed of it. Their inputs (FinetuneInputs, ZooTraining) have a config, a dataset, a device and ranks.
#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "call.h"
#include "danas/arch/genotype.h"
#include "danas/core/log.h"
#include "danas/nn/fused_layer.h"
#include "danas/train/network_training.h"
#include "on_ranks.h"
#include "resume.h"
#include "run_images.h"
#include "run_reports.h"

namespace danas {

template <typename Inputs>
void OpenForTraining(Inputs& inputs, Ranks& ranks) {
  inputs.device = OpenRankDevice(inputs.config, ranks);
  inputs.ranks = ranks;
  log::info("kernels: {}", DescribeKernels(inputs.config.nn.kernels, inputs.device));
}

// The new folder `run`, on the first rank, for the inputs' config and images; with `network` as network.json.
template <typename Inputs>
std::optional<RunFolder> MakeTrainingFolder(const Inputs& inputs, const std::filesystem::path& run, const Call& call,
                                            Ranks& ranks, const Genotype* network = nullptr) {
  RunImages images = ListRunImages(ranks, inputs.dataset.train, &inputs.dataset.test);
  std::optional<RunFolder> folder = FirstOpens(ranks, [&] { return MakeRunFolder(run, inputs.config, call); });
  if (folder && network != nullptr) folder->WriteJson("network.json", ToJson(*network));
  KeepImages(PointerTo(folder), std::move(images));
  return folder;
}

// The config, the device and the dataset of a run that is resumed; what is new about where its images are.
template <typename Inputs>
std::vector<Event> ReopenTraining(Inputs& inputs, const std::filesystem::path& run, const RunFolder* folder,
                                  Ranks& ranks, const std::function<Config()>& resumed_config) {
  inputs.config = FirstReads(ranks, resumed_config);
  OpenForTraining(inputs, ranks);
  ResumedDataset resumed = ReopenDataset(ranks, run, folder, inputs.config.data);
  inputs.dataset = std::move(resumed.dataset);
  return std::move(resumed.moved);
}

// A training that begins or is resumed, as this rank sees it.
struct TrainingRun {
  const RunFolder* folder = nullptr;  // on the first rank
  bool resume = false;
  std::vector<Event> notes = {};
  bool json = false;         // how its result is printed
  std::string network = {};  // what the text says of the network: "24.5M MACs"; may be empty
};

// `train` with the outputs of this rank. On the first one it is reported, after what `greet` reports, and its result is
// printed.
int RunTraining(const TrainingRun& run, const Config& config, const Dataset& dataset, const Call& call,
                const std::function<void(RunReports& reports)>& greet,
                const std::function<TrainingResult(const TrainingOutputs& outputs)>& train);

// One command line on all ranks: `resume` with the run to go on with, or `begin`.
template <typename Options>
int BeginOrResume(const Options& options, const std::string& arch, const Call& call,
                  int (*begin)(const Options& options, const Call& call, Ranks& ranks),
                  int (*resume)(const Options& options, const Call& call, const std::filesystem::path& run,
                                Ranks& ranks)) {
  return OnRanks(SourcesOf(options.config, options.run, arch), [&](Ranks& ranks) {
    const std::filesystem::path run =
        FirstChooses(ranks, [&] { return RunToResume(options.run, options.config, call, SetsUsed::kBoth); });
    return run.empty() ? begin(options, call, ranks) : resume(options, call, run, ranks);
  });
}

}  // namespace danas
