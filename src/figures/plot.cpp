#include "danas/figures/plot.h"

#include <algorithm>
#include <cmath>

#include "danas/core/units.h"
#include "danas/figures/colour.h"
#include "danas/report/text_table.h"

namespace danas {
namespace {

constexpr double kTickSize = 11;
constexpr const char* kGrid = "#dddddd";

double Share(double value, const Axis& axis) {
  return axis.high > axis.low ? std::clamp((value - axis.low) / (axis.high - axis.low), 0.0, 1.0) : 0;
}

}  // namespace

std::string TickText(double value) {
  std::string text = FormatDecimals(value, 3);
  text.erase(text.find_last_not_of('0') + 1);
  if (text.ends_with('.')) text.pop_back();
  return text == "-0" ? "0" : text;
}

std::vector<double> RoundTicks(double low, double high, int most) {
  if (!(high > low)) return {low};
  const double rough = (high - low) / most;
  const double power = std::pow(10, std::floor(std::log10(rough)));
  double step = 10 * power;
  for (const double factor : {1.0, 2.0, 5.0}) {
    if (factor * power >= rough) {
      step = factor * power;
      break;
    }
  }
  std::vector<double> ticks;
  for (auto i = static_cast<int64_t>(std::ceil(low / step - 1e-9)); static_cast<double>(i) * step <= high + 1e-9 * step;
       ++i) {
    ticks.push_back(static_cast<double>(i) * step);
  }
  return ticks;
}

Plot::Plot(Svg& svg, const Frame& frame, const Axis& x, const Axis& y) : svg_(svg), frame_(frame), x_(x), y_(y) {
  for (const double tick : RoundTicks(y.low * y.factor, y.high * y.factor, 6)) {
    const double height = At(x.low, tick / y.factor).second;
    svg.Line({frame.left, height}, {frame.right(), height}, {.colour = kGrid});
    svg.Text({frame.left - 6, height + 4}, TickText(tick), {.size = kTickSize, .anchor = Anchor::kEnd});
  }
  for (const double tick : RoundTicks(x.low * x.factor, x.high * x.factor, static_cast<int>(frame.width / 60) + 1)) {
    if (x.whole && tick != std::floor(tick)) continue;
    const double place = At(tick / x.factor, y.low).first;
    svg.Line({place, frame.bottom()}, {place, frame.bottom() + 4});
    svg.Text({place, frame.bottom() + 17}, TickText(tick), {.size = kTickSize, .anchor = Anchor::kMiddle});
  }
  svg.Line({frame.left, frame.bottom()}, {frame.right(), frame.bottom()});
  svg.Text({frame.left + frame.width / 2, frame.bottom() + 35}, x.title, {.anchor = Anchor::kMiddle});
  svg.Text({frame.left - 42, frame.top + frame.height / 2}, y.title, {.anchor = Anchor::kMiddle, .turn = -90});
}

Point Plot::At(double x, double y) const {
  return {frame_.left + frame_.width * Share(x, x_), frame_.bottom() - frame_.height * Share(y, y_)};
}

void Plot::Curve(const std::vector<Point>& values, const LineStyle& style) {
  std::vector<Point> points;
  for (const auto& [x, y] : values) points.push_back(At(x, y));
  if (points.size() == 1) {
    svg_.Dot(points.front(), 3, style.colour);
  } else {
    svg_.Polyline(points, style);
  }
}

void Plot::Band(const std::vector<Point>& low, const std::vector<Point>& high, const std::string& fill) {
  std::vector<Point> outline;
  for (const auto& [x, y] : low) outline.push_back(At(x, y));
  for (auto point = high.rbegin(); point != high.rend(); ++point) outline.push_back(At(point->first, point->second));
  svg_.Polygon(outline, fill, 0.25);
}

void DrawEndLabels(Svg& svg, const Frame& frame, std::vector<std::pair<double, NamedColour>> height_and_label) {
  constexpr double kApart = 14;
  std::stable_sort(height_and_label.begin(), height_and_label.end(),
                   [](const auto& a, const auto& b) { return a.first < b.first; });
  std::vector<double> places;
  for (const auto& [height, label] : height_and_label) {
    places.push_back(places.empty() ? height : std::max(height, places.back() + kApart));
  }
  // Pushed down past the end, they all move up as far as they must.
  double limit = frame.bottom();
  for (size_t i = places.size(); i-- > 0; limit = places[i] - kApart) places[i] = std::min(places[i], limit);
  for (size_t i = 0; i < places.size(); ++i) {
    const auto& [height, label] = height_and_label[i];
    svg.Line({frame.right() + 2, height}, {frame.right() + 16, places[i]}, {.colour = "#999999", .width = 0.6});
    svg.Line({frame.right() + 18, places[i]}, {frame.right() + 38, places[i]}, label.line);
    svg.Text({frame.right() + 43, places[i] + 4}, CutToWidth(label.name, 24), {.size = kTickSize});
  }
}

double RowsHeight(size_t rows) {
  const auto count = static_cast<double>(rows);
  return rows <= kMostNamedRows ? count * std::clamp(320 / count, 9.5, 26.0) : 520;
}

double RowNamesWidth(size_t rows) { return rows <= kMostNamedRows ? 170 : 70; }

void DrawRowNames(Svg& svg, const Frame& frame, const std::vector<std::string>& names, const std::string& title) {
  const double row = frame.height / static_cast<double>(names.size());
  if (names.size() <= kMostNamedRows) {
    const double size = std::min(12.0, 0.95 * row);
    for (size_t r = 0; r < names.size(); ++r) {
      svg.Text({frame.left - 6, frame.top + row * (static_cast<double>(r) + 0.5) + 0.35 * size},
               CutToWidth(names[r], 22), {.size = size, .anchor = Anchor::kEnd});
    }
  } else {
    for (const double tick : RoundTicks(1, static_cast<double>(names.size()), 10)) {
      const double height = frame.top + row * (std::max(tick, 1.0) - 0.5);
      svg.Line({frame.left - 4, height}, {frame.left, height});
      svg.Text({frame.left - 7, height + 4}, TickText(tick), {.size = kTickSize, .anchor = Anchor::kEnd});
    }
  }
  const double beside = names.size() <= kMostNamedRows ? 142 : 44;
  svg.Text({frame.left - beside, frame.top + frame.height / 2}, title, {.anchor = Anchor::kMiddle, .turn = -90});
}

void DrawColumnNumbers(Svg& svg, const Frame& frame, size_t columns, const std::string& title) {
  const double column = frame.width / static_cast<double>(columns);
  for (const double tick : RoundTicks(1, static_cast<double>(columns), static_cast<int>(frame.width / 55) + 1)) {
    if (tick < 1 || tick != std::floor(tick)) continue;
    const double place = frame.left + column * (tick - 0.5);
    svg.Line({place, frame.bottom()}, {place, frame.bottom() + 4});
    svg.Text({place, frame.bottom() + 17}, TickText(tick), {.size = kTickSize, .anchor = Anchor::kMiddle});
  }
  svg.Text({frame.left + frame.width / 2, frame.bottom() + 34}, title, {.anchor = Anchor::kMiddle});
}

}  // namespace danas
