// Parts of figures: axes with curves, and heat maps with their scale.
#pragma once

#include <string>
#include <vector>

#include "danas/easiness/neuron_relevance.h"
#include "danas/figures/svg.h"

namespace danas {

// Where something is drawn, in pixels.
struct Frame {
  double left = 0;
  double top = 0;
  double width = 0;
  double height = 0;
  double right() const { return left + width; }
  double bottom() const { return top + height; }
};

// A number on an axis, without trailing zeros: "0.25", "10".
std::string TickText(double value);

// Round numbers within [low, high], at most about `most` of them.
std::vector<double> RoundTicks(double low, double high, int most);

struct Axis {
  double low = 0;
  double high = 1;
  std::string title = {};
  double factor = 1;   // ticks show the value times this: 100 for per cent
  bool whole = false;  // ticks at whole numbers alone
};

// A plot with its axes at the left and below. Values outside an axis are drawn at its end.
class Plot {
 public:
  Plot(Svg& svg, const Frame& frame, const Axis& x, const Axis& y);

  Point At(double x, double y) const;
  void Curve(const std::vector<Point>& values, const LineStyle& style);
  // From `low` to `high` around the curve of `values`, point by point.
  void Band(const std::vector<Point>& low, const std::vector<Point>& high, const std::string& fill);

 private:
  Svg& svg_;
  Frame frame_;
  Axis x_, y_;
};

struct NamedColour {
  std::string name;
  LineStyle line;
};

// Texts at the right of a plot, at the heights of the curves that they name, moved apart so that none covers another.
void DrawEndLabels(Svg& svg, const Frame& frame, std::vector<std::pair<double, NamedColour>> height_and_label);

// How values become colours: the shade is ((value - low) / (high - low))^power; diverging scales run from -high to
// high.
struct HeatScale {
  double low = 0;
  double high = 1;
  double power = 1;
  bool diverging = false;
  std::string title = {};
  double factor = 1;  // as Axis
};

std::string ColourOf(double value, const HeatScale& scale);

// More rows or columns than these are drawn as means of neighbours.
inline constexpr size_t kMostCells = 256;
// So many neighbours share a cell.
size_t NeighboursPerCell(size_t count);
// "" or " Each cell is the mean of 4 x 1 neighbours.", rows by columns.
std::string CellNote(size_t rows, size_t columns);

void DrawHeatMap(Svg& svg, const Frame& frame, const Matrix& value_rc, const HeatScale& scale);

// A bar of the scale's colours with ticks, `frame` being the bar; title beside it.
void DrawScale(Svg& svg, const Frame& frame, const HeatScale& scale);

// Rows of classes: how high they are drawn, and their names at the left, or above kMostNamedRows their numbers.
inline constexpr size_t kMostNamedRows = 120;
double RowsHeight(size_t rows);
double RowNamesWidth(size_t rows);
void DrawRowNames(Svg& svg, const Frame& frame, const std::vector<std::string>& names, const std::string& title);

// Numbers 1, ... below a heat map's columns.
void DrawColumnNumbers(Svg& svg, const Frame& frame, size_t columns, const std::string& title);

}  // namespace danas
