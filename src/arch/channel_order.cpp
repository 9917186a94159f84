#include "danas/arch/channel_order.h"

#include <stdexcept>

#include "blocks/block_form.h"

namespace danas {

bool ShufflesChannels(BlockKind kind) { return FormOf(kind).shuffles_channels(); }

std::vector<int64_t> ShuffledChannels(int channels, int times) {
  if (channels < 2 || channels % 2 != 0) throw std::invalid_argument("a shuffle needs an even number of channels");
  // Channel i comes from 2 i, modulo C - 1; the last one stays. The inverse of 2 is C / 2, since C is 1 modulo C - 1.
  const int64_t modulus = channels - 1, factor = times < 0 ? channels / 2 : 2;
  int64_t power = 1 % modulus;
  for (int i = 0; i < (times < 0 ? -times : times); ++i) power = power * factor % modulus;
  std::vector<int64_t> from;
  for (int64_t i = 0; i < modulus; ++i) from.push_back(i * power % modulus);
  from.push_back(modulus);
  return from;
}

std::vector<int64_t> BranchChannels(BlockKind kind, int channels, int place) {
  if (!ShufflesChannels(kind) || place < 1) throw std::invalid_argument("no block that splits its input");
  const std::vector<int64_t> order = ShuffledChannels(channels, kind == BlockKind::kShuffleV2 ? 1 - place : place);
  return {order.begin() + channels / 2, order.end()};
}

}  // namespace danas
