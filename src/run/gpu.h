// Looking for GPUs and loading the CUDA parts, without a call of torch.
#pragma once

#include "danas/run/cuda_parts.h"

namespace danas {

// GPUs that NVIDIA's driver shows this process (CUDA_VISIBLE_DEVICES is heeded); 0 without a driver. Loads the driver's
// library alone.
int VisibleGpus();

// Loads libdanas_cuda.so from the program's folder or by the system's search path. Throws DeviceError with the reason.
const CudaParts& LoadCudaParts();

}  // namespace danas
