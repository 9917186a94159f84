// Tables of text for terminals: columns as wide as their longest cell, two spaces between.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace danas {

enum class Align { kLeft, kRight };

struct Column {
  std::string title;
  Align align = Align::kLeft;
};

class TextTable {
 public:
  explicit TextTable(std::vector<Column> columns) : columns_(std::move(columns)) {}

  // One cell a column, in UTF-8. Throws std::invalid_argument for another number of cells.
  void AddRow(std::vector<std::string> cells);

  // Titles, a rule, the rows; every line ends with a newline and without trailing spaces.
  std::string Text() const;

 private:
  std::vector<Column> columns_;
  std::vector<std::vector<std::string>> rows_;
};

// Characters of a UTF-8 text, each counted as one column.
size_t DisplayWidth(std::string_view text);

// The text cut to `columns` characters, the last of them "…" where something was cut.
std::string CutToWidth(std::string_view text, size_t columns);

}  // namespace danas
