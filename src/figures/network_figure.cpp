// The network that was found, as the paper's Fig. 5, and what each of its layers costs.
#include <algorithm>
#include <cmath>
#include <functional>
#include <map>

#include "block_look.h"
#include "danas/core/units.h"
#include "danas/figures/plot.h"
#include "danas/figures/run_figures.h"
#include "graph_drawing.h"

namespace danas {
namespace {

constexpr double kLeft = 92;
constexpr double kBoxTop = 76;
constexpr double kBoxHeight = 68;
constexpr double kBarHeight = 84;
constexpr double kBarGap = 30;
constexpr double kText = 10.5;
constexpr const char* kGuide = "#999999";
constexpr const char* kEnds = "stem and head";  // in place of a block's kind
constexpr const char* kSqueezes = "squeeze and excite";
constexpr const char* kDrops = "resolution drops";
constexpr const char* kGrows = "resolution grows";
constexpr const char* kDropDash = "4,3";
constexpr const char* kGrowDash = "1,3";

// A column of the picture: the stem, a layer or the head.
struct Place {
  std::string title;  // "layers[3]"
  MapShape in, out;
  BlockLook look;
};

std::vector<Place> PlacesOf(const SearchSpace& network) {
  std::vector<Place> places;
  const MapShape image{network.input_channels(), network.input()};
  const StemSpec& stem = network.stem();
  if (stem.channels > 0) {
    const std::string kernel = std::to_string(stem.kernel);
    places.push_back({.title = "stem",
                      .in = image,
                      .out = {stem.channels, Downsampled(network.input(), stem.stride)},
                      .look = {.kind = kEnds,
                               .fill = "#f2f2f2",
                               .passes = false,
                               .squeeze_excite = false,
                               .lines = {"stem"},
                               .op = kernel + "×" + kernel}});
  }
  for (size_t l = 0; l < network.layers().size(); ++l) {
    const LayerSpec& layer = network.layers()[l];
    places.push_back({.title = "layers[" + std::to_string(l) + "] " + CandidateName(layer.candidates.front()),
                      .in = {layer.shape.in, layer.shape.input},
                      .out = {layer.shape.out, layer.shape.output()},
                      .look = LookOf(layer.candidates.front(), layer.shape)});
  }
  const int pool = network.head().pool;
  const bool maps = network.has_heat_maps();
  places.push_back({.title = "head",
                    .in = {network.feature_channels(), network.feature_size()},
                    .out = maps ? network.heat_maps() : MapShape{network.head_channels(), {pool, pool}},
                    .look = {.kind = kEnds,
                             .fill = "#f2f2f2",
                             .passes = false,
                             .squeeze_excite = false,
                             .lines = {"head"},
                             .op = std::to_string(network.classes()) + (maps ? " maps" : " cl.")}});
  return places;
}

std::string SizeText(Size size) { return std::to_string(size.height) + "×" + std::to_string(size.width); }

bool Drops(const Place& place) { return place.out.size.height < place.in.size.height; }
bool Grows(const Place& place) { return place.out.size.height > place.in.size.height; }

class Drawing {
 public:
  Drawing(const SearchSpace& network, const std::vector<LayerCosts>& costs, const std::string& title,
          const std::string& finding)
      : places_(PlacesOf(network)),
        costs_(costs),
        column_(std::clamp(1040 / static_cast<double>(places_.size()), 44.0, 62.0)),
        bars_top_(kBoxTop + kBoxHeight + 36),
        bottom_(bars_top_ + static_cast<double>(costs.size()) * (kBarHeight + kBarGap)),
        svg_(std::max(Left(places_.size()) + 16, kLeft + LegendWidth()), bottom_ + 34, title, finding) {}

  std::string Document() {
    // The head's own pooling is no drop of resolution.
    for (size_t i = 0; i + 1 < places_.size(); ++i) {
      if (!Drops(places_[i]) && !Grows(places_[i])) continue;
      svg_.Line({Left(i), 16}, {Left(i), bottom_ - kBarGap + 4},
                {.colour = kGuide, .width = 1, .dash = Drops(places_[i]) ? kDropDash : kGrowDash});
    }
    svg_.Text({kLeft - 10, 20}, "resolution", {.size = kText, .anchor = Anchor::kEnd});
    Brackets(
        16, [](const Place& place) { return place.out.size.height; },
        [](const Place& place, bool /*more*/) { return SizeText(place.out.size); });
    svg_.Text({kLeft - 10, 52}, "channels", {.size = kText, .anchor = Anchor::kEnd});
    Brackets(
        48, [](const Place& place) { return place.out.channels; },
        [](const Place& place, bool more) { return (more ? "↑ " : "") + std::to_string(place.out.channels); });
    svg_.Text({kLeft - 10, kBoxTop + kBoxHeight / 2 + 4}, "block", {.size = kText, .anchor = Anchor::kEnd});
    svg_.Text({kLeft - 10, kBoxTop + kBoxHeight + 17}, "layer", {.size = kText, .anchor = Anchor::kEnd});
    for (size_t i = 0; i < places_.size(); ++i) Box(i);
    for (size_t c = 0; c < costs_.size(); ++c) Bars(c);
    Legend();
    return svg_.Document();
  }

 private:
  double Left(size_t column) const { return kLeft + column_ * static_cast<double>(column); }

  // Neighbours with the same value share a bracket; the head has none.
  template <typename Value, typename Label>
  void Brackets(double height, Value value, Label label) {
    const size_t end = places_.size() - 1;
    for (size_t first = 0, last = 0; first < end; first = last + 1) {
      last = first;
      while (last + 1 < end && value(places_[last + 1]) == value(places_[first])) ++last;
      const double left = Left(first) + 3, right = Left(last + 1) - 3;
      svg_.Polyline({{left, height + 12}, {left, height + 8}, {right, height + 8}, {right, height + 12}},
                    {.colour = "#666666"});
      const bool more = first > 0 && value(places_[first]) > value(places_[first - 1]);
      svg_.Text({(left + right) / 2, height + 4}, label(places_[first], more),
                {.size = kText, .anchor = Anchor::kMiddle});
    }
  }

  void Box(size_t column) {
    const Place& place = places_[column];
    const BlockLook& look = place.look;
    const double left = Left(column) + 3, width = column_ - 6, middle = left + width / 2;
    const std::string more = look.squeeze_excite ? ", squeeze and excite" : "";
    svg_.BeginGroup(place.title + more + ": " + ShapeLabel(place.in) + " → " + ShapeLabel(place.out), "block");
    svg_.Rectangle(left, kBoxTop, width, kBoxHeight, look.fill);
    const std::vector<Point> border = {{left, kBoxTop},
                                       {left + width, kBoxTop},
                                       {left + width, kBoxTop + kBoxHeight},
                                       {left, kBoxTop + kBoxHeight},
                                       {left, kBoxTop}};
    svg_.Polyline(border, {.colour = "#777777", .width = 1, .dash = look.passes ? "3,3" : ""});
    std::vector<std::string> lines = look.lines;
    if (lines.size() > 3) lines.resize(3);
    double foot = kBoxTop + 16;
    const auto add = [&](const std::string& line, bool bold) {
      const double size = std::min(kText, kText * (width - 6) / std::max(1.0, TextWidth(line, kText, bold)));
      svg_.Text({middle, foot}, line, {.size = size, .anchor = Anchor::kMiddle, .bold = bold, .colour = kOnFill});
      foot += 13;
    };
    for (const std::string& line : lines) add(line, true);
    add(look.op, false);
    if (look.squeeze_excite) SqueezeExciteSign({left + width - 21, kBoxTop + kBoxHeight - 16});
    svg_.EndGroup();
    const bool is_end = place.title == "stem" || place.title == "head";
    if (!is_end) {
      const size_t number = column - (places_.front().title == "stem" ? 1 : 0);
      svg_.Text({middle, kBoxTop + kBoxHeight + 17}, std::to_string(number),
                {.size = kText, .anchor = Anchor::kMiddle});
    }
    if (column + 1 < places_.size()) {
      svg_.Line({left + width, kBoxTop + kBoxHeight / 2}, {left + width + 6, kBoxTop + kBoxHeight / 2},
                {.colour = "#666666", .width = 1.5});
    }
  }

  void SqueezeExciteSign(Point top_left) {
    const auto [left, top] = top_left;
    svg_.Rectangle(left, top, 19, 13, "#444444");
    svg_.Text({left + 9.5, top + 10}, "SE", {.size = 9, .anchor = Anchor::kMiddle, .bold = true, .colour = "#ffffff"});
  }

  void Bars(size_t which) {
    const LayerCosts& costs = costs_[which];
    const double top = bars_top_ + static_cast<double>(which) * (kBarHeight + kBarGap), foot = top + kBarHeight;
    const double most = std::max(1e-12, *std::ranges::max_element(costs.cost_l)), all = Sum(costs);
    // With a stem of no channels there is no column for its cost, which is 0.
    const size_t skipped = costs.cost_l.size() - places_.size();
    for (const double tick : RoundTicks(0, most, 3)) {
      const double height = foot - kBarHeight * tick / most;
      svg_.Line({kLeft, height}, {Left(places_.size()), height}, {.colour = "#dddddd"});
      svg_.Text({kLeft - 6, height + 4}, FormatCostNumber(tick, costs.unit), {.size = 10, .anchor = Anchor::kEnd});
    }
    for (size_t i = 0; i < places_.size(); ++i) {
      const double cost = costs.cost_l[i + skipped], height = kBarHeight * cost / most;
      svg_.BeginGroup(places_[i].title + ": " + FormatCost(cost, costs.unit) + ", " +
                          FormatPercent(all > 0 ? cost / all : 0) + " of the network",
                      "bar");
      svg_.Rectangle(Left(i) + 8, foot - height, column_ - 16, height, "#0072b2");
      svg_.Rectangle(Left(i) + 3, top, column_ - 6, kBarHeight, "#ffffff", 0);  // to point at
      svg_.EndGroup();
    }
    svg_.Line({kLeft, foot}, {Left(places_.size()), foot});
    svg_.Text({18, top + kBarHeight / 2}, costs.unit, {.anchor = Anchor::kMiddle, .turn = -90, .bold = true});
    svg_.Text({34, top + kBarHeight / 2}, FormatCostNumber(all, costs.unit) + " in all",
              {.size = 10, .anchor = Anchor::kMiddle, .turn = -90});
  }

  static double Sum(const LayerCosts& costs) {
    double sum = 0;
    for (const double cost : costs.cost_l) sum += cost;
    return sum;
  }

  // Of the kinds in the picture; the stem and the head speak for themselves.
  std::map<std::string, std::string> FillsOfKinds() const {
    std::map<std::string, std::string> fill_of;
    for (const Place& place : places_) {
      if (place.look.kind != kEnds) fill_of.emplace(place.look.kind, place.look.fill);
    }
    return fill_of;
  }

  double LegendWidth() const {
    double width = TextWidth(kSqueezes, kText) + TextWidth(kDrops, kText) + 80;
    if (std::ranges::any_of(places_, Grows)) width += TextWidth(kGrows, kText) + 41;
    for (const auto& [kind, fill] : FillsOfKinds()) width += 40 + TextWidth(kind, kText);
    return width;
  }

  void Legend() {
    double left = kLeft;
    const double top = bottom_ + 2;
    for (const auto& [kind, fill] : FillsOfKinds()) {
      DrawFrame(svg_, {.left = left, .top = top, .width = 14, .height = 14}, fill, "#777777");
      svg_.Text({left + 20, top + 11}, kind, {.size = kText});
      left += 40 + TextWidth(kind, kText);
    }
    if (std::ranges::any_of(places_, [](const Place& place) { return place.look.squeeze_excite; })) {
      SqueezeExciteSign({left, top});
      svg_.Text({left + 25, top + 11}, kSqueezes, {.size = kText});
      left += 45 + TextWidth(kSqueezes, kText);
    }
    const auto add_line = [&](const char* text, const char* dash) {
      svg_.Line({left, top + 7}, {left + 16, top + 7}, {.colour = kGuide, .width = 1, .dash = dash});
      svg_.Text({left + 21, top + 11}, text, {.size = kText});
      left += 41 + TextWidth(text, kText);
    };
    add_line(kDrops, kDropDash);
    if (std::ranges::any_of(places_, Grows)) add_line(kGrows, kGrowDash);
  }

  std::vector<Place> places_;
  std::vector<LayerCosts> costs_;
  double column_, bars_top_, bottom_;
  Svg svg_;
};

std::string Finding(const SearchSpace& network, const std::vector<LayerCosts>& costs) {
  std::string text;
  for (const LayerCosts& of_unit : costs) {
    const auto most = std::ranges::max_element(of_unit.cost_l);
    const auto place = static_cast<size_t>(most - of_unit.cost_l.begin());
    double all = 0;
    for (const double cost : of_unit.cost_l) all += cost;
    if (all <= 0) continue;
    const std::string name = place == 0                             ? "the stem"
                             : place == network.layers().size() + 1 ? "the head"
                                                                    : "layer " + std::to_string(place - 1);
    text += (text.empty() ? "" : " ") + FormatCost(all, of_unit.unit) + " in all, the most of them, " +
            FormatPercent(*most / all) + ", in " + name + ".";
  }
  return text;
}

}  // namespace

Figure NetworkFigure(const SearchSpace& network, const std::vector<LayerCosts>& costs, const std::string& title) {
  Figure figure{.name = "network", .title = title, .svg = {}, .claim = {}, .finding = Finding(network, costs)};
  figure.svg = Drawing(network, costs, figure.title, figure.finding).Document();
  return figure;
}

}  // namespace danas
