// The order of channels along a stage of blocks that split them: shuffle_a, shuffle_x and shuffle_v2.
//
// Let S be the perfect shuffle: of C channels it takes 0, 2, 4 ... and then 1, 3, 5 ... A shuffle_a of stride 1 is
// y = G(S x): G passes the first half on, and puts a branch of the second in its place. A stage of k of them is
// y_k = G_k S ... G_1 S x. With z_k = S^-k y_k the same weights give z_k = S^-k G_k S^k z_(k-1): layer k splits its
// channels as if they had been shuffled k times, and writes its results where it took them from. Channels then keep
// their places, as they do in an inverted residual, which adds its input.
// A shuffle_v2 shuffles on the way out, y = S^-1 G(x), so that z_k = S^k y_k = S^(k-1) G_k S^(1-k) z_(k-1).
#pragma once

#include <cstdint>
#include <vector>

#include "danas/arch/spec.h"

namespace danas {

// kShuffled: as published. kKept: channel i of a layer's output means the same whichever of its candidates made it.
// With the same weights each is the other up to a fixed permutation of the stage's outputs where all its blocks are A
// and X, or all V2.
enum class ChannelOrder { kShuffled, kKept };
template <>
struct EnumNames<ChannelOrder> {
  static constexpr std::array kNames = {"shuffled", "kept"};
};

// Blocks that compute something else with ChannelOrder::kKept. Not shuffle_v1, which mixes the channels in its middle
// alone.
bool ShufflesChannels(BlockKind kind);

// [channels]: S^times as indices: channel i of the shuffled is the channel at index i of the unshuffled. Negative
// `times` undo shuffles. Channels are an even number.
std::vector<int64_t> ShuffledChannels(int channels, int times);

// [channels / 2]: the channels that the branch of a block of stride 1 takes, in its order, and writes its results to,
// with ChannelOrder::kKept and `place` (SearchSpace::StagePlace) at least 1. The others pass.
std::vector<int64_t> BranchChannels(BlockKind kind, int channels, int place);

}  // namespace danas
