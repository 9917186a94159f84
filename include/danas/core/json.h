// JSON as danas uses it everywhere: keys keep the order in which they were written.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

namespace danas {

using Json = nlohmann::ordered_json;

// `json` as text, on one line or indented. Paths need not be UTF-8: bytes that are not become U+FFFD.
inline std::string JsonText(const Json& json, int indent = -1) {
  return json.dump(indent, ' ', false, Json::error_handler_t::replace);
}

inline bool IsUtf8(std::string_view text) {
  try {
    static_cast<void>(Json(text).dump());
    return true;
  } catch (const Json::type_error&) {
    return false;
  }
}

}  // namespace danas
