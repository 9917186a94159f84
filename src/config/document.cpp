#include "danas/config/document.h"

#include <algorithm>
#include <cmath>

#include "danas/core/error.h"
#include "danas/core/text_file.h"
#include "danas/core/text_list.h"
#include "danas/core/units.h"
#include "value.h"
#include "yaml_fault.h"

namespace danas {
namespace {

using Kind = Value::Kind;

void AddJson(TreeBuilder& tree, const Json& json) {
  switch (json.type()) {
    case Json::value_t::object:
      tree.StartMap(0);
      for (const auto& [key, item] : json.items()) {
        tree.Key(key, 0);
        AddJson(tree, item);
      }
      return tree.End();
    case Json::value_t::array:
      tree.StartList(0);
      for (const Json& item : json) AddJson(tree, item);
      return tree.End();
    case Json::value_t::string:
      return tree.Scalar({.kind = Kind::kText, .text = json.get<std::string>()});
    case Json::value_t::number_float:
      return tree.Scalar({.kind = Kind::kDouble, .number = json.get<double>(), .text = json.dump()});
    default:
      return tree.Scalar(ScalarFromText(json.dump(), 0));
  }
}

Json JsonOf(const Value& value) {
  Json json;
  switch (value.kind) {
    case Kind::kNull:
      break;
    case Kind::kBool:
      json = value.boolean;
      break;
    case Kind::kInt:
      json = value.integer;
      break;
    case Kind::kDouble:
      json = value.number;
      break;
    case Kind::kText:
      json = value.text;
      break;
    case Kind::kList:
      json = Json::array();
      for (const Value& item : value.items) json.push_back(JsonOf(item));
      break;
    case Kind::kMap:
      json = Json::object();
      for (size_t i = 0; i < value.keys.size(); ++i) json[value.keys[i]] = JsonOf(value.items[i]);
      break;
  }
  return json;
}

// Of `paths` those that end in `key`, also with "_" for ".": 'search.pruning.ratio' for pruning_ratio; joined by "or".
std::string SameKeyElsewhere(std::string_view key, const std::vector<std::string>& paths) {
  std::string found;
  for (const std::string& path : paths) {
    if (path.size() < key.size()) continue;
    const size_t start = path.size() - key.size();
    std::string end = path.substr(start);
    std::replace(end.begin(), end.end(), '.', '_');
    if (end == key && (start == 0 || path[start - 1] == '.')) found += (found.empty() ? "'" : " or '") + path + "'";
  }
  return found;
}

std::string UnknownKey(std::string_view key, const std::vector<std::string>& known,
                       const std::vector<std::string>& paths) {
  if (const std::string missing = MissingSpace(key); !missing.empty()) return "unknown key" + missing;
  const std::string elsewhere = SameKeyElsewhere(key, paths);
  if (!elsewhere.empty()) return "unknown key here; did you mean " + elsewhere + "?";
  if (known.empty()) return "unknown key; no keys are allowed here";
  const std::string nearest = NearestName(key, known);
  if (!nearest.empty()) return "unknown key; did you mean '" + nearest + "'?";
  return "unknown key; valid keys are: " + Joined(known);
}

bool Contains(const std::vector<std::string>& names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

}  // namespace

Document::Document(Value root, std::string name)
    : root_(std::make_shared<const Value>(std::move(root))),
      name_(std::make_shared<const std::string>(std::move(name))) {}

Document Document::Read(const std::filesystem::path& path) {
  std::error_code unknown;
  if (std::filesystem::is_directory(path, unknown)) {
    throw FileError(path.string() + " is a folder, expected a JSON or YAML file");
  }
  const TextFormat format = path.extension() == ".json" ? TextFormat::kJson : TextFormat::kYaml;
  return Parse(ReadTextFile<ConfigError>(path, kMaxBytes), format, path.string());
}

Document Document::Parse(std::string_view text, TextFormat format, const std::string& name) {
  if (text.size() > kMaxBytes) throw ConfigError(name + ": larger than " + FormatBytes(kMaxBytes));
  return {format == TextFormat::kJson ? ReadJsonText(text, name) : ReadYamlText(text, name), name};
}

Document Document::FromJson(const Json& json, const std::string& name) {
  TreeBuilder tree(name);
  AddJson(tree, json);
  return {tree.Take(), name};
}

Document Document::FromAssignment(std::string_view assignment) {
  const size_t equals = assignment.find('=');
  std::string_view path = assignment.substr(0, equals);
  if (equals == std::string_view::npos || path.empty() || path.front() == '.' || path.back() == '.' ||
      path.find("..") != std::string_view::npos) {
    throw ConfigError("'" + std::string(assignment) + "' is not an assignment; expected section.key=value");
  }
  if (!IsUtf8(assignment)) throw ConfigError("--set " + std::string(path) + ": the text is not valid UTF-8");
  Value value = ScalarFromText(std::string(assignment.substr(equals + 1)), 0);
  value.untyped = true;
  while (!path.empty()) {
    const size_t dot = path.rfind('.');
    const bool last = dot == std::string_view::npos;
    Value map{.kind = Kind::kMap};
    map.keys.emplace_back(last ? path : path.substr(dot + 1));
    map.items.push_back(std::move(value));
    value = std::move(map);
    path = last ? "" : path.substr(0, dot);
  }
  return {std::move(value), "'" + std::string(assignment) + "'"};
}

Node Document::Root() const { return {root_, name_, ""}; }

void Document::RejectUnreadKeys(const std::vector<std::string>& paths) const { Root().RejectUnreadKeys(paths); }

void Node::RejectUnreadKeys(const std::vector<std::string>& paths) const {
  const Value& value = *value_;
  if (value.all_read) return;
  for (size_t i = 0; i < value.items.size(); ++i) {
    const bool map = value.kind == Kind::kMap;
    const Node item = Child(value.items[i], map ? JoinPath(path_, value.keys[i]) : JoinPath(path_, i));
    if (map && !Contains(value.asked, value.keys[i])) item.Fail(UnknownKey(value.keys[i], value.asked, paths));
    item.RejectUnreadKeys(paths);
  }
}

Node::Node(std::shared_ptr<const Value> value, std::shared_ptr<const std::string> name, std::string path)
    : value_(std::move(value)), name_(std::move(name)), path_(std::move(path)) {}

Node Node::Child(const Value& value, std::string path) const {
  return {std::shared_ptr<const Value>(value_, &value), name_, std::move(path)};
}

bool Node::IsMap() const { return value_->kind == Kind::kMap; }
bool Node::IsList() const { return value_->kind == Kind::kList; }
bool Node::IsText() const { return value_->kind == Kind::kText; }
bool Node::IsBool() const { return value_->kind == Kind::kBool; }
bool Node::IsNull() const { return value_->kind == Kind::kNull; }
int Node::line() const { return value_->line; }

bool Node::Has(std::string_view key) const {
  RequireMap();
  return Contains(value_->keys, key);
}

std::optional<Node> Node::Find(std::string_view key) const {
  RequireMap();
  if (!Contains(value_->asked, key)) value_->asked.emplace_back(key);
  for (size_t i = 0; i < value_->keys.size(); ++i) {
    if (value_->keys[i] == key) return Child(value_->items[i], JoinPath(path_, key));
  }
  return std::nullopt;
}

Node Node::Key(std::string_view key) const {
  if (std::optional<Node> found = Find(key)) return *std::move(found);
  // A key that nobody asked for so far may be the one that was meant.
  std::vector<std::string> unread;
  for (const std::string& other : value_->keys) {
    if (!Contains(value_->asked, other)) unread.push_back(other);
  }
  const std::string nearest = NearestName(key, unread);
  Fail("key '" + std::string(key) + "' is missing" +
       (nearest.empty() ? "" : "; is '" + nearest + "' a misspelling of it?"));
}

void Node::RequireMap() const {
  if (!IsMap()) FailExpected("a map" + (IsText() ? MissingSpace(value_->text) : ""));
}

std::vector<std::pair<std::string, Node>> Node::Entries() const {
  RequireMap();
  value_->asked = value_->keys;
  std::vector<std::pair<std::string, Node>> entries;
  for (size_t i = 0; i < value_->keys.size(); ++i) {
    entries.emplace_back(value_->keys[i], Child(value_->items[i], JoinPath(path_, value_->keys[i])));
  }
  return entries;
}

std::vector<Node> Node::Items() const {
  if (value_->untyped) {
    const bool bracketed = value_->text.starts_with('[');
    const auto list =
        std::make_shared<Value>(ReadYamlText(bracketed ? value_->text : "[" + value_->text + "]", *name_, false));
    for (Value& item : list->items) {
      item.line = 0;
      item.untyped = item.items.empty();
    }
    return Node(list, name_, path_).Items();
  }
  if (!IsList()) FailExpected("a list");
  std::vector<Node> items;
  for (size_t i = 0; i < value_->items.size(); ++i) items.push_back(Child(value_->items[i], JoinPath(path_, i)));
  return items;
}

bool Node::AsBool() const {
  if (value_->kind != Kind::kBool) FailExpected("true or false");
  return value_->boolean;
}

int64_t Node::AsInt(int64_t min, int64_t max) const {
  const auto range = [&] {
    const bool from = min != std::numeric_limits<int64_t>::min(), to = max != std::numeric_limits<int64_t>::max();
    if (from && to) return " from " + std::to_string(min) + " to " + std::to_string(max);
    return from ? " of at least " + std::to_string(min) : to ? " of at most " + std::to_string(max) : std::string();
  };
  int64_t whole = value_->integer;
  if (value_->kind == Kind::kDouble && std::abs(value_->number) <= 0x1p53 &&
      value_->number == std::trunc(value_->number)) {
    whole = static_cast<int64_t>(value_->number);
  } else if (value_->kind != Kind::kInt) {
    FailExpected("a whole number" + range());
  }
  if (whole < min || whole > max) FailExpected("a whole number" + range());
  return whole;
}

double Node::AsDouble() const {
  const bool number = value_->kind == Kind::kInt || value_->kind == Kind::kDouble;
  if (!number || !std::isfinite(value_->number)) FailExpected("a finite number");
  return value_->number;
}

std::string Node::AsText() const {
  const bool scalar = value_->kind != Kind::kList && value_->kind != Kind::kMap;
  if (value_->untyped && scalar) return value_->text;
  if (scalar && !IsText() && !IsNull()) FailExpected("text; put it in quotes");
  if (!IsText()) FailExpected("text");
  return value_->text;
}

std::string Node::AsOneOf(const std::vector<std::string>& names) const {
  std::string text = AsText();
  if (Contains(names, text)) return text;
  const std::string nearest = NearestName(text, names);
  FailExpected("one of " + Joined(names) + (nearest.empty() ? "" : "; did you mean '" + nearest + "'?"));
}

Json Node::ToJson() const {
  const auto mark = [](const auto& self, const Value& value) -> void {
    value.all_read = true;
    for (const Value& item : value.items) self(self, item);
  };
  mark(mark, *value_);
  return JsonOf(*value_);
}

std::string Node::Found() const {
  constexpr size_t kLongest = 40;
  const std::string& text = value_->text;
  switch (value_->kind) {
    case Kind::kNull:
      return "nothing (null)";
    case Kind::kList:
      return "a list";
    case Kind::kMap:
      return "a map";
    case Kind::kText:
      return "the text '" + (text.size() > kLongest ? text.substr(0, kLongest) + "..." : text) + "'";
    default:
      return text;
  }
}

std::string Node::Where() const {
  std::string where = *name_;
  if (value_->line > 0) where += ":" + std::to_string(value_->line);
  return path_.empty() ? where : where + ": " + path_;
}

void Node::Fail(const std::string& message) const { throw ConfigError(Where() + ": " + message); }

void Node::FailExpected(const std::string& expected) const { Fail("found " + Found() + ", expected " + expected); }

}  // namespace danas
