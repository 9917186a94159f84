// Every cut of a search with the evidence for it.
#include <algorithm>
#include <cmath>

#include "danas/core/units.h"
#include "danas/figures/colour.h"
#include "danas/figures/plot.h"
#include "danas/figures/run_figures.h"
#include "danas/report/text_table.h"

namespace danas {
namespace {

constexpr size_t kMostRows = 90;
constexpr double kRow = 17;
constexpr double kCertain = 2;                   // standard errors
constexpr double kPhase = 84, kCharacter = 6.2;  // widths of a phase's name, and of a label's letters
constexpr size_t kMostCharacters = 64;

struct Cut {
  std::string phase, text;
  double gap = 0;
  std::optional<double> z;
  bool conflict = false;

  std::optional<double> error() const {
    return z && *z != 0 && std::isfinite(gap / *z) ? std::optional(std::abs(gap / *z)) : std::nullopt;
  }
  bool clear() const { return z && *z >= kCertain && !conflict; }
};

std::vector<Cut> CutsOf(const BudgetRecord& budget) {
  std::vector<Cut> cuts;
  for (const events::Pruning& pruning : budget.prunings) {
    for (const events::LayerCut& layer : pruning.layers) {
      // z is of the totals where the pruning was aware of the budget.
      const double gap = layer.total_gap.value_or(layer.gap);
      if (!std::isfinite(gap)) continue;
      cuts.push_back(
          {.phase = pruning.phase,
           .text = "layer " + std::to_string(layer.layer) + ": " + layer.last_kept + " over " + layer.first_dropped,
           .gap = gap,
           .z = layer.z.value,
           .conflict = layer.conflict.value_or(false)});
    }
  }
  return cuts;
}

std::string Verdict(const Cut& cut) {
  if (!cut.z) return "beyond the budget";
  return FormatDecimals(*cut.z, 1) + (cut.conflict ? ", contradicts" : cut.clear() ? "" : ", toss-up");
}

}  // namespace

std::optional<Figure> PruningFigure(const BudgetRecord& budget, const events::TaskWords& words) {
  std::vector<Cut> cuts = CutsOf(budget);
  if (cuts.empty()) return std::nullopt;
  const auto clear = static_cast<size_t>(std::ranges::count_if(cuts, &Cut::clear));
  Figure figure{.name = budget.name.empty() ? "prunings" : "prunings-" + budget.name,
                .title = "Cuts: by how much the weakest that was kept leads the strongest that was dropped",
                .svg = {},
                .claim = {},
                .finding = std::to_string(clear) + " of " + std::to_string(cuts.size()) +
                           " cuts are at least two standard errors clear. Bars: one standard error."};
  if (cuts.size() > kMostRows) {
    std::ranges::stable_sort(cuts, {}, [](const Cut& cut) { return std::abs(cut.z.value_or(0)); });
    cuts.resize(kMostRows);
    figure.finding += " Shown are the " + std::to_string(kMostRows) + " least clear.";
  }
  double low = 0, high = 0;
  for (const Cut& cut : cuts) {
    low = std::min(low, cut.gap - cut.error().value_or(0));
    high = std::max(high, cut.gap + cut.error().value_or(0));
  }
  const double room = high > low ? 0.05 * (high - low) : 1;
  size_t longest = 0;
  for (const Cut& cut : cuts) longest = std::max(longest, DisplayWidth(cut.text));
  const double label = kCharacter * static_cast<double>(std::min(longest, kMostCharacters));
  const Frame frame{
      .left = kPhase + label + 10, .top = 26, .width = 380, .height = kRow * static_cast<double>(cuts.size())};
  Svg svg(frame.right() + 130, frame.bottom() + 46, figure.title, figure.finding);
  const bool by_alpha =
      std::ranges::none_of(budget.prunings, [](const auto& pruning) { return pruning.values.has_value(); });
  const double factor = by_alpha ? 1 : words.loss_factor;
  const double left = factor * (low - room), right = factor * (high + room);
  const auto at = [&](double gap) { return frame.left + frame.width * (gap - left) / (right - left); };
  const auto at_gap = [&](double gap) { return at(factor * gap); };
  for (const double tick : RoundTicks(left, right, 6)) {
    svg.Line({at(tick), frame.top}, {at(tick), frame.bottom()}, {.colour = tick == 0 ? "#666666" : "#dddddd"});
    svg.Text({at(tick), frame.bottom() + 16}, TickText(tick), {.size = 11, .anchor = Anchor::kMiddle});
  }
  svg.Text({frame.left + frame.width / 2, frame.bottom() + 36},
           by_alpha ? "gap ± error, α" : "gap ± error, " + words.loss_unit, {.anchor = Anchor::kMiddle});
  svg.Text({frame.right() + 14, frame.top - 8}, "standard errors", {.size = 10, .colour = "#666666"});
  std::string phase;
  for (size_t i = 0; i < cuts.size(); ++i) {
    const Cut& cut = cuts[i];
    const double y = frame.top + kRow * (static_cast<double>(i) + 0.5);
    const std::string colour = cut.clear() ? kCategories[0] : kCategories[1];
    svg.BeginGroup(cut.phase + ", " + cut.text + ": gap " + TickText(factor * cut.gap) + ", " + Verdict(cut), "cut");
    if (cut.phase != phase) svg.Text({6, y + 4}, CutToWidth(cut.phase, 9), {.size = 11, .bold = true});
    phase = cut.phase;
    svg.Text({frame.left - 10, y + 4}, CutToWidth(cut.text, kMostCharacters), {.size = 11, .anchor = Anchor::kEnd});
    if (const auto error = cut.error()) {
      svg.Line({at_gap(cut.gap - *error), y}, {at_gap(cut.gap + *error), y}, {.colour = colour, .width = 1.6});
    }
    svg.Dot({at_gap(cut.gap), y}, 3.4, colour);
    if (!cut.clear()) svg.Dot({at_gap(cut.gap), y}, 1.8, "#ffffff");
    svg.Text({frame.right() + 14, y + 4}, Verdict(cut), {.size = 11});
    svg.EndGroup();
  }
  figure.svg = svg.Document();
  return figure;
}

}  // namespace danas
