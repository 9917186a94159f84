// Figure 1: how classes are learnt.
#include <algorithm>
#include <cmath>

#include "danas/core/units.h"
#include "danas/figures/colour.h"
#include "danas/figures/easiness_figures.h"
#include "danas/figures/plot.h"

namespace danas {
namespace {

constexpr size_t kCurves = 5;  // easiest, and hardest

// Of the classes' top-1 over the epochs of one training.
struct Training {
  explicit Training(const NetworkJudgement& judgement) : accuracy_ec(judgement.accuracy_ec) {
    EasinessConfig by_variance;
    by_variance.kind = EasinessKind::kAccuracyVariance;
    variance_c = judgement.accuracy_ec.size() > 1 ? ScoreClasses(judgement, by_variance)
                                                  : std::vector<double>(judgement.images_c.size());
  }

  size_t epochs() const { return accuracy_ec.size(); }

  double Mean(size_t epoch, const std::vector<int>& classes) const {
    double sum = 0;
    for (const int c : classes) sum += accuracy_ec[epoch][static_cast<size_t>(c)];
    return sum / static_cast<double>(classes.size());
  }

  // The first epoch, from 1, after which the classes' mean is at least 0.9 of what it is at the end.
  size_t EpochsToNineTenths(const std::vector<int>& classes) const {
    size_t epoch = 0;
    while (Mean(epoch, classes) < 0.9 * Mean(epochs() - 1, classes)) ++epoch;
    return epoch + 1;
  }

  const std::vector<std::vector<double>>& accuracy_ec;
  std::vector<double> variance_c;
};

std::vector<Point> CurveOf(const Training& training, const std::vector<int>& classes) {
  std::vector<Point> points;
  for (size_t e = 0; e < training.epochs(); ++e)
    points.emplace_back(static_cast<double>(e + 1), training.Mean(e, classes));
  return points;
}

std::string MatrixFinding(const EasinessStudy& study, const Training& training, const std::vector<int>& order) {
  const auto deviation = [&](int c) { return std::sqrt(training.variance_c[static_cast<size_t>(c)]); };
  std::vector<double> end_error_c;
  for (const double accuracy : training.accuracy_ec.back()) end_error_c.push_back(1 - accuracy);
  return "Over " + std::to_string(training.epochs()) +
         " epochs the standard deviation of a class's accuracy runs from " + FormatPercent(deviation(order.front())) +
         " to " + FormatPercent(deviation(order.back())) + ", median " +
         FormatPercent(deviation(order[order.size() / 2])) +
         ". Spearman's ρ of the variance with the easiness score is " +
         NumberText(Spearman(training.variance_c, study.easiness.score_c)) + ", with the error after the last epoch " +
         NumberText(Spearman(training.variance_c, end_error_c)) +
         ". A class that is never learnt has little variance too.";
}

}  // namespace

Figure AccuracyMatrixFigure(const EasinessStudy& study, const NetworkJudgement& judgement) {
  const Training training(judgement);
  const std::vector<int> order = OrderClasses(training.variance_c, study.easiness.class_ids);
  Matrix accuracy_re;
  std::vector<std::string> names;
  for (const int c : order) {
    names.push_back(study.class_labels[static_cast<size_t>(c)]);
    std::vector<double> row;
    for (const auto& accuracy_c : training.accuracy_ec) row.push_back(accuracy_c[static_cast<size_t>(c)]);
    accuracy_re.push_back(std::move(row));
  }

  Figure figure{.name = "figure1-accuracy-" + judgement.network,
                .title = "Figure 1, " + judgement.network + ": accuracy of every class after every epoch",
                .svg = {},
                .claim =
                    "Classes are learnt at different speeds: some early and steadily, others late and unsteadily. "
                    "With the rows sorted by variance, easy classes are together at the top.",
                .finding = MatrixFinding(study, training, order)};
  figure.finding += CellNote(order.size(), training.epochs());
  const Frame frame{.left = RowNamesWidth(order.size()), .top = 12, .width = 600, .height = RowsHeight(order.size())};
  Svg svg(frame.right() + 130, frame.bottom() + 48, figure.title, figure.finding);
  const HeatScale scale{.title = "top-1 accuracy, %", .factor = 100};
  DrawHeatMap(svg, frame, accuracy_re, scale);
  DrawRowNames(svg, frame, names, "class, by ascending variance");
  DrawColumnNumbers(svg, frame, training.epochs(), "epoch");
  DrawScale(svg, {.left = frame.right() + 30, .top = frame.top, .width = 14, .height = std::min(frame.height, 260.0)},
            scale);
  figure.svg = svg.Document();
  return figure;
}

Figure LearningCurvesFigure(const EasinessStudy& study, const NetworkJudgement& judgement) {
  const Training training(judgement);
  const std::vector<int>& order = study.easiness.order;
  const auto count = static_cast<ptrdiff_t>(std::min(kCurves, order.size() / 2));
  const std::vector<int> easiest(order.begin(), order.begin() + count), hardest(order.end() - count, order.end());
  const size_t early = std::max<size_t>(1, training.epochs() / 10);

  Figure figure{
      .name = "figure1-curves-" + judgement.network,
      .title = "Figure 1, " + judgement.network + ": learning curves of the easiest and the hardest classes",
      .svg = {},
      .claim =
          "Easy classes reach their accuracy within a few epochs and stay there; hard ones rise slowly and fluctuate.",
      .finding = {}};
  figure.finding = "After epoch " + std::to_string(early) + " the easiest have a mean accuracy of " +
                   FormatPercent(training.Mean(early - 1, easiest)) + ", the hardest of " +
                   FormatPercent(training.Mean(early - 1, hardest)) + "; after the last " +
                   FormatPercent(training.Mean(training.epochs() - 1, easiest)) + " and " +
                   FormatPercent(training.Mean(training.epochs() - 1, hardest)) +
                   ". They reach nine tenths of that after epoch " +
                   std::to_string(training.EpochsToNineTenths(easiest)) + " and " +
                   std::to_string(training.EpochsToNineTenths(hardest)) + ".";

  const Frame frame{.left = 60, .top = 12, .width = 560, .height = 340};
  Svg svg(850, frame.bottom() + 48, figure.title, figure.finding);
  Plot plot(
      svg, frame,
      {.low = 1, .high = static_cast<double>(std::max<size_t>(2, training.epochs())), .title = "epoch", .whole = true},
      {.low = 0, .high = 1, .title = "top-1 accuracy, %", .factor = 100});
  std::vector<std::pair<double, NamedColour>> labels;
  const auto draw = [&](const std::vector<int>& classes, const std::string& name, const LineStyle& line) {
    const std::vector<Point> curve = CurveOf(training, classes);
    plot.Curve(curve, line);
    labels.push_back({plot.At(curve.back().first, curve.back().second).second, {name, line}});
  };
  constexpr const char* kDashes[] = {"", "6,2", "2,2", "8,2,2,2", "1,3"};
  for (const auto& [classes, colour] : {std::pair(easiest, kCategories[0]), std::pair(hardest, kCategories[1])}) {
    for (size_t i = 0; i < classes.size(); ++i) {
      draw({classes[i]}, study.class_labels[static_cast<size_t>(classes[i])],
           {.colour = colour, .width = 1.6, .dash = kDashes[i % std::size(kDashes)]});
    }
  }
  draw(order, "mean of all classes", {.colour = "#222", .width = 2.4});
  DrawEndLabels(svg, frame, std::move(labels));
  svg.Rectangle(frame.right() - 128, frame.bottom() - 52, 122, 44, "#ffffff", 0.85);
  svg.Line({frame.right() - 122, frame.bottom() - 38}, {frame.right() - 98, frame.bottom() - 38},
           {kCategories[0], 2, ""});
  svg.Text({frame.right() - 92, frame.bottom() - 34}, "easiest " + std::to_string(count), {.size = 11});
  svg.Line({frame.right() - 122, frame.bottom() - 20}, {frame.right() - 98, frame.bottom() - 20},
           {kCategories[1], 2, ""});
  svg.Text({frame.right() - 92, frame.bottom() - 16}, "hardest " + std::to_string(count), {.size = 11});
  figure.svg = svg.Document();
  return figure;
}

}  // namespace danas
