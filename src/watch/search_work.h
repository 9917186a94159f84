// Where a search stands after an epoch, and how much of its work is done: from the plan in its search_start.
#pragma once

#include <optional>
#include <vector>

#include "danas/core/json.h"
#include "danas/watch/run_status.h"

namespace danas {

class SearchWork {
 public:
  explicit SearchWork(const Json& search_start);

  // The epoch under way after `epoch` (an event; null: none is over yet).
  RunPosition After(const Json* epoch) const;

  // In [0, 1]: a training pass counts three forward passes, one that moves α two, each by its MACs an image; what is
  // scored one. A phase's pruning counts once the next one has an epoch.
  double ShareAfter(const Json* epoch) const;

  // At the speed of the last epochs among `events`; none where they took no time.
  std::optional<double> SecondsLeft(const std::vector<Json>& events) const;

 private:
  struct PhaseWork {
    std::string name;
    int64_t classes = 0;
    int64_t epochs = 0;
    double of_epoch = 0;    // MACs
    double of_scoring = 0;  // MACs, of its pruning

    double Whole() const { return of_epoch * static_cast<double>(epochs) + of_scoring; }
  };
  double Done(const Json* epoch) const;     // MACs
  size_t IndexOf(const Json& epoch) const;  // of its phase; phases_.size() where the plan has none of that name

  std::vector<PhaseWork> phases_;
  double total_ = 0;
};

}  // namespace danas
