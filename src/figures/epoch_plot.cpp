#include "epoch_plot.h"

#include <algorithm>
#include <cmath>

#include "danas/core/units.h"
#include "danas/report/text_table.h"

namespace danas {
namespace {

constexpr size_t kMostColumns = 400;  // with numbers to point at

bool IsKnown(const std::optional<double>& value) { return value && std::isfinite(*value); }

size_t LongestOf(const std::vector<Series>& all) {
  size_t epochs = 0;
  for (const Series& series : all) epochs = std::max(epochs, series.value_e.size());
  return epochs;
}

// Of what is drawn; false where there is nothing.
bool SetRange(const EpochPlot& plot, Axis& y) {
  double low = INFINITY, high = -INFINITY;
  for (const Series& series : plot.series) {
    for (const auto& value : series.value_e) {
      if (IsKnown(value)) low = std::min(low, *value), high = std::max(high, *value);
    }
  }
  if (!(low <= high)) return false;
  for (const Level& level : plot.levels) low = std::min(low, level.value), high = std::max(high, level.value);
  if (plot.from_zero) low = std::min(0.0, low);
  double room = 0.06 * (high - low);
  if (room == 0) room = high == 0 ? 1 : 0.1 * std::abs(high);
  y.low = plot.from_zero && low >= 0 ? 0 : low - room;
  y.high = high + room;
  return true;
}

void DrawSeries(Plot& axes, const Series& series, bool steps) {
  std::vector<Point> run;
  const auto flush = [&] {
    if (!run.empty()) axes.Curve(run, series.line);
    run.clear();
  };
  for (size_t e = 0; e < series.value_e.size(); ++e) {
    if (!IsKnown(series.value_e[e])) {
      flush();
      continue;
    }
    const double x = static_cast<double>(e + 1);
    if (steps && !run.empty()) run.emplace_back(x, run.back().second);
    run.emplace_back(x, *series.value_e[e]);
  }
  flush();
}

std::string ValuesAt(const EpochPlot& plot, size_t epoch, const std::vector<PhaseMark>& phases) {
  std::string text = "epoch " + std::to_string(epoch + 1);
  for (auto phase = phases.rbegin(); phase != phases.rend(); ++phase) {
    if (phase->first > epoch) continue;
    text += " (" + phase->name + ")";
    break;
  }
  for (const Series& series : plot.series) {
    if (epoch >= series.value_e.size()) continue;
    const auto& value = series.value_e[epoch];
    text += "\n" + series.name + ": " + (IsKnown(value) ? TickText(*value * plot.y.factor) : "not finite");
  }
  return text;
}

void DrawColumns(Svg& svg, const Plot& axes, const Frame& frame, const EpochPlot& plot, size_t epochs,
                 const std::vector<PhaseMark>& phases) {
  if (epochs > kMostColumns) return;
  const double width = frame.width / static_cast<double>(std::max<size_t>(1, epochs - 1));
  for (size_t e = 0; e < epochs; ++e) {
    const double middle = axes.At(static_cast<double>(e + 1), plot.y.low).first;
    svg.BeginGroup(ValuesAt(plot, e, phases), "epoch");
    svg.Rectangle(middle - width / 2, frame.top, width, frame.height, "#888888", 0);
    svg.EndGroup();
  }
}

// From the last to the first, so that a short warm-up gives way to what follows.
void DrawPhases(Svg& svg, const Plot& axes, const Frame& frame, const std::vector<PhaseMark>& phases) {
  double taken_from = frame.right() + 40;
  for (auto phase = phases.rbegin(); phase != phases.rend(); ++phase) {
    // Between the epochs, where the pruning was.
    const double place = phase->first == 0 ? frame.left : axes.At(static_cast<double>(phase->first) + 0.5, 0).first;
    if (phase->first > 0) svg.Line({place, frame.top}, {place, frame.bottom()}, {.colour = "#999999", .dash = "2,3"});
    const std::string name = CutToWidth(phase->name, 12);
    if (place + 9 + 6 * static_cast<double>(DisplayWidth(name)) > taken_from) continue;
    svg.Text({place + 3, frame.top - 8}, name, {.size = 10, .colour = "#666666"});
    taken_from = place;
  }
}

}  // namespace

std::vector<PhaseMark> PhasesOf(const SearchRecord& search) {
  std::vector<PhaseMark> marks;
  for (size_t e = 0; e < search.epochs.size(); ++e) {
    if (marks.empty() || marks.back().name != search.epochs[e].phase) marks.push_back({search.epochs[e].phase, e});
  }
  return marks;
}

std::optional<Figure> DrawEpochs(const EpochPlot& plot, const std::vector<PhaseMark>& phases) {
  Axis y = plot.y;
  if (!SetRange(plot, y)) return std::nullopt;
  const size_t epochs = LongestOf(plot.series);
  const Frame frame{.left = 62, .top = 26, .width = 320, .height = 190};
  Figure figure{.name = plot.name, .title = plot.title, .svg = {}, .claim = {}, .finding = plot.finding};
  Svg svg(frame.right() + 192, frame.bottom() + 46, plot.title, plot.finding);
  Plot axes(svg, frame,
            {.low = 1, .high = static_cast<double>(std::max<size_t>(2, epochs)), .title = "epoch", .whole = true}, y);
  DrawPhases(svg, axes, frame, phases);
  std::vector<std::pair<double, NamedColour>> labels;
  for (const Level& level : plot.levels) {
    const LineStyle line{.colour = "#666666", .width = 1.2, .dash = "6,3"};
    const double height = axes.At(1, level.value).second;
    svg.Line({frame.left, height}, {frame.right(), height}, line);
    labels.push_back({height, {level.name, line}});
  }
  for (const Series& series : plot.series) {
    DrawSeries(axes, series, plot.steps);
    const auto last = std::find_if(series.value_e.rbegin(), series.value_e.rend(), IsKnown);
    if (last != series.value_e.rend()) labels.push_back({axes.At(1, **last).second, {series.name, series.line}});
  }
  DrawEndLabels(svg, frame, std::move(labels));
  EpochPlot scaled = plot;
  scaled.y = y;
  DrawColumns(svg, axes, frame, scaled, epochs, phases);
  figure.svg = svg.Document();
  return figure;
}

Axis CostAxis(const std::string& what, const std::string& unit, double most) {
  Axis axis;
  std::string prefix;
  if (unit == "bytes") {
    axis.factor = 1 / 1048576.0;
    axis.title = what + ", MiB";
    return axis;
  }
  if (unit != "ms") {
    for (const auto& [size, name] : {std::pair(1e9, "G "), std::pair(1e6, "M "), std::pair(1e3, "k ")}) {
      if (most < size || !prefix.empty()) continue;
      axis.factor = 1 / size;
      prefix = name;
    }
  }
  axis.title = what + ", " + prefix + unit;
  return axis;
}

}  // namespace danas
