#include "danas/core/text_file.h"

#include <algorithm>

namespace danas {
namespace {

using namespace std::string_view_literals;

// A letter's zero byte shows UTF-16 where no mark does: no text begins with one.
bool IsUtf16(std::string_view bytes) {
  if (bytes.starts_with("\xFF\xFE") || bytes.starts_with("\xFE\xFF")) return true;
  return bytes.size() >= 2 && (bytes[0] == '\0') != (bytes[1] == '\0');
}

bool IsUtf32(std::string_view bytes) {
  return bytes.starts_with("\xFF\xFE\0\0"sv) || bytes.starts_with("\0\0\xFE\xFF"sv);
}

std::string SaveAsUtf8(const std::string& encoding) {
  return "this is " + encoding +
         ", but UTF-8 is expected. Save it as UTF-8 (in a spreadsheet 'CSV UTF-8', in an editor " +
         "under 'Save as'), or convert it: iconv -f " + encoding + " -t UTF-8 OLD > NEW";
}

}  // namespace

std::string WhyNotPlainText(std::string_view bytes) {
  if (IsUtf32(bytes)) return SaveAsUtf8("UTF-32");
  if (IsUtf16(bytes)) return SaveAsUtf8("UTF-16");
  if (bytes.starts_with("\x1F\x8B"))
    return "this is compressed with gzip, but text is expected. Unpack it: gunzip -c OLD > NEW";
  if (bytes.starts_with("PK\x03\x04")) {
    return "this is a zip archive (as spreadsheets save their own files), but text is expected. Save the table as 'CSV "
           "UTF-8', or unpack the archive";
  }
  return "";
}

std::string PlainText(std::string bytes) {
  if (bytes.starts_with("\xEF\xBB\xBF")) bytes.erase(0, 3);
  if (bytes.find('\r') == std::string::npos) return bytes;
  if (bytes.find('\n') == std::string::npos) {
    std::ranges::replace(bytes, '\r', '\n');
    return bytes;
  }
  size_t kept = 0;
  for (size_t i = 0; i < bytes.size(); ++i) {
    if (bytes[i] == '\r' && i + 1 < bytes.size() && bytes[i + 1] == '\n') continue;
    bytes[kept++] = bytes[i];
  }
  bytes.resize(kept);
  return bytes;
}

std::vector<std::string> LinesOf(std::string_view text) {
  std::vector<std::string> lines;
  while (!text.empty()) {
    const size_t end = std::min(text.find('\n'), text.size());
    lines.emplace_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return lines;
}

}  // namespace danas
