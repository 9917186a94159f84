// JSON and YAML text as one tree of values that know where they stand: file, line and key. Readers ask for keys by
// name; a key that nobody asked for is an error, so that a typing mistake never goes unseen.
#pragma once

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "danas/config/describe.h"
#include "danas/core/json.h"

namespace danas {

struct Value;  // src/config/value.h
class Node;

enum class TextFormat { kJson, kYaml };

class Document {
 public:
  // At most 16 MiB, 64 levels deep, one million values with aliases written out. More is refused.
  static constexpr size_t kMaxBytes = size_t{16} << 20;
  static constexpr int kMaxDepth = 64;
  static constexpr size_t kMaxValues = 1'000'000;

  // A file named *.json must be strict JSON (RFC 8259); any other is read as one YAML 1.2 document. YAML's tags and
  // merge keys are refused; its booleans are true and false alone. A byte-order mark and the line ends of other systems
  // are read over (core/text_file.h). Throws FileError where the file cannot be read, and ConfigError with file and
  // line where it is not well formed or not UTF-8, names a key twice or goes past a limit.
  static Document Read(const std::filesystem::path& path);

  // `name` stands for the file in errors.
  static Document Parse(std::string_view text, TextFormat format, const std::string& name);
  static Document FromJson(const Json& json, const std::string& name);

  // "a.b=c" of the command line, as {a: {b: c}}. The reader decides what c is: AsText() gives it as it stands, Items()
  // takes "[x, y]" and "x, y". Throws ConfigError where it is not of this form.
  static Document FromAssignment(std::string_view assignment);

  Node Root() const;

  // Throws ConfigError for the first key that no Find() or Key() has asked for, with the nearest key that was.
  // `paths` are all dotted paths of the format, among which a key that is in the wrong section is looked up.
  void RejectUnreadKeys(const std::vector<std::string>& paths = {}) const;

 private:
  Document(Value root, std::string name);

  std::shared_ptr<const Value> root_;
  std::shared_ptr<const std::string> name_;
};

// A value of a document, which it keeps alive. Every As...() throws ConfigError where the value is of another type; the
// message gives file, line, key, what was found and what was expected.
class Node {
 public:
  bool IsMap() const;
  bool IsList() const;
  bool IsText() const;
  bool IsBool() const;
  bool IsNull() const;

  // Maps. Key() throws where the key is missing; Entries() are in the file's order and count as read. Has() asks for
  // nothing, so that no message offers the key.
  bool Has(std::string_view key) const;
  std::optional<Node> Find(std::string_view key) const;
  Node Key(std::string_view key) const;
  std::vector<std::pair<std::string, Node>> Entries() const;

  // Lists.
  std::vector<Node> Items() const;

  bool AsBool() const;
  // Whole numbers, also when written as 1e3 or 3.0; bounds are inclusive.
  int64_t AsInt(int64_t min = std::numeric_limits<int64_t>::min(),
                int64_t max = std::numeric_limits<int64_t>::max()) const;
  double AsDouble() const;  // finite
  std::string AsText() const;
  std::string AsOneOf(const std::vector<std::string>& names) const;
  template <typename Enum>
  Enum AsEnum() const;

  // One of the above by type: bool, int, int64_t, double, std::string or an enum with EnumNames.
  template <typename T>
  T As() const;
  template <typename T>
  T KeyOr(std::string_view key, T fallback) const;

  // The whole subtree, which counts as read.
  Json ToJson() const;

  // As of the document, for this subtree.
  void RejectUnreadKeys(const std::vector<std::string>& paths = {}) const;

  int line() const;  // from 1; 0 where there is none

  // For messages: what was found ("1.5", "the text 'x'", "a list").
  std::string Found() const;
  // "space.json:12: stages[2].channels"
  std::string Where() const;

  // Throws ConfigError(Where() + ": " + message).
  [[noreturn]] void Fail(const std::string& message) const;

 private:
  friend class Document;
  Node(std::shared_ptr<const Value> value, std::shared_ptr<const std::string> name, std::string path);

  Node Child(const Value& value, std::string path) const;
  void RequireMap() const;
  [[noreturn]] void FailExpected(const std::string& expected) const;

  std::shared_ptr<const Value> value_;  // shares ownership of the whole tree
  std::shared_ptr<const std::string> name_;
  std::string path_;
};

template <typename Enum>
Enum Node::AsEnum() const {
  const std::vector<std::string> names = {EnumNames<Enum>::kNames.begin(), EnumNames<Enum>::kNames.end()};
  return static_cast<Enum>(std::find(names.begin(), names.end(), AsOneOf(names)) - names.begin());
}

template <typename T>
T Node::As() const {
  if constexpr (std::is_same_v<T, bool>) {
    return AsBool();
  } else if constexpr (std::is_enum_v<T>) {
    return AsEnum<T>();
  } else if constexpr (std::is_integral_v<T>) {
    return static_cast<T>(AsInt(std::numeric_limits<T>::min(), std::numeric_limits<T>::max()));
  } else if constexpr (std::is_floating_point_v<T>) {
    return static_cast<T>(AsDouble());
  } else {
    static_assert(std::is_same_v<T, std::string>);
    return AsText();
  }
}

template <typename T>
T Node::KeyOr(std::string_view key, T fallback) const {
  const std::optional<Node> value = Find(key);
  return value ? value->As<T>() : fallback;
}

}  // namespace danas
