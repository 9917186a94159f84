#include "danas/watch/live_text.h"

#include <algorithm>

#include "danas/report/text_table.h"

namespace danas {
namespace {

constexpr const char* kClearToEndOfLine = "\x1b[K";
constexpr const char* kClearBelow = "\x1b[J";

std::string Up(size_t lines) { return lines == 0 ? "\r" : "\r\x1b[" + std::to_string(lines) + "A"; }

}  // namespace

std::string LiveText::Draw(std::string_view text, size_t columns, size_t rows) {
  const size_t most = rows > 1 ? rows - 1 : 1;
  std::string bytes = Up(std::min(lines_, most));  // where the terminal became smaller, no further than it reaches
  lines_ = 0;
  while (!text.empty() && lines_ < most) {
    const size_t end = std::min(text.find('\n'), text.size());
    bytes += CutToWidth(text.substr(0, end), columns) + kClearToEndOfLine + "\n";
    text.remove_prefix(std::min(end + 1, text.size()));
    ++lines_;
  }
  return bytes + kClearBelow;
}

}  // namespace danas
