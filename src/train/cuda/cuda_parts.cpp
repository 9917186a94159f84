#include "danas/train/cuda_parts.h"

#include <ATen/cuda/CUDAContextLight.h>
#include <c10/cuda/CUDAFunctions.h>
#include <nccl.h>
#include <torch/csrc/cuda/nccl.h>

#include <cstdio>
#include <exception>

namespace danas {
namespace {

int LoadedNcclVersion() {
  // torch packs major, minor and patch in 16-bit fields and up.
  const uint64_t version = torch::cuda::nccl::version();
  return NCCL_VERSION(static_cast<int>(version >> 32), static_cast<int>(version >> 16 & 0xffff),
                      static_cast<int>(version & 0xffff));
}

bool Describe(int index, char* name, int size, int64_t* total_bytes) {
  try {
    const cudaDeviceProp* properties = at::cuda::getDeviceProperties(static_cast<c10::DeviceIndex>(index));
    std::snprintf(name, static_cast<size_t>(size), "%s", properties->name);
    *total_bytes = static_cast<int64_t>(properties->totalGlobalMem);
    return true;
  } catch (const std::exception& error) {
    std::snprintf(name, static_cast<size_t>(size), "%s", error.what());
    return false;
  }
}

constexpr CudaParts kParts = {
    .interface = CudaParts::kInterface,
    .nccl_version = NCCL_VERSION_CODE,
    .nccl_version_loaded = LoadedNcclVersion,
    .describe = Describe,
};

}  // namespace
}  // namespace danas

extern "C" const danas::CudaParts* danas_cuda_parts() { return &danas::kParts; }
