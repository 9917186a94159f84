// Networks that were scored or trained: what they cost and what they reach, and which candidates they are made of.
#include <algorithm>
#include <array>
#include <cmath>

#include "danas/core/units.h"
#include "danas/figures/colour.h"
#include "danas/figures/plot.h"
#include "danas/figures/run_figures.h"
#include "danas/report/estimate_text.h"
#include "danas/report/text_table.h"
#include "epoch_plot.h"

namespace danas {
namespace {

using Kind = PricedNetwork::Kind;

struct DotLook {
  const char* name;
  std::string colour;
  double radius;
};

DotLook LookOf(Kind kind) {
  switch (kind) {
    case Kind::kFinalist:
      return {"finalist, second score", kCategories[5], 4};
    case Kind::kFound:
      return {"found by search", kCategories[0], 6};
    case Kind::kRandom:
      return {"random", kCategories[1], 5};
    case Kind::kOther:
      return {"other", kCategories[2], 4};
    case Kind::kScored:
      break;
  }
  return {"scored", "#999999", 3};
}

std::string PercentEstimate(const Estimate& estimate) {
  if (!std::isfinite(estimate.low)) return FormatPercent(estimate.value, 2);
  return EstimateText(estimate, {.decimals = 2, .factor = 100}) + " %";
}

// How accuracies are shown: per cent of samples, or average precision.
struct Measure {
  std::string title, name;
  double factor = 100;

  std::string Text(const Estimate& estimate) const {
    return factor == 1 ? name + " " + events::PrecisionText(estimate.value) : PercentEstimate(estimate);
  }
};

Measure MeasureOf(const events::TaskWords& words, bool trained) {
  if (words.classes || !trained) return {.title = words.accuracy + ", %", .name = words.accuracy};
  return {.title = "AP", .name = "AP", .factor = 1};
}

std::string TitleOf(const events::TaskWords& words, bool trained) {
  if (trained) {
    return std::string(words.classes ? "Test accuracy" : "Average precision") +
           " of trained networks against their cost";
  }
  return (words.classes ? "Validation accuracy" : "Validation " + words.accuracy) +
         " with the supernet's weights against cost";
}

std::string FindingOf(const events::TaskWords& words, bool trained) {
  if (!trained) return "Networks share the supernet's weights: the order counts, not the height.";
  return words.classes ? "Bars: 95 % intervals over the test images of one training each; another seed's "
                         "training differs by more."
                       : "One training each; another seed's gives another network.";
}

void DrawNetwork(Svg& svg, const Plot& axes, const PricedNetwork& network, const std::string& unit,
                 const Measure& measure) {
  const DotLook look = LookOf(network.kind);
  svg.BeginGroup(network.name + ": " + FormatCost(network.cost, unit) + ", " + measure.Text(network.accuracy),
                 "network");
  const Point at = axes.At(network.cost, network.accuracy.value);
  if (std::isfinite(network.accuracy.low) && network.kind != Kind::kScored) {
    svg.Line(axes.At(network.cost, network.accuracy.low), axes.At(network.cost, network.accuracy.high),
             {.colour = look.colour, .width = 1.4});
  }
  svg.Dot(at, look.radius, look.colour);
  if (network.kind == Kind::kRandom) svg.Dot(at, 2.2, "#ffffff");  // told apart without colour
  svg.EndGroup();
}

// Networks that no other beats in both, as steps.
std::vector<Point> FrontOf(std::vector<PricedNetwork> networks) {
  std::ranges::stable_sort(networks, {}, &PricedNetwork::cost);
  std::vector<Point> front;
  double best = -INFINITY;
  for (const PricedNetwork& network : networks) {
    if (network.accuracy.value <= best) continue;
    if (!front.empty()) front.emplace_back(network.cost, best);
    best = network.accuracy.value;
    front.emplace_back(network.cost, best);
  }
  if (!front.empty()) front.emplace_back(networks.back().cost, best);
  return front;
}

void DrawLegend(Svg& svg, const Frame& frame, const std::vector<PricedNetwork>& networks) {
  double top = frame.top + 8;
  for (const Kind kind : {Kind::kFound, Kind::kFinalist, Kind::kRandom, Kind::kOther, Kind::kScored}) {
    if (std::ranges::none_of(networks, [&](const auto& network) { return network.kind == kind; })) continue;
    const DotLook look = LookOf(kind);
    svg.Dot({frame.right() + 22, top}, look.radius, look.colour);
    if (kind == Kind::kRandom) svg.Dot({frame.right() + 22, top}, 2.2, "#ffffff");
    svg.Text({frame.right() + 34, top + 4}, look.name, {.size = 11});
    top += 18;
  }
  svg.Line({frame.right() + 14, top}, {frame.right() + 30, top}, {.colour = "#bbbbbb", .width = 1.5});
  svg.Text({frame.right() + 34, top + 4}, "Pareto front", {.size = 11});
}

}  // namespace

std::optional<Figure> ParetoFigure(const std::vector<PricedNetwork>& all, const std::vector<BudgetLine>& budgets,
                                   const std::string& unit, bool trained, const events::TaskWords& words) {
  std::vector<PricedNetwork> networks;
  for (const PricedNetwork& network : all) {
    if (std::isfinite(network.cost) && std::isfinite(network.accuracy.value)) networks.push_back(network);
  }
  if (networks.size() < 2) return std::nullopt;
  double left = INFINITY, right = -INFINITY, low = INFINITY, high = -INFINITY;
  for (const PricedNetwork& network : networks) {
    left = std::min(left, network.cost), right = std::max(right, network.cost);
    const bool interval = std::isfinite(network.accuracy.low) && network.kind != Kind::kScored;
    low = std::min(low, interval ? network.accuracy.low : network.accuracy.value);
    high = std::max(high, interval ? network.accuracy.high : network.accuracy.value);
  }
  for (const BudgetLine& budget : budgets) left = std::min(left, budget.cost), right = std::max(right, budget.cost);
  const double room_x = right > left ? 0.06 * (right - left) : 0.1 * std::abs(right) + 1;
  const double room_y = high > low ? 0.08 * (high - low) : 0.01;
  Figure figure{.name = trained ? "pareto-trained" : "pareto-supernet",
                .title = TitleOf(words, trained),
                .svg = {},
                .claim = {},
                .finding = FindingOf(words, trained)};
  const Measure measure = MeasureOf(words, trained);
  const Frame frame{.left = 66, .top = 20, .width = 560, .height = 300};
  Svg svg(frame.right() + 200, frame.bottom() + 46, figure.title, figure.finding);
  Axis x = CostAxis("cost", unit, right);
  x.low = left - room_x, x.high = right + room_x;
  Plot axes(svg, frame, x,
            {.low = low - room_y, .high = high + room_y, .title = measure.title, .factor = measure.factor});
  for (const BudgetLine& budget : budgets) {
    const double place = axes.At(budget.cost, low).first;
    svg.Line({place, frame.top}, {place, frame.bottom()}, {.colour = "#666666", .width = 1.2, .dash = "6,3"});
    svg.Text({place, frame.top - 6}, budget.name, {.size = 10, .anchor = Anchor::kMiddle, .colour = "#666666"});
  }
  axes.Curve(FrontOf(networks), {.colour = "#bbbbbb", .width = 1.5});
  std::ranges::stable_sort(networks, {}, [](const auto& network) { return network.kind == Kind::kFound ? 1 : 0; });
  for (const PricedNetwork& network : networks) DrawNetwork(svg, axes, network, unit, measure);
  DrawLegend(svg, frame, networks);
  figure.svg = svg.Document();
  return figure;
}

std::optional<Figure> BestNetworksFigure(const SearchRecord& search, const BudgetRecord& budget) {
  if (!budget.scores || budget.scores->best.size() < 2) return std::nullopt;
  const std::vector<events::ScoredEntry>& best = budget.scores->best;
  std::vector<std::string> rows;
  for (const auto& candidates : search.candidate_l) {
    for (const std::string& name : candidates) {
      const auto has = [&](const auto& entry) { return std::ranges::count(entry.network, name) > 0; };
      if (!std::ranges::count(rows, name) && std::ranges::any_of(best, has)) rows.push_back(name);
    }
  }
  const size_t layers = search.candidate_l.size();
  if (rows.empty() || layers < 2) return std::nullopt;
  Figure figure{.name = budget.name.empty() ? "best-networks" : "best-networks-" + budget.name,
                .title = "The " + std::to_string(best.size()) + " best networks by score, layer by layer",
                .svg = {},
                .claim = {},
                .finding = "The darker, the better; the thick line is the first."};
  constexpr double kRow = 30;
  const double across = std::clamp(860 / static_cast<double>(layers - 1), 40.0, 130.0);
  const Frame frame{.left = 150,
                    .top = 20,
                    .width = across * static_cast<double>(layers - 1),
                    .height = kRow * static_cast<double>(rows.size())};
  Svg svg(frame.right() + 30, frame.bottom() + 46, figure.title, figure.finding);
  for (size_t l = 0; l < layers; ++l) {
    const double x = frame.left + across * static_cast<double>(l);
    svg.Line({x, frame.top}, {x, frame.bottom()}, {.colour = "#dddddd"});
    svg.Text({x, frame.bottom() + 16}, std::to_string(l), {.size = 11, .anchor = Anchor::kMiddle});
  }
  svg.Text({frame.left + frame.width / 2, frame.bottom() + 36}, "layer", {.anchor = Anchor::kMiddle});
  for (size_t r = 0; r < rows.size(); ++r) {
    svg.Text({frame.left - 14, frame.top + kRow * (static_cast<double>(r) + 0.5) + 4}, CutToWidth(rows[r], 20),
             {.size = 11, .anchor = Anchor::kEnd});
  }
  for (size_t n = best.size(); n-- > 0;) {
    std::vector<Point> points;
    // Side by side, so that lines that share candidates are seen.
    const double shift = (static_cast<double>(n) / static_cast<double>(best.size() - 1) - 0.5) * 0.6 * kRow;
    for (size_t l = 0; l < std::min(layers, best[n].network.size()); ++l) {
      const auto row = std::ranges::find(rows, best[n].network[l]) - rows.begin();
      points.emplace_back(frame.left + across * static_cast<double>(l),
                          frame.top + kRow * (static_cast<double>(row) + 0.5) + shift);
    }
    const double share = 0.9 - 0.6 * static_cast<double>(n) / static_cast<double>(best.size());
    const std::string colour = n == 0 ? kCategories[0] : HexColour(Sequential(share));
    svg.BeginGroup(std::to_string(n + 1) + ": " + FormatCost(best[n].cost, search.start.unit) + ", " +
                       events::WordsOf(search.start.task).accuracy + " " + FormatPercent(best[n].accuracy, 2),
                   "network");
    svg.Polyline(points, {.colour = colour, .width = n == 0 ? 3.0 : 1.4});
    for (const Point& point : points) svg.Dot(point, n == 0 ? 3.2 : 1.8, colour);
    svg.EndGroup();
  }
  figure.svg = svg.Document();
  return figure;
}

}  // namespace danas
