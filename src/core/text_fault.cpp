#include "danas/core/text_fault.h"

#include <algorithm>

#include "danas/core/json.h"

namespace danas {
namespace {

bool IsContinuation(char c) { return (static_cast<unsigned char>(c) & 0xC0) == 0x80; }

bool IsControl(char c) { return static_cast<unsigned char>(c) < 0x20 && c != '\t' && c != '\n' && c != '\r'; }

// PowerShell's ">" and Notepad's "Unicode" write it. Without its mark every other byte of plain text is zero.
bool IsUtf16(std::string_view text) {
  if (text.starts_with("\xFF\xFE") || text.starts_with("\xFE\xFF")) return true;
  return text.size() >= 4 && (text[0] == 0) != (text[1] == 0) && (text[0] == 0) == (text[2] == 0) &&
         (text[1] == 0) == (text[3] == 0);
}

}  // namespace

TextFault FaultAt(std::string_view text, size_t offset, std::string what) {
  const std::string_view before = text.substr(0, offset);
  const size_t line_start = before.rfind('\n') + 1;  // npos + 1 is 0
  std::string_view in_line = before.substr(line_start);
  if (line_start == 0 && in_line.starts_with("\xEF\xBB\xBF")) in_line.remove_prefix(3);
  return {.line = 1 + std::count(before.begin(), before.end(), '\n'),
          .column = 1 + std::count_if(in_line.begin(), in_line.end(), [](char c) { return !IsContinuation(c); }),
          .what = std::move(what)};
}

std::string FaultText(const std::string& name, const TextFault& fault) {
  return name + ":" + std::to_string(fault.line) + ":" + std::to_string(fault.column) + ": " + fault.what;
}

std::string QuotedText(std::string_view text) {
  constexpr size_t kShown = 40;
  size_t shown = 0, end = 0;
  while (end < text.size() && shown < kShown) {
    ++end, ++shown;
    while (end < text.size() && IsContinuation(text[end])) ++end;
  }
  std::string quoted(text.substr(0, end));
  const auto is_control = [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; };
  std::replace_if(quoted.begin(), quoted.end(), is_control, '?');
  return "'" + quoted + (end < text.size() ? "..." : "") + "'";
}

std::optional<TextFault> FindForeignBytes(std::string_view text) {
  if (IsUtf16(text)) return FaultAt(text, 0, "the text is in UTF-16; save it in UTF-8");
  if (IsUtf8(text) && std::none_of(text.begin(), text.end(), IsControl)) return std::nullopt;
  size_t offset = 0;
  for (std::string_view rest = text; !rest.empty();) {
    const std::string_view line = rest.substr(0, std::min(rest.find('\n'), rest.size() - 1) + 1);
    const auto control = std::find_if(line.begin(), line.end(), IsControl);
    if (control != line.end()) {
      return FaultAt(text, offset + static_cast<size_t>(control - line.begin()),
                     "a control character (byte " + std::to_string(static_cast<unsigned char>(*control)) +
                         "); text files contain none");
    }
    if (!IsUtf8(line)) {
      size_t valid = 0;  // the longest head of the line that is UTF-8
      for (size_t end = 1; end <= line.size(); ++end) {
        if (end < line.size() && IsContinuation(line[end])) continue;
        if (!IsUtf8(line.substr(valid, end - valid))) break;
        valid = end;
      }
      return FaultAt(text, offset + valid, "bytes that are not UTF-8; save the file in that encoding");
    }
    offset += line.size();
    rest.remove_prefix(line.size());
  }
  return std::nullopt;
}

}  // namespace danas
