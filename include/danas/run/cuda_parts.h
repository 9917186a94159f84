// The CUDA parts: what danas needs of CUDA itself, in a shared object of its own (libdanas_cuda.so) that is loaded when
// a run asks for a GPU. Loading it also loads libtorch_cuda. One C symbol leads to all of it.
#pragma once

#include <c10/util/intrusive_ptr.h>

#include <cstdint>

namespace c10d {
class ProcessGroup;
class Store;
}  // namespace c10d

namespace danas {

struct CudaParts {
  // Changes with this struct; the loader refuses another.
  static constexpr int kInterface = 2;

  int interface;
  int nccl_version;  // of the header it was built with, as ncclGetVersion() counts
  int (*nccl_version_loaded)();
  // Name (cut at `size`) and memory of a device; false with the reason in `name` where CUDA refuses.
  bool (*describe)(int index, char* name, int size, int64_t* total_bytes);
  // NCCL joins the group for tensors on GPU `device`. Throws what torch throws.
  void (*add_nccl)(c10d::ProcessGroup& group, const c10::intrusive_ptr<c10d::Store>& store, int rank, int count,
                   int device, int64_t timeout_milliseconds);
};

}  // namespace danas

extern "C" const danas::CudaParts* danas_cuda_parts();
