// Names from a file that no one vouches for, made fit for a message on a terminal.
#pragma once

#include <string>
#include <string_view>

namespace danas {

// In quotes; bytes outside of printable ASCII as '?', and no more than the first 80.
inline std::string Printable(std::string_view text) {
  constexpr size_t kShown = 80;
  std::string shown = "\"";
  for (const char c : text.substr(0, kShown)) shown += c >= ' ' && c <= '~' ? c : '?';
  return shown + (text.size() > kShown ? "...\"" : "\"");
}

}  // namespace danas
