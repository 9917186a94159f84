#include "danas/config/config_changes.h"

namespace danas {
namespace {

void Collect(const Json& was, const Json& is, const std::string& prefix, std::vector<ConfigChange>& changes) {
  for (const auto& [name, value] : is.items()) {
    const std::string key = prefix + name;
    const Json before = was.value(name, Json());
    if (before == value) continue;
    if (value.is_object() && before.is_object()) {
      Collect(before, value, key + ".", changes);
    } else {
      changes.push_back({.key = key, .text = key + " " + JsonText(before) + " -> " + JsonText(value)});
    }
  }
}

}  // namespace

std::vector<ConfigChange> ChangesBetween(const Json& was, const Json& is) {
  std::vector<ConfigChange> changes;
  Collect(was, is, "", changes);
  return changes;
}

}  // namespace danas
