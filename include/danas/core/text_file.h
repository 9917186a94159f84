// Text that people and their programs save: one reader for configs, tables, manifests and lists of names. A byte-order
// mark or the line ends of another system never become part of a name.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "danas/core/error.h"
#include "danas/core/file.h"

namespace danas {

// Why `bytes` are not text in UTF-8 and what to do about it: UTF-16 and UTF-32, with their mark or without, gzip and
// zip. Empty for everything else: single bytes that are not UTF-8 are for the reader to check, since names of files may
// have them.
std::string WhyNotPlainText(std::string_view bytes);

// `bytes` without UTF-8's byte-order mark, and with '\n' for "\r\n". Where no '\n' ends a line, a '\r' does.
std::string PlainText(std::string bytes);

// The file as PlainText() gives it. Throws FileError as ReadFile(), and `NoText` for what WhyNotPlainText() names.
template <typename NoText = FileError>
std::string ReadTextFile(const std::filesystem::path& path, size_t max_bytes = SIZE_MAX) {
  std::string bytes = ReadFile(path, max_bytes);
  if (const std::string reason = WhyNotPlainText(bytes); !reason.empty()) throw NoText(path.string() + ": " + reason);
  return PlainText(std::move(bytes));
}

// The lines of a text as PlainText() gives it, without their ends. Empty lines stay: the position gives the number.
std::vector<std::string> LinesOf(std::string_view text);

}  // namespace danas
