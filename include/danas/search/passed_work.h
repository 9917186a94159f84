// What a search has computed so far, part by part: by it searches are compared, and scoring's share of one is reported.
#pragma once

#include <array>

#include "danas/config/describe.h"
#include "danas/events/search_events.h"
#include "danas/run/run_state.h"

namespace danas {

enum class SearchPart { kWeights, kArchitecture, kScoring, kFinalists };
template <>
struct EnumNames<SearchPart> {
  static constexpr std::array kNames = events::WorkParts::kParts;  // in checkpoints too
};

struct PassedWork {
  struct Part {
    double macs = 0;     // multiply-accumulates of forward passes, over all processes; backward ones are not counted
    double seconds = 0;  // of the whole steps
  };
  std::array<Part, EnumNames<SearchPart>::kNames.size()> parts = {};
  bool from_begin = true;  // false: resumed from a checkpoint of an earlier danas, which did not count

  void Add(SearchPart part, double macs, double seconds);
};

void Describe(StateFields& fields, PassedWork& passed);

// Of each part and of all, `member`: &PassedWork::Part::macs or seconds.
events::WorkParts PartsOf(const PassedWork& passed, double PassedWork::Part::*member);

}  // namespace danas
