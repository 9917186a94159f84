// Finds what is wrong with a text that is meant to be JSON: the grammar of RFC 8259 as a row of small states, and what
// people write instead (comments, Python's words, single quotes, commas too many or too few), each with words of its
// own. Nothing here calls itself: brackets are counted, however deep.
#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <vector>

#include "danas/core/json.h"
#include "danas/core/text_fault.h"

namespace danas {
namespace {

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

bool IsDigit(char c) { return c >= '0' && c <= '9'; }
bool IsLetter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
bool IsOfWord(char c) { return IsLetter(c) || IsDigit(c) || c == '.' || c == '+' || c == '-' || c == '$' || c == '~'; }
bool IsHex(char c) { return IsDigit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); }

// What others write for JSON's words.
struct Meant {
  std::string_view word, json;
};
constexpr std::array kMeant = {
    Meant{"True", "true"},   Meant{"TRUE", "true"},      Meant{"yes", "true"}, Meant{"on", "true"},
    Meant{"False", "false"}, Meant{"FALSE", "false"},    Meant{"no", "false"}, Meant{"off", "false"},
    Meant{"None", "null"},   Meant{"undefined", "null"}, Meant{"nil", "null"}, Meant{"NULL", "null"},
    Meant{"Null", "null"},   Meant{"~", "null"},
};

bool IsNoNumber(std::string_view word) {
  if (word.starts_with('-') || word.starts_with('+')) word.remove_prefix(1);
  constexpr std::array<std::string_view, 8> kWords = {"NaN", "nan", "Infinity", "infinity",
                                                      "inf", "Inf", ".nan",     ".inf"};
  return std::ranges::find(kWords, word) != kWords.end();
}

// -?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?
bool IsNumber(std::string_view text) {
  const auto digits = [&] {
    const size_t count = std::min(text.find_first_not_of("0123456789"), text.size());
    text.remove_prefix(count);
    return count > 0;
  };
  if (text.starts_with('-')) text.remove_prefix(1);
  const bool zero = text.starts_with('0');
  const size_t before = text.size();
  if (!digits() || (zero && before - text.size() > 1)) return false;
  if (text.starts_with('.')) {
    text.remove_prefix(1);
    if (!digits()) return false;
  }
  if (text.starts_with('e') || text.starts_with('E')) {
    text.remove_prefix(1);
    if (text.starts_with('+') || text.starts_with('-')) text.remove_prefix(1);
    if (!digits()) return false;
  }
  return text.empty();
}

std::string WordsForNoNumber(std::string_view word) {
  const std::string shown = QuotedText(word);
  if (word.starts_with('+')) return shown + " is not a JSON number: write it without the plus sign";
  const std::string_view digits = word.substr(word.starts_with('-') ? 1 : 0);
  if (digits.starts_with('.')) return shown + " is not a JSON number: write a zero before the point";
  if (digits.ends_with('.')) return shown + " is not a JSON number: write a digit after the point";
  const bool plain = std::ranges::all_of(digits, IsDigit);
  if (plain && digits.size() > 1) return shown + " is not a JSON number: write it without the leading zero";
  return shown + " is not a number; text needs double quotes";
}

class Finder {
 public:
  explicit Finder(std::string_view text) : text_(text) {}

  std::optional<TextFault> Find() {
    if (text_.starts_with(kByteOrderMark)) at_ = kByteOrderMark.size();
    while (!fault_) {
      at_ = std::min(text_.find_first_not_of(" \t\r\n", at_), text_.size());
      if (at_ == text_.size()) {
        AtEnd();
        break;
      }
      Step(text_[at_]);
    }
    return std::move(fault_);
  }

 private:
  enum class Wants { kValue, kValueOrEnd, kKey, kKeyOrEnd, kColon, kCommaOrEnd, kNothing };

  void Fail(size_t offset, std::string what) { fault_ = FaultAt(text_, offset, std::move(what)); }

  bool InMap() const { return !open_.empty() && text_[open_.back()] == '{'; }
  char Closing() const { return InMap() ? '}' : ']'; }
  std::string OpenText() const {
    const TextFault place = FaultAt(text_, open_.back(), "");
    return std::string("the '") + text_[open_.back()] + "' in line " + std::to_string(place.line);
  }

  void AtEnd() {
    if (wants_ == Wants::kNothing) return;
    const size_t end = text_.find_last_not_of(" \t\r\n") + 1;  // npos + 1 is 0
    if (open_.empty()) return Fail(0, "the text is empty");
    Fail(end,
         std::string("the text ends here, but ") + OpenText() + " is not closed; a '" + Closing() + "' is missing");
  }

  void Step(char c) {
    if (c == '#' || (c == '/' && at_ + 1 < text_.size() && (text_[at_ + 1] == '/' || text_[at_ + 1] == '*'))) {
      return Fail(at_, "JSON does not allow comments; leave this one out");
    }
    switch (wants_) {
      case Wants::kValueOrEnd:
      case Wants::kKeyOrEnd:
        if (c == Closing()) return Close();
        return wants_ == Wants::kKeyOrEnd ? Key(c) : Value(c);
      case Wants::kValue:
        return Value(c);
      case Wants::kKey:
        return Key(c);
      case Wants::kColon:
        return Colon(c);
      case Wants::kCommaOrEnd:
        return CommaOrEnd(c);
      case Wants::kNothing:
        if (c == ']' || c == '}') return Fail(at_, std::string("this '") + c + "' closes nothing; leave it out");
        if (c == ':') return Fail(at_, "keys and values need { } around them");
        return Fail(at_, "text after the end of the value; JSON has only one");
    }
  }

  // --- Structure ---

  void Open() {
    if (open_.size() == static_cast<size_t>(kMostJsonLevels)) {
      return Fail(at_, "nested deeper than " + std::to_string(kMostJsonLevels) + " levels");
    }
    open_.push_back(at_++);
    wants_ = InMap() ? Wants::kKeyOrEnd : Wants::kValueOrEnd;
  }

  void Close() {
    open_.pop_back();
    Ended(at_ + 1);
  }

  void Ended(size_t end) {
    at_ = ended_ = end;
    wants_ = open_.empty() ? Wants::kNothing : Wants::kCommaOrEnd;
  }

  void CommaOrEnd(char c) {
    if (c == ',') {
      comma_ = at_++;
      wants_ = InMap() ? Wants::kKey : Wants::kValue;
      return;
    }
    if (c == Closing()) return Close();
    if (c == ']' || c == '}') {
      return Fail(at_, std::string("a '") + Closing() + "' is expected before this '" + c + "': " + OpenText() +
                           " is not closed");
    }
    if (c == ':' && !InMap()) return Fail(at_, "a list has no keys; keys and values need { } around them");
    if (c == ';') return Fail(at_, "a comma is expected, not ';'");
    if (c == ':') return Fail(at_, "a second colon after one key");
    Fail(ended_, "a comma is missing here");
  }

  void Colon(char c) {
    if (c == ':') {
      ++at_;
      wants_ = Wants::kValue;
    } else if (c == '=') {
      Fail(at_, "a colon is expected after the key, not '='");
    } else {
      Fail(ended_, "a colon and a value are missing after the key");
    }
  }

  // A closing bracket or a comma where a value or key should stand.
  void Missing(char c) {
    const bool after_comma =
        comma_ && *comma_ + 1 <= at_ &&
        text_.substr(*comma_ + 1, at_ - *comma_ - 1).find_first_not_of(" \t\r\n") == std::string::npos;
    if (after_comma && c == ',') return Fail(at_, "one comma too many");
    if (after_comma) return Fail(*comma_, std::string("a comma before the closing '") + c + "'; leave it out");
    if (c == ',') return Fail(at_, "a value is missing before the comma");
    if (open_.empty()) return Fail(at_, std::string("this '") + c + "' closes nothing; leave it out");
    if (c != Closing()) {
      return Fail(at_, std::string("this '") + c + "' does not close " + OpenText());
    }
    Fail(at_, "a value is missing after the colon");
  }

  void Key(char c) {
    if (c == '"') {
      if (Text()) wants_ = Wants::kColon;
    } else if (c == ',' || c == '}' || c == ']') {
      Missing(c);
    } else if (!Typographic() && !SingleQuote(c)) {
      const std::string_view word = Word();
      Fail(at_, word.empty() ? "a key in double quotes is expected here"
                             : "the key " + QuotedText(word) + " needs double quotes: \"" +
                                   std::string(word.substr(0, 40)) + "\"");
    }
  }

  // --- Values ---

  void Value(char c) {
    if (c == '{' || c == '[') return Open();
    if (c == '"') {
      if (Text()) Ended(at_);
      return;
    }
    if (c == ',' || c == '}' || c == ']') return Missing(c);
    if (Typographic() || SingleQuote(c)) return;
    const std::string_view word = Word();
    if (word.empty()) return Fail(at_, "a value is expected here");
    if (word == "true" || word == "false" || word == "null") return Ended(at_ + word.size());
    if (IsNumber(word)) {
      if (!std::isfinite(std::strtod(std::string(word).c_str(), nullptr))) {
        return Fail(at_, QuotedText(word) + " is too large for a number");
      }
      return Ended(at_ + word.size());
    }
    const auto meant = std::ranges::find(kMeant, word, &Meant::word);
    if (meant != kMeant.end())
      return Fail(at_, "JSON writes " + std::string(meant->json) + ", not " + QuotedText(word));
    if (IsNoNumber(word)) return Fail(at_, "JSON has no " + QuotedText(word) + "; use a finite number or null");
    if (IsDigit(c) ||
        ((c == '-' || c == '+' || c == '.') && (word.size() == 1 || IsDigit(word[1]) || word[1] == '.'))) {
      return Fail(at_, WordsForNoNumber(word));
    }
    Fail(at_, "the word " + QuotedText(word) + " is not a value; text needs double quotes");
  }

  std::string_view Word() const {
    size_t end = at_;
    while (end < text_.size() && IsOfWord(text_[end])) ++end;
    return text_.substr(at_, end - at_);
  }

  bool SingleQuote(char c) {
    if (c == '\'') Fail(at_, "JSON uses double quotes, not single ones");
    return c == '\'';
  }

  // Of word processors and web pages.
  bool Typographic() {
    for (const std::string_view quote : {"\u201C", "\u201D", "\u201E", "\u2018", "\u2019"}) {
      if (text_.substr(at_).starts_with(quote)) {
        Fail(at_, "a typographic quote; JSON uses the plain one, \"");
        return true;
      }
    }
    if (text_.substr(at_).starts_with("\u00A0")) {
      Fail(at_, "a non-breaking space; use a plain one");
      return true;
    }
    return false;
  }

  // From the quote at at_ behind the one that closes it; false where it has a fault.
  bool Text() {
    const size_t start = at_;
    for (size_t i = start + 1; i < text_.size(); ++i) {
      const char c = text_[i];
      if (c == '"') return TextEnds(start, i);
      if (c == '\n' || c == '\r') break;
      if (static_cast<unsigned char>(c) < 0x20) {
        Fail(i, c == '\t' ? "a tab inside text; write it as \\t" : "a control character inside text");
        return false;
      }
      if (c == '\\' && !Escape(i)) return false;
    }
    Fail(start, "the text that starts here is not closed on its line: a double quote is missing");
    return false;
  }

  bool TextEnds(size_t start, size_t end) {
    if (!IsUtf8(text_.substr(start, end - start))) {
      Fail(start, "the text that starts here is not UTF-8; save the file in that encoding");
      return false;
    }
    at_ = ended_ = end + 1;
    return true;
  }

  // Of the escape at `i`, which is moved to its last byte.
  bool Escape(size_t& i) {
    const char c = i + 1 < text_.size() ? text_[i + 1] : '\n';
    if (c == '\n' || c == '\r') return true;  // the text is not closed: the caller's words
    if (std::string_view("\"\\/bfnrt").find(c) != std::string_view::npos) {
      ++i;
      return true;
    }
    const int unit = c == 'u' ? CodeUnit(i) : -1;
    if (unit < 0) {
      Fail(i, QuotedText(text_.substr(i, 2)) +
                  (c == 'u' ? " needs four hexadecimal digits" : " is not an escape in JSON") +
                  "; a backslash itself is written \\\\");
      return false;
    }
    const bool high = unit >= 0xD800 && unit < 0xDC00, low = unit >= 0xDC00 && unit < 0xE000;
    const int second = high ? CodeUnit(i + 6) : 0;
    if (low || (high && (second < 0xDC00 || second >= 0xE000))) {
      Fail(i, QuotedText(text_.substr(i, 6)) + " is one half of a character; write the character itself");
      return false;
    }
    i += high ? 11 : 5;
    return true;
  }

  // The number in "\uXXXX" at `i`, or -1.
  int CodeUnit(size_t i) const {
    const std::string_view escape = text_.substr(std::min(i, text_.size()), 6);
    if (escape.size() < 6 || !escape.starts_with("\\u") || !std::ranges::all_of(escape.substr(2), IsHex)) return -1;
    int unit = -1;
    std::from_chars(escape.data() + 2, escape.data() + 6, unit, 16);
    return unit;
  }

  std::string_view text_;
  size_t at_ = 0;
  size_t ended_ = 0;             // behind the last value or key
  std::optional<size_t> comma_;  // the last one between values
  std::vector<size_t> open_;     // brackets
  Wants wants_ = Wants::kValue;
  std::optional<TextFault> fault_;
};

}  // namespace

std::optional<TextFault> FindJsonFault(std::string_view text) { return Finder(text).Find(); }

}  // namespace danas
