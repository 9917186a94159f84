// How large a space may be. Readers keep to these before they compute sizes; SearchSpace checks the rest.
#pragma once

#include <cstddef>

namespace danas {

inline constexpr int kMostChannels = 1 << 16;
inline constexpr bool AreImageChannels(int channels) { return channels == 1 || channels == 3; }
inline constexpr char kImageChannels[] = "images have 1 channel (grey) or 3 (red, green and blue)";
inline constexpr int kLargestKernel = 31;
inline constexpr int kLargestSide = 1 << 14;
inline constexpr int kLargestStride = 16;
inline constexpr size_t kMostLayers = 1000;
inline constexpr size_t kMostDefinitions = 100;  // of blocks, in a file
inline constexpr size_t kMostCandidates = 1000;  // of a list: a few short lists multiply to any number

// Steps and terms of defined blocks over all candidates of a space: each is computed several times while it is read.
inline constexpr size_t kMostDefinedWork = 2'000'000;
inline constexpr char kTooMuchDefinedWork[] =
    "the candidates of defined blocks have more than two million steps and terms in all; list fewer candidates or "
    "layers";

}  // namespace danas
