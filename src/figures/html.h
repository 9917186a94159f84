// Parts of pages: their head, tables, figures with captions.
#pragma once

#include <string>
#include <vector>

#include "danas/figures/figure.h"

namespace danas {

// Up to and with <body>. `title` is text; `more_style` is CSS behind that of all pages.
std::string PageHead(const std::string& title, const std::string& more_style = {});

std::string Cell(const std::string& text, bool number = false, const char* tag = "td");

// A table of texts.
class HtmlTable {
 public:
  struct Column {
    std::string title;
    bool number = false;
  };
  explicit HtmlTable(std::vector<Column> columns) : columns_(std::move(columns)) {}

  // One cell a column. `strong`: a row to look at first.
  void AddRow(const std::vector<std::string>& cells, bool strong = false);
  bool empty() const { return rows_.empty(); }
  std::string Text() const;

 private:
  std::vector<Column> columns_;
  std::string rows_;
};

std::string Paragraph(const std::string& text, const char* kind = "");

}  // namespace danas
