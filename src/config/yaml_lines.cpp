#include "yaml_lines.h"

#include <algorithm>
#include <string>
#include <vector>

#include "yaml_fault.h"
#include "yaml_quotes.h"

namespace danas {
namespace {

constexpr size_t kNone = std::string_view::npos;

bool IsBlank(char c) { return c == ' ' || c == '\t' || c == '\r'; }

std::string Spaces(size_t count) { return count == 1 ? "1 space" : std::to_string(count) + " spaces"; }

// A list or map in block style that is not over.
struct Block {
  size_t indent = 0;
  bool list = false;
  int64_t line = 0;
};

// A text after | or >: its lines have more spaces than `least`, and no fewer than the first.
struct Folded {
  size_t least = 0;
  std::optional<size_t> indent = {};
};

class Finder {
 public:
  explicit Finder(std::string_view text) : text_(text) {
    if (text_.starts_with("\xEF\xBB\xBF")) at_ = 3;
  }

  std::optional<TextFault> Find(int64_t last_line) {
    while (!fault_ && at_ < text_.size() && line_ <= last_line) Line();
    if (!fault_ && !brackets_.empty() && at_ >= text_.size()) FailUnclosed();
    return std::move(fault_);
  }

 private:
  void Fail(size_t offset, std::string what) {
    if (!fault_) fault_ = FaultAt(text_, offset, std::move(what));
  }
  int64_t LineOf(size_t offset) const { return FaultAt(text_, offset, "").line; }

  size_t LineEnd(size_t from) const { return std::min(text_.find('\n', from), text_.size()); }
  size_t SkipBlanks(size_t from, size_t end) const {
    while (from < end && IsBlank(text_[from])) ++from;
    return from;
  }
  bool Ends(size_t at, size_t end) const { return at >= end || text_[at] == '#'; }

  // --- One line: at_ is where it begins, then where the next one does ---

  void Line() {
    const size_t start = at_, end = LineEnd(start);
    line_ += std::count(text_.begin() + static_cast<ptrdiff_t>(counted_), text_.begin() + static_cast<ptrdiff_t>(start),
                        '\n');
    counted_ = start;
    at_ = end + 1;
    const size_t content = SkipBlanks(start, end);
    if (content == end || text_[content] == '#') return;
    indent_ = content - start;
    if (folded_ && InFolded(content)) return;
    if (!brackets_.empty()) return InBrackets(content, end);
    const std::string_view line = text_.substr(start, end - start);
    if (line.starts_with('%') && blocks_.empty()) return;
    if (line.starts_with("---") || line.starts_with("...")) return Marker(start, line);
    if (const size_t tab = text_.substr(start, indent_).find('\t'); tab != kNone) {
      return Fail(start + tab, "a tab in the indentation; YAML allows only spaces");
    }
    Entry(content, end, indent_);
  }

  // Whether the line belongs to a text after | or >.
  bool InFolded(size_t at) {
    if (indent_ <= folded_->least) {
      folded_.reset();
      return false;
    }
    if (!folded_->indent) folded_->indent = indent_;
    if (indent_ < *folded_->indent) {
      Fail(at, "an indentation of " + Spaces(indent_) + " in text that begins with " + Spaces(*folded_->indent));
    }
    return true;
  }

  void Marker(size_t start, std::string_view line) {
    if (blocks_.empty() && !plain_) return;
    if (line.starts_with("---")) Fail(start, "a second document begins here; a file may contain only one");
    over_ = true;
  }

  // What stands at column `column`: list items, a key, a value.
  void Entry(size_t at, size_t end, size_t column) {
    if (over_) return Fail(at, "text after the end of the document; a file may contain only one");
    if (root_is_over_)
      return Fail(at, "text after the closing bracket; is the first line meant as a key with a colon?");
    while (IsListItem(at, end)) {
      if (!Enter(at, column, true)) return;
      Entered();
      const size_t next = SkipBlanks(at + 1, end);
      if (Ends(next, end)) return;
      column += next - at;
      at = next;
    }
    if (text_[at] == '?' && (at + 1 == end || IsBlank(text_[at + 1]))) {
      return Fail(at, "a key after '?'; write it as 'key: value'");
    }
    const size_t colon = KeyEnd(at, end);
    if (fault_) return;
    if (colon == kNone) return Keyless(at, end, column);
    if (!Enter(at, column, false)) return;
    Entered();
    const size_t value = SkipBlanks(colon + 1, end);
    nested_ = Ends(value, end);
    if (!nested_) Value(value, end);
  }

  bool IsListItem(size_t at, size_t end) const { return text_[at] == '-' && (at + 1 == end || IsBlank(text_[at + 1])); }

  void Entered() {
    nested_ = true;
    key_line_ = line_;
    plain_.reset();
  }

  // A line that is neither a key nor a list item.
  void Keyless(size_t at, size_t end, size_t column) {
    const std::string_view rest = text_.substr(at, end - at);
    const bool goes_on = plain_ && (blocks_.empty() || column > blocks_.back().indent);
    if (goes_on) return;  // of the text above
    const bool starts = blocks_.empty() || (nested_ && column > blocks_.back().indent);
    if (!starts && !FailKeyless(at, rest)) Fail(at, "this line has no 'key: value'; is a colon missing?");
    if (!starts) return;
    if (const char c = rest.front(); c == '[' || c == '{' || c == '"' || c == '\'' || c == '|' || c == '>') {
      nested_ = false;
      return Value(at, end);
    }
    plain_ = at;
    first_plain_ = true;
    plain_column_ = column;
    nested_ = false;
  }

  // What a line without a key may have been meant as.
  bool FailKeyless(size_t at, std::string_view line) {
    if (const std::string missing = MissingSpace(line); !missing.empty()) {
      Fail(at, missing.substr(2));
    } else if (line.starts_with("//") || line.starts_with("/*")) {
      Fail(at, "comments begin with '#' in YAML");
    } else if (line.starts_with('-') && line.size() > 1 && line[1] != '-') {
      Fail(at, "a space is missing after the '-' of a list item");
    } else if (const size_t equals = line.find('='); equals != kNone && equals > 0) {
      Fail(at, "YAML separates key and value with a colon and a space ('key: value'), not with '='");
    } else if (line.starts_with('}') || line.starts_with(']')) {
      Fail(at, "this bracket closes nothing; leave it out");
    }
    return fault_.has_value();
  }

  // Opens or finds the list or map at `column`; false where none can be.
  bool Enter(size_t at, size_t column, bool list) {
    if (plain_ && (blocks_.empty() || column > blocks_.back().indent)) return BehindPlain(at, column, list);
    const size_t depth = blocks_.size();
    while (!blocks_.empty() && blocks_.back().indent > column) blocks_.pop_back();
    const bool closed = blocks_.size() < depth;
    if (!list && blocks_.size() > 1 && blocks_.back().list && blocks_.back().indent == column &&
        blocks_[blocks_.size() - 2].indent == column) {
      blocks_.pop_back();  // the list stood at its key's column
    }
    if (!blocks_.empty() && blocks_.back().indent == column) {
      const Block& block = blocks_.back();
      if (block.list == list) return true;
      if (list && nested_) return Open(column, list);
      Fail(at, list ? "a list item among the keys that begin on line " + std::to_string(block.line)
                    : "a key among the list items that begin on line " + std::to_string(block.line));
      return false;
    }
    if ((nested_ && !closed) || depth == 0) return Open(column, list);
    if (closed) return FailLevel(at, column, depth);
    FailUnder(at, key_line_);
    return false;
  }

  void FailUnder(size_t at, int64_t line) {
    Fail(at, "this line is indented to belong to line " + std::to_string(line) + ", which has a value already");
  }

  bool Open(size_t column, bool list) {
    blocks_.push_back({column, list, line_});
    return true;
  }

  bool FailLevel(size_t at, size_t column, size_t depth) {
    std::string message = "an indentation of " + Spaces(column) + " matches no line above";
    if (blocks_.empty()) {
      message += "; the first has more";
    } else if (depth > blocks_.size()) {
      message += "; " + Spaces(blocks_.back().indent) + " would belong to line " + std::to_string(blocks_.back().line);
    }
    Fail(at, message);
    return false;
  }

  // A key or list item where a text over several lines would go on: the text's first line is no text then.
  bool BehindPlain(size_t at, size_t column, bool list) {
    const size_t first = *plain_;
    const std::string_view line = text_.substr(first, LineEnd(first) - first);
    if (first_plain_ && FailKeyless(first, line)) return false;
    if (first_plain_ && !list && column <= plain_column_) {
      Fail(first, "this line has no 'key: value'; is a colon missing?");
    } else {
      FailUnder(at, LineOf(first));
    }
    return false;
  }

  // --- Keys and values ---

  // The colon behind the key at `at`; kNone where there is none in the line.
  size_t KeyEnd(size_t at, size_t end) {
    size_t next = at;
    if (text_[at] == '"' || text_[at] == '\'') {
      const size_t closing = QuoteEnd(text_, at, end);
      if (closing == kNone) return kNone;
      next = SkipBlanks(closing + 1, end);
      if (next >= end || text_[next] != ':') return kNone;
      if (next + 1 < end && !IsBlank(text_[next + 1])) {
        Fail(next + 1, "a space is missing after the colon");
        return kNone;
      }
      return next;
    }
    if (text_[at] == '[' || text_[at] == '{' || text_[at] == '|' || text_[at] == '>') return kNone;
    for (; next < end; ++next) {
      if (text_[next] == '#' && IsBlank(text_[next - 1])) return kNone;
      if (text_[next] == ':' && (next + 1 == end || IsBlank(text_[next + 1]))) return next;
    }
    return kNone;
  }

  void Value(size_t at, size_t end) {
    const char c = text_[at];
    if (c == '[' || c == '{') {
      brackets_.push_back({.at = at});
      return InBrackets(at + 1, end);
    }
    if (c == '"' || c == '\'') return QuotedValue(at);
    if (c == '|' || c == '>') {
      folded_ = Folded{.least = blocks_.empty() ? 0 : blocks_.back().indent};
      return;
    }
    if (c == '&' || c == '*' || c == '!' || c == '@' || c == '`' || c == '%') return;  // yaml-cpp finds these places
    if (c == ']' || c == '}') return Fail(at, "this bracket closes nothing; leave it out");
    if (c == ',') return Fail(at, "a value is missing before the comma");
    if (IsListItem(at, end)) {
      return Fail(at, "a list begins on a line of its own or is written in brackets: [a, b]");
    }
    if (const size_t colon = KeyEnd(at, end); colon != kNone) {
      return Fail(colon, "a second colon on one line; text that contains a colon and a space needs quotes");
    }
    plain_ = at;
    first_plain_ = false;
  }

  void QuotedValue(size_t at) {
    const size_t closing = QuoteEnd(text_, at, text_.size());
    if (closing == kNone) return Fail(at, "the quote that opens here is not closed");
    if (text_[at] == '"' && !CheckEscapes(at, closing)) return;
    const size_t end = LineEnd(closing), next = SkipBlanks(closing + 1, end);
    at_ = end + 1;
    if (Ends(next, end)) return;
    if (LineOf(at) != LineOf(closing)) return Fail(at, "the quote that opens here is not closed on its line");
    if (text_[next] == ':') return Fail(next, "a second colon on one line");
    Fail(next, text_[at] == '\'' ? "text after the closing quote; within single quotes a quote is doubled: 'it''s'"
                                 : "text after the closing quote; within double quotes a quote is written \\\"");
  }

  bool CheckEscapes(size_t at, size_t closing) {
    if (auto escape = FindBadEscape(text_, at, closing)) Fail(escape->offset, std::move(escape->what));
    return !fault_;
  }

  // --- Brackets, over as many lines as they take ---

  void InBrackets(size_t at, size_t end) {
    if (!brackets_.empty() && !blocks_.empty() && indent_ <= blocks_.back().indent && line_ > key_line_ &&
        KeyEnd(at, end) != kNone) {
      return FailUnclosed();
    }
    for (size_t i = at; i < end && !fault_; ++i) {
      const char c = text_[i];
      if (c == '#' && i > 0 && (IsBlank(text_[i - 1]) || text_[i - 1] == '\n')) return;
      if (brackets_.empty()) {
        if (IsBlank(c)) continue;
        Fail(i, c == ']' || c == '}' ? "this bracket closes nothing; leave it out"
                : c == ':'           ? kKeyIsNoText
                                     : "text after the closing bracket");
      } else {
        i = InBracketsAt(i, end);
      }
    }
  }

  struct Bracket {
    size_t at = 0;
    bool key = false;  // a colon came since the last comma
  };

  // The last byte of what stands at `i`.
  size_t InBracketsAt(size_t i, size_t end) {
    const char c = text_[i];
    if (c == '[' || c == '{') {
      brackets_.push_back({.at = i});
    } else if (c == ']' || c == '}') {
      if ((c == ']') != (text_[brackets_.back().at] == '[')) {
        Fail(i, std::string("this '") + c + "' does not close the '" + text_[brackets_.back().at] + "' of line " +
                    std::to_string(LineOf(brackets_.back().at)));
        return i;
      }
      brackets_.pop_back();
      root_is_over_ = brackets_.empty() && blocks_.empty();
    } else if (c == ',') {
      brackets_.back().key = false;
    } else if (c == ':' && (i + 1 == end || IsBlank(text_[i + 1]))) {
      if (brackets_.back().key) Fail(i, "a comma is missing before this key");
      brackets_.back().key = true;
    } else if ((c == '"' || c == '\'') && StartsText(i)) {
      const size_t closing = QuoteEnd(text_, i, text_.size());
      if (closing == kNone) {
        Fail(i, "the quote that opens here is not closed");
      } else if (closing < end) {
        if (c == '"') CheckEscapes(i, closing);
        return closing;
      } else {
        at_ = closing + 1;  // what follows is taken for a new line
        return end;
      }
    }
    return i;
  }

  // Within a plain text a quote is a character like others.
  bool StartsText(size_t i) const {
    const size_t before = text_.find_last_not_of(" \t\r\n", i - 1);
    return before == kNone || std::string_view("[{,:").find(text_[before]) != kNone;
  }

  void FailUnclosed() {
    const size_t at = brackets_.back().at;
    Fail(at,
         std::string("this '") + text_[at] + "' is not closed; a '" + (text_[at] == '[' ? ']' : '}') + "' is missing");
  }

  std::string_view text_;
  size_t at_ = 0;
  size_t counted_ = 0;  // of the text, in line_
  int64_t line_ = 1;    // of at_, when the line began
  size_t indent_ = 0;
  std::vector<Block> blocks_;
  std::vector<Bracket> brackets_;
  bool nested_ = false;          // the last key or list item has no value yet
  int64_t key_line_ = 0;         // of the last key or list item
  std::optional<size_t> plain_;  // where a text without quotes began, which may go on
  bool first_plain_ = false;     // in a line of its own, so that it may be a key without its colon
  size_t plain_column_ = 0;
  std::optional<Folded> folded_;
  bool root_is_over_ = false;  // it is a list or map in brackets
  bool over_ = false;          // the end of the document was marked
  std::optional<TextFault> fault_;
};

}  // namespace

std::optional<TextFault> FindMisleadingLine(std::string_view text, int64_t last_line) {
  return Finder(text).Find(last_line);
}

}  // namespace danas
