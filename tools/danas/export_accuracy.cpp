#include "export_accuracy.h"

#include <ATen/Parallel.h>
#include <c10/core/InferenceMode.h>

#include <cmath>
#include <memory>
#include <optional>

#include "danas/core/error.h"
#include "danas/core/log.h"
#include "danas/core/units.h"
#include "danas/data/dataset_index.h"
#include "danas/data/subset.h"
#include "danas/data/transform.h"
#include "danas/nn/norm.h"
#include "danas/report/run_findings.h"
#include "danas/report/text_table.h"
#include "danas/train/loader.h"
#include "danas/train/loaders.h"
#include "network_inputs.h"

namespace danas {
namespace {

namespace fs = std::filesystem;

constexpr int64_t kBatch = 32;

at::Tensor AnswersOf(OnnxRuntime& runtime, const fs::path& model, const at::Tensor& image_nchw) {
  const at::Tensor plain = image_nchw.contiguous();
  const std::span<const float> values(plain.const_data_ptr<float>(), static_cast<size_t>(plain.numel()));
  const std::vector<float> answers = runtime.Answers(model, values, plain.sizes().vec(), at::get_num_threads());
  return at::tensor(answers).view({plain.size(0), -1});
}

// [image] of a batch: whether the most likely class is the right one.
at::Tensor IsRight(const at::Tensor& answer_nc, const at::Tensor& target_n) { return answer_nc.argmax(1) == target_n; }

std::string IntervalText(const Estimate& estimate) {
  return "[" + FormatDecimals(100 * estimate.low, 2) + ", " + FormatDecimals(100 * estimate.high, 2) + "]";
}

}  // namespace

Estimate PairedDifference(int64_t lost, int64_t won, int64_t count) {
  constexpr double kNormal = 1.959964;  // 97.5 % of a normal distribution lie below it
  constexpr double kAddedToEach = 0.5;  // of the four cells of right and wrong
  const double n = static_cast<double>(count), more = n + 4 * kAddedToEach;
  const double b = static_cast<double>(won) + kAddedToEach, c = static_cast<double>(lost) + kAddedToEach;
  const double centre = (b - c) / more;
  const double half = kNormal * std::sqrt(b + c - (b - c) * (b - c) / more) / more;
  return {.value = static_cast<double>(won - lost) / n, .low = centre - half, .high = centre + half};
}

ExportAccuracy MeasureAccuracy(Supernet& network, const Genotype& genotype, const std::string& arch,
                               const Config& config, int64_t images, OnnxRuntime& runtime,
                               const std::vector<fs::path>& models) {
  DataConfig data = config.data;
  data.image_size = network.space().input().height;
  const auto test = std::make_shared<const DatasetIndex>(OpenDataset(data).test);
  RequireClasses(genotype, test->classes, arch);
  const Subset chosen = EvenSample(WholeSet(test), images, config.seed);
  Loader loader(chosen, std::make_shared<const Transform>(data, ImageUse::kTest, config.seed, network.space().input_channels()),
                TestLoader(config, kBatch, Ranks()));
  log::info("measuring accuracy on {} images of {}", chosen.size(), test->name);

  const c10::InferenceMode inference;
  SetNormMode(network, NormMode::kRunning);
  network.eval();
  std::vector<int64_t> right(models.size() + 1), lost(models.size()), won(models.size());
  int64_t seen = 0;
  loader.Start(0);
  while (const std::optional<Batch> batch = loader.Next()) {
    if (batch->size() == 0) continue;
    seen += batch->size();
    right[0] += IsRight(network.forward(batch->images), batch->targets).sum().item<int64_t>();
    at::Tensor before;  // of the first model
    for (size_t m = 0; m < models.size(); ++m) {
      const at::Tensor is_right = IsRight(AnswersOf(runtime, models[m], batch->images), batch->targets);
      if (m == 0) before = is_right;
      right[m + 1] += is_right.sum().item<int64_t>();
      lost[m] += (before & ~is_right).sum().item<int64_t>();
      won[m] += (is_right & ~before).sum().item<int64_t>();
    }
  }
  if (seen == 0) throw DataError(test->name + ": no image to measure accuracy with could be read");

  ExportAccuracy accuracy{.images = seen, .models = {}};
  for (size_t m = 0; m < right.size(); ++m) {
    const double share = static_cast<double>(right[m]) / static_cast<double>(seen);
    accuracy.models.push_back({.name = m == 0 ? "danas" : models[m - 1].filename().string(),
                               .top1 = ShareInterval(share, seen),
                               .against_first = m == 0 ? Estimate{} : PairedDifference(lost[m - 1], won[m - 1], seen)});
  }
  return accuracy;
}

std::string AccuracyText(const ExportAccuracy& accuracy, const std::string& runtime) {
  TextTable table({{"network"}, {"top-1", Align::kRight}, {"95 %"}, {"points more", Align::kRight}, {"95 %"}});
  for (size_t m = 0; m < accuracy.models.size(); ++m) {
    const auto& [name, top1, against_first] = accuracy.models[m];
    const bool compared = m > 1;  // the first file is what others are compared with
    table.AddRow({name, FormatPercent(top1.value, 2), IntervalText(top1),
                  compared ? FormatDecimals(100 * against_first.value, 2) : "",
                  compared ? IntervalText(against_first) : ""});
  }
  return table.Text() + "on " + FormatThousands(accuracy.images) + " test images, by " + runtime + "\n";
}

}  // namespace danas
