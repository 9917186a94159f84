#include "danas/run/cuda_parts.h"

#include <ATen/cuda/CUDAContextLight.h>
#include <c10/cuda/CUDAFunctions.h>
#include <nccl.h>
#include <torch/csrc/cuda/nccl.h>
#include <torch/csrc/distributed/c10d/ProcessGroup.hpp>
#include <torch/csrc/distributed/c10d/ProcessGroupNCCL.hpp>

#include <chrono>
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

void AddNccl(c10d::ProcessGroup& group, const c10::intrusive_ptr<c10d::Store>& store, int rank, int count, int device,
             int64_t timeout_milliseconds) {
  auto options = c10d::ProcessGroupNCCL::Options::create();
  options->timeout = std::chrono::milliseconds(timeout_milliseconds);
  auto backend = c10::make_intrusive<c10d::ProcessGroupNCCL>(store, rank, count, options);
  backend->setBoundDeviceId(at::Device(at::kCUDA, static_cast<c10::DeviceIndex>(device)));
  group.setBackend(c10::kCUDA, c10d::ProcessGroup::NCCL, backend);
}

constexpr CudaParts kParts = {
    .interface = CudaParts::kInterface,
    .nccl_version = NCCL_VERSION_CODE,
    .nccl_version_loaded = LoadedNcclVersion,
    .describe = Describe,
    .add_nccl = AddNccl,
};

}  // namespace
}  // namespace danas

extern "C" const danas::CudaParts* danas_cuda_parts() { return &danas::kParts; }
