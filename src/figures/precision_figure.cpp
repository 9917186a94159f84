// Average precision and recall by the size of persons, as bars.
#include <algorithm>
#include <array>

#include "danas/core/units.h"
#include "danas/events/task_words.h"
#include "danas/figures/colour.h"
#include "danas/figures/plot.h"
#include "danas/figures/run_figures.h"
#include "danas/report/text_table.h"

namespace danas {
namespace {

using events::KeypointFields;

struct SizeRow {
  const char* name;
  double KeypointFields::*precision;
  double KeypointFields::*recall;
};
constexpr std::array<SizeRow, 3> kSizes = {{{"all", &KeypointFields::ap, &KeypointFields::ar},
                                         {"medium", &KeypointFields::ap_medium, &KeypointFields::ar_medium},
                                         {"large", &KeypointFields::ap_large, &KeypointFields::ar_large}}};

constexpr double kBar = 12, kGroup = 34, kRunName = 20, kWidth = 420;

bool HasSizes(const KeypointFields& fields) { return fields.ap_medium >= 0 || fields.ap_large >= 0; }

void DrawBar(Svg& svg, const Frame& frame, double top, double value, const std::string& what,
             const std::string& colour) {
  const bool known = value >= 0;
  svg.BeginGroup(what + ": " + events::PrecisionText(value), "bar");
  if (known) svg.Rectangle(frame.left, top, std::max(1.0, frame.width * value), kBar, colour);
  svg.Text({frame.left + (known ? frame.width * value : 0) + 6, top + kBar - 2}, events::PrecisionText(value),
           {.size = 11});
  svg.EndGroup();
}

}  // namespace

std::optional<Figure> PrecisionBySizeFigure(const std::vector<std::pair<std::string, KeypointFields>>& trainings) {
  if (std::ranges::none_of(trainings, [](const auto& named) { return HasSizes(named.second); })) return std::nullopt;
  Figure figure{.name = "precision-by-size",
                .title = "Average precision (AP) and recall (AR) by the size of persons",
                .svg = {},
                .claim = {},
                .finding = "Medium: 32² to 96² pixels; large: above. A dash: nobody of that size."};
  const bool named = trainings.size() > 1;
  const double of_run = kGroup * static_cast<double>(kSizes.size()) + (named ? kRunName : 0) + 10;
  const Frame frame{.left = 80, .top = 30, .width = kWidth, .height = of_run * static_cast<double>(trainings.size())};
  Svg svg(frame.right() + 70, frame.bottom() + 26, figure.title, figure.finding);
  for (const double tick : RoundTicks(0, 1, 5)) {
    const double x = frame.left + frame.width * tick;
    svg.Line({x, frame.top}, {x, frame.bottom()}, {.colour = tick == 0 ? "#666666" : "#dddddd"});
    svg.Text({x, frame.bottom() + 16}, TickText(tick), {.size = 11, .anchor = Anchor::kMiddle});
  }
  const std::array<std::pair<const char*, std::string>, 2> kinds = {{{"AP", kCategories[0]}, {"AR", kCategories[1]}}};
  for (size_t k = 0; k < kinds.size(); ++k) {
    const double x = frame.left + 60 * static_cast<double>(k);
    svg.Rectangle(x, 6, kBar, kBar, kinds[k].second);
    svg.Text({x + 18, 16}, kinds[k].first, {.size = 11});
  }
  double top = frame.top + 6;
  for (const auto& [run, fields] : trainings) {
    if (named) svg.Text({6, top + 12}, CutToWidth(run, 60), {.size = 11, .bold = true});
    if (named) top += kRunName;
    for (const SizeRow& size : kSizes) {
      svg.Text({frame.left - 8, top + kBar + 5}, size.name, {.size = 12, .anchor = Anchor::kEnd});
      const std::string of = (named ? run + ", " : "") + size.name + ", ";
      DrawBar(svg, frame, top, fields.*size.precision, of + "AP", kinds[0].second);
      DrawBar(svg, frame, top + kBar + 1, fields.*size.recall, of + "AR", kinds[1].second);
      top += kGroup;
    }
    top += 10;
  }
  figure.svg = svg.Document();
  return figure;
}

}  // namespace danas
