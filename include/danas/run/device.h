// Where a run computes: the device that the config names, opened once at the start.
#pragma once

#include <ATen/core/Tensor.h>
#include <torch/nn/module.h>

#include <cstdint>
#include <string>

#include "danas/config/train_config.h"
#include "danas/core/rank_place.h"

namespace danas {

// Opens `runtime.device`, sets threads (0: torch's choice, which follows OMP_NUM_THREADS) and determinism, seeds
// torch's default generators of the CPU and the device, and logs what it took. Must come before any other use of torch:
// torch notes once and for all whether there is CUDA. "auto" takes GPU 0 where there is one that this build can use,
// else the CPU, and says which. Throws at once: DeviceError (no GPU, no such index, CUDA parts not built or not
// loadable), ConfigError (another name; fp16 on a CPU).
// Of several processes on one machine each takes the GPU of its local rank with "auto" and "cuda" (the only one where
// it sees but one, as Slurm can have it), and without runtime.threads its share of the machine's cores: torchrun's
// OMP_NUM_THREADS of 1 is for programs that compute on GPUs alone.
at::Device OpenDevice(const RuntimeConfig& runtime, int64_t seed, const RankPlace& place = {});

// Seeds torch's default generator of the device, which draws dropout's masks, from the stream ("dropout", counter) of
// the seed, on rank r > 0 ("dropout", counter, r), so that what a batch draws depends on no batch before it.
void SeedGenerator(at::Device device, int64_t seed, uint64_t counter, int rank = 0);

// "cpu, 2 threads", "cuda:0 (NVIDIA H100, 79.6 GiB)"
std::string DescribeDevice(at::Device device);

// The type that runtime.precision names.
at::ScalarType FloatType(const RuntimeConfig& runtime);

// Moves parameters and buffers, in the same tensors, to the precision; four-dimensional ones to the layout.
void MoveTo(torch::nn::Module& network, at::Device device, const RuntimeConfig& runtime);

// The images in the precision and the layout; a loader's batches are float32 and channels_last already.
at::Tensor InLayout(const at::Tensor& image_nchw, const RuntimeConfig& runtime);

}  // namespace danas
