// Texts in quotes, as YAML writes them.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace danas {

// The quote that closes the one at `at` of `text`, before `end`; npos where there is none.
size_t QuoteEnd(std::string_view text, size_t at, size_t end);

struct BadEscape {
  size_t offset = 0;  // of the backslash
  std::string what;
};

// The first escape between two double quotes that is none, or half of a character.
std::optional<BadEscape> FindBadEscape(std::string_view text, size_t opening, size_t closing);

}  // namespace danas
