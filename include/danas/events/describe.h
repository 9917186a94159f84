// The one description of an event's fields: a struct whose Describe() names each field once, in the order in which the
// log has them, with what it says and the curve that TensorBoard draws of it. The log's writer, its readers, the tags
// and the tables of docs/events.md come from it.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <concepts>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "danas/core/json.h"
#include "danas/events/event.h"

namespace danas::events {

// What a log does not say, of a number that every log should.
inline constexpr double kNotKnown = std::numeric_limits<double>::quiet_NaN();

inline std::optional<double> Known(double value) { return std::isnan(value) ? std::nullopt : std::optional(value); }

struct FieldNote {
  const char* help = "";
  const char* tag = "";  // its curve in TensorBoard; of a part: what the tags of its fields end in
};

// Always in the log, as null where there is no value. A std::optional is left out instead.
template <typename T>
struct OrNull {
  std::optional<T> value;

  OrNull() = default;
  OrNull(std::optional<T> given) : value(std::move(given)) {}  // NOLINT(google-explicit-constructor): as std::optional
};

// struct Section { template <typename Self, typename Fields> static void Describe(Self& self, Fields& fields); };
// where Describe() calls, in order, fields.Field("name", self.name, {...}), and fields.Inline(self.part) for fields of
// a std::optional<Section> that are among its own, or are all left out.
template <typename T>
concept Section = requires { typename T::DescribedSection; };

// --- Writing ---

template <typename T>
Json ToJson(const T& value);

class FieldWriter {
 public:
  explicit FieldWriter(Json& json) : json_(json) {}

  template <typename T>
  void Field(const char* name, const T& value, const FieldNote& /*note*/) {
    json_[name] = ToJson(value);
  }
  template <typename T>
  void Field(const char* name, const OrNull<T>& value, const FieldNote& /*note*/) {
    json_[name] = value.value ? ToJson(*value.value) : Json();
  }
  template <typename T>
  void Field(const char* name, const std::optional<T>& value, const FieldNote& /*note*/) {
    if (value) json_[name] = ToJson(*value);
  }
  template <Section T>
  void Inline(const std::optional<T>& part) {
    if (part) T::Describe(*part, *this);
  }

 private:
  Json& json_;
};

template <typename T>
Json ToJson(const T& value) {
  if constexpr (Section<T>) {
    Json json = Json::object();
    FieldWriter writer(json);
    T::Describe(value, writer);
    return json;
  } else if constexpr (requires { typename T::value_type; } && !std::convertible_to<T, std::string> &&
                       !std::same_as<T, Json>) {
    Json list = Json::array();
    for (const auto& element : value) list.push_back(ToJson(element));
    return list;
  } else if constexpr (std::floating_point<T>) {
    return std::isfinite(value) ? Json(value) : Json();  // as JSON writes it
  } else {
    return Json(value);
  }
}

// --- Reading ---

// What a log that anyone may have written, or an earlier danas, says: what is missing, or of another type, stays as the
// struct is made.
class FieldReader {
 public:
  explicit FieldReader(const Json& json) : json_(json) {}

  // Fields that every log of this version has and this one lacks, or that are of another type: "layers.gap".
  const std::vector<std::string>& faults() const { return faults_; }

  template <typename T>
  void Field(const char* name, T& value, const FieldNote& /*note*/) {
    const Json* found = Find(name);
    if (found == nullptr || !Read(*found, value, name)) faults_.emplace_back(name);
  }
  template <typename T>
  void Field(const char* name, OrNull<T>& value, const FieldNote& /*note*/) {
    const Json* found = Find(name);
    T given{};
    if (found == nullptr || found->is_null()) return;
    if (Read(*found, given, name)) {
      value.value = std::move(given);
    } else {
      faults_.emplace_back(name);
    }
  }
  template <typename T>
  void Field(const char* name, std::optional<T>& value, const FieldNote& /*note*/) {
    const Json* found = Find(name);
    if (found == nullptr) return;
    T given{};
    if (Read(*found, given, name)) {
      value = std::move(given);
    } else {
      faults_.emplace_back(name);
    }
  }
  template <Section T>
  void Inline(std::optional<T>& part) {
    T given{};
    AnyField any{.reader = *this};
    T::Describe(given, any);
    if (!any.found) return;
    T::Describe(given, *this);
    part = std::move(given);
  }

 private:
  // Whether one of a part's fields is there.
  struct AnyField {
    const FieldReader& reader;
    bool found = false;
    template <typename T>
    void Field(const char* name, const T& /*value*/, const FieldNote& /*note*/) {
      found = found || reader.Find(name) != nullptr;
    }
  };

  const Json* Find(const char* name) const {
    if (!json_.is_object()) return nullptr;
    const auto found = json_.find(name);
    return found == json_.end() ? nullptr : &*found;
  }

  static bool Read(const Json& json, Json& value, const char* /*name*/) {
    value = json;
    return true;
  }
  static bool Read(const Json& json, std::string& value, const char* /*name*/) {
    if (!json.is_string()) return false;
    value = json.get<std::string>();
    return true;
  }
  static bool Read(const Json& json, bool& value, const char* /*name*/) {
    if (!json.is_boolean()) return false;
    value = json.get<bool>();
    return true;
  }
  // A number that is not finite is null in JSON.
  static bool Read(const Json& json, double& value, const char* /*name*/) {
    if (!json.is_number() && !json.is_null()) return false;
    value = json.is_number() ? json.get<double>() : kNotKnown;
    return true;
  }
  // A whole number; of one with a fraction its whole part.
  template <std::integral T>
  static bool Read(const Json& json, T& value, const char* /*name*/) {
    constexpr double kMost = 1e15;  // exact in a double
    if (json.is_number_unsigned() && std::in_range<T>(json.get<uint64_t>())) {
      value = static_cast<T>(json.get<uint64_t>());
    } else if (json.is_number_integer() && std::in_range<T>(json.get<int64_t>())) {
      value = static_cast<T>(json.get<int64_t>());
    } else if (json.is_number_float() && std::abs(json.get<double>()) < kMost) {
      value = static_cast<T>(json.get<double>());
    } else {
      return false;
    }
    return true;
  }
  template <typename T>
  bool Read(const Json& json, std::vector<T>& value, const char* name) {
    if (!json.is_array()) return false;
    bool all = true;
    for (const Json& element : json) {
      T given{};
      all = Read(element, given, name) && all;
      value.push_back(std::move(given));
    }
    return all;
  }
  template <Section T>
  bool Read(const Json& json, T& value, const char* name) {
    if (!json.is_object()) return false;
    FieldReader reader(json);
    T::Describe(value, reader);
    for (const std::string& fault : reader.faults()) faults_.push_back(std::string(name) + "." + fault);
    return true;
  }

  const Json& json_;
  std::vector<std::string> faults_;
};

template <Section T>
struct ReadSection {
  T value;
  std::vector<std::string> faults;
};

template <Section T>
ReadSection<T> Read(const Json& json) {
  ReadSection<T> read;
  FieldReader reader(json);
  T::Describe(read.value, reader);
  read.faults = reader.faults();
  return read;
}

// --- Names ---

template <typename Member>
struct FieldFinder {
  const Member* wanted;
  std::string name;

  void Field(const char* field, const Member& value, const FieldNote& /*note*/) {
    if (&value == wanted) name = field;
  }
  template <typename T>
  void Field(const char* /*field*/, const T& /*value*/, const FieldNote& /*note*/) {}
  template <typename T>
  void Inline(const T& /*part*/) {}
};

// The name of a section's own field: NameOfField(&PlannedPhase::epochs) is "epochs". Empty for what it does not
// describe.
template <Section T, typename Member>
std::string NameOfField(Member T::*member) {
  const T section{};
  FieldFinder<Member> finder{.wanted = &(section.*member), .name = {}};
  T::Describe(section, finder);
  return finder.name;
}

// --- Events ---

// A search's epochs and a training's have one name.
inline constexpr std::array kEpochNames = {"epoch"};

// A section that is a line of the log: kNames are the names that it may have there, and of several `kind` says which.
template <typename T>
concept EventSection = Section<T> && requires { T::kNames; };

template <EventSection T>
std::string NameOfEvent(const T& event) {
  if constexpr (T::kNames.size() > 1) {
    return T::kNames.at(static_cast<size_t>(event.kind));
  } else {
    return T::kNames.front();
  }
}

// Which of several kinds a name that T may have stands for.
template <EventSection T>
auto KindNamed(std::string_view name) {
  static_assert(T::kNames.size() > 1);
  const auto found = std::ranges::find(T::kNames, name);
  return static_cast<decltype(T::kind)>(found - T::kNames.begin());
}

template <EventSection T>
Event ToEvent(const T& event) {
  return {NameOfEvent(event), ToJson(event)};
}

}  // namespace danas::events
