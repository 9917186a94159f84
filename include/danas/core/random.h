// Named random streams from one seed, by the counter-based generator Philox4x32-10 (Salmon et al., "Parallel random
// numbers: as easy as 1, 2, 3", SC 2011). A stream is fixed by (seed, name, counters): what it yields never depends on
// how often any other stream was asked, on threads or on the device.
#pragma once

#include <array>
#include <cstdint>
#include <initializer_list>
#include <string_view>
#include <utility>
#include <vector>

namespace danas {

// One block of Philox4x32-10: four 32-bit words from a 128-bit counter and a 64-bit key.
std::array<uint32_t, 4> Philox(std::array<uint32_t, 4> counter, std::array<uint32_t, 2> key);

class RandomStream {
 public:
  // For example RandomStream(seed, "augment", {epoch, image}).
  RandomStream(uint64_t seed, std::string_view name, std::initializer_list<uint64_t> counters = {});

  uint32_t NextWord();                  // uniform over all 32-bit words
  double Uniform();                     // in [0, 1), 53 random bits
  double Uniform(double low, double high);
  uint64_t UniformInt(uint64_t bound);  // in [0, bound) without bias; bound > 0
  double Normal();                      // mean 0, variance 1 (Box-Muller)
  double Gumbel();                      // -ln(-ln u), finite for every draw

  // Fisher-Yates.
  template <typename T>
  void Shuffle(std::vector<T>& items) {
    for (size_t i = items.size(); i > 1; --i) std::swap(items[i - 1], items[UniformInt(i)]);
  }

 private:
  std::array<uint32_t, 2> key_;
  std::array<uint32_t, 2> stream_;  // upper half of the counter; the lower half counts blocks
  uint64_t block_ = 0;
  std::array<uint32_t, 4> words_{};
  int used_ = 4;
};

}  // namespace danas
