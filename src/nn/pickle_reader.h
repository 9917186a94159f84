// Python's pickle format, protocols 2 to 5 (CPython's pickletools.py), for data alone. A pickle is a program for a
// stack machine that may call any function by name. Here the names come from a given list, and a call is written down
// as a value, never made: what it means is up to the caller.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace danas {

using PickleIndex = uint32_t;  // of a value in Pickle::values

struct PickleValue {
  enum class Kind : uint8_t {
    kNone,
    kBool,
    kInt,
    kFloat,  // its value is not kept
    kText,   // bytes, whatever their encoding
    kTuple,
    kList,
    kDict,          // collections.OrderedDict, too; its items are key, value, key, value ... in the file's order
    kGlobal,        // a name of the list, in `text`
    kPersistentId,  // its item is the id
    kCall,          // its items are the function and the tuple of arguments
  };
  Kind kind = Kind::kNone;
  int64_t integer = 0;  // kBool, kInt
  std::string_view text = {};
  std::vector<PickleIndex> items = {};  // may lead back to the value itself: a list can hold itself
};

struct Pickle {
  std::vector<PickleValue> values;
  PickleIndex root = 0;
  size_t size = 0;  // bytes up to and with STOP

  const PickleValue& operator[](PickleIndex index) const { return values[index]; }
};

// Reads up to STOP; bytes behind it are left alone. Texts point into `bytes`, names into `globals`. Throws
// CheckpointError beginning with `where` for a name outside of `globals` and collections.OrderedDict (before anything
// else is read), an opcode that makes objects of other kinds, integers of more than 64 bits, and a damaged pickle.
// Takes time and memory in proportion to the pickle, which may have 16 MiB and a million values.
Pickle ReadPickle(std::span<const uint8_t> bytes, std::span<const std::string_view> globals, const std::string& where);

}  // namespace danas
