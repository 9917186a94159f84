// A plot over a search's epochs, with its phases marked.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "danas/figures/figure.h"
#include "danas/figures/plot.h"
#include "danas/report/run_record.h"

namespace danas {

struct Series {
  std::string name;
  LineStyle line;
  std::vector<std::optional<double>> value_e;  // what is not known, or not finite, is a gap
};

// A horizontal line.
struct Level {
  std::string name;
  double value = 0;
};

struct PhaseMark {
  std::string name;
  size_t first = 0;  // its first epoch, from 0
};

struct EpochPlot {
  std::string name;
  std::string title;
  std::string finding = {};
  Axis y;  // low and high are set by what is drawn; `y.low` counts where `from_zero`
  bool from_zero = false;
  bool steps = false;  // values stay to the next epoch
  std::vector<Series> series;
  std::vector<Level> levels = {};
};

std::vector<PhaseMark> PhasesOf(const SearchRecord& search);

// None where no series has a value.
std::optional<Figure> DrawEpochs(const EpochPlot& plot, const std::vector<PhaseMark>& phases);

// An axis of costs in thousands, millions and so on, as fits the largest.
Axis CostAxis(const std::string& what, const std::string& unit, double most);

}  // namespace danas
