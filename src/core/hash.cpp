#include "danas/core/hash.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>

namespace danas {
namespace {

uint64_t Mix(uint64_t x) {
  x += 0x9E3779B97F4A7C15;
  x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9;
  x = (x ^ (x >> 27)) * 0x94D049BB133111EB;
  return x ^ (x >> 31);
}

// Little-endian on every machine.
uint64_t LoadWord(const uint8_t* bytes) {
  uint64_t word = 0;
  std::memcpy(&word, bytes, sizeof word);
  if constexpr (std::endian::native == std::endian::big) word = __builtin_bswap64(word);
  return word;
}

}  // namespace

uint64_t HashText(std::string_view text) {
  TextHash hash;
  hash.Update(text);
  return hash.value();
}

void TextHash::Update(std::string_view part) {
  uint64_t state = state_;
  for (const unsigned char byte : part) state = (state ^ byte) * 0x100000001B3;
  state_ = state;
}

uint64_t TextHash::value() const { return Mix(state_); }

uint64_t HashBytes(std::span<const uint8_t> bytes) {
  constexpr size_t kWord = sizeof(uint64_t);
  std::array<uint64_t, 4> lanes = {1, 2, 3, 4};
  size_t at = 0;
  for (; at + kWord * lanes.size() <= bytes.size(); at += kWord * lanes.size()) {
    // Each step is one-to-one in the lane and in the word. The first product spreads a bit that differs, so that one in
    // the lane's next word cannot undo it.
    for (size_t i = 0; i < lanes.size(); ++i) {
      const uint64_t word = LoadWord(bytes.data() + at + kWord * i) * 0xBF58476D1CE4E5B9;
      lanes[i] = std::rotl(lanes[i] + word, 31) * 0x9E3779B97F4A7C15;
    }
  }
  uint64_t hash = HashWords(bytes.size(), {lanes[0], lanes[1], lanes[2], lanes[3]});
  for (; at < bytes.size(); at += kWord) {
    std::array<uint8_t, kWord> word{};
    std::copy_n(bytes.data() + at, std::min(kWord, bytes.size() - at), word.data());
    hash = HashWords(hash, {LoadWord(word.data())});
  }
  return hash;
}

uint64_t HashWords(uint64_t start, std::initializer_list<uint64_t> words) {
  uint64_t hash = Mix(start);
  // Without the rotation a word equal to `start` would cancel it.
  for (const uint64_t word : words) hash = Mix(std::rotl(hash, 23) ^ Mix(word));
  return hash;
}

std::string HexText(uint64_t hash) {
  std::string text(16, '0');
  for (int digit = 15; digit >= 0; --digit, hash >>= 4) text[digit] = "0123456789abcdef"[hash & 15];
  return text;
}

}  // namespace danas
