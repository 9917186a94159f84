// JSON as danas uses it everywhere: keys keep the order in which they were written.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

namespace danas {

using Json = nlohmann::ordered_json;

// `json` as text, on one line or indented. Paths need not be UTF-8: bytes that are not become U+FFFD.
inline std::string JsonText(const Json& json, int indent = -1) {
  return json.dump(indent, ' ', false, Json::error_handler_t::replace);
}

// `text`, which anyone may have written, as JSON. Where it is none, or nested deeper than kMostJsonLevels, the value is
// discarded (Json::is_discarded()), which is not an object, list, text or number. What copies, compares or writes a
// value calls itself for each level, and would run out of stack.
inline constexpr int kMostJsonLevels = 100;
Json ParseJson(std::string_view text);

// The whole number at `key` of an object that anyone may have written: fractions are cut off, and what int64_t cannot
// hold becomes its nearest value. Throws Json::exception where there is no number.
int64_t WholeAt(const Json& object, const char* key);

inline bool IsUtf8(std::string_view text) {
  try {
    static_cast<void>(Json(text).dump());
    return true;
  } catch (const Json::type_error&) {
    return false;
  }
}

}  // namespace danas
