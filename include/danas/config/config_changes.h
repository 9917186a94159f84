// What differs between two configs, key by key: for those who ask whether a run or a study may go on with another.
#pragma once

#include <string>
#include <vector>

#include "danas/core/json.h"

namespace danas {

struct ConfigChange {
  std::string key;   // "search.alpha_lr"
  std::string text;  // "search.alpha_lr 0.01 -> 0.02"
};

// All keys of `is` with another value than in `was`, in the order of `is`; of a section in both, its keys. What `was`
// lacks was null.
std::vector<ConfigChange> ChangesBetween(const Json& was, const Json& is);

}  // namespace danas
