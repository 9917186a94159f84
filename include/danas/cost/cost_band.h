// A range of costs that networks shall keep, both ends included, in the unit of the cost table.
#pragma once

namespace danas {

struct CostBand {
  double low = 0;
  double high = 0;

  bool Holds(double cost) const { return cost >= low && cost <= high; }
};

}  // namespace danas
