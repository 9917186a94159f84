#include "src/nn/weight_names.h"

#include <algorithm>
#include <array>
#include <set>

#include "danas/core/error.h"
#include "src/nn/printable.h"

namespace danas {
namespace {

constexpr std::array<std::string_view, 7> kKeys = {"state_dict", "model_state_dict", "model",         "model_ema",
                                                   "ema",        "ema_state_dict",   "state_dict_ema"};
// Modules that torch puts around others, under names that nobody else has.
constexpr std::array<std::string_view, 3> kWrappers = {"_orig_mod.", "_fsdp_wrapped_module.",
                                                       "_checkpoint_wrapped_module."};
constexpr std::string_view kParallel = "module";

bool IsCounter(std::string_view name) { return name.ends_with("num_batches_tracked") || name.ends_with("n_averaged"); }

void EraseWrappers(std::string& name) {
  for (const std::string_view wrapper : kWrappers) {
    for (size_t at = name.find(wrapper); at != std::string::npos; at = name.find(wrapper, at)) {
      if (at > 0 && name[at - 1] != '.') {
        ++at;
      } else {
        name.erase(at, wrapper.size());
      }
    }
  }
}

// What stands before the first point, where that is one of the prefixes; else "".
std::string_view PrefixOf(std::string_view name) {
  const size_t point = name.find('.');
  if (point == std::string_view::npos || point + 1 == name.size()) return "";
  const std::string_view first = name.substr(0, point);
  return first == kParallel || std::ranges::find(kKeys, first) != kKeys.end() ? first : "";
}

// Takes off one prefix; false where not every name has one.
bool TakeOffPrefix(CleanedNames& cleaned) {
  std::set<std::string_view> found;
  for (const std::string& name : cleaned.names) {
    if (!name.empty()) found.insert(PrefixOf(name));
  }
  if (found.empty() || found.contains("") || (found.size() > 1 && found.contains(kParallel))) return false;
  std::vector<std::string_view> keys;
  for (const std::string_view key : kKeys) {
    if (found.contains(key)) keys.push_back(key);
  }
  const std::string prefix = std::string(keys.empty() ? kParallel : keys.front()) + ".";
  if (keys.size() > 1) cleaned.notes.push_back(WeightKeysNote(keys));
  for (std::string& name : cleaned.names) name.starts_with(prefix) ? name.erase(0, prefix.size()) : name.erase();
  return true;
}

}  // namespace

std::span<const std::string_view> WeightKeys() { return kKeys; }

std::string WeightKeysNote(const std::vector<std::string_view>& found) {
  std::string note = "the weights are those under " + Printable(found.at(0));
  for (size_t i = 1; i < found.size(); ++i) {
    note += (i == 1 ? ", not those under " : " or ") + Printable(found[i]);
  }
  return note;
}

CleanedNames CleanWeightNames(const std::vector<std::string>& names, const std::string& where) {
  CleanedNames cleaned{.names = names, .notes = {}};
  for (std::string& name : cleaned.names) {
    if (IsCounter(name)) name.clear();
    EraseWrappers(name);
  }
  while (TakeOffPrefix(cleaned)) {
  }
  std::set<std::string_view> seen;
  for (const std::string& name : cleaned.names) {
    if (!name.empty() && !seen.insert(name).second) {
      throw CheckpointError(where + " names " + Printable(name) +
                            " twice, with and without the prefix that torch adds");
    }
  }
  return cleaned;
}

}  // namespace danas
