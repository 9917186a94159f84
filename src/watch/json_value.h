// Values of JSON that anyone may have written: what is missing or of another type is none.
#pragma once

#include <optional>

#include "danas/core/json.h"

namespace danas {

inline const Json* ValueAt(const Json& object, const char* key) {
  if (!object.is_object()) return nullptr;
  const auto found = object.find(key);
  return found == object.end() ? nullptr : &*found;
}

inline std::optional<double> NumberAt(const Json& object, const char* key) {
  const Json* value = ValueAt(object, key);
  return value != nullptr && value->is_number() ? std::optional(value->get<double>()) : std::nullopt;
}

inline const Json* ObjectAt(const Json& object, const char* key) {
  const Json* value = ValueAt(object, key);
  return value != nullptr && value->is_object() ? value : nullptr;
}

// Empty where there is none.
inline const Json& ListAt(const Json& object, const char* key) {
  static const Json kEmpty = Json::array();
  const Json* value = ValueAt(object, key);
  return value != nullptr && value->is_array() ? *value : kEmpty;
}

}  // namespace danas
