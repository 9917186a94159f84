// Figure 2: which neurons answer to which classes.
#include <algorithm>
#include <cmath>

#include "danas/figures/colour.h"
#include "danas/figures/easiness_figures.h"
#include "danas/figures/plot.h"

namespace danas {
namespace {

constexpr const char* kBlocks[] = {"easy", "medium", "hard"};

// The shade is full at the 99th percentile of the end's absolute values, so that few large ones do not hide the rest.
double FullShade(const Matrix& relevance) {
  std::vector<double> sizes;
  for (const std::vector<double>& row : relevance) {
    for (const double value : row) sizes.push_back(std::abs(value));
  }
  const auto place = sizes.begin() + static_cast<ptrdiff_t>(0.99 * static_cast<double>(sizes.size() - 1));
  std::nth_element(sizes.begin(), place, sizes.end());
  return *place > 0 ? *place : 1;
}

std::string Series(const RelevanceStudy& study, double (*number)(const RelevanceState&)) {
  std::string text;
  for (const RelevanceState& state : study.states) text += (text.empty() ? "" : ", ") + NumberText(number(state));
  return text;
}

std::string Finding(const RelevanceStudy& study) {
  std::string epochs;
  for (const RelevanceState& state : study.states) epochs += (epochs.empty() ? "" : ", ") + std::to_string(state.epoch);
  const std::array<double, 3>& early = study.states.front().convergence;
  std::string text = "At epochs " + epochs +
                     " the diagonality (Spearman's ρ of a column's position and the row of its "
                     "maximum, on images that were not used to order the columns) is " +
                     Series(study, [](const RelevanceState& state) { return state.diagonality; }) +
                     "; with the labels permuted " +
                     Series(study, [](const RelevanceState& state) { return state.permuted; }) + ".";
  if (study.kind == RelevanceKind::kLrp) {
    text += " Permuting labels leaves the classifier's weights unchanged, and these alone put much on the diagonal.";
  }
  if (study.states.size() < 2) return text;
  text += " At epoch " + std::to_string(study.states.front().epoch) +
          " the blocks' correlations with their final states are: easy " + NumberText(early[0]) + ", medium " +
          NumberText(early[1]) + ", hard " + NumberText(early[2]) + ". ";
  if (early[0] > early[1] && early[1] > early[2])
    return text + "The easier a block, the earlier it gets there, as claimed.";
  if (early[0] > early[2])
    return text +
           "The easy block is closer to its final state than the hard one, but the medium one is not in between.";
  return text + "The easy block is not closer to its final state than the hard one: the claim is not confirmed here.";
}

void DrawBlocks(Svg& svg, const Frame& frame, size_t rows, bool named) {
  const std::array<size_t, 4> bounds = BlockBounds(rows);
  const double row = frame.height / static_cast<double>(rows);
  for (size_t block = 0; block < 3; ++block) {
    const double top = frame.top + row * static_cast<double>(bounds[block]);
    const double bottom = frame.top + row * static_cast<double>(bounds[block + 1]);
    if (block > 0) svg.Line({frame.left, top}, {frame.right(), top}, {.colour = "#222", .width = 1, .dash = "4,3"});
    if (named) {
      svg.Text({frame.left - 18, (top + bottom) / 2}, kBlocks[block], {.anchor = Anchor::kMiddle, .turn = -90});
    }
  }
}

void DrawConvergence(Svg& svg, const Frame& frame, const RelevanceStudy& study) {
  double low = 0;
  for (const RelevanceState& state : study.states)
    low = std::min(low, *std::min_element(state.convergence.begin(), state.convergence.end()));
  Plot plot(svg, frame, {.low = 0, .high = static_cast<double>(study.epochs), .title = "epoch", .whole = true},
            {.low = low, .high = 1, .title = "correlation with the final state"});
  std::vector<std::pair<double, NamedColour>> labels;
  for (size_t block = 0; block < 3; ++block) {
    std::vector<Point> curve;
    for (const RelevanceState& state : study.states) {
      if (!std::isnan(state.convergence[block]))
        curve.emplace_back(static_cast<double>(state.epoch), state.convergence[block]);
    }
    if (curve.empty()) continue;
    const LineStyle line{.colour = kCategories[block],
                         .width = 2,
                         .dash = block == 0   ? ""
                                 : block == 1 ? "6,2"
                                              : "2,2"};
    plot.Curve(curve, line);
    for (const Point& point : curve) svg.Dot(plot.At(point.first, point.second), 3, line.colour);
    labels.push_back({plot.At(curve.front().first, curve.front().second).second, {kBlocks[block], line}});
  }
  DrawEndLabels(svg, frame, std::move(labels));
}

}  // namespace

Figure RelevanceFigure(const RelevanceStudy& relevance) {
  const std::string kind = NameOf(relevance.kind);
  Figure figure{
      .name = "figure2-" + kind + "-" + relevance.network,
      .title = "Figure 2, " + relevance.network + ": classes and the neurons of the last convolution (" + kind + ")",
      .svg = {},
      .claim =
          "As training proceeds each class gets its own neurons, along the diagonal; those of easy classes "
          "appear early, those of hard classes late.",
      .finding = Finding(relevance)};
  const size_t rows = relevance.rows.size();
  figure.finding += CellNote(rows, relevance.columns.size());
  const double panel = 250, gap = 14;
  const Frame first{
      .left = 60, .top = 28, .width = panel, .height = std::clamp(static_cast<double>(rows) * 12, 240.0, 340.0)};
  const double scale_left = first.left + static_cast<double>(relevance.states.size()) * (panel + gap) + 8;
  const Frame curves{.left = 60, .top = first.bottom() + 78, .width = 420, .height = 170};
  Svg svg(std::max(scale_left + 90, 620.0), curves.bottom() + 48, figure.title, figure.finding);
  const HeatScale scale{
      .high = FullShade(relevance.states.back().relevance), .diverging = true, .title = "relevance (" + kind + ")"};
  for (size_t i = 0; i < relevance.states.size(); ++i) {
    const RelevanceState& state = relevance.states[i];
    Frame frame = first;
    frame.left += static_cast<double>(i) * (panel + gap);
    DrawHeatMap(svg, frame, state.relevance, scale);
    DrawBlocks(svg, frame, rows, i == 0);
    const Point above{frame.left + panel / 2, frame.top - 9};
    svg.Text(above, "after epoch " + std::to_string(state.epoch) + " of " + std::to_string(relevance.epochs),
             {.anchor = Anchor::kMiddle, .bold = true});
    svg.Text({above.first, frame.bottom() + 16},
             "diagonality " + NumberText(state.diagonality) + " (permuted labels " + NumberText(state.permuted) + ")",
             {.size = 11, .anchor = Anchor::kMiddle});
    svg.Text({above.first, frame.bottom() + 32}, std::to_string(relevance.columns.size()) + " neurons",
             {.size = 11, .anchor = Anchor::kMiddle});
  }
  svg.Text({first.left - 40, first.top + first.height / 2}, std::to_string(rows) + " classes, by ascending variance",
           {.anchor = Anchor::kMiddle, .turn = -90});
  DrawScale(svg, {.left = scale_left, .top = first.top, .width = 14, .height = first.height}, scale);
  DrawConvergence(svg, curves, relevance);
  figure.svg = svg.Document();
  return figure;
}

}  // namespace danas
