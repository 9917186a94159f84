// The last step of a search: the network of one budget is chosen from what its branch still keeps. One interface;
// MakeChoice() makes the sibling that search.final names.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>

#include "danas/search/choices/final_choice.h"
#include "danas/search/search_loop.h"
#include "danas/search/search_run.h"
#include "src/search/phase_training.h"

namespace danas {

class Choice {
 public:
  Choice() = default;
  Choice(const Choice&) = delete;
  Choice& operator=(const Choice&) = delete;
  virtual ~Choice() = default;

  // All ranks make one and call it alike.
  virtual FinalChoice Choose() = 0;
};

// A search whose last phase is over, and the branch of it that is chosen for.
struct TrainedBranch {
  const SearchInputs& inputs;  // with the branch's budget
  const SearchCourse& course;
  SearchRun& run;
  size_t number = 0;  // in run.state.branches
  ProgressSink* progress = nullptr;
  CheckpointKeeper* keeper = nullptr;

  Branch& branch() const { return run.state.branches.at(number); }
};

std::unique_ptr<Choice> MakeChoice(const TrainedBranch& trained);

// The siblings, each in a file of its own.
std::unique_ptr<Choice> MakeArgmaxChoice(const TrainedBranch& trained);
std::unique_ptr<Choice> MakeSampledChoice(const TrainedBranch& trained);
std::unique_ptr<Choice> MakeScoredChoice(const TrainedBranch& trained);

// What `choose` makes of the first rank's numbers, on every rank.
FinalChoice ChosenByFirst(const Ranks& ranks, const std::function<FinalChoice()>& choose);

}  // namespace danas
