#include "danas/core/hash.h"

#include <bit>

namespace danas {
namespace {

uint64_t Mix(uint64_t x) {
  x += 0x9E3779B97F4A7C15;
  x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9;
  x = (x ^ (x >> 27)) * 0x94D049BB133111EB;
  return x ^ (x >> 31);
}

}  // namespace

uint64_t HashText(std::string_view text) {
  uint64_t hash = 0xCBF29CE484222325;
  for (const unsigned char byte : text) hash = (hash ^ byte) * 0x100000001B3;
  return Mix(hash);
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
