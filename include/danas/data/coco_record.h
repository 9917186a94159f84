// A record of a file in one of COCO's formats: values by key, with errors that say file, record, found and expected.
#pragma once

#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

#include "danas/core/json.h"
#include "danas/data/persons.h"

namespace danas {

class CocoRecord {
 public:
  // `where` begins messages: "FILE: annotation 12". Throws DataError where `value` is no object.
  CocoRecord(const Json& value, std::string where);

  bool Has(const char* key) const { return value_.contains(key); }
  // All throw DataError where the key is missing, its value is of another kind, or a number is not finite.
  int64_t Whole(const char* key) const;
  double Number(const char* key) const;
  std::string Text(const char* key) const;
  std::vector<double> Numbers(const char* key, size_t count) const;  // just so many, of 1e9 pixels at most
  PersonBox Box() const;  // of 'bbox': [left, top, width, height], sizes not below 0
  const Json& At(const char* key) const;

  // Throws DataError: "FILE: annotation 12: MESSAGE".
  [[noreturn]] void Fail(const std::string& message) const;

 private:
  const Json& value_;
  std::string where_;
};

// From the ids of images to positions in PersonSet::images, for a file of results; counts what it does not know.
class CocoImageIds {
 public:
  explicit CocoImageIds(const PersonSet& set);

  // -1 where no image has the id.
  int64_t Find(int64_t id);

  // Throws DataError where Find() was asked for ids that the set does not have: how many, and the first.
  void RequireKnown(const std::string& file) const;

 private:
  std::unordered_map<int64_t, int64_t> positions_;
  int64_t asked_ = 0;
  int64_t unknown_ = 0;
  int64_t first_unknown_ = 0;
};

}  // namespace danas
