// What a pickle consists of: opcodes and what follows them.
#pragma once

#include <algorithm>
#include <bit>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>

#include "danas/core/error.h"

namespace danas {

// Named as in pickletools.py. Those of objects (NEWOBJ, INST, EXT ...), bytes and sets are left out on purpose.
namespace pickle {
enum Opcode : uint8_t {
  kMark = '(',
  kStop = '.',
  kNone = 'N',
  kBinInt = 'J',
  kBinInt1 = 'K',
  kBinInt2 = 'M',
  kBinFloat = 'G',
  kBinString = 'T',
  kShortBinString = 'U',
  kBinUnicode = 'X',
  kAppend = 'a',
  kAppends = 'e',
  kBuild = 'b',
  kGlobalName = 'c',
  kBinGet = 'h',
  kLongBinGet = 'j',
  kBinPut = 'q',
  kLongBinPut = 'r',
  kList = 'l',
  kTuple = 't',
  kSetItem = 's',
  kSetItems = 'u',
  kBinPersistentId = 'Q',
  kReduce = 'R',
  kEmptyTuple = ')',
  kEmptyList = ']',
  kEmptyDict = '}',
  kProtocol = 0x80,
  kTuple1 = 0x85,
  kTuple2 = 0x86,
  kTuple3 = 0x87,
  kNewTrue = 0x88,
  kNewFalse = 0x89,
  kLong1 = 0x8a,
  kShortBinUnicode = 0x8c,
  kBinUnicode8 = 0x8d,
  kStackGlobal = 0x93,
  kMemoize = 0x94,
  kFrame = 0x95,
};
}  // namespace pickle

// Bytes taken one after another. Throws CheckpointError beginning with `where` at their end.
class PickleBytes {
 public:
  PickleBytes(std::span<const uint8_t> bytes, const std::string& where)
      : bytes_(bytes.first(std::min(bytes.size(), kLargestPickle))), where_(where) {}

  size_t at() const { return at_; }

  [[noreturn]] void Fail(const std::string& what) const {
    throw CheckpointError(where_ + " contains a damaged pickle: " + what + " (byte " + std::to_string(at_) + ")");
  }

  std::string_view TakeText(uint64_t size) {
    if (size > bytes_.size() - at_) {
      Fail(bytes_.size() == kLargestPickle ? "it is larger than 16 MiB" : "it ends early");
    }
    const std::string_view text(reinterpret_cast<const char*>(bytes_.data()) + at_, size);
    at_ += size;
    return text;
  }

  template <typename T>
  T Take() {
    static_assert(std::endian::native == std::endian::little, "numbers are little-endian and copied as they are");
    T number;
    std::memcpy(&number, TakeText(sizeof(T)).data(), sizeof(T));
    return number;
  }

  // Up to a line break, which is taken too.
  std::string_view TakeLine() {
    const auto end = std::find(bytes_.begin() + static_cast<std::ptrdiff_t>(at_), bytes_.end(), '\n');
    const std::string_view line = TakeText(static_cast<size_t>(end - bytes_.begin()) - at_);
    TakeText(1);
    return line;
  }

  // An integer of LONG1: its size, and as many bytes in two's complement.
  int64_t TakeLong() {
    const std::string_view digits = TakeText(Take<uint8_t>());
    if (digits.size() > sizeof(int64_t)) {
      Fail("an integer of " + std::to_string(digits.size()) + " bytes; at most 8 are read");
    }
    int64_t number = !digits.empty() && (digits.back() & 0x80) != 0 ? -1 : 0;
    std::memcpy(&number, digits.data(), digits.size());
    return number;
  }

 private:
  static constexpr size_t kLargestPickle = size_t{16} << 20;  // that of ResNet-50 has 60 kB

  std::span<const uint8_t> bytes_;
  const std::string& where_;
  size_t at_ = 0;
};

}  // namespace danas
