#include <cmath>
#include <utility>
#include <vector>

#include "danas/config/config.h"
#include "danas/config/reference.h"
#include "range.h"

namespace danas {
namespace {

class SchemaWriter : public ConfigVisitor {
 public:
  SchemaWriter() { sections_.push_back(Object("")); }

  void Field(const char* name, bool& value, const FieldInfo& info) override {
    Add(name, info, {{"type", "boolean"}}, value);
  }
  void Field(const char* name, int64_t& value, const FieldInfo& info) override {
    Add(name, info, Number("integer", info), value);
  }
  void Field(const char* name, double& value, const FieldInfo& info) override {
    Add(name, info, Number("number", info), value);
  }
  void Field(const char* name, Count& value, const FieldInfo& info) override {
    Add(name, info, CountSchema(info), JsonOf(value));
  }
  void Field(const char* name, std::string& value, const FieldInfo& info) override {
    Add(name, info, {{"type", "string"}}, value);
  }
  void Field(const char* name, std::vector<double>& value, const FieldInfo& info) override {
    Add(name, info, List(Number("number", info), info), value);
  }
  void Field(const char* name, std::vector<Count>& value, const FieldInfo& info) override {
    Add(name, info, List(CountSchema(info), info), JsonOf(value));
  }
  void Field(const char* name, std::vector<std::string>& value, const FieldInfo& info) override {
    Add(name, info, List({{"type", "string"}}, info), value);
  }
  void Choice(const char* name, ChoiceField& value, const FieldInfo& info) override {
    Add(name, info, {{"enum", value.Names()}}, value.Get());
  }

  Json Take() { return std::move(sections_.back()); }

 protected:
  void EnterSection(const char* name, const char* help, OnResume) override {
    names_.emplace_back(name);
    sections_.push_back(Object(help));
  }
  void LeaveSection() override {
    Json section = Take();
    sections_.pop_back();
    sections_.back()["properties"][names_.back()] = std::move(section);
    names_.pop_back();
  }

 private:
  static Json Object(const char* help) {
    Json object = {{"type", "object"}};
    if (*help != '\0') object["description"] = help;
    object["additionalProperties"] = false;
    object["properties"] = Json::object();
    return object;
  }
  static Json Number(const char* type, const FieldInfo& info) {
    Json number = {{"type", type}};
    if (std::isfinite(info.min)) number[info.above_min ? "exclusiveMinimum" : "minimum"] = Exact(info.min);
    if (std::isfinite(info.max)) number["maximum"] = Exact(info.max);
    return number;
  }
  static Json CountSchema(const FieldInfo& info) {
    const Json text = {{"type", "string"}, {"pattern", R"(^(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?[kKMGBT]?$)"}};
    return {{"anyOf", Json::array({Number("number", info), text})}};
  }
  static Json Exact(double value) { return Json::parse(NumberText(value)); }
  static Json List(Json item, const FieldInfo& info) {
    Json list = {{"type", "array"}, {"items", std::move(item)}};
    if (info.items == 0) return list;
    const auto length = [](size_t items) { return Json{{"minItems", items}, {"maxItems", items}}; };
    if (info.or_one) {
      list["anyOf"] = Json::array({length(1), length(info.items)});
    } else {
      list.update(length(info.items));
    }
    return list;
  }
  void Add(const char* name, const FieldInfo& info, Json field, Json default_value) {
    field["default"] = std::move(default_value);
    field["description"] = *info.unit == '\0' ? info.help : std::string(info.help) + " (" + info.unit + ")";
    sections_.back()["properties"][name] = std::move(field);
  }

  std::vector<Json> sections_;
  std::vector<std::string> names_;
};

}  // namespace

Json ConfigSchema() {
  SchemaWriter writer;
  Config config;
  config.Describe(writer);
  const Json described = writer.Take();

  Json schema = {{"$schema", "http://json-schema.org/draft-07/schema#"}, {"title", "danas config"}};
  schema.update(described);
  Json properties = {
      {"$schema", {{"type", "string"}, {"description", "this schema, for editors; danas ignores it"}}},
      {"extends", {{"type", "string"}, {"description", "a config whose settings apply where this one gives none"}}}};
  properties.update(described["properties"]);
  schema["properties"] = std::move(properties);
  return schema;
}

}  // namespace danas
