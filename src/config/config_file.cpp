#include "danas/config/config_file.h"

#include <algorithm>
#include <filesystem>
#include <optional>
#include <system_error>

#include "danas/config/document.h"
#include "danas/config/preset.h"
#include "danas/config/shipped.h"
#include "danas/core/error.h"
#include "danas/core/units.h"
#include "old_loss_keys.h"
#include "range.h"
#include "validate.h"

namespace danas {
namespace {

namespace fs = std::filesystem;

// Sets the fields that a document gives; the others stay as they are.
class FieldReader : public ConfigVisitor {
 public:
  explicit FieldReader(const Node& root) { sections_.push_back(root); }

  void Field(const char* name, bool& value, const FieldInfo&) override {
    if (const auto node = Find(name)) value = node->AsBool();
  }
  void Field(const char* name, int64_t& value, const FieldInfo& info) override {
    if (const auto node = Find(name)) {
      value = node->AsInt();
      CheckRange(*node, static_cast<double>(value), info);
    }
  }
  void Field(const char* name, double& value, const FieldInfo& info) override {
    if (const auto node = Find(name)) value = ReadDouble(*node, info);
  }
  void Field(const char* name, Count& value, const FieldInfo& info) override {
    if (const auto node = Find(name)) value = ReadCount(*node, info);
  }
  void Field(const char* name, std::string& value, const FieldInfo&) override {
    if (const auto node = Find(name)) value = node->AsText();
  }
  void Field(const char* name, std::vector<double>& value, const FieldInfo& info) override {
    if (const auto node = Find(name)) {
      value.clear();
      for (const Node& item : ReadItems(*node, info)) value.push_back(ReadDouble(item, info));
    }
  }
  void Field(const char* name, std::vector<Count>& value, const FieldInfo& info) override {
    if (const auto node = Find(name)) {
      value.clear();
      for (const Node& item : ReadItems(*node, info)) value.push_back(ReadCount(item, info));
    }
  }
  void Field(const char* name, std::vector<std::string>& value, const FieldInfo& info) override {
    if (const auto node = Find(name)) {
      value.clear();
      for (const Node& item : ReadItems(*node, info)) value.push_back(item.AsText());
    }
  }
  void Choice(const char* name, ChoiceField& value, const FieldInfo&) override {
    if (const auto node = Find(name)) value.Set(node->AsOneOf(value.Names()));
  }

 protected:
  void EnterSection(const char* name, const char*, OnResume) override { sections_.push_back(Find(name)); }
  void LeaveSection() override { sections_.pop_back(); }

 private:
  std::optional<Node> Find(const char* name) const {
    return sections_.back() ? sections_.back()->Find(name) : std::nullopt;
  }
  static void CheckRange(const Node& node, double value, const FieldInfo& info) {
    if (!InRange(value, info)) node.Fail("found " + node.Found() + ", expected a number " + RangeText(info));
  }
  static double ReadDouble(const Node& node, const FieldInfo& info) {
    const double value = node.AsDouble();
    CheckRange(node, value, info);
    return value;
  }
  static Count ReadCount(const Node& node, const FieldInfo& info) {
    if (!node.IsText()) return {ReadDouble(node, info)};
    Count count;
    try {
      count.value = ParseCount(node.AsText());
    } catch (const ConfigError& error) {
      node.Fail(error.what());
    }
    CheckRange(node, count.value, info);
    return count;
  }
  static std::vector<Node> ReadItems(const Node& node, const FieldInfo& info) {
    std::vector<Node> items = node.Items();
    const bool right = info.items == 0 || items.size() == info.items || (info.or_one && items.size() == 1);
    if (!right) {
      node.Fail("found a list of " + std::to_string(items.size()) + ", expected one of " + std::to_string(info.items) +
                (info.or_one ? " or of 1" : ""));
    }
    return items;
  }

  std::vector<std::optional<Node>> sections_;
};

class JsonWriter : public ConfigVisitor {
 public:
  JsonWriter() { sections_.push_back(Json::object()); }

  void Field(const char* name, bool& value, const FieldInfo&) override { sections_.back()[name] = value; }
  void Field(const char* name, int64_t& value, const FieldInfo&) override { sections_.back()[name] = value; }
  void Field(const char* name, double& value, const FieldInfo&) override { sections_.back()[name] = value; }
  void Field(const char* name, Count& value, const FieldInfo&) override { sections_.back()[name] = JsonOf(value); }
  void Field(const char* name, std::string& value, const FieldInfo&) override { sections_.back()[name] = value; }
  void Field(const char* name, std::vector<double>& value, const FieldInfo&) override {
    sections_.back()[name] = value;
  }
  void Field(const char* name, std::vector<Count>& value, const FieldInfo&) override {
    sections_.back()[name] = JsonOf(value);
  }
  void Field(const char* name, std::vector<std::string>& value, const FieldInfo&) override {
    sections_.back()[name] = value;
  }
  void Choice(const char* name, ChoiceField& value, const FieldInfo&) override { sections_.back()[name] = value.Get(); }

  Json Take() { return std::move(sections_.back()); }

 protected:
  void EnterSection(const char* name, const char*, OnResume) override {
    names_.emplace_back(name);
    sections_.push_back(Json::object());
  }
  void LeaveSection() override {
    Json section = Take();
    sections_.pop_back();
    sections_.back()[names_.back()] = std::move(section);
    names_.pop_back();
  }

 private:
  std::vector<Json> sections_;
  std::vector<std::string> names_;
};

// "data", "data.root" ...: of every section and field.
void AddPaths(const Json& section, const std::string& prefix, std::vector<std::string>& paths) {
  for (const auto& [key, value] : section.items()) {
    paths.push_back(prefix + key);
    if (value.is_object()) AddPaths(value, paths.back() + ".", paths);
  }
}

// `old_keys` take what the document gives by former names, for ApplyTo() once all documents are read.
void Read(const Document& document, Config& config, OldLossKeys& old_keys) {
  FieldReader reader(document.Root());
  config.Describe(reader);
  old_keys.Read(document);
  std::vector<std::string> paths;
  AddPaths(ToJson(config), "", paths);
  document.RejectUnreadKeys(paths);
}

fs::path FindExtended(const Node& extended) {
  try {
    return FindShippedFile("", extended.AsText());
  } catch (const ConfigError& error) {
    extended.Fail(error.what());
  }
}

// Reads `path` over what it extends. `chain` holds the files that led here.
void ReadWithExtended(const fs::path& path, std::vector<fs::path>& chain, Config& config, OldLossKeys& old_keys) {
  const Document document = Document::Read(path);
  const fs::path canonical = fs::canonical(path);
  if (const auto extended = document.Root().Find("extends")) {
    chain.push_back(canonical);
    const fs::path beside = path.parent_path() / extended->AsText();
    std::error_code unreadable;  // such as a name that is too long
    const fs::path next = fs::is_regular_file(beside, unreadable) ? beside : FindExtended(*extended);
    if (std::find(chain.begin(), chain.end(), fs::canonical(next)) != chain.end()) {
      std::string circle;
      for (const fs::path& file : chain) circle += file.string() + " -> ";
      extended->Fail("files extend each other in a circle: " + circle + next.string());
    }
    ReadWithExtended(next, chain, config, old_keys);
  }
  document.Root().Find("$schema");  // for editors
  Read(document, config, old_keys);
}

void ReadAssignments(const std::vector<std::string>& assignments, Config& config, OldLossKeys& old_keys) {
  for (const std::string& assignment : assignments) Read(Document::FromAssignment(assignment), config, old_keys);
}

// What the names in `config` stand for beneath what it writes, where `base` has other names: `base` has the values of
// its own. A strategy that stays keeps its values against a new preset.
std::vector<std::string> SettingsBeneath(const SearchConfig& config, const SearchConfig& base) {
  if (config.strategy != base.strategy && config.preset != base.preset) {
    return NamedSettings(config.preset, config.strategy);
  }
  if (config.strategy != base.strategy) return StrategySettings(config.strategy);
  std::vector<std::string> settings;
  if (config.preset == base.preset) return settings;
  const std::vector<std::string>& above = StrategySettings(config.strategy);
  const auto key = [](const std::string& setting) { return setting.substr(0, setting.find('=') + 1); };
  for (const std::string& setting : PresetSettings(config.preset)) {
    const bool stands_above =
        std::ranges::any_of(above, [&](const std::string& other) { return key(other) == key(setting); });
    if (!stands_above) settings.push_back(setting);
  }
  return settings;
}

// What `read` writes over `base` and, where it names another preset or strategy than base's, over those: which ones is
// known only once all has been read, so that it is read again.
template <typename ReadAll>
Config OverNamed(const Config& base, const ReadAll& read) {
  Config config = base;
  OldLossKeys old_keys(OldLossKeys::Source::kWritten);
  read(config, old_keys);
  const std::vector<std::string> beneath = SettingsBeneath(config.search, base.search);
  if (!beneath.empty()) {
    config = base;
    old_keys = OldLossKeys(OldLossKeys::Source::kWritten);
    ReadAssignments(beneath, config, old_keys);
    read(config, old_keys);
  }
  old_keys.ApplyTo(config.search.loss);
  old_keys.Tell();
  return config;
}

}  // namespace

Config LoadConfig(const std::string& path_or_name, const std::vector<std::string>& assignments) {
  const fs::path path = FindShippedFile("", path_or_name);
  Config config = OverNamed({}, [&](Config& into, OldLossKeys& old_keys) {
    std::vector<fs::path> chain;
    ReadWithExtended(path, chain, into, old_keys);
    ReadAssignments(assignments, into, old_keys);
  });
  ValidateWritten(config, path.string());
  return config;
}

Config LoadConfigOver(const fs::path& base, const std::string& path_or_name,
                      const std::vector<std::string>& assignments) {
  const fs::path path = path_or_name.empty() ? base : FindShippedFile("", path_or_name);
  Config config = OverNamed({}, [&](Config& into, OldLossKeys& old_keys) {
    std::vector<fs::path> chain;
    ReadWithExtended(base, chain, into, old_keys);
    chain.clear();
    if (!path_or_name.empty()) ReadWithExtended(path, chain, into, old_keys);
    ReadAssignments(assignments, into, old_keys);
  });
  ValidateWritten(config, path.string());
  return config;
}

void Assign(Config& config, const std::vector<std::string>& assignments) {
  Config changed =
      OverNamed(config, [&](Config& into, OldLossKeys& old_keys) { ReadAssignments(assignments, into, old_keys); });
  ValidateWritten(changed, "--set");
  config = std::move(changed);
}

Json ToJson(const Config& config) {
  JsonWriter writer;
  Config copy = config;  // Describe() hands out references that a reader could write to
  copy.Describe(writer);
  return writer.Take();
}

Config ConfigFromJson(const Json& json, const std::string& name) {
  Config config;
  OldLossKeys old_keys(OldLossKeys::Source::kStored);
  Read(Document::FromJson(json, name), config, old_keys);
  old_keys.ApplyTo(config.search.loss);
  old_keys.Tell();
  Validate(config, name);
  return config;
}

}  // namespace danas
