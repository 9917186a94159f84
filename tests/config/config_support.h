// Every field of Config as a list, so that one test can go through all of them.
#pragma once

#include <string>
#include <vector>

#include "danas/config/config.h"

namespace danas::test {

enum class FieldType { kBool, kInt, kDouble, kCount, kText, kDoubles, kCounts, kTexts, kChoice };

struct FieldCase {
  std::string path;  // "data.augment.scale"
  FieldType type;
  FieldInfo info;
  std::vector<std::string> names;  // of a choice
};

inline bool IsNumeric(FieldType type) {
  return type == FieldType::kInt || type == FieldType::kDouble || type == FieldType::kCount ||
         type == FieldType::kDoubles || type == FieldType::kCounts;
}

class FieldLister : public ConfigVisitor {
 public:
  void Field(const char* name, bool&, const FieldInfo& info) override { Add(name, FieldType::kBool, info); }
  void Field(const char* name, int64_t&, const FieldInfo& info) override { Add(name, FieldType::kInt, info); }
  void Field(const char* name, double&, const FieldInfo& info) override { Add(name, FieldType::kDouble, info); }
  void Field(const char* name, Count&, const FieldInfo& info) override { Add(name, FieldType::kCount, info); }
  void Field(const char* name, std::string&, const FieldInfo& info) override { Add(name, FieldType::kText, info); }
  void Field(const char* name, std::vector<double>&, const FieldInfo& info) override {
    Add(name, FieldType::kDoubles, info);
  }
  void Field(const char* name, std::vector<Count>&, const FieldInfo& info) override {
    Add(name, FieldType::kCounts, info);
  }
  void Field(const char* name, std::vector<std::string>&, const FieldInfo& info) override {
    Add(name, FieldType::kTexts, info);
  }
  void Choice(const char* name, ChoiceField& field, const FieldInfo& info) override {
    Add(name, FieldType::kChoice, info);
    fields_.back().names = field.Names();
  }

  std::vector<FieldCase> Take() { return std::move(fields_); }

 protected:
  void EnterSection(const char* name, const char*, OnResume) override {
    prefixes_.push_back(prefixes_.back() + name + ".");
  }
  void LeaveSection() override { prefixes_.pop_back(); }

 private:
  void Add(const char* name, FieldType type, const FieldInfo& info) {
    fields_.push_back({prefixes_.back() + name, type, info, {}});
  }

  std::vector<FieldCase> fields_;
  std::vector<std::string> prefixes_ = {""};
};

inline std::vector<FieldCase> AllFields() {
  FieldLister lister;
  Config config;
  config.Describe(lister);
  return lister.Take();
}

}  // namespace danas::test
