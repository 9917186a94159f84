#include "html.h"

#include "danas/figures/svg.h"

namespace danas {
namespace {

constexpr const char* kStyle = R"(
body { font: 16px/1.5 system-ui, 'DejaVu Sans', Arial, sans-serif; color: #222; background: #fff; max-width: 1000px;
  margin: 2em auto; padding: 0 1em; }
h1 { font-size: 1.6em; } h2 { font-size: 1.25em; margin-top: 2em; } figure { margin: 1.5em 0 2.5em; }
figure svg { max-width: 100%; height: auto; } figcaption b { display: block; }
figcaption p { margin: .3em 0; }
table { border-collapse: collapse; font-size: .9em; font-variant-numeric: tabular-nums; }
th, td { padding: .2em .8em; border-bottom: 1px solid #ccc; text-align: left; }
td.number, th.number { text-align: right; }
.scroll { overflow-x: auto; } nav a { margin-right: 1em; }
@media print { body { margin: 0; max-width: none; font-size: 11pt; } figure { break-inside: avoid; }
  nav { display: none; }
  * { print-color-adjust: exact; -webkit-print-color-adjust: exact; } }
)";

}  // namespace

std::string PageHead(const std::string& title, const std::string& more_style) {
  return "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" "
         "content=\"width=device-width\">\n<title>" +
         XmlText(title) + "</title>\n<style>" + kStyle + more_style + "</style>\n</head>\n<body>\n";
}

std::string Cell(const std::string& text, bool number, const char* tag) {
  return std::string("<") + tag + (number ? " class=\"number\">" : ">") + XmlText(text) + "</" + tag + ">";
}

void HtmlTable::AddRow(const std::vector<std::string>& cells, bool strong) {
  rows_ += strong ? "<tr class=\"strong\">" : "<tr>";
  for (size_t c = 0; c < columns_.size(); ++c) rows_ += Cell(c < cells.size() ? cells[c] : "", columns_[c].number);
  rows_ += "</tr>\n";
}

std::string HtmlTable::Text() const {
  std::string head;
  for (const Column& column : columns_) head += Cell(column.title, column.number, "th");
  return "<div class=\"scroll\"><table><thead><tr>" + head + "</tr></thead>\n<tbody>" + rows_ +
         "</tbody></table></div>\n";
}

std::string Paragraph(const std::string& text, const char* kind) {
  return std::string("<p") + (*kind == 0 ? "" : std::string(" class=\"") + kind + "\"") + ">" + XmlText(text) +
         "</p>\n";
}

}  // namespace danas
