// The tree behind Document, and how the reader of each format builds it.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace danas {

struct Value {
  enum class Kind { kNull, kBool, kInt, kDouble, kText, kList, kMap };

  Kind kind = Kind::kNull;
  bool boolean = false;
  bool untyped = false;  // from an assignment: `text` is what was written, `kind` a guess
  int line = 0;
  int64_t integer = 0;
  double number = 0;                // of kInt too
  std::string text{};               // a scalar's spelling
  std::vector<std::string> keys{};  // of a map; parallel to `items`
  std::vector<Value> items{};       // of a list or map

  // What readers asked for, so that the keys left over can be told.
  mutable std::vector<std::string> asked{};
  mutable bool all_read = false;
};

// A plain scalar's type by YAML 1.2's core schema, without its octal and hexadecimal numbers.
Value ScalarFromText(std::string text, int line);

std::string JoinPath(const std::string& map, std::string_view key);
std::string JoinPath(const std::string& list, size_t index);

// Builds a tree from the events of a reader. Throws ConfigError for doubled keys and past Document's limits.
class TreeBuilder {
 public:
  explicit TreeBuilder(std::string name) : name_(std::move(name)) {}

  void Key(std::string key, int line);
  void Scalar(Value value);
  void StartList(int line) { Start(Value::Kind::kList, line); }
  void StartMap(int line) { Start(Value::Kind::kMap, line); }
  void End() { open_.pop_back(); }

  // The place of the next value, by which Alias() finds and copies it later.
  using Place = std::vector<size_t>;
  Place NextPlace() const;
  void Alias(const Place& place, int line);

  // True where a map waits for a key.
  bool WantsKey() const;
  Value Take() { return std::move(root_); }

  [[noreturn]] void Fail(int line, const std::string& message) const;

 private:
  struct Open {
    Value* value;
    std::map<std::string, int, std::less<>> key_lines;
  };

  Value& Add(Value value);
  void Start(Value::Kind kind, int line);
  void CheckLimits(const Value& value, size_t depth, int line);
  std::string PathText() const;

  std::string name_;
  Value root_;
  std::vector<Open> open_;  // pointers stay valid: only the innermost open value grows
  size_t values_ = 0;
};

Value ReadJsonText(std::string_view text, const std::string& name);
// Without `is_file` errors name no place in the text: it is one of the command line's.
Value ReadYamlText(std::string_view text, const std::string& name, bool is_file = true);

}  // namespace danas
