#include "yaml_quotes.h"

#include <algorithm>

#include "danas/core/text_fault.h"

namespace danas {
namespace {

bool IsHex(char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); }

}  // namespace

size_t QuoteEnd(std::string_view text, size_t at, size_t end) {
  for (size_t i = at + 1; i < end; ++i) {
    if (text[at] == '"' && text[i] == '\\') {
      ++i;
    } else if (text[i] == text[at]) {
      if (text[at] == '"' || i + 1 >= end || text[i + 1] != '\'') return i;
      ++i;
    }
  }
  return std::string_view::npos;
}

std::optional<BadEscape> FindBadEscape(std::string_view text, size_t opening, size_t closing) {
  for (size_t i = opening + 1; i + 1 < closing; ++i) {
    if (text[i] != '\\') continue;
    const char c = text[i + 1];
    const size_t digits = c == 'x' ? 2 : c == 'u' ? 4 : c == 'U' ? 8 : 0;
    const std::string_view number = text.substr(i + 2, digits);
    const bool known = std::string_view("0abt\tnvfre \"/\\N_LPxuU\r\n").find(c) != std::string_view::npos;
    if (!known || number.size() < digits || !std::ranges::all_of(number, IsHex)) {
      return BadEscape{i,
                       QuotedText(text.substr(i, 2)) +
                           (known ? " needs " + std::to_string(digits) + " hexadecimal digits" : " is not an escape") +
                           "; a backslash is written \\\\ in double quotes and \\ in single quotes"};
    }
    if (digits == 4 && (number[0] == 'd' || number[0] == 'D') && number[1] >= '8') {
      return BadEscape{i, QuotedText(text.substr(i, 6)) + " is one half of a character; write the character itself"};
    }
    ++i;
  }
  return std::nullopt;
}

}  // namespace danas
