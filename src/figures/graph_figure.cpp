#include "danas/figures/graph_figure.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "danas/core/units.h"
#include "graph_drawing.h"
#include "stage_column.h"

namespace danas {
namespace {

constexpr double kMargin = 20;
constexpr double kTitleSize = 15;
constexpr double kTextSize = 11;
constexpr double kSmallSize = 10;
constexpr double kLineHeight = 15;
constexpr double kPadding = 10;  // in a panel
constexpr double kBetweenPanels = 18;
constexpr double kTop = kMargin + 74;  // of what is below title and legend
constexpr const char* kGrey = "#666666";

// A, B, ..., Z, AA, AB, ...
std::string LetterOf(size_t number) {
  const std::string letter(1, static_cast<char>('A' + number % 26));
  return number < 26 ? letter : LetterOf(number / 26 - 1) + letter;
}

// One block as its graph, below its name and what there is to say of it.
class Panel {
 public:
  Panel(std::string letter, std::string name, std::string where, const BlockGraph& graph)
      : letter_(std::move(letter)), name_(std::move(name)), lines_({std::move(where)}), graph_(graph) {}

  void AddOperator(const std::string& name) {
    if (!name.empty() && !std::ranges::count(operators_, name)) operators_.push_back(name);
  }
  void WriteOperators() {
    if (operators_.size() < 2) return;
    lines_.push_back("operators:");
    for (const std::string& name : operators_) lines_.back() += " " + name;
  }

  const std::string& letter() const { return letter_; }
  const std::set<StepGroup>& groups() const { return graph_.groups(); }
  double width() const {
    double wide = std::max(graph_.width(), NameLeft() + TextWidth(name_, kTextSize, true));
    for (const std::string& line : lines_) wide = std::max(wide, TextWidth(line, kSmallSize));
    return wide + 2 * kPadding;
  }
  double height() const { return GraphTop() + graph_.height() + kPadding; }

  void Draw(Svg& svg, Point top_left) const {
    const auto [left, top] = top_left;
    DrawFrame(svg, {.left = left, .top = top, .width = width(), .height = height()}, "#fafafa", "#cccccc");
    DrawLetter(svg, {left + kPadding, top + kPadding}, letter_);
    svg.Text({left + kPadding + NameLeft(), top + kPadding + 11.5}, name_, {.size = kTextSize, .bold = true});
    double foot = top + kPadding + kLetterHeight;
    for (const std::string& line : lines_) {
      foot += kLineHeight;
      svg.Text({left + kPadding, foot}, line, {.size = kSmallSize, .colour = kGrey});
    }
    graph_.Draw(svg, {left + kPadding, top + GraphTop()});
  }

 private:
  double NameLeft() const { return LetterWidth(letter_) + 7; }
  double GraphTop() const { return kPadding + kLetterHeight + kLineHeight * static_cast<double>(lines_.size()) + 13; }

  std::string letter_, name_;
  std::vector<std::string> lines_, operators_;
  GraphDrawing graph_;
};

std::string WhereText(const BlockSpec& block, const LayerShape& shape, size_t layer) {
  return CandidateName(block) + " in layers[" + std::to_string(layer) + "]: " + std::to_string(shape.in) + " → " +
         std::to_string(shape.out) + ", " + ScaleText(shape);
}

// One for each block, in the order of layers and candidates; their letters by the blocks' names.
std::vector<Panel> PanelsOf(const SearchSpace& space, std::map<std::string, std::string>& letter_of) {
  std::vector<Panel> panels;
  std::map<std::string, size_t> place_of;
  for (size_t l = 0; l < space.layers().size(); ++l) {
    const LayerShape& shape = space.layers()[l].shape;
    for (const BlockSpec& block : space.layers()[l].candidates) {
      const std::string name = BlockName(block);
      const auto [known, is_new] = place_of.emplace(name, panels.size());
      if (is_new) {
        panels.emplace_back(LetterOf(panels.size()), name, WhereText(block, shape, l),
                            GraphOf(block, shape, space.StagePlace(l)));
        letter_of[name] = panels.back().letter();
      }
      panels[known->second].AddOperator(OperatorName(block));
    }
  }
  for (Panel& panel : panels) panel.WriteOperators();
  return panels;
}

// In columns of at most this height, in order, each panel's place from the first one's.
std::vector<Frame> InColumns(const std::vector<Panel>& panels, double height) {
  std::vector<Frame> places;
  double left = 0, top = 0, right = 0;
  for (const Panel& panel : panels) {
    if (top > 0 && top + panel.height() > height) left = right + kBetweenPanels, top = 0;
    places.push_back({.left = left, .top = top, .width = panel.width(), .height = panel.height()});
    right = std::max(right, left + panel.width());
    top += panel.height() + kBetweenPanels;
  }
  return places;
}

// In columns as long as the space's, or longer where the panels would be much wider than high.
std::vector<Frame> PlacePanels(const std::vector<Panel>& panels, double column_height) {
  constexpr double kMostWidthOverHeight = 1.5, kGrowth = 1.1;
  for (double height = column_height;; height *= kGrowth) {
    std::vector<Frame> places = InColumns(panels, height);
    double right = 0, bottom = column_height;
    for (const Frame& place : places) right = std::max(right, place.right()), bottom = std::max(bottom, place.bottom());
    const bool is_one_column = places.back().left == 0;
    if (is_one_column || right <= kMostWidthOverHeight * bottom) return places;
  }
}

std::string CountText(size_t count, const std::string& one) {
  return std::to_string(count) + " " + one + (count == 1 ? "" : "s");
}

std::string SummaryOf(const SearchSpace& space, size_t blocks) {
  return CountText(space.layers().size(), "layer") + ", " + CountText(blocks, "block") +
         (space.IsNetwork() ? "" : ", 10^" + FormatDecimals(std::log10(space.NetworkCount()), 1) + " networks");
}

}  // namespace

std::string BlockFigure(const BlockGraph& graph, const std::string& title) {
  const GraphDrawing drawing(graph);
  const double width = std::max(drawing.width(), TextWidth(title, kTextSize, true)) + 2 * kMargin;
  const double top = kMargin + 30, height = top + drawing.height() + kMargin;
  Svg svg(width, height, title, "");
  svg.Rectangle(0, 0, width, height, "#ffffff");
  svg.Text({kMargin, kMargin + 12}, title, {.size = kTextSize, .bold = true});
  drawing.Draw(svg, {kMargin, top});
  return svg.Document();
}

std::string SpaceFigure(const SearchSpace& space) {
  std::map<std::string, std::string> letter_of;
  const std::vector<Panel> panels = PanelsOf(space, letter_of);
  const StageColumn column(space, letter_of);
  const std::string summary = SummaryOf(space, panels.size());
  std::set<StepGroup> groups;
  for (const Panel& panel : panels) groups.insert(panel.groups().begin(), panel.groups().end());

  const std::vector<Frame> places = PlacePanels(panels, column.height());
  const double left = kMargin + column.width() + 2 * kBetweenPanels;
  double right = kMargin + std::max({TextWidth(space.name(), kTitleSize, true), TextWidth(summary, kTextSize),
                                     LegendWidth(groups)});
  double bottom = kTop + column.height();
  for (const Frame& place : places) {
    right = std::max(right, left + place.right());
    bottom = std::max(bottom, kTop + place.bottom());
  }
  Svg svg(right + kMargin, bottom + kMargin, space.name(), summary);
  svg.Rectangle(0, 0, right + kMargin, bottom + kMargin, "#ffffff");
  svg.Text({kMargin, kMargin + 14}, space.name(), {.size = kTitleSize, .bold = true});
  svg.Text({kMargin, kMargin + 33}, summary, {.size = kTextSize, .colour = kGrey});
  DrawLegend(svg, {kMargin, kMargin + 46}, groups);
  column.Draw(svg, {kMargin, kTop});
  for (size_t p = 0; p < panels.size(); ++p) panels[p].Draw(svg, {left + places[p].left, kTop + places[p].top});
  return svg.Document();
}

}  // namespace danas
