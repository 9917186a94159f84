#include "danas/report/prediction_text.h"

#include <algorithm>

#include "danas/core/units.h"
#include "danas/report/note_text.h"
#include "danas/report/text_table.h"

namespace danas {
namespace {

// Nothing is known of a search without images.
std::string SpanText(const Span<double>& seconds, const char* unknown = "-") {
  if (seconds.high == 0) return unknown;
  const std::string low = FormatDuration(seconds.low), high = FormatDuration(seconds.high);
  return low == high ? low : low + " to " + high;
}

std::string MillisecondsText(const Span<StepSeconds>& step) {
  if (step.low.total == 0) return "-";
  const auto text = [](double seconds) { return FormatDecimals(1000 * seconds, seconds < 0.1 ? 1 : 0); };
  const std::string low = text(step.low.total), high = text(step.high.total);
  return low == high ? low : low + " to " + high;
}

// What a step takes its time for.
std::string BoundText(const StepSeconds& step) {
  if (step.loader >= step.total) return "loader";
  if (step.total - step.compute > step.compute) return "messages";
  return step.host > step.gpu ? "host" : "GPU";
}

std::string BoundText(const Span<StepSeconds>& step) {
  const std::string low = BoundText(step.low), high = BoundText(step.high);
  return low == high ? low : low + ", " + high;
}

std::string PhaseTable(const PredictedSearch& predicted) {
  TextTable table({{"phase"},
                   {"weight step, ms", Align::kRight},
                   {"bound by"},
                   {"α step, ms", Align::kRight},
                   {"time", Align::kRight}});
  for (const PredictedPhase& phase : predicted.phases) {
    table.AddRow({phase.name, MillisecondsText(phase.weight_step), BoundText(phase.weight_step),
                  MillisecondsText(phase.alpha_step), SpanText(phase.seconds)});
  }
  return table.Text();
}

Json StepJson(const StepSeconds& step) {
  return {{"gpu", step.gpu},     {"host", step.host},       {"compute", step.compute}, {"reduce", step.reduce},
          {"small", step.small}, {"sync_bn", step.sync_bn}, {"loader", step.loader},   {"total", step.total}};
}

Json SpanJson(const Span<StepSeconds>& step) {
  if (step.low.total == 0) return {};
  return {{"low", StepJson(step.low)}, {"high", StepJson(step.high)}};
}

Json SpanJson(const Span<double>& seconds) { return {{"low", seconds.low}, {"high", seconds.high}}; }

}  // namespace

std::string PredictionText(const PredictedSearch& predicted, double memory_bytes) {
  const GpuConstants& k = predicted.gpus.gpu;
  const std::string kind = KindName(k);
  std::string text = "predicted for " + NameOf(predicted.gpus) + " by a model; nothing was measured\n\n" +
                     PhaseTable(predicted) + "\n";
  if (predicted.final_seconds.high > 0) text += "final choice: " + SpanText(predicted.final_seconds) + "\n";
  text += "predicted total: " + SpanText(predicted.seconds(), "time unknown without images") + "; " +
          FormatBytes(memory_bytes) + " of tensors on each GPU\n";
  text += NoteText("a step is predicted from its arithmetic, memory accesses, operations and messages. From " +
                   FormatDecimals(k.arithmetic_share, 2) + " of a " + kind + "'s arithmetic and " +
                   FormatDecimals(k.memory_share, 2) +
                   " of its memory's rate, which are assumed, to half of both. Where one H100 was measured, on a "
                   "space with depthwise kernels of up to 7x7, a step took 2.6 to 3.1 times the shorter time, which is "
                   "more than the longer one (docs/scaling.md)");
  if (memory_bytes > k.capacity) {
    text += NoteText("that is more than the " + FormatBytes(k.capacity) + " of a " + kind +
                     ": split batches into smaller parts (--set train.micro_batch=N)");
  }
  return text;
}

Json PredictionJson(const PredictedSearch& predicted, double memory_bytes) {
  const GpuConstants& k = predicted.gpus.gpu;
  Json constants = Json::array();
  for (const GpuConstant& constant : DescribedConstants(k.kind)) {
    constants.push_back(
        {{"name", constant.name}, {"value", k.*constant.value}, {"unit", constant.unit}, {"source", constant.source}});
  }
  Json phases = Json::array();
  for (const PredictedPhase& phase : predicted.phases) {
    phases.push_back({{"phase", phase.name},
                      {"weight_step", SpanJson(phase.weight_step)},
                      {"alpha_step", SpanJson(phase.alpha_step)},
                      {"seconds", SpanJson(phase.seconds)}});
  }
  return {{"gpu", k.kind},
          {"gpus", predicted.gpus.count},
          {"measured", false},
          {"batch", predicted.batch},
          {"macs_per_image", predicted.macs_per_image},
          {"weight_bytes", predicted.weight_bytes},
          {"norms", predicted.norms},
          {"memory_bytes", memory_bytes},
          {"fits", memory_bytes <= k.capacity},
          {"seconds", SpanJson(predicted.seconds())},
          {"final_seconds", SpanJson(predicted.final_seconds)},
          {"phases", std::move(phases)},
          {"constants", std::move(constants)}};
}

}  // namespace danas
