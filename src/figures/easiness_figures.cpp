#include "danas/figures/easiness_figures.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "danas/core/units.h"
#include "danas/figures/colour.h"
#include "danas/figures/plot.h"
#include "danas/report/text_table.h"

namespace danas {
namespace {

// Standard deviation over networks of a class's score; 0 for one network.
double ScoreDeviation(const ClassEasiness& easiness, size_t label) {
  const auto networks = static_cast<double>(easiness.score_nc.size());
  if (networks < 2) return 0;
  double mean = 0, sum = 0;
  for (const auto& score_c : easiness.score_nc) mean += score_c[label] / networks;
  for (const auto& score_c : easiness.score_nc) sum += (score_c[label] - mean) * (score_c[label] - mean);
  return std::sqrt(sum / (networks - 1));
}

std::string ScoreUnit(const ClassEasiness& easiness) {
  if (easiness.aggregation == EasinessAggregation::kBorda) return "mean rank";
  switch (easiness.kind) {
    case EasinessKind::kEarlyAccuracy:
    case EasinessKind::kConfusionDiagonal:
      return "error";
    case EasinessKind::kAccuracyVariance:
      return "variance";
    default:
      return "nats";
  }
}

template <typename T>
std::vector<T> InOrder(const std::vector<T>& values, const std::vector<int>& order) {
  std::vector<T> ordered;
  for (const int position : order) ordered.push_back(values[static_cast<size_t>(position)]);
  return ordered;
}

std::string Networks(const EasinessStudy& study) {
  const size_t count = study.judgements.size();
  return count == 1 ? study.judgements.front().network : std::to_string(count) + " networks";
}

// The score of every row beside its histogram, with one standard deviation over networks to either side.
void DrawScores(Svg& svg, const Frame& frame, const EasinessStudy& study) {
  const ClassEasiness& easiness = study.easiness;
  const std::vector<double> score_r = InOrder(easiness.score_c, easiness.order);
  const bool spread = easiness.score_nc.size() > 1 && easiness.aggregation == EasinessAggregation::kMeanHistogram;
  std::vector<Point> low, high;
  double most = 0;
  for (size_t r = 0; r < score_r.size(); ++r) {
    const double deviation = spread ? ScoreDeviation(easiness, static_cast<size_t>(easiness.order[r])) : 0;
    low.emplace_back(std::max(0.0, score_r[r] - deviation), static_cast<double>(r) + 0.5);
    high.emplace_back(score_r[r] + deviation, static_cast<double>(r) + 0.5);
    most = std::max(most, high.back().first);
  }
  const double top = most > 0 ? most : 1;
  const auto at = [&](const Point& point) {
    return Point{frame.left + frame.width * point.first / top,
                 frame.top + frame.height * point.second / static_cast<double>(score_r.size())};
  };
  for (const double tick : RoundTicks(0, top, 5)) {
    const double x = at({tick, 0}).first;
    svg.Line({x, frame.top}, {x, frame.bottom()}, {.colour = "#dddddd"});
    svg.Text({x, frame.bottom() + 17}, TickText(tick), {.size = 11, .anchor = Anchor::kMiddle});
  }
  std::vector<Point> curve, outline;
  for (size_t r = 0; r < score_r.size(); ++r) curve.push_back(at({score_r[r], static_cast<double>(r) + 0.5}));
  if (spread) {
    for (const Point& point : low) outline.push_back(at(point));
    for (auto point = high.rbegin(); point != high.rend(); ++point) outline.push_back(at(*point));
    svg.Polygon(outline, kCategories[0], 0.25);
  }
  svg.Polyline(curve, {.colour = kCategories[0], .width = 1.8});
  if (curve.size() <= 30) {
    for (const Point& point : curve) svg.Dot(point, 2.5, kCategories[0]);
  }
  svg.Line({frame.left, frame.top}, {frame.left, frame.bottom()});
  svg.Text({frame.left + frame.width / 2, frame.bottom() + 34},
           "score, " + ScoreUnit(easiness) + (spread ? " (band: ± 1 sd)" : ""), {.anchor = Anchor::kMiddle});
}

}  // namespace

std::string NumberText(double value, int decimals) {
  if (std::isnan(value)) return "not defined";
  const std::string text = FormatDecimals(value, decimals);
  return text.find_first_of("123456789") == std::string::npos && text.front() == '-' ? text.substr(1) : text;
}

Matrix MeanConfusion(const EasinessStudy& study) {
  const size_t classes = study.class_labels.size();
  Matrix mean(classes, std::vector<double>(classes));
  for (const NetworkJudgement& judgement : study.judgements) {
    for (size_t r = 0; r < classes; ++r) {
      const double share =
          1 / (static_cast<double>(judgement.images_c[r]) * static_cast<double>(study.judgements.size()));
      for (size_t c = 0; c < classes; ++c) mean[r][c] += share * static_cast<double>(judgement.confusion_cc[r][c]);
    }
  }
  return mean;
}

std::vector<double> MeanErrors(const EasinessStudy& study) {
  std::vector<double> error_c(study.class_labels.size());
  for (const NetworkJudgement& judgement : study.judgements) {
    for (size_t c = 0; c < error_c.size(); ++c) {
      error_c[c] += judgement.Error(static_cast<int>(c)) / static_cast<double>(study.judgements.size());
    }
  }
  return error_c;
}

Figure HistogramsFigure(const EasinessStudy& study) {
  const ClassEasiness& easiness = study.easiness;
  const std::vector<double> score_r = InOrder(easiness.score_c, easiness.order);
  const auto label = [&](int position) { return study.class_labels[static_cast<size_t>(position)]; };
  double deviation = 0;
  for (size_t c = 0; c < score_r.size(); ++c)
    deviation += ScoreDeviation(easiness, c) / static_cast<double>(score_r.size());
  Figure figure{.name = "figure3-histograms",
                .title = "Figure 3: entropy histograms of the classes, easiest first",
                .svg = {},
                .claim =
                    "The entropies of easy classes gather near 0, those of hard classes spread out; different networks "
                    "give nearly the same histograms.",
                .finding = {}};
  figure.finding = "Mean of " + Networks(study) + ". Scores run from " + NumberText(score_r.front(), 3) + " (" +
                   label(easiness.order.front()) + ") to " + NumberText(score_r.back(), 3) + " " + ScoreUnit(easiness) +
                   " (" + label(easiness.order.back()) + ").";
  if (study.judgements.size() > 1 && easiness.aggregation == EasinessAggregation::kMeanHistogram) {
    figure.finding += " Across networks a class's score has a standard deviation of " + NumberText(deviation, 3) +
                      " on average; Kendall's W of their rankings is " +
                      NumberText(study.agreement.concordance.value) + " (95 % interval " +
                      NumberText(study.agreement.concordance.low) + " to " +
                      NumberText(study.agreement.concordance.high) + "; by chance " +
                      NumberText(1 / static_cast<double>(study.judgements.size())) + ").";
  }

  figure.finding += CellNote(score_r.size(), easiness.histogram_cb.front().size());

  const Frame frame{
      .left = RowNamesWidth(score_r.size()), .top = 12, .width = 420, .height = RowsHeight(score_r.size())};
  Svg svg(frame.right() + 350, frame.bottom() + 48, figure.title, figure.finding);
  const HeatScale scale{.power = 0.4, .title = "share of the class's images, %", .factor = 100};
  DrawHeatMap(svg, frame, InOrder(easiness.histogram_cb, easiness.order), scale);
  DrawRowNames(svg, frame, InOrder(study.class_labels, easiness.order), "class, easiest first");
  const double most = std::log(static_cast<double>(score_r.size()));
  for (const double tick : RoundTicks(0, most, 6)) {
    const double x = frame.left + frame.width * tick / most;
    svg.Line({x, frame.bottom()}, {x, frame.bottom() + 4});
    svg.Text({x, frame.bottom() + 17}, FormatDecimals(tick, 1), {.size = 11, .anchor = Anchor::kMiddle});
  }
  svg.Text({frame.left + frame.width / 2, frame.bottom() + 34}, "entropy, nats (0 to ln K)",
           {.anchor = Anchor::kMiddle});
  DrawScores(svg, {.left = frame.right() + 18, .top = frame.top, .width = 190, .height = frame.height}, study);
  DrawScale(svg, {.left = frame.right() + 250, .top = frame.top, .width = 14, .height = std::min(frame.height, 260.0)},
            scale);
  figure.svg = svg.Document();
  return figure;
}

Figure ThreeHistogramsFigure(const EasinessStudy& study) {
  const ClassEasiness& easiness = study.easiness;
  const std::vector<int>& order = easiness.order;
  const std::vector<std::pair<const char*, int>> chosen = {
      {"easiest", order.front()}, {"middle", order[order.size() / 2]}, {"hardest", order.back()}};
  const auto bins = static_cast<double>(easiness.histogram_cb.front().size());
  const double width = std::log(static_cast<double>(order.size())) / bins;
  const auto bars = [&](int position, double sign) {
    const auto c = static_cast<size_t>(position);
    std::vector<double> top_b = easiness.histogram_cb[c];
    if (!easiness.variance_cb.empty()) {
      for (size_t b = 0; b < top_b.size(); ++b) top_b[b] += sign * std::sqrt(easiness.variance_cb[c][b]);
    }
    return top_b;
  };
  double most = 0;
  for (const auto& [name, position] : chosen) {
    const std::vector<double> top_b = bars(position, 1);
    most = std::max(most, *std::max_element(top_b.begin(), top_b.end()));
  }

  const bool several = !easiness.variance_cb.empty();
  Figure figure{.name = "figure3-three-classes",
                .title = "Figure 3: histograms of the easiest, the middle and the hardest class",
                .svg = {},
                .claim = "Mean and variance across networks: the networks agree on every class, and most on easy ones.",
                .finding = {}};
  for (const auto& [name, position] : chosen) {
    const auto c = static_cast<size_t>(position);
    double variance = 0;
    if (several) variance = std::accumulate(easiness.variance_cb[c].begin(), easiness.variance_cb[c].end(), 0.0) / bins;
    figure.finding +=
        std::string(figure.finding.empty() ? "" : " ") + static_cast<char>(std::toupper(name[0])) + (name + 1) + ": " +
        study.class_labels[c] + ", " + FormatPercent(easiness.histogram_cb[c].front()) +
        " of its images in the first bin" +
        (several ? ", standard deviation across networks " + FormatPercent(std::sqrt(variance)) + " per bin." : ".");
  }
  const double panel = 250, gap = 40;
  Svg svg(60 + 3 * (panel + gap), 290, figure.title, figure.finding);
  for (size_t i = 0; i < chosen.size(); ++i) {
    const auto& [name, position] = chosen[i];
    const Frame frame{.left = 60 + static_cast<double>(i) * (panel + gap), .top = 30, .width = panel, .height = 200};
    Plot plot(svg, frame, {.low = 0, .high = width * bins, .title = "entropy, nats"},
              {.low = 0, .high = most, .title = i == 0 ? "share of images, %" : "", .factor = 100});
    const std::vector<double> mean_b = easiness.histogram_cb[static_cast<size_t>(position)];
    const std::vector<double> low_b = bars(position, -1), high_b = bars(position, 1);
    for (size_t b = 0; b < mean_b.size(); ++b) {
      const double left = static_cast<double>(b) * width;
      const Point corner = plot.At(left, mean_b[b]);
      const double bar = plot.At(left + width, 0).first - corner.first;
      svg.Rectangle(corner.first + 0.05 * bar, corner.second, 0.9 * bar, frame.bottom() - corner.second,
                    kCategories[i]);
      if (several && high_b[b] > 0.002 * most) {
        const double middle = corner.first + bar / 2;
        svg.Line({middle, plot.At(0, low_b[b]).second}, {middle, plot.At(0, high_b[b]).second}, {.width = 0.8});
      }
    }
    svg.Text({frame.left + panel / 2, frame.top - 10},
             std::string(name) + ": " + CutToWidth(study.class_labels[static_cast<size_t>(position)], 26),
             {.anchor = Anchor::kMiddle, .bold = true});
  }
  if (several) {
    svg.Text({60 + 3 * panel + 2 * gap, 48}, "lines: ± 1 sd across networks", {.size = 11, .anchor = Anchor::kEnd});
  }
  figure.svg = svg.Document();
  return figure;
}

std::vector<Figure> EasinessFigures(const EasinessStudy& study) {
  std::vector<Figure> figures;
  for (const NetworkJudgement& judgement : study.judgements) {
    if (judgement.accuracy_ec.empty()) continue;
    figures.push_back(AccuracyMatrixFigure(study, judgement));
    figures.push_back(LearningCurvesFigure(study, judgement));
  }
  for (const RelevanceStudy& relevance : study.relevance) figures.push_back(RelevanceFigure(relevance));
  figures.push_back(HistogramsFigure(study));
  figures.push_back(ThreeHistogramsFigure(study));
  figures.push_back(ConfusionFigure(study));
  return figures;
}

}  // namespace danas
