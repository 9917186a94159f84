#include <algorithm>
#include <cmath>

#include "danas/figures/colour.h"
#include "danas/figures/plot.h"

namespace danas {
namespace {

constexpr int kShades = 255;

// From 0 to 1, and for diverging scales from -1.
double Shade(double value, const HeatScale& scale) {
  if (scale.diverging) {
    const double share = std::clamp(value / scale.high, -1.0, 1.0);
    return std::copysign(std::pow(std::abs(share), scale.power), share);
  }
  return std::pow(std::clamp((value - scale.low) / (scale.high - scale.low), 0.0, 1.0), scale.power);
}

double ValueAt(double shade, const HeatScale& scale) {
  const double share = std::copysign(std::pow(std::abs(shade), 1 / scale.power), shade);
  return scale.diverging ? share * scale.high : scale.low + share * (scale.high - scale.low);
}

Rgb Colour(double shade, const HeatScale& scale) { return scale.diverging ? Diverging(shade) : Sequential(shade); }

std::vector<Rgb> Palette(const HeatScale& scale) {
  std::vector<Rgb> palette;
  for (int i = 0; i <= kShades; ++i) {
    const double share = static_cast<double>(i) / kShades;
    palette.push_back(Colour(scale.diverging ? 2 * share - 1 : share, scale));
  }
  return palette;
}

uint8_t IndexOf(double value, const HeatScale& scale) {
  const double shade = Shade(value, scale);
  return static_cast<uint8_t>(std::lround(kShades * (scale.diverging ? (shade + 1) / 2 : shade)));
}

double MeanOfCell(const Matrix& value_rc, size_t row, size_t column, size_t rows, size_t columns) {
  const size_t row_end = std::min(row + rows, value_rc.size());
  const size_t column_end = std::min(column + columns, value_rc.front().size());
  double sum = 0;
  for (size_t r = row; r < row_end; ++r) {
    for (size_t c = column; c < column_end; ++c) sum += value_rc[r][c];
  }
  return sum / static_cast<double>((row_end - row) * (column_end - column));
}

}  // namespace

size_t NeighboursPerCell(size_t count) { return (count + kMostCells - 1) / kMostCells; }

std::string CellNote(size_t rows, size_t columns) {
  const size_t per_row = NeighboursPerCell(rows), per_column = NeighboursPerCell(columns);
  if (per_row == 1 && per_column == 1) return "";
  return " Each cell is the mean of " + std::to_string(per_row) + " × " + std::to_string(per_column) + " neighbours.";
}

std::string ColourOf(double value, const HeatScale& scale) { return HexColour(Colour(Shade(value, scale), scale)); }

void DrawHeatMap(Svg& svg, const Frame& frame, const Matrix& value_rc, const HeatScale& scale) {
  const size_t rows = value_rc.size(), columns = value_rc.front().size();
  const size_t per_row = NeighboursPerCell(rows), per_column = NeighboursPerCell(columns);
  const size_t cell_rows = (rows + per_row - 1) / per_row, cell_columns = (columns + per_column - 1) / per_column;
  // Each cell is several pixels, since not every program that shows SVG leaves pixels sharp.
  const auto enlarge = [](double size, size_t cells) {
    return static_cast<size_t>(std::max(1.0, std::ceil(2 * size / static_cast<double>(cells))));
  };
  const size_t wide = enlarge(frame.width, cell_columns), high = enlarge(frame.height, cell_rows);
  std::vector<uint8_t> indices(cell_rows * high * cell_columns * wide);
  for (size_t r = 0; r < cell_rows; ++r) {
    for (size_t c = 0; c < cell_columns; ++c) {
      const uint8_t index = IndexOf(MeanOfCell(value_rc, r * per_row, c * per_column, per_row, per_column), scale);
      for (size_t y = r * high; y < (r + 1) * high; ++y) {
        std::fill_n(indices.begin() + static_cast<ptrdiff_t>((y * cell_columns + c) * wide), wide, index);
      }
    }
  }
  svg.PngImage(frame.left, frame.top, frame.width, frame.height,
               EncodePng(cell_columns * wide, cell_rows * high, indices, Palette(scale)));
  const std::vector<Point> corners = {{frame.left, frame.top},
                                      {frame.right(), frame.top},
                                      {frame.right(), frame.bottom()},
                                      {frame.left, frame.bottom()},
                                      {frame.left, frame.top}};
  svg.Polyline(corners, {.colour = "#666666", .width = 0.75});
}

void DrawScale(Svg& svg, const Frame& frame, const HeatScale& scale) {
  constexpr size_t kSteps = 128;
  Matrix column;
  for (size_t i = 0; i < kSteps; ++i) {
    const double share = 1 - (static_cast<double>(i) + 0.5) / kSteps;
    column.push_back({ValueAt(scale.diverging ? 2 * share - 1 : share, scale)});
  }
  DrawHeatMap(svg, frame, column, scale);
  const double low = scale.diverging ? -scale.high : scale.low;
  std::vector<double> ticks = RoundTicks(low * scale.factor, scale.high * scale.factor, 5);
  // A power below 1 gives small values room; they need ticks of their own.
  if (scale.power < 1 && !scale.diverging) ticks.insert(ticks.begin() + 1, {ticks[1] / 20, ticks[1] / 4});
  for (const double tick : ticks) {
    const double shade = Shade(tick / scale.factor, scale);
    const double height = frame.bottom() - frame.height * (scale.diverging ? (shade + 1) / 2 : shade);
    svg.Line({frame.right(), height}, {frame.right() + 4, height});
    svg.Text({frame.right() + 7, height + 4}, TickText(tick), {.size = 11});
  }
  svg.Text({frame.right() + 46, frame.top + frame.height / 2}, scale.title, {.anchor = Anchor::kMiddle, .turn = -90});
}

}  // namespace danas
