#include "danas/report/text_table.h"

#include <algorithm>
#include <stdexcept>

namespace danas {
namespace {

bool StartsCharacter(char byte) { return (static_cast<unsigned char>(byte) & 0xC0) != 0x80; }

std::string Rule(size_t width) {
  std::string rule;
  for (size_t i = 0; i < width; ++i) rule += "─";
  return rule;
}

}  // namespace

size_t DisplayWidth(std::string_view text) {
  return static_cast<size_t>(std::count_if(text.begin(), text.end(), StartsCharacter));
}

std::string CutToWidth(std::string_view text, size_t columns) {
  if (DisplayWidth(text) <= columns) return std::string(text);
  if (columns == 0) return "";
  size_t characters = 0, end = 0;
  for (; end < text.size(); ++end) {
    if (StartsCharacter(text[end]) && ++characters == columns) break;
  }
  return std::string(text.substr(0, end)) + "…";
}

void TextTable::AddRow(std::vector<std::string> cells) {
  if (cells.size() != columns_.size())
    throw std::invalid_argument("a row with a different number of cells than columns");
  rows_.push_back(std::move(cells));
}

std::string TextTable::Text() const {
  std::vector<std::string> titles, rules;
  std::vector<size_t> widths;
  for (size_t c = 0; c < columns_.size(); ++c) {
    size_t width = DisplayWidth(columns_[c].title);
    for (const auto& row : rows_) width = std::max(width, DisplayWidth(row[c]));
    widths.push_back(width);
    titles.push_back(columns_[c].title);
    rules.push_back(Rule(width));
  }

  std::string text;
  const auto add_line = [&](const std::vector<std::string>& cells) {
    std::string line;
    for (size_t c = 0; c < cells.size(); ++c) {
      const std::string padding(widths[c] - DisplayWidth(cells[c]), ' ');
      line += (c == 0 ? "" : "  ") + (columns_[c].align == Align::kRight ? padding + cells[c] : cells[c] + padding);
    }
    line.erase(line.find_last_not_of(' ') + 1);
    text += line + "\n";
  };
  add_line(titles);
  add_line(rules);
  for (const auto& row : rows_) add_line(row);
  return text;
}

}  // namespace danas
