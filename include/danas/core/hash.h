// Hashes for names, fingerprints and stream keys. Not cryptographic; the same on every machine.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <span>
#include <string>
#include <string_view>

namespace danas {

// FNV-1a over the bytes, then mixed so that every input bit reaches every output bit.
uint64_t HashText(std::string_view text);

// HashText() of a text that comes in parts.
class TextHash {
 public:
  void Update(std::string_view part);
  uint64_t value() const;

 private:
  uint64_t state_ = 0xCBF29CE484222325;
};

// Of much data: 32 bytes at a time in four lanes. Two inputs that differ in one word differ in their hash.
uint64_t HashBytes(std::span<const uint8_t> bytes);

// Folds words into a running hash (SplitMix64's mixing function); the order of the words matters.
uint64_t HashWords(uint64_t start, std::initializer_list<uint64_t> words);

// Sixteen lower-case hexadecimal digits.
std::string HexText(uint64_t hash);

}  // namespace danas
