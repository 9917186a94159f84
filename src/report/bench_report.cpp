#include "danas/report/bench_report.h"

#include <algorithm>

#include "danas/core/statistics.h"
#include "danas/core/units.h"
#include "danas/report/text_table.h"

namespace danas {
namespace {

std::vector<double> PairSeconds(const BenchedWay& way) {
  std::vector<double> seconds;
  for (size_t i = 0; i < way.weight_seconds.size(); ++i)
    seconds.push_back(way.weight_seconds[i] + way.alpha_seconds[i]);
  return seconds;
}

// 0 where either is not known.
double Share(double work, double seconds, double work_per_second) {
  return work_per_second > 0 ? work / seconds / work_per_second : 0;
}

std::string Percent(double share) { return share > 0 ? FormatPercent(share, 0) : "-"; }
std::string Milliseconds(const std::vector<double>& seconds) { return FormatDecimals(1000 * Median(seconds), 1); }

std::string RatioText(const RatioInterval& ratio) {
  return FormatDecimals(ratio.ratio, 2) + " [" + FormatDecimals(ratio.low, 2) + ", " + FormatDecimals(ratio.high, 2) +
         "]";
}

// "10.0G with one thread, 19.8G with 2"
std::string OneAndAll(const std::string& one, const std::string& all, int64_t threads) {
  return threads > 1 ? one + " with one thread, " + all + " with " + std::to_string(threads) : one;
}

std::string MachineText(const SupernetBench& bench) {
  const MachineRates& rates = bench.machine;
  std::string text;
  if (rates.multiply_adds_of_all > 0) {
    text += "multiply-adds per second (" + bench.level + "): " +
            OneAndAll(FormatCount(rates.multiply_adds_of_one), FormatCount(rates.multiply_adds_of_all), rates.threads) +
            "\n";
  }
  return text + "copied per second: " +
         OneAndAll(FormatBytes(rates.bytes_of_one), FormatBytes(rates.bytes_of_all), rates.threads) + "\n";
}

std::string OpeningText(const SupernetBench& bench) {
  std::string text = bench.space + ", " + bench.input + ", " + std::to_string(bench.images) + " images per step, on " +
                     bench.device + "\n";
  if (bench.machine.bytes_of_all > 0) text += MachineText(bench);  // measured on CPUs alone
  text += std::to_string(bench.ways.front().weight_seconds.size()) + " rounds of " + std::to_string(bench.steps) +
          " steps, taken in turn; medians\n\n";
  return text;
}

Json RatioJson(const RatioInterval& ratio) {
  return {{"ratio", ratio.ratio}, {"low", ratio.low}, {"high", ratio.high}};
}

Json StepJson(const std::vector<double>& seconds, double macs, double bytes, const SupernetBench& bench) {
  const double median = Median(seconds);
  return {{"seconds", seconds},
          {"median_seconds", median},
          {"share_of_arithmetic", Share(macs, median, bench.machine.multiply_adds_of_all)},
          {"share_of_bandwidth", Share(bytes, median, bench.machine.bytes_of_all)}};
}

Json WayJson(const SupernetBench& bench, const BenchedWay& way) {
  const BenchedWay& first = bench.ways.front();
  Json json = {{"kernels", way.kernels},
               {"recompute", way.recompute},
               {"weight_step", StepJson(way.weight_seconds, bench.weight_macs, bench.weight_bytes, bench)},
               {"alpha_step", StepJson(way.alpha_seconds, bench.alpha_macs, bench.alpha_bytes, bench)},
               {"growth_bytes", Median(way.growth_bytes)},
               {"busy_cores", Median(way.busy_cores)}};
  if (way.search_seconds > 0) json["search_seconds"] = way.search_seconds;
  if (&way != &first) {
    json["over_first"] = {{"weight_step", RatioJson(RatioOfMedians(way.weight_seconds, first.weight_seconds))},
                          {"alpha_step", RatioJson(RatioOfMedians(way.alpha_seconds, first.alpha_seconds))},
                          {"pair", RatioJson(RatioOfMedians(PairSeconds(way), PairSeconds(first)))},
                          {"growth", RatioJson(RatioOfMedians(way.growth_bytes, first.growth_bytes))}};
  }
  return json;
}

}  // namespace

std::string BenchText(const SupernetBench& bench) {
  TextTable table({{"kernels"},
                   {"w step, ms", Align::kRight},
                   {"α step, ms", Align::kRight},
                   {"images/s", Align::kRight},
                   {"memory", Align::kRight},
                   {"busy cores", Align::kRight},
                   {"of arithmetic", Align::kRight},
                   {"of bandwidth", Align::kRight}});
  for (const BenchedWay& way : bench.ways) {
    const double pair = Median(PairSeconds(way));
    table.AddRow({way.Name(), Milliseconds(way.weight_seconds), Milliseconds(way.alpha_seconds),
                  FormatDecimals(2 * static_cast<double>(bench.images) / pair, 1),
                  FormatBytes(Median(way.growth_bytes)), FormatDecimals(Median(way.busy_cores), 2),
                  Percent(Share(bench.weight_macs + bench.alpha_macs, pair, bench.machine.multiply_adds_of_all)),
                  Percent(Share(bench.weight_bytes + bench.alpha_bytes, pair, bench.machine.bytes_of_all))});
  }
  std::string text = OpeningText(bench) + table.Text() + "\n";
  const BenchedWay& first = bench.ways.front();
  for (size_t i = 1; i < bench.ways.size(); ++i) {
    const BenchedWay& way = bench.ways[i];
    text += way.Name() + " / " + first.Name() + ": time of both steps " +
            RatioText(RatioOfMedians(PairSeconds(way), PairSeconds(first))) + ", memory " +
            RatioText(RatioOfMedians(way.growth_bytes, first.growth_bytes)) + "\n";
  }
  for (const BenchedWay& way : bench.ways) {
    if (way.search_seconds > 0)
      text += "a whole search, " + way.Name() + ": about " + FormatDuration(way.search_seconds) + "\n";
  }
  return text;
}

Json BenchJson(const SupernetBench& bench) {
  Json ways = Json::array();
  for (const BenchedWay& way : bench.ways) ways.push_back(WayJson(bench, way));
  return {{"space", bench.space},
          {"input", bench.input},
          {"device", bench.device},
          {"level", bench.level},
          {"images", bench.images},
          {"steps", bench.steps},
          {"weight_macs", bench.weight_macs},
          {"alpha_macs", bench.alpha_macs},
          {"weight_bytes", bench.weight_bytes},
          {"alpha_bytes", bench.alpha_bytes},
          {"threads", bench.machine.threads},
          {"multiply_adds_per_second", bench.machine.multiply_adds_of_all},
          {"multiply_adds_per_second_one_thread", bench.machine.multiply_adds_of_one},
          {"bytes_per_second", bench.machine.bytes_of_all},
          {"bytes_per_second_one_thread", bench.machine.bytes_of_one},
          {"ways", std::move(ways)}};
}

std::string BenchText(const LoaderBench& bench) {
  TextTable table({{"workers", Align::kRight}, {"images/s", Align::kRight}, {"ms per image", Align::kRight}});
  const auto images = static_cast<double>(bench.images);
  for (const LoaderBench::Run& run : bench.runs) {
    const double seconds = Median(run.seconds);
    table.AddRow(
        {std::to_string(run.workers), FormatDecimals(images / seconds, 1), FormatDecimals(1000 * seconds / images, 2)});
  }
  const LoaderBench::Run& first = bench.runs.front();
  return bench.dataset + ": " + FormatThousands(bench.images) + " images per pass, batches of " +
         std::to_string(bench.batch) + "; medians of " + std::to_string(first.seconds.size()) +
         " passes after an untimed one\n\n" + table.Text();
}

Json BenchJson(const LoaderBench& bench) {
  Json runs = Json::array();
  for (const LoaderBench::Run& run : bench.runs) {
    runs.push_back({{"workers", run.workers},
                    {"seconds", run.seconds},
                    {"images_per_second", static_cast<double>(bench.images) / Median(run.seconds)}});
  }
  return {{"dataset", bench.dataset}, {"images", bench.images}, {"batch", bench.batch}, {"runs", std::move(runs)}};
}

}  // namespace danas
