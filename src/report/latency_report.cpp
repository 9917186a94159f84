#include "danas/report/latency_report.h"

#include "danas/core/units.h"
#include "danas/report/text_table.h"

namespace danas {
namespace {

std::string QualityText(const LatencyReport& report) {
  const LatencyQuality& quality = *report.quality;
  std::string text = std::to_string(report.rounds) + " rounds";
  if (report.rounds_before > 0) text += ", " + std::to_string(report.rounds_before) + " of them from before";
  text += "; " + FormatThousands(quality.visits) + " visits, " + FormatThousands(quality.slow_visits) +
          " of them while the machine was slow; " + FormatThousands(quality.outliers) + " of " +
          FormatThousands(quality.blocks) + " blocks left out\n";
  return text + "reference kernel: " + (quality.drift < 0 ? "" : "+") + FormatPercent(quality.drift) +
         " from the first third to the last\n95 % interval: ±" + FormatPercent(quality.median_error) +
         " in the median key, at most ±" + FormatPercent(quality.worst_error) + " in those that take long\n";
}

std::string EstimateText(const Estimate& estimate, int decimals) {
  return FormatDecimals(estimate.value, decimals) + " [" + FormatDecimals(estimate.low, decimals) + ", " +
         FormatDecimals(estimate.high, decimals) + "]";
}

std::string CheckText(const LatencyReport& report) {
  const LatencyAgreement& check = *report.check;
  TextTable table({{"check of " + std::to_string(report.networks.measured.size()) + " random networks"},
                   {"value [95 %]", Align::kRight},
                   {"of the mean", Align::kRight}});
  const auto add = [&](const char* name, const Estimate& ms) {
    table.AddRow({name, EstimateText(ms, 4) + " ms", FormatPercent(ms.value / check.mean_measured, 2)});
  };
  add("offset, fitted", check.offset);
  add("mean error", check.mean_error);
  add("repeat error of one network", check.repeat_error);
  table.AddRow({"mean error / repeat error", EstimateText(check.ratio, 2), ""});
  table.AddRow({"rank correlation, " + FormatThousands(check.pairs) + " pairs farther apart",
                EstimateText(check.rank_correlation, 3), ""});
  return "\nmeasured: " + FormatCost(check.least_measured, "ms", 3) + " to " +
         FormatCost(check.most_measured, "ms", 3) + ", mean " + FormatCost(check.mean_measured, "ms", 3) + "\n" +
         table.Text();
}

Json EstimateJson(const Estimate& estimate) {
  return {{"value", estimate.value}, {"low", estimate.low}, {"high", estimate.high}};
}

}  // namespace

std::string ConditionsText(const LatencyConditions& on) {
  std::string text = on.device + " (" + on.machine + ")";
  if (on.threads > 0) text += ", " + std::to_string(on.threads) + (on.threads == 1 ? " thread" : " threads");
  return text + ", " + std::to_string(on.batch) + (on.batch == 1 ? " image" : " images") + " at a time, " + on.kernels;
}

std::string LatencyText(const LatencyReport& report) {
  std::string text = report.space + ", " + report.input + ", on " + ConditionsText(report.conditions) + "\n";
  if (report.quality) {
    text += FormatThousands(report.quality->keys) + " keys; " + QualityText(report);
  }
  const CostTable& costs = report.costs;
  text += costs.Least() == costs.Most()
              ? "predicted: " + FormatCost(costs.Least(), "ms", 3) + "\n"
              : "predicted of its networks: " + FormatCost(costs.Least(), "ms", 3) + " to " +
                    FormatCost(costs.Most(), "ms", 3) + ", mean " + FormatCost(costs.Mean(), "ms", 3) + "\n";
  if (report.check) text += CheckText(report);
  return text + "\n" + report.file + "\n";
}

Json LatencyJson(const LatencyReport& report) {
  Json json = {
      {"space", report.space},
      {"input", report.input},
      {"table", report.file},
      {"measured_on", LatencyConditionsJson(report.conditions)},
      {"predicted", {{"least", report.costs.Least()}, {"mean", report.costs.Mean()}, {"most", report.costs.Most()}}}};
  if (report.quality) {
    const LatencyQuality& quality = *report.quality;
    json["quality"] = {{"keys", quality.keys},
                       {"rounds", report.rounds},
                       {"rounds_before", report.rounds_before},
                       {"visits", quality.visits},
                       {"slow_visits", quality.slow_visits},
                       {"blocks", quality.blocks},
                       {"outliers", quality.outliers},
                       {"drift", quality.drift},
                       {"median_error", quality.median_error},
                       {"worst_error", quality.worst_error}};
  }
  if (report.check) {
    const LatencyAgreement& check = *report.check;
    json["check"] = {{"networks", report.networks.measured.size()},
                     {"offset", EstimateJson(check.offset)},
                     {"mean_error", EstimateJson(check.mean_error)},
                     {"repeat_error", EstimateJson(check.repeat_error)},
                     {"ratio", EstimateJson(check.ratio)},
                     {"rank_correlation", EstimateJson(check.rank_correlation)},
                     {"pairs", check.pairs},
                     {"mean_measured", check.mean_measured},
                     {"least_measured", check.least_measured},
                     {"most_measured", check.most_measured},
                     {"predicted", report.networks.predicted},
                     {"measured", report.networks.measured},
                     {"repeats", report.networks.repeats}};
  }
  return json;
}

}  // namespace danas
