// danas evaluate: trained weights on the test set.
#include <algorithm>
#include <array>
#include <filesystem>
#include <iostream>
#include <optional>

#include "danas/arch/config_space.h"
#include "danas/arch/zoo.h"
#include "danas/config/config_file.h"
#include "danas/core/error.h"
#include "danas/core/log.h"
#include "danas/core/units.h"
#include "danas/data/person_dataset.h"
#include "danas/nn/fused_layer.h"
#include "danas/nn/supernet.h"
#include "danas/nn/weights_file.h"
#include "danas/report/text_table.h"
#include "danas/run/device.h"
#include "danas/tasks/keypoints/find_persons.h"
#include "danas/tasks/make_task.h"
#include "danas/train/evaluate.h"
#include "danas/train/loader.h"
#include "danas/train/loaders.h"
#include "danas/train/network_training.h"
#include "evaluate_options.h"
#include "network_inputs.h"
#include "on_ranks.h"
#include "person_results.h"
#include "run_reports.h"
#include "zoo_inputs.h"

namespace danas {
namespace {

// A run's folder stands for its network, weights and config.
EvaluateOptions FillInFromRun(EvaluateOptions options) {
  const std::array given = {!options.run.empty(), !options.arch.empty(), !options.model.empty()};
  if (std::ranges::count(given, true) != 1) {
    throw UsageError("exactly one of --run, --arch and --model is required. See danas evaluate --help");
  }
  if (!options.run.empty()) {
    const std::filesystem::path run = options.run;
    options.arch = run / "network.json";
    if (options.weights.empty()) options.weights = run / "weights.safetensors";
    if (options.config.config.empty()) options.config.config = run / "config.json";
  }
  if (!options.difficulty.empty() && options.boxes != "truth") {
    throw UsageError("--difficulty takes the training set's annotated boxes; leave out --boxes");
  }
  if (options.weights.empty()) throw UsageError("--arch and --model require --weights. See danas evaluate --help");
  return options;
}

// The network of a file, or of the zoo with the dataset's classes.
SearchSpace NetworkFor(const std::optional<Genotype>& genotype, const EvaluateOptions& options, const Config& config,
                       const ClassList& classes) {
  if (genotype) {
    RequireClasses(*genotype, classes, options.arch);
    return genotype->network;
  }
  return MakeZooNetwork(options.model, InputSize(config.data), static_cast<int>(classes.ids.size()));
}

std::string ClassesText(const EvaluationResult& result, const ClassList& classes) {
  TextTable table({{"class"}, {"images", Align::kRight}, {"right", Align::kRight}});
  for (size_t c = 0; c < result.per_class.size(); ++c) {
    const ClassAccuracy& accuracy = result.per_class[c];
    table.AddRow({classes.labels[c], FormatThousands(accuracy.images),
                  FormatPercent(static_cast<double>(accuracy.correct) / static_cast<double>(accuracy.images), 2)});
  }
  return table.Text() + "\ntop-1 " + FormatPercent(result.top1, 2) + ", top-5 " +
         FormatPercent(result.top5.value_or(0), 2) + ", loss " + FormatDecimals(result.loss, 4) + " over " +
         FormatThousands(result.images) + " images in " + FormatDuration(result.seconds) + "\n";
}

// The samples to look at.
DatasetIndex SetFor(const EvaluateOptions& options, const Config& config) {
  if (!options.difficulty.empty()) return OpenTrainingSet(config.data);
  DatasetIndex test = OpenDataset(config.data).test;
  const bool detected = config.task == TaskKind::kKeypoints && options.boxes != "truth";
  return detected ? WithDetectedPersons(test, options.boxes) : test;
}

int EvaluateOnRank(const EvaluateOptions& options, const Call& call, Ranks& ranks) {
  std::optional<Genotype> genotype;
  if (options.model.empty()) genotype = ReadGenotype(options.arch);
  const Config config = FirstReads(ranks, [&] {
    return genotype ? ConfigOfNetwork(*genotype, options.arch, options.config)
                    : ConfigOfZooModel(options.model, options.config);
  });
  const bool of_zoo = !genotype || genotype->origin.contains("model");
  const at::Device device = OpenRankDevice(config, ranks);
  log::info("kernels: {}", DescribeKernels(config.nn.kernels, device));
  const bool persons = config.task == TaskKind::kKeypoints;
  if (!persons) RequireNoPersonOptions(options);
  if (ranks.first()) PrepareOutputs(options);
  const auto test = std::make_shared<const DatasetIndex>(SetFor(options, config));
  const ClassList outputs = test->outputs();
  const std::shared_ptr<Supernet> network = MakeNetwork(NetworkFor(genotype, options, config, outputs), config.nn);
  LoadWeights(*network, options.weights, outputs.ids);
  MoveTo(*network, device, config.runtime);
  const TrainConfig& recipe = of_zoo ? config.zoo.train : config.finetune.train;
  const std::shared_ptr<const Task> task = MakeTask(config);
  Loader loader(WholeSet(test), task->Frames(*test, ImageUse::kTest, network->space().input_channels()),
                TestLoader(config, TestBatch(recipe, ranks), ranks), device);
  RunReports reports(nullptr, config.log, VerbosityOf(call, ranks));
  const Forward forward = [&](const at::Tensor& image_nchw) { return network->forward(image_nchw); };
  const EvaluationOptions how{.pass = {.label = options.difficulty.empty() ? "test set" : "training set",
                                       .progress = reports.progress(),
                                       .ranks = ranks},
                              .classes = network->space().classes(),
                              .runtime = config.runtime};
  PersonsFound found;
  if (persons) {
    found = FindPersons(*network, forward, loader, how, config.keypoints);
  } else {
    found.result = task->Test(*network, forward, loader, how);
  }
  if (!ranks.first()) return 0;
  const std::vector<std::string> written =
      persons ? WritePersons(found, *test, config, options) : std::vector<std::string>();
  if (options.json) {
    std::cout << JsonText(events::ToJson(TestFieldsOf(found.result, test->classes.ids)), 2) << "\n";
    return 0;
  }
  std::cout << (persons ? PersonsText(found.result) : ClassesText(found.result, test->classes));
  for (const std::string& line : written) std::cout << line << "\n";
  return 0;
}

}  // namespace

int RunCommand(const EvaluateOptions& options, const Call& call) {
  return OnRanks({.config = options.config, .runs = {options.run}, .arch = options.arch},
                 [&](Ranks& ranks) { return EvaluateOnRank(FillInFromRun(options), call, ranks); });
}

}  // namespace danas
