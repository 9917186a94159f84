// The one description of a config field: name, default (the value the struct is made with), range, unit, help and
// whether a resumed run may change it stand once, in the struct's Describe(). Reader, writer, `--set`,
// configs/schema.json, docs/config.md and the resume policy are visitors of it.
#pragma once

#include <array>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

namespace danas {

// A number that may be written with a suffix: 323M, 0.3G, 3.2e8.
struct Count {
  double value = 0;
  bool operator==(const Count&) const = default;
};

// Whether another process may change a key of a run's config: one that resumes the run (--resume), or one that begins a
// new run from its checkpoint (--fork).
enum class OnResume {
  kAsSection,  // as the section around it says; outside of all that say something: kForkMay
  kForkMay,    // a fork may change it, the run itself may not
  kMayChange,  // both may: it changes no result but by rounding
  kPlace,      // both may: where the images lie, which are compared with those that the run began with
  kFixed,      // neither may: the run's state is made of it
};

struct FieldInfo {
  const char* help = "";
  const char* unit = "";
  double min = -std::numeric_limits<double>::infinity();  // inclusive; for lists, of every element
  double max = std::numeric_limits<double>::infinity();
  bool above_min = false;   // min itself is excluded
  size_t items = 0;         // of a list: exactly so many; 0: any number
  bool or_one = false;      // of a list with `items`: one will do, too, for all
  const char* source = "";  // where the default comes from: "paper", a public code; "" is our own choice
  OnResume resume = OnResume::kAsSection;
};

// Upper ends of ranges that have none by nature: beyond any use, and low enough that no product of them overflows.
constexpr double kMostEpochs = 1e6;
constexpr double kMostImages = 1e9;
constexpr double kMostInABatch = 1 << 20;

// Specialise for an enum that appears in a config: the names users write, in the order of the enumerators.
//   template <> struct EnumNames<LossKind> { static constexpr std::array kNames = {"paper_log", ...}; };
template <typename Enum>
struct EnumNames;

template <typename Enum>
const char* NameOf(Enum value) {
  return EnumNames<Enum>::kNames[static_cast<size_t>(value)];
}

// A text field that takes one of a few names.
class ChoiceField {
 public:
  virtual ~ChoiceField() = default;
  virtual std::vector<std::string> Names() const = 0;
  virtual std::string Get() const = 0;
  virtual void Set(std::string_view name) = 0;  // one of Names()
};

class ConfigVisitor;

// Any config struct: struct Section { void Describe(ConfigVisitor& v); };
class ConfigVisitor {
 public:
  virtual ~ConfigVisitor() = default;

  virtual void Field(const char* name, bool& value, const FieldInfo& info) = 0;
  virtual void Field(const char* name, int64_t& value, const FieldInfo& info) = 0;
  virtual void Field(const char* name, double& value, const FieldInfo& info) = 0;
  virtual void Field(const char* name, Count& value, const FieldInfo& info) = 0;
  virtual void Field(const char* name, std::string& value, const FieldInfo& info) = 0;
  virtual void Field(const char* name, std::vector<double>& value, const FieldInfo& info) = 0;
  virtual void Field(const char* name, std::vector<Count>& value, const FieldInfo& info) = 0;
  virtual void Field(const char* name, std::vector<std::string>& value, const FieldInfo& info) = 0;
  virtual void Choice(const char* name, ChoiceField& value, const FieldInfo& info) = 0;

  template <typename Enum>
  requires std::is_enum_v<Enum>
  void Field(const char* name, Enum& value, const FieldInfo& info) {
    EnumField<Enum> field(value);
    Choice(name, field, info);
  }

  template <typename Section>
  void Nested(const char* name, Section& section, const char* help, OnResume resume = OnResume::kAsSection) {
    EnterSection(name, help, resume);
    section.Describe(*this);
    LeaveSection();
  }

 protected:
  virtual void EnterSection(const char* name, const char* help, OnResume resume) = 0;
  virtual void LeaveSection() = 0;

 private:
  template <typename Enum>
  class EnumField : public ChoiceField {
   public:
    explicit EnumField(Enum& value) : value_(value) {}
    std::vector<std::string> Names() const override {
      return {EnumNames<Enum>::kNames.begin(), EnumNames<Enum>::kNames.end()};
    }
    std::string Get() const override { return NameOf(value_); }
    void Set(std::string_view name) override {
      for (size_t i = 0; i < EnumNames<Enum>::kNames.size(); ++i) {
        if (name == EnumNames<Enum>::kNames[i]) value_ = static_cast<Enum>(i);
      }
    }

   private:
    Enum& value_;
  };
};

}  // namespace danas
