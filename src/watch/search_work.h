// How far a search is after an epoch, and how much of its work is done: from the plan in its search_start.
#pragma once

#include <optional>
#include <vector>

#include "danas/core/json.h"
#include "danas/events/search_events.h"
#include "danas/watch/run_status.h"

namespace danas {

class SearchWork {
 public:
  explicit SearchWork(const events::SearchStart& start);

  // The epoch under way after `epoch`; none: none is over yet.
  RunPosition After(const std::optional<events::SearchEpoch>& epoch) const;

  // In [0, 1], by forward MACs (core/pass_work.h). A phase's pruning counts once the next one has an epoch.
  double ShareAfter(const std::optional<events::SearchEpoch>& epoch) const;

  // At the speed of the last epochs of `log`; none where they took no time.
  std::optional<double> SecondsLeft(const std::vector<Json>& log) const;

 private:
  struct PhaseWork {
    std::string name;
    int64_t classes = 0;
    int64_t epochs = 0;
    double of_epoch = 0;    // MACs
    double of_scoring = 0;  // MACs, of its pruning

    double Whole() const { return of_epoch * static_cast<double>(epochs) + of_scoring; }
  };
  double Done(const std::optional<events::SearchEpoch>& epoch) const;  // MACs
  // Of its phase; phases_.size() where the plan has none of that name.
  size_t IndexOf(const events::SearchEpoch& epoch) const;

  std::vector<PhaseWork> phases_;
  double total_ = 0;
};

}  // namespace danas
