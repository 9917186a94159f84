// danas export: a network for other programs.
#include <ATen/ATen.h>
#include <c10/core/InferenceMode.h>

#include <array>
#include <filesystem>
#include <iostream>
#include <memory>
#include <optional>

#include "calibration.h"
#include "danas/arch/genotype.h"
#include "danas/arch/heat_map_head.h"
#include "danas/core/error.h"
#include "danas/core/file.h"
#include "danas/core/log.h"
#include "danas/core/random.h"
#include "danas/core/text_file.h"
#include "danas/core/units.h"
#include "danas/data/keypoint_scheme.h"
#include "danas/data/transform.h"
#include "danas/export/onnx.h"
#include "danas/export/onnx_runtime.h"
#include "danas/export/python_model.h"
#include "danas/nn/plain_weights.h"
#include "danas/nn/safetensors.h"
#include "danas/nn/supernet.h"
#include "danas/nn/weights_file.h"
#include "danas/run/device.h"
#include "export_accuracy.h"
#include "export_options.h"
#include "inputs.h"
#include "network_inputs.h"

namespace danas {
namespace {

namespace fs = std::filesystem;

constexpr const char* kFloatModel = "model.onnx";
constexpr const char* kInt8Model = "model-int8.onnx";

// A run's folder stands for its network, weights and config.
ExportOptions FillInFromRun(ExportOptions options) {
  if (options.run.empty() == options.arch.empty()) {
    throw UsageError("exactly one of --run and --arch is required. See danas export --help");
  }
  if (options.run.empty()) return options;
  const fs::path run = options.run;
  const fs::path weights = run / "weights.safetensors";
  if (!fs::exists(run / "network.json") && fs::exists(run / "best.json")) {
    throw UsageError(options.run +
                     " is the run of a search, which leaves the weights of a supernet. Train what it found, " +
                     "danas finetune --arch " + (run / "best.json").string() +
                     ", and export that run; or give the file with --arch for initialised weights");
  }
  options.arch = run / "network.json";
  if (options.weights.empty()) {
    if (fs::exists(options.arch) && !fs::exists(weights)) {
      throw UsageError(options.run +
                       " has no weights.safetensors yet: the run is not finished. Continue it with --resume " +
                       options.run + ", or give weights with --weights");
    }
    options.weights = weights;
  }
  if (options.config.config.empty()) options.config.config = run / "config.json";
  return options;
}

// That of --config, or of the search that found the network. Where neither is known, the defaults at the network's
// size, and a warning.
Config ConfigFor(const Genotype& genotype, const ExportOptions& options) {
  if (!options.config.config.empty() || genotype.origin.contains("config")) {
    return ConfigOfNetwork(genotype, options.arch, options.config);
  }
  log::warn(
      "{} does not record a config: mean and deviation are the defaults, ImageNet's{}. Give the config that it was "
      "trained with by --config",
      options.arch,
      genotype.network.has_heat_maps() ? "" : ", and images are resized to the network's input without a margin");
  const std::string side = std::to_string(genotype.network.input().height);
  ConfigOptions with_size{.config = {}, .settings = {"data.image_size=" + side, "data.test_resize=" + side}};
  with_size.settings.insert(with_size.settings.end(), options.config.settings.begin(), options.config.settings.end());
  return ReadConfig(with_size);
}

std::vector<std::string> ReadLabels(const std::string& path, int classes) {
  const std::vector<std::string> labels = LinesOf(ReadTextFile(path));
  if (labels.size() != static_cast<size_t>(classes)) {
    throw ConfigError(path + " has " + std::to_string(labels.size()) + " lines, but the network distinguishes " +
                      std::to_string(classes) + " classes; one label a line is expected, in the network's order");
  }
  return labels;
}

// Random images and what danas's own network answers.
void WriteExamples(const fs::path& path, Supernet& network, int64_t images, int64_t seed) {
  const SearchSpace& space = network.space();
  const at::Tensor image_nchw =
      at::empty({images, space.input_channels(), space.input().height, space.input().width}, at::kFloat);
  RandomStream stream(static_cast<uint64_t>(seed), "export examples");
  float* pixel = image_nchw.mutable_data_ptr<float>();
  for (int64_t i = 0; i < image_nchw.numel(); ++i) pixel[i] = static_cast<float>(stream.Normal());
  const c10::InferenceMode inference;
  SetNormMode(network, NormMode::kRunning);
  WriteSafetensors(
      path, {{"image", image_nchw}, {space.has_heat_maps() ? "heat_maps" : "logits", network.forward(image_nchw)}},
      {{"format", "pt"}});
}

// The weights of the module that model.py describes: by its names, with the counters that PyTorch's batch norms have.
void WriteModuleWeights(const fs::path& path, const Supernet& network, const std::vector<std::string>& class_ids) {
  constexpr std::string_view kMean = "running_mean";
  NamedTensors tensors = ByExportedNames(network.space(), StateOf(network));
  const size_t count = tensors.size();
  for (size_t i = 0; i < count; ++i) {
    const std::string& name = tensors[i].first;
    if (!name.ends_with(kMean)) continue;
    tensors.emplace_back(name.substr(0, name.size() - kMean.size()) + "num_batches_tracked", at::zeros({}, at::kLong));
  }
  std::map<std::string, std::string> metadata = WeightsMetadata(network.space(), class_ids);
  if (class_ids.empty()) metadata.erase("class_order");
  metadata.merge(BlocksMetadata(network.space()));
  WriteSafetensors(path, tensors, metadata);
}

std::vector<std::string> WritePython(const fs::path& folder, const ExportedNetwork& exported, const Supernet& network,
                                     const std::string& name, bool timm) {
  const PythonModel model = MakePythonModel(exported, name, timm ? PythonFlavour::kTimm : PythonFlavour::kPlain);
  WriteModuleWeights(folder / "model.safetensors", network, exported.class_ids);
  const std::string json = timm ? "config.json" : "preprocess.json";
  WriteFileAtomically(folder / json, model.json);
  WriteFileAtomically(folder / "model.py", model.source);
  return {"model.py", "model.safetensors", json};
}

// `int8_ranges`: none for float32 alone.
std::vector<std::string> WriteOnnxFiles(const fs::path& folder, const ExportedNetwork& exported,
                                        const ExportOptions& options, const ValueRanges& int8_ranges) {
  OnnxOptions how{.opset = options.opset,
                  .keep_batch_norm = options.keep_batch_norm,
                  .softmax = options.softmax,
                  .weights_beside = options.weights_beside};
  std::vector<std::string> files;
  const auto write = [&](const char* name) {
    files.emplace_back(name);
    if (WriteOnnx(folder / name, exported, how)) files.emplace_back(std::string(name) + ".data");
  };
  write(kFloatModel);
  how.int8_ranges = int8_ranges;
  if (!int8_ranges.empty()) write(kInt8Model);
  return files;
}

void RequireQuantizable(const ExportOptions& options) {
  if (options.quantize.empty()) return;
  if (options.to != "onnx") {
    throw UsageError("--quantize writes an ONNX model: give it with --to onnx, not --to " + options.to);
  }
  if (options.keep_batch_norm) {
    throw UsageError("--quantize wants batch norms as part of the convolutions: leave out --keep-batch-norm");
  }
}

// What a network without classes is not exported as.
void RequireFits(const ExportOptions& options, const SearchSpace& network) {
  if (!network.has_heat_maps()) return;
  RequireEvenHeatMaps(network);
  const auto fail = [&](const std::string& what) {
    throw UsageError(what + ", but " + network.name() + " ends in heat maps of " + std::to_string(network.classes()) +
                     " key-points");
  };
  if (options.to == "timm") fail("timm's models end in a classifier; use --to pytorch or onnx");
  if (options.softmax) fail("--softmax makes probabilities of a classifier's logits");
  if (!options.quantize.empty()) fail("--quantize calibrates on images of classes, and does not read persons yet");
}

// A mirror image exchanges key-points by their names.
MapReading ReadingOf(const KeypointsConfig& config, const Genotype& genotype, const ExportOptions& options) {
  KeypointLayout layout;
  layout.names = genotype.class_ids.empty() ? config.names : genotype.class_ids;
  KeypointsConfig testing;
  testing.flip_pairs = config.flip_pairs;
  testing.augment = {.flip = 0, .half_body = 0};
  testing.test = config.test;
  if (testing.test.flip && testing.flip_pairs.empty() && !IsCoco(layout)) {
    log::warn(
        "the export says that the flip test is off: which key-points of {} change places in a mirror image is not "
        "known. "
        "Name them by --set keypoints.flip_pairs",
        options.arch);
    testing.test.flip = false;
  }
  return {.flip_pairs = SchemeOf(testing, layout).flip_pairs,
          .flip_test = testing.test.flip,
          .shift_heatmap = testing.test.shift_heatmap,
          .score_threshold = testing.test.score_threshold,
          .skeleton = IsCoco(layout) ? CocoSkeleton() : std::vector<std::array<int, 2>>()};
}

// A line for each file that was written.
void Report(const fs::path& folder, const std::vector<std::string>& files) {
  for (const std::string& file : files) {
    std::cout << (folder / file).string() << ": " << FormatBytes(static_cast<double>(fs::file_size(folder / file)))
              << "\n";
  }
}

// Null where accuracy is not to be measured, or where python3 has none and no other interpreter is named.
std::unique_ptr<OnnxRuntime> RuntimeFor(const ExportOptions& options) {
  if (options.quantize.empty() || options.images == 0) return nullptr;
  if (!options.python.empty()) return std::make_unique<OnnxRuntime>(options.python);
  try {
    return std::make_unique<OnnxRuntime>("python3");
  } catch (const DeviceError& error) {
    log::warn("accuracy is not measured: {}", error.what());
  } catch (const FileError& error) {
    log::warn("accuracy is not measured: {}", error.what());
  }
  return nullptr;
}

// The models are written already: where their accuracy cannot be measured, what it takes is said.
void ReportAccuracy(const fs::path& folder, Supernet& network, const Genotype& genotype, const Config& config,
                    const ExportOptions& options, OnnxRuntime* runtime) {
  const std::array models = {folder / kFloatModel, folder / kInt8Model};
  if (runtime != nullptr) {
    try {
      std::cout << AccuracyText(MeasureAccuracy(network, genotype, options.arch, config, options.images, *runtime,
                                                {models.begin(), models.end()}),
                                runtime->name());
      return;
    } catch (const DataError& error) {
      log::warn("accuracy is not measured: {}", error.what());
    }
  }
  std::cout << "Accuracy before and after: python3 docs/examples/accuracy_onnx.py --data "
            << (config.data.test.empty() ? config.data.root : config.data.test) << " " << models[0].string() << " "
            << models[1].string() << "\n";
}

}  // namespace

int RunCommand(const ExportOptions& given, const Call&) {
  RequireOpset(given.opset);
  RequireQuantizable(given);
  const ExportOptions options = FillInFromRun(given);
  const std::unique_ptr<OnnxRuntime> runtime = RuntimeFor(options);
  Genotype genotype = ReadGenotype(options.arch);
  const Config config = ConfigFor(genotype, options);
  if (options.size != Size{}) genotype.network = genotype.network.WithInput(options.size);
  RequireFits(options, genotype.network);
  OpenDevice({.device = "cpu"}, config.seed);

  const std::shared_ptr<Supernet> network = MakeNetwork(genotype.network, config.nn);
  InitializeWeights(*network, config.seed);
  if (options.weights.empty()) {
    log::warn("no --weights: the exported weights are initial ones, of seed {}", config.seed);
  } else {
    LoadWeights(*network, options.weights, genotype.class_ids);
  }

  ExportedNetwork exported{
      .network = network->space(), .class_ids = genotype.class_ids, .class_labels = genotype.class_labels};
  if (!options.labels.empty()) exported.class_labels = ReadLabels(options.labels, exported.network.classes());
  const int channels = exported.network.input_channels();
  exported.preprocessing = {.resize = static_cast<int>(config.data.test_resize),
                            .box_scale = config.keypoints.box_padding,
                            .mean = PerChannel(config.data.mean, channels, "data.mean"),
                            .deviation = PerChannel(config.data.std, channels, "data.std")};
  if (exported.network.has_heat_maps()) exported.reading = ReadingOf(config.keypoints, genotype, options);
  exported.weights = PlainWeightsOf(*network);

  const fs::path folder =
      options.out.empty() ? fs::path(options.arch).parent_path() / ("export-" + options.to) : fs::path(options.out);
  ValueRanges int8_ranges;
  if (!options.quantize.empty()) {
    int8_ranges = Calibrate(MakePlainGraph(exported), *network, config, options.calibration_images);
  }
  MakeFolders(folder);
  std::vector<std::string> files = options.to == "onnx"
                                       ? WriteOnnxFiles(folder, exported, options, int8_ranges)
                                       : WritePython(folder, exported, *network, options.name, options.to == "timm");
  if (options.examples > 0) {
    files.emplace_back("examples.safetensors");
    WriteExamples(folder / files.back(), *network, options.examples, config.seed);
  }
  Report(folder, files);
  if (!options.quantize.empty()) ReportAccuracy(folder, *network, genotype, config, options, runtime.get());
  return 0;
}

}  // namespace danas
