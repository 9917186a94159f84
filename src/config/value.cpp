#include "value.h"

#include <algorithm>
#include <charconv>
#include <limits>

#include "danas/config/document.h"
#include "danas/core/error.h"

namespace danas {
namespace {

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

// Numbers start with a digit, or a point and a digit; from_chars alone would take "inf", "nan" and "infinity" too.
bool LooksNumeric(std::string_view text) {
  if (!text.empty() && (text[0] == '-' || text[0] == '+')) text.remove_prefix(1);
  if (!text.empty() && text[0] == '.') text.remove_prefix(1);
  return !text.empty() && IsDigit(text[0]);
}

template <typename Number>
std::errc ParseWhole(std::string_view text, Number& number) {
  if (!text.empty() && text[0] == '+') text.remove_prefix(1);
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return end == text.data() + text.size() ? error : std::errc::invalid_argument;
}

bool IsOneOf(std::string_view text, std::initializer_list<std::string_view> words) {
  return std::find(words.begin(), words.end(), text) != words.end();
}

}  // namespace

Value ScalarFromText(std::string text, int line) {
  Value value{.kind = Value::Kind::kText, .line = line, .text = std::move(text)};
  std::string_view unsigned_text = value.text;
  const bool negative = unsigned_text.starts_with('-');
  if (negative || unsigned_text.starts_with('+')) unsigned_text.remove_prefix(1);

  if (IsOneOf(value.text, {"", "~", "null", "Null", "NULL"})) {
    value.kind = Value::Kind::kNull;
  } else if (IsOneOf(value.text, {"true", "True", "TRUE", "false", "False", "FALSE"})) {
    value.kind = Value::Kind::kBool;
    value.boolean = value.text[0] == 't' || value.text[0] == 'T';
  } else if (IsOneOf(unsigned_text, {".inf", ".Inf", ".INF"})) {
    value.kind = Value::Kind::kDouble;
    value.number = negative ? -std::numeric_limits<double>::infinity() : std::numeric_limits<double>::infinity();
  } else if (IsOneOf(value.text, {".nan", ".NaN", ".NAN"})) {
    value.kind = Value::Kind::kDouble;
    value.number = std::numeric_limits<double>::quiet_NaN();
  } else if (LooksNumeric(value.text)) {
    if (ParseWhole(value.text, value.integer) == std::errc()) {
      value.kind = Value::Kind::kInt;
      value.number = static_cast<double>(value.integer);
    } else if (const std::errc error = ParseWhole(value.text, value.number); error != std::errc::invalid_argument) {
      value.kind = Value::Kind::kDouble;
      if (error == std::errc::result_out_of_range) value.number = std::numeric_limits<double>::infinity();
    }
  }
  return value;
}

std::string JoinPath(const std::string& map, std::string_view key) {
  return map.empty() ? std::string(key) : map + "." + std::string(key);
}

std::string JoinPath(const std::string& list, size_t index) { return list + "[" + std::to_string(index) + "]"; }

void TreeBuilder::Key(std::string key, int line) {
  Open& map = open_.back();
  const auto [at, fresh] = map.key_lines.emplace(key, line);
  if (!fresh) {
    map.value->keys.push_back(std::move(key));
    Fail(line, "duplicate key; first given on line " + std::to_string(at->second));
  }
  map.value->keys.push_back(std::move(key));
}

void TreeBuilder::Scalar(Value value) {
  CheckLimits(value, open_.size() + 1, value.line);
  Add(std::move(value));
}

void TreeBuilder::Start(Value::Kind kind, int line) {
  Value value{.kind = kind, .line = line};
  CheckLimits(value, open_.size() + 1, line);
  open_.push_back({.value = &Add(std::move(value)), .key_lines = {}});
}

Value& TreeBuilder::Add(Value value) {
  if (open_.empty()) return root_ = std::move(value);
  return open_.back().value->items.emplace_back(std::move(value));
}

bool TreeBuilder::WantsKey() const {
  if (open_.empty()) return false;
  const Value& value = *open_.back().value;
  return value.kind == Value::Kind::kMap && value.keys.size() == value.items.size();
}

TreeBuilder::Place TreeBuilder::NextPlace() const {
  Place place;
  for (const Open& open : open_) place.push_back(open.value->items.size() - 1);
  if (!place.empty()) ++place.back();
  return place;
}

void TreeBuilder::Alias(const Place& place, int line) {
  const Place here = NextPlace();
  if (place.size() < here.size() && std::equal(place.begin(), place.end(), here.begin())) {
    Fail(line, "an alias is used inside its own anchor");
  }
  const Value* value = &root_;
  for (const size_t index : place) value = &value->items[index];
  CheckLimits(*value, open_.size() + 1, line);
  Add(Value(*value));
}

void TreeBuilder::CheckLimits(const Value& value, size_t depth, int line) {
  if (depth > static_cast<size_t>(Document::kMaxDepth)) {
    Fail(line, "nested deeper than " + std::to_string(Document::kMaxDepth) + " levels");
  }
  if (++values_ > Document::kMaxValues) {
    Fail(line, "more than " + std::to_string(Document::kMaxValues) + " values");
  }
  for (const Value& item : value.items) CheckLimits(item, depth + 1, line);
}

std::string TreeBuilder::PathText() const {
  std::string path;
  for (const Open& open : open_) {
    if (open.value->kind == Value::Kind::kList) {
      path = JoinPath(path, open.value->items.empty() ? 0 : open.value->items.size() - 1);
    } else if (!open.value->keys.empty()) {
      path = JoinPath(path, open.value->keys.back());
    }
  }
  return path;
}

void TreeBuilder::Fail(int line, const std::string& message) const {
  std::string where = name_;
  if (line > 0) where += ":" + std::to_string(line);
  // A path of a thousand brackets helps nobody.
  const std::string path = open_.size() < 16 ? PathText() : "";
  if (!path.empty()) where += ": " + path;
  throw ConfigError(where + ": " + message);
}

}  // namespace danas
