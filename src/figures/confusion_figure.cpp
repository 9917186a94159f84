// Figure 3: the confusion matrix in easiness order.
#include <algorithm>
#include <cmath>

#include "danas/core/units.h"
#include "danas/figures/colour.h"
#include "danas/figures/easiness_figures.h"
#include "danas/figures/plot.h"
#include "danas/report/text_table.h"

namespace danas {
namespace {

constexpr size_t kMostWithNumbers = 15;
constexpr size_t kMostNamedColumns = 30;
constexpr size_t kNameColumns = 20;

// Columns taken together are added up, so that a cell stays the share of images that go to those classes; DrawHeatMap()
// takes means of rows and columns.
Matrix AddUpColumns(const Matrix& confusion) {
  const size_t together = NeighboursPerCell(confusion.size());
  Matrix added = confusion;
  for (std::vector<double>& row : added) {
    for (size_t c = 0; c < row.size(); c += together) {
      const size_t end = std::min(c + together, row.size());
      double sum = 0;
      for (size_t i = c; i < end; ++i) sum += row[i];
      std::fill(row.begin() + static_cast<ptrdiff_t>(c), row.begin() + static_cast<ptrdiff_t>(end), sum);
    }
  }
  return added;
}

void DrawNumbers(Svg& svg, const Frame& frame, const Matrix& confusion, const HeatScale& scale) {
  const double cell = frame.width / static_cast<double>(confusion.size());
  for (size_t r = 0; r < confusion.size(); ++r) {
    for (size_t c = 0; c < confusion.size(); ++c) {
      if (confusion[r][c] < 0.0005) continue;
      const bool dark = std::pow(confusion[r][c], scale.power) > 0.5;
      svg.Text(
          {frame.left + cell * (static_cast<double>(c) + 0.5), frame.top + cell * (static_cast<double>(r) + 0.5) + 4},
          FormatDecimals(100 * confusion[r][c], confusion[r][c] < 0.0995 ? 1 : 0),
          {.size = 10.5, .anchor = Anchor::kMiddle, .colour = dark ? "#fff" : "#222"});
    }
  }
}

std::string Finding(const EasinessStudy& study, const Matrix& confusion) {
  const size_t classes = confusion.size();
  const std::array<size_t, 4> bounds = BlockBounds(classes);
  std::array<double, 3> error{};
  double wrong = 0, wrong_within_hard = 0;
  for (size_t block = 0; block < 3; ++block) {
    for (size_t r = bounds[block]; r < bounds[block + 1]; ++r) {
      error[block] += (1 - confusion[r][r]) / static_cast<double>(bounds[block + 1] - bounds[block]);
      for (size_t c = 0; c < classes; ++c) {
        if (c == r) continue;
        wrong += confusion[r][c];
        if (block == 2 && c >= bounds[2]) wrong_within_hard += confusion[r][c];
      }
    }
  }
  std::string text = "Mean error of the easiest third " + FormatPercent(error[0]) + ", the middle " +
                     FormatPercent(error[1]) + ", the hardest " + FormatPercent(error[2]) + ".";
  if (wrong > 0) {
    text +=
        " Of all errors " + FormatPercent(wrong_within_hard / wrong) + " are between two classes of the hardest third.";
  }
  return text + " Spearman's ρ of score and 1 − diagonal is " +
         NumberText(Spearman(study.easiness.score_c, MeanErrors(study))) + ".";
}

}  // namespace

Figure ConfusionFigure(const EasinessStudy& study) {
  const std::vector<int>& order = study.easiness.order;
  const Matrix confusion_cc = MeanConfusion(study);
  Matrix confusion;
  std::vector<std::string> names;
  for (const int row : order) {
    names.push_back(study.class_labels[static_cast<size_t>(row)]);
    confusion.emplace_back();
    for (const int column : order) {
      confusion.back().push_back(confusion_cc[static_cast<size_t>(row)][static_cast<size_t>(column)]);
    }
  }
  Figure figure{.name = "figure3-confusion",
                .title = "Figure 3: confusion matrix in easiness order",
                .svg = {},
                .claim =
                    "Easy classes are recognised: their rows have little off the diagonal. Towards the hard classes "
                    "confusions gather at the lower right.",
                .finding = Finding(study, confusion)};
  const size_t classes = order.size();
  if (const size_t together = NeighboursPerCell(classes); together > 1) {
    const std::string many = std::to_string(together);
    figure.finding += " A cell stands for " + many + " rows (their mean) and " + many + " columns (their sum).";
  }
  const double side = classes <= kMostNamedRows ? std::clamp(RowsHeight(classes), 320.0, 900.0) : 600;
  const bool named = classes <= kMostNamedColumns;
  const Frame frame{.left = RowNamesWidth(classes), .top = 12, .width = side, .height = side};
  size_t longest = 0;
  for (const std::string& name : names) longest = std::max(longest, DisplayWidth(name));
  const double names_height = 12 + 5.5 * static_cast<double>(std::min(longest, kNameColumns));  // turned
  Svg svg(frame.right() + 130, frame.bottom() + (named ? names_height + 30 : 48), figure.title, figure.finding);
  const HeatScale scale{.power = 0.4, .title = "share of the row's images, %", .factor = 100};
  DrawHeatMap(svg, frame, AddUpColumns(confusion), scale);
  DrawRowNames(svg, frame, names, "true class, easiest first");
  if (classes <= kMostWithNumbers) DrawNumbers(svg, frame, confusion, scale);
  if (named) {
    const double cell = side / static_cast<double>(classes);
    for (size_t c = 0; c < classes; ++c) {
      svg.Text({frame.left + cell * (static_cast<double>(c) + 0.5) + 4, frame.bottom() + 8},
               CutToWidth(names[c], kNameColumns),
               {.size = std::min(11.0, 0.9 * cell), .anchor = Anchor::kEnd, .turn = -60});
    }
    svg.Text({frame.left + side / 2, frame.bottom() + names_height + 20}, "predicted class",
             {.anchor = Anchor::kMiddle});
  } else {
    DrawColumnNumbers(svg, frame, classes, "predicted class, easiest first");
  }
  DrawScale(svg, {.left = frame.right() + 24, .top = frame.top, .width = 14, .height = std::min(side, 260.0)}, scale);
  figure.svg = svg.Document();
  return figure;
}

}  // namespace danas
