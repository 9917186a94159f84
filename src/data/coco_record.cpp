#include "danas/data/coco_record.h"

#include <array>
#include <cmath>

#include "danas/core/error.h"
#include "danas/core/text_fault.h"

namespace danas {
namespace {

constexpr double kFarthest = 1e9;  // pixels: beyond, frames and areas would not be finite

std::string Quoted(const Json& value) { return QuotedText(JsonText(value)); }

}  // namespace

CocoRecord::CocoRecord(const Json& value, std::string where) : value_(value), where_(std::move(where)) {
  if (!value.is_object()) Fail("is " + Quoted(value) + ", expected an object");
}

void CocoRecord::Fail(const std::string& message) const { throw DataError(where_ + ": " + message); }

const Json& CocoRecord::At(const char* key) const {
  const auto at = value_.find(key);
  if (at == value_.end()) Fail("has no '" + std::string(key) + "'");
  return *at;
}

int64_t CocoRecord::Whole(const char* key) const {
  const Json& value = At(key);
  constexpr double kMost = 0x1p53;  // what Python writes as 12.0 is whole too
  if (value.is_number_integer() && !(value.is_number_unsigned() && value.get<uint64_t>() > INT64_MAX)) {
    return value.get<int64_t>();
  }
  if (value.is_number_float() && std::abs(value.get<double>()) <= kMost &&
      std::trunc(value.get<double>()) == value.get<double>()) {
    return static_cast<int64_t>(value.get<double>());
  }
  Fail("'" + std::string(key) + "' is " + Quoted(value) + ", expected a whole number");
}

double CocoRecord::Number(const char* key) const {
  const Json& value = At(key);
  if (!value.is_number()) Fail("'" + std::string(key) + "' is " + Quoted(value) + ", expected a number");
  return value.get<double>();
}

std::string CocoRecord::Text(const char* key) const {
  const Json& value = At(key);
  if (!value.is_string()) Fail("'" + std::string(key) + "' is " + Quoted(value) + ", expected a text");
  return value.get<std::string>();
}

std::vector<double> CocoRecord::Numbers(const char* key, size_t count) const {
  const Json& list = At(key);
  if (!list.is_array() || list.size() != count) {
    const std::string found = list.is_array() ? std::to_string(list.size()) + " values" : Quoted(list);
    Fail("'" + std::string(key) + "' is " + found + ", expected a list of " + std::to_string(count) + " numbers");
  }
  std::vector<double> numbers;
  numbers.reserve(count);
  for (const Json& value : list) {
    if (!value.is_number()) {
      Fail("'" + std::string(key) + "' holds " + Quoted(value) + " in place " + std::to_string(numbers.size() + 1) +
           ", expected a number");
    }
    numbers.push_back(value.get<double>());
    if (!(std::abs(numbers.back()) <= kFarthest)) {
      Fail("'" + std::string(key) + "' holds " + Quoted(value) + " in place " + std::to_string(numbers.size()) +
           ", and no pixel lies so far away");
    }
  }
  return numbers;
}

PersonBox CocoRecord::Box() const {
  const std::vector<double> box = Numbers("bbox", 4);
  if (box[2] < 0 || box[3] < 0) Fail("'bbox' is " + Quoted(At("bbox")) + ", and no width or height can be below 0");
  return {.left = box[0], .top = box[1], .width = box[2], .height = box[3]};
}

CocoImageIds::CocoImageIds(const PersonSet& set) {
  for (const PersonImage& image : set.images) {
    positions_.emplace(image.id, static_cast<int64_t>(positions_.size()));
  }
}

int64_t CocoImageIds::Find(int64_t id) {
  ++asked_;
  const auto at = positions_.find(id);
  if (at != positions_.end()) return at->second;
  if (unknown_++ == 0) first_unknown_ = id;
  return -1;
}

void CocoImageIds::RequireKnown(const std::string& file) const {
  if (unknown_ == 0) return;
  throw DataError(file + ": of another image set: " + std::to_string(unknown_) + " of " + std::to_string(asked_) +
                  " results are of images that the annotations do not list, the first of image " +
                  std::to_string(first_unknown_) + "; give the results of the same images");
}

}  // namespace danas
