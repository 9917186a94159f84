#include "gpu.h"

#include <dlfcn.h>

#include <filesystem>
#include <string>

#include "danas/core/error.h"

namespace danas {
namespace {

constexpr const char* kFile = "libdanas_cuda.so";

}  // namespace

int VisibleGpus() {
  void* driver = dlopen("libcuda.so.1", RTLD_NOW | RTLD_LOCAL);
  if (driver == nullptr) return 0;
  const auto init = reinterpret_cast<int (*)(unsigned)>(dlsym(driver, "cuInit"));
  const auto get_count = reinterpret_cast<int (*)(int*)>(dlsym(driver, "cuDeviceGetCount"));
  int count = 0;
  if (init == nullptr || get_count == nullptr || init(0) != 0 || get_count(&count) != 0) return 0;
  return count;
}

const CudaParts& LoadCudaParts() {
  static const CudaParts* loaded = nullptr;
  if (loaded != nullptr) return *loaded;
  std::error_code no_link;
  const std::filesystem::path beside = std::filesystem::read_symlink("/proc/self/exe", no_link).parent_path() / kFile;
  const std::string file = std::filesystem::exists(beside) ? beside.string() : kFile;
  // Global: libtorch_cuda, which comes along, registers itself with libtorch_cpu.
  void* library = dlopen(file.c_str(), RTLD_NOW | RTLD_GLOBAL);
  if (library == nullptr) {
    throw DeviceError(std::string("the CUDA parts cannot be loaded: ") + dlerror() +
                      ". Build danas with them (scripts/setup --cuda, -DDANAS_CUDA=ON), or use --device cpu");
  }
  const auto get = reinterpret_cast<const CudaParts* (*)()>(dlsym(library, "danas_cuda_parts"));
  if (get == nullptr || get()->interface != CudaParts::kInterface) {
    throw DeviceError(file + " belongs to another version of danas; build and install both together");
  }
  loaded = get();
  return *loaded;
}

}  // namespace danas
