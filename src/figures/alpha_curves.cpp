// α of each layer's candidates as curves.
#include <algorithm>
#include <map>

#include "candidate_words.h"
#include "danas/core/softmax.h"
#include "danas/core/units.h"
#include "danas/figures/colour.h"
#include "danas/figures/plot.h"
#include "danas/figures/run_figures.h"
#include "danas/report/text_table.h"
#include "epoch_plot.h"

namespace danas {
namespace {

// One layer's plot, small.
class LayerPlot {
 public:
  LayerPlot(const BudgetRecord& budget, size_t layer, const std::vector<std::string>& candidates)
      : budget_(budget), layer_(layer), candidates_(candidates) {
    for (const auto& alpha : budget.layers_e) {
      auto& of_epoch = probability_e_.emplace_back();
      if (!alpha || layer >= alpha->layers.size() || !IsUsable(alpha->layers[layer])) continue;
      const std::vector<double> probability = Softmax(alpha->layers[layer].alpha);
      for (size_t c = 0; c < probability.size(); ++c) of_epoch[alpha->layers[layer].candidates[c]] = probability[c];
    }
    // Those that lived longest, and of them the likeliest, have colours.
    order_ = candidates;
    std::ranges::stable_sort(order_, [&](const std::string& a, const std::string& b) { return Rank(a) > Rank(b); });
  }

  void Draw(Svg& svg, const Frame& frame, const std::vector<PhaseMark>& phases) const {
    const auto epochs = static_cast<double>(std::max<size_t>(2, probability_e_.size()));
    const auto at = [&](double epoch, double value) {
      return Point{frame.left + frame.width * (epoch - 1) / (epochs - 1), frame.bottom() - frame.height * value};
    };
    svg.Text({frame.left, frame.top - 6}, "layer " + std::to_string(layer_), {.size = 11, .bold = true});
    for (const double value : {0.0, 0.5, 1.0}) {
      svg.Line(at(1, value), at(epochs, value), {.colour = value == 0 ? "#666666" : "#dddddd"});
      svg.Text({frame.left - 4, at(1, value).second + 3.5}, TickText(value), {.size = 9, .anchor = Anchor::kEnd});
    }
    for (const PhaseMark& phase : phases) {
      if (phase.first == 0) continue;
      const double x = at(static_cast<double>(phase.first) + 0.5, 0).first;
      svg.Line({x, frame.top}, {x, frame.bottom()}, {.colour = "#999999", .width = 0.8, .dash = "2,3"});
    }
    for (size_t rank = order_.size(); rank-- > 0;) Curve(svg, at, rank);
    for (size_t rank = 0; rank < std::min(kNamed, order_.size()); ++rank) {
      svg.Text({frame.left, frame.bottom() + 13 + 12 * static_cast<double>(rank)}, CutToWidth(order_[rank], 24),
               {.size = 10, .colour = kCategories.at(rank)});
    }
  }

  static constexpr size_t kNamed = 3;

 private:
  // Epochs lived, then the last probability.
  std::pair<size_t, double> Rank(const std::string& name) const {
    std::pair<size_t, double> rank{0, 0};
    for (size_t e = 0; e < probability_e_.size(); ++e) {
      const auto found = probability_e_[e].find(name);
      if (found != probability_e_[e].end()) rank = {e + 1, found->second};
    }
    return rank;
  }

  template <typename At>
  void Curve(Svg& svg, const At& at, size_t rank) const {
    std::vector<Point> points;
    std::string values;
    for (size_t e = 0; e < probability_e_.size(); ++e) {
      const auto found = probability_e_[e].find(order_[rank]);
      if (found == probability_e_[e].end()) continue;
      points.push_back(at(static_cast<double>(e + 1), found->second));
      values = FormatDecimals(found->second, 3);
    }
    if (points.empty()) return;
    const bool named = rank < kNamed;
    const LineStyle line{.colour = named ? kCategories.at(rank) : "#bbbbbb", .width = named ? 1.8 : 1};
    svg.BeginGroup(order_[rank] + ": " + values + " at the end, " + FateText(rank), "curve");
    if (points.size() > 1) svg.Polyline(points, line);
    svg.Dot(points.back(), named ? 2.4 : 1.6, line.colour);
    svg.EndGroup();
  }

  std::string FateText(size_t rank) const {
    const std::string fate = FateOf(budget_, layer_, order_[rank]);
    return fate == "not known" ? "kept" : fate;
  }

  const BudgetRecord& budget_;
  size_t layer_;
  const std::vector<std::string>& candidates_;
  std::vector<std::map<std::string, double>> probability_e_;
  std::vector<std::string> order_;
};

}  // namespace

std::optional<Figure> AlphaCurvesFigure(const SearchRecord& search, const BudgetRecord& budget) {
  std::vector<size_t> layers;
  for (size_t l = 0; l < search.candidate_l.size(); ++l) {
    if (search.candidate_l[l].size() > 1) layers.push_back(l);
  }
  const bool any = std::ranges::any_of(budget.layers_e, [](const auto& alpha) { return alpha.has_value(); });
  if (layers.empty() || !any) return std::nullopt;
  constexpr size_t kAcross = 4;
  constexpr double kWidth = 210, kHeight = 150;
  const size_t rows = (layers.size() + kAcross - 1) / kAcross;
  const size_t across = std::min(kAcross, layers.size());
  Figure figure{.name = NamedAfter("alpha", budget),
                .title = "softmax(α) of each layer's candidates over the epochs",
                .svg = {},
                .claim = {},
                .finding =
                    "Named are the three that are left or were left last, the likeliest first. A dot: the end "
                    "of the run, or the pruning that dropped the candidate."};
  Svg svg(20 + kWidth * static_cast<double>(across), 10 + kHeight * static_cast<double>(rows), figure.title,
          figure.finding);
  const std::vector<PhaseMark> phases = PhasesOf(search);
  for (size_t i = 0; i < layers.size(); ++i) {
    const Frame frame{.left = 30 + kWidth * static_cast<double>(i % kAcross),
                      .top = 24 + kHeight * static_cast<double>(i / kAcross),
                      .width = kWidth - 36,
                      .height = 76};
    LayerPlot(budget, layers[i], search.candidate_l[layers[i]]).Draw(svg, frame, phases);
  }
  figure.svg = svg.Document();
  return figure;
}

}  // namespace danas
