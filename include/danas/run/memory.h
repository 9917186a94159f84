// How much memory a run takes, for logs and for checking `--dry-run`'s estimate.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <exception>
#include <string>

namespace danas {

// Of this process, from /proc/self/status; 0 where there is none.
int64_t ResidentBytes();
int64_t PeakResidentBytes();

// Of tensors on a GPU: largest so far, as torch's caching allocator counts it. 0 for a CPU.
int64_t PeakDeviceBytes(at::Device device);

// "<message>. Lower ..." of an error by which torch says that a device or the CPU has no memory left; "" of any other.
std::string OutOfMemoryText(const std::exception& error);

// The largest so far starts again from what is in use now. On a CPU freed memory is given back to the system first.
void ResetPeakBytes(at::Device device);

}  // namespace danas
