#include <algorithm>
#include <iterator>

#include "danas/core/error.h"
#include "danas/core/json.h"
#include "danas/core/text_fault.h"
#include "value.h"

namespace danas {
namespace {

// Where the parser is. It reads one byte past a number, so a line break only counts once the byte after it is read.
struct Position {
  int line = 1;
  bool after_break = false;
};

// Hands the text to the parser byte by byte and keeps count of lines, which its events do not tell.
class CountingIterator {
 public:
  using iterator_category = std::input_iterator_tag;
  using value_type = char;
  using difference_type = std::ptrdiff_t;
  using pointer = const char*;
  using reference = const char&;

  CountingIterator(const char* at, Position* position) : at_(at), position_(position) {}

  const char& operator*() const { return *at_; }
  CountingIterator& operator++() {
    if (position_->after_break) ++position_->line;
    position_->after_break = *at_ == '\n';
    ++at_;
    return *this;
  }
  bool operator==(const CountingIterator& other) const { return at_ == other.at_; }
  bool operator!=(const CountingIterator& other) const { return at_ != other.at_; }

 private:
  const char* at_;
  Position* position_;
};

class JsonEvents : public nlohmann::json_sax<nlohmann::json> {
 public:
  JsonEvents(TreeBuilder& tree, const Position& position) : tree_(tree), position_(position) {}

  bool null() override { return Add({.kind = Value::Kind::kNull, .line = position_.line, .text = "null"}); }
  bool boolean(bool value) override {
    return Add(
        {.kind = Value::Kind::kBool, .boolean = value, .line = position_.line, .text = value ? "true" : "false"});
  }
  bool number_integer(number_integer_t value) override {
    return Add(ScalarFromText(std::to_string(value), position_.line));
  }
  bool number_unsigned(number_unsigned_t value) override {
    return Add(ScalarFromText(std::to_string(value), position_.line));
  }
  bool number_float(number_float_t value, const string_t& text) override {
    return Add({.kind = Value::Kind::kDouble, .line = position_.line, .number = value, .text = text});
  }
  bool string(string_t& value) override {
    return Add({.kind = Value::Kind::kText, .line = position_.line, .text = std::move(value)});
  }
  bool binary(binary_t&) override { return false; }
  bool start_object(size_t) override {
    tree_.StartMap(position_.line);
    return true;
  }
  bool key(string_t& key) override {
    tree_.Key(std::move(key), position_.line);
    return true;
  }
  bool end_object() override {
    tree_.End();
    return true;
  }
  bool start_array(size_t) override {
    tree_.StartList(position_.line);
    return true;
  }
  bool end_array() override {
    tree_.End();
    return true;
  }
  // The reader then looks for words of its own.
  bool parse_error(size_t, const std::string&, const nlohmann::detail::exception&) override { return false; }

 private:
  bool Add(Value value) {
    tree_.Scalar(std::move(value));
    return true;
  }

  TreeBuilder& tree_;
  const Position& position_;
};

// Whether the first line that says something is one of a YAML file.
bool LooksLikeYaml(std::string_view text) {
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  while (!text.empty()) {
    std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(line.size() + 1, text.size()));
    line = line.substr(0, line.find_last_not_of(" \t\r") + 1);
    if (line.empty() || line.starts_with('#')) continue;
    const size_t word = line.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-");
    const bool key = word != std::string_view::npos && word > 0 && line[word] == ':' &&
                     (word + 1 == line.size() || line[word + 1] == ' ');
    return key || line == "---" || line.starts_with("- ");
  }
  return false;
}

// `line` is where the parser stopped.
[[noreturn]] void ThrowFault(std::string_view text, const std::string& name, int line) {
  if (text.find_first_not_of(" \t\r\n") == std::string_view::npos) throw ConfigError(name + ": the file is empty");
  if (const auto foreign = FindForeignBytes(text)) throw ConfigError(FaultText(name, *foreign));
  if (LooksLikeYaml(text)) {
    throw ConfigError(name + ": this is YAML, but the file is named as JSON; rename it to end in .yaml");
  }
  const auto fault = FindJsonFault(text);
  throw ConfigError(fault ? FaultText(name, *fault)
                          : name + ":" + std::to_string(line) + ": the text is not JSON from this line on");
}

}  // namespace

Value ReadJsonText(std::string_view text, const std::string& name) {
  TreeBuilder tree(name);
  Position position;
  JsonEvents events(tree, position);
  const bool whole = nlohmann::json::sax_parse(CountingIterator(text.data(), &position),
                                               CountingIterator(text.data() + text.size(), &position), &events);
  // nlohmann's parser takes a zero byte for the end of the text.
  if (!whole || text.find('\0') != std::string_view::npos) ThrowFault(text, name, position.line);
  return tree.Take();
}

}  // namespace danas
