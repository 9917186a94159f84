// Scores of networks with their first, random weights, from a few images: what comparisons call training-free proxies.
#pragma once

#include <ATen/core/Tensor.h>

#include <vector>

#include "danas/config/config.h"
#include "danas/train/loader.h"
#include "danas/nn/supernet.h"

namespace danas {

// NASWOT (Mellor et al., "Neural Architecture Search without Training", ICML 2021): ln |det K| of the images' patterns
// of active units, K_ij = units of which both or neither are active. As its code does, over the outputs of all
// activations and normalised by the batch. Minus infinity where two images have one pattern.
double NaswotScore(Supernet& network, const at::Tensor& image_nchw);

// ZiCo (Li et al., "ZiCo: Zero-shot NAS via inverse coefficient of variation on gradients", ICLR 2023): the sum over
// convolutions and fully connected layers of ln Σ_ω mean |g_ω| / deviation(g_ω), g_ω the gradient of the batch's mean
// loss by weight ω, mean and deviation over the batches, weights of deviation 0 left out. As its code does. Two batches
// or more.
double ZicoScore(Supernet& network, const std::vector<Batch>& batches, int64_t classes);

// As both papers' codes have it.
inline constexpr int64_t kUntrainedBatch = 128;

// The network with the weights of the seed, in the config's precision, such that NaswotScore() sees all activations.
std::shared_ptr<Supernet> MakeUntrained(const SearchSpace& network, const Config& config, at::Device device);

}  // namespace danas
