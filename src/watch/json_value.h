// Values of JSON that anyone may have written: what is missing or of another type is none.
#pragma once

#include <cmath>
#include <cstdint>
#include <optional>
#include <string>

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

// 0 where there is none.
inline int64_t IntegerAt(const Json& object, const char* key) {
  const double number = NumberAt(object, key).value_or(0);
  return std::abs(number) < 1e15 ? static_cast<int64_t>(number) : 0;
}

inline std::optional<std::string> TextAt(const Json& object, const char* key) {
  const Json* value = ValueAt(object, key);
  return value != nullptr && value->is_string() ? std::optional(value->get<std::string>()) : std::nullopt;
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
