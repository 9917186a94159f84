// Where a text that somebody wrote is wrong, and in what: the words for it are danas's own, whichever library stumbled.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace danas {

struct TextFault {
  int64_t line = 1;  // both from 1; columns count characters
  int64_t column = 1;
  std::string what;  // a clause: "a comma is missing after 3"
};

// The fault at byte `offset` of `text`.
TextFault FaultAt(std::string_view text, size_t offset, std::string what);

// "name:3:5: what"
std::string FaultText(const std::string& name, const TextFault& fault);

// `text` in the quotes that a message has for what a file says: control characters as '?', and no more than the first
// 40 characters.
std::string QuotedText(std::string_view text);

// The first bytes that no UTF-8 text holds: those of UTF-16, other encodings, or control characters but for tabs and
// line breaks.
std::optional<TextFault> FindForeignBytes(std::string_view text);

// Where `text` is not JSON (RFC 8259; a byte-order mark before it is let pass). Nothing where it is, nested no deeper
// than kMostJsonLevels. Takes time in proportion to the text.
std::optional<TextFault> FindJsonFault(std::string_view text);

}  // namespace danas
