#include "danas/core/random.h"

#include <cmath>
#include <numbers>

#include "danas/core/hash.h"

namespace danas {

std::array<uint32_t, 4> Philox(std::array<uint32_t, 4> counter, std::array<uint32_t, 2> key) {
  constexpr uint64_t kMultiplier0 = 0xD2511F53, kMultiplier1 = 0xCD9E8D57;
  constexpr uint32_t kWeyl0 = 0x9E3779B9, kWeyl1 = 0xBB67AE85;
  for (int round = 0; round < 10; ++round) {
    const uint64_t product0 = kMultiplier0 * counter[0];
    const uint64_t product1 = kMultiplier1 * counter[2];
    counter = {static_cast<uint32_t>(product1 >> 32) ^ counter[1] ^ key[0], static_cast<uint32_t>(product1),
               static_cast<uint32_t>(product0 >> 32) ^ counter[3] ^ key[1], static_cast<uint32_t>(product0)};
    key = {key[0] + kWeyl0, key[1] + kWeyl1};
  }
  return counter;
}

RandomStream::RandomStream(uint64_t seed, std::string_view name, std::initializer_list<uint64_t> counters) {
  const uint64_t key = HashWords(seed, {HashText(name)});
  const uint64_t stream = HashWords(key, counters);
  key_ = {static_cast<uint32_t>(key), static_cast<uint32_t>(key >> 32)};
  stream_ = {static_cast<uint32_t>(stream), static_cast<uint32_t>(stream >> 32)};
}

uint32_t RandomStream::NextWord() {
  if (used_ == 4) {
    words_ = Philox({static_cast<uint32_t>(block_), static_cast<uint32_t>(block_ >> 32), stream_[0], stream_[1]}, key_);
    ++block_;
    used_ = 0;
  }
  return words_[used_++];
}

double RandomStream::Uniform() {
  const uint64_t high = NextWord() >> 5, low = NextWord() >> 6;
  return static_cast<double>((high << 26) | low) * 0x1p-53;
}

double RandomStream::Uniform(double low, double high) { return low + (high - low) * Uniform(); }

uint64_t RandomStream::UniformInt(uint64_t bound) {
  // Words at or above the largest multiple of `bound` are thrown away; they would favour small results.
  const uint64_t limit = bound * (UINT64_MAX / bound);
  for (;;) {
    const uint64_t high = NextWord();
    const uint64_t word = (high << 32) | NextWord();
    if (word < limit) return word % bound;
  }
}

double RandomStream::Normal() {
  const double radius = std::sqrt(-2.0 * std::log1p(-Uniform()));
  return radius * std::cos(2.0 * std::numbers::pi * Uniform());
}

double RandomStream::Gumbel() {
  // Half a step is added so that neither logarithm meets zero.
  return -std::log(-std::log(Uniform() * (1.0 - 0x1p-53) + 0x1p-54));
}

}  // namespace danas
