#include "danas/run/device.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <c10/core/impl/VirtualGuardImpl.h>
#include <sched.h>
#include <stdlib.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <future>
#include <mutex>
#include <new>
#include <optional>
#include <system_error>
#include <thread>
#include <vector>

#include "danas/core/error.h"
#include "danas/core/log.h"
#include "danas/core/random.h"
#include "gpu.h"

namespace danas {
namespace {

// The N of "cuda:N", 0 for "cuda", nothing for "cpu". Throws ConfigError for any other text.
std::optional<int> GpuIndex(const std::string& name) {
  if (name == "cpu") return std::nullopt;
  if (name == "cuda") return 0;
  int index = -1;
  const char* end = name.data() + name.size();
  if (name.starts_with("cuda:")) {
    const auto [stop, error] = std::from_chars(name.data() + 5, end, index);
    if (error == std::errc() && stop == end && index >= 0) return index;
  }
  throw ConfigError("runtime.device: '" + name + "' is not a device; expected auto, cpu, cuda or cuda:N, as in cuda:1");
}

// The GPU of this process among those of its machine.
int GpuOfRank(const RankPlace& place) {
  const int gpus = VisibleGpus();
  if (place.alone() || gpus <= 1) return 0;
  if (place.local_rank < gpus) return place.local_rank;
  throw DeviceError("this machine runs " + std::to_string(place.local_ranks) + " processes, but has " +
                    std::to_string(gpus) + " GPUs; start one process for each");
}

int UsableCores() {
  cpu_set_t cores;
  CPU_ZERO(&cores);
  return sched_getaffinity(0, sizeof(cores), &cores) == 0 ? CPU_COUNT(&cores) : 1;
}

// Threads of a process that the config leaves open; 0: torch's choice.
int ThreadsOfRank(const RankPlace& place) {
  if (place.alone()) return 0;
  const char* of_task = std::getenv("SLURM_CPUS_PER_TASK");
  if (of_task != nullptr && std::atoi(of_task) > 0) return std::atoi(of_task);
  const char* wanted = std::getenv("OMP_NUM_THREADS");
  if (wanted != nullptr && std::atoi(wanted) > 1) return 0;
  return std::max(1, UsableCores() / place.local_ranks);
}

// OpenMP ends the process where it cannot start a thread. Tried first, where it can be reported.
void CheckThreads(int threads) {
  if (threads <= UsableCores()) return;
  std::vector<std::jthread> started;
  std::promise<void> all_there;
  const std::shared_future<void> wait = all_there.get_future().share();
  std::string reason;
  try {
    while (static_cast<int>(started.size()) < threads) started.emplace_back([wait] { wait.wait(); });
  } catch (const std::system_error& error) {
    reason = error.code().message();
  } catch (const std::bad_alloc&) {
    reason = "out of memory";
  }
  all_there.set_value();
  if (reason.empty()) return;
  throw DeviceError("runtime.threads (or OMP_NUM_THREADS): only " + std::to_string(started.size()) + " of " +
                    std::to_string(threads) + " threads can be started here (" + reason +
                    "). More threads than this process's " + std::to_string(UsableCores()) + " cores gain nothing");
}

std::string ChooseAutomatically() {
  const int gpus = VisibleGpus();
  if (gpus == 0) return "cpu";
  try {
    LoadCudaParts();
    return "cuda";
  } catch (const DeviceError& error) {
    log::warn("device auto: there is a GPU, but the CPU is used: {}", error.what());
    return "cpu";
  }
}

void OpenGpu(int index, bool deterministic) {
  const int gpus = VisibleGpus();
  if (gpus == 0) {
    throw DeviceError(
        "runtime.device: asked for cuda, but NVIDIA's driver shows no GPU here. Use --device cpu, or see "
        "what nvidia-smi and CUDA_VISIBLE_DEVICES say");
  }
  if (index >= gpus) {
    throw DeviceError("runtime.device: asked for cuda:" + std::to_string(index) + ", but the last of " +
                      std::to_string(gpus) + " GPUs is cuda:" + std::to_string(gpus - 1));
  }
  // cuBLAS reads it when its first handle is made; a value set by the user stays.
  if (deterministic) setenv("CUBLAS_WORKSPACE_CONFIG", ":4096:8", /*overwrite=*/0);
  const CudaParts& parts = LoadCudaParts();
  if (parts.nccl_version != parts.nccl_version_loaded()) {
    throw DeviceError("NCCL " + std::to_string(parts.nccl_version_loaded()) + " is loaded, but danas was built for " +
                      std::to_string(parts.nccl_version) + "; build it again");
  }
  if (!at::globalContext().hasCUDA()) {
    throw DeviceError(
        "torch finds no CUDA although the driver shows a GPU: its driver may be too old for this torch, or "
        "torch was used before the device was opened");
  }
  // Of this thread: what asks for pinned memory or a context without naming a GPU must not wake up GPU 0.
  c10::impl::VirtualGuardImpl(at::kCUDA).setDevice({at::kCUDA, static_cast<at::DeviceIndex>(index)});
}

at::MemoryFormat LayoutOf(const RuntimeConfig& runtime) {
  return runtime.layout == MemoryLayout::kContiguous ? at::MemoryFormat::Contiguous : at::MemoryFormat::ChannelsLast;
}

void SetDeterminism(bool deterministic) {
  at::Context& context = at::globalContext();
  context.setDeterministicAlgorithms(deterministic, /*warn_only=*/false);
  // Filling what is about to be written finds bugs, at a price; the bits of a right program do not change.
  context.setDeterministicFillUninitializedMemory(false);
  context.setDeterministicCuDNN(deterministic);
  context.setBenchmarkCuDNN(!deterministic);
}

}  // namespace

at::Device OpenDevice(const RuntimeConfig& runtime, int64_t seed, const RankPlace& place) {
  const std::string name = runtime.device == "auto" ? ChooseAutomatically() : runtime.device;
  std::optional<int> gpu = GpuIndex(name);
  if (name == "cuda") gpu = GpuOfRank(place);
  if (gpu) OpenGpu(*gpu, runtime.deterministic);
  if (!gpu && runtime.amp == AmpKind::kFp16) {
    throw ConfigError("runtime.amp: fp16 needs a GPU, but the device is the CPU. Use bf16 or none");
  }
  const int threads = runtime.threads > 0 ? static_cast<int>(runtime.threads) : ThreadsOfRank(place);
  CheckThreads(threads > 0 ? threads : at::get_num_threads());
  if (threads > 0) at::set_num_threads(threads);
  SetDeterminism(runtime.deterministic);
  const at::Device device = gpu ? at::Device(at::kCUDA, static_cast<at::DeviceIndex>(*gpu)) : at::Device(at::kCPU);
  SeedGenerator(at::kCPU, seed, 0);
  if (gpu) SeedGenerator(device, seed, 0);
  log::info("device: {}{}", DescribeDevice(device), runtime.device == "auto" ? " (chosen by 'auto')" : "");
  return device;
}

void SeedGenerator(at::Device device, int64_t seed, uint64_t counter, int rank) {
  const auto key = static_cast<uint64_t>(seed);
  RandomStream stream = rank == 0 ? RandomStream(key, "dropout", {counter})
                                  : RandomStream(key, "dropout", {counter, static_cast<uint64_t>(rank)});
  const uint64_t high = stream.NextWord();
  at::Generator generator = at::globalContext().defaultGenerator(device);
  const std::lock_guard<std::mutex> lock(generator.mutex());
  generator.set_current_seed(high << 32 | stream.NextWord());
}

std::string DescribeDevice(at::Device device) {
  if (device.is_cpu()) {
    const int threads = at::get_num_threads();
    return "cpu, " + std::to_string(threads) + (threads == 1 ? " thread" : " threads");
  }
  std::array<char, 256> name{};
  int64_t bytes = 0;
  if (!LoadCudaParts().describe(device.index(), name.data(), static_cast<int>(name.size()), &bytes)) {
    throw DeviceError(device.str() + " does not answer: " + name.data());
  }
  std::array<char, 32> memory{};
  std::snprintf(memory.data(), memory.size(), "%.1f GiB", static_cast<double>(bytes) / (1 << 30));
  return device.str() + " (" + name.data() + ", " + memory.data() + ")";
}

at::ScalarType FloatType(const RuntimeConfig& runtime) {
  return runtime.precision == Precision::kFloat64 ? at::kDouble : at::kFloat;
}

void MoveTo(torch::nn::Module& network, at::Device device, const RuntimeConfig& runtime) {
  const at::NoGradGuard no_grad;
  const at::MemoryFormat format = LayoutOf(runtime);
  const auto move = [&](at::Tensor tensor) {
    const at::Tensor moved = tensor.detach().to(device, FloatType(runtime));
    // A 1x1 or depthwise kernel is contiguous in both formats, and contiguous() would leave its strides alone. By these
    // a convolution chooses the layout in which it computes.
    tensor.set_data(tensor.dim() == 4 ? at::empty_like(moved, format).copy_(moved) : moved);
  };
  for (const at::Tensor& parameter : network.parameters()) move(parameter);
  for (const at::Tensor& buffer : network.buffers()) move(buffer);
}

at::Tensor InLayout(const at::Tensor& image_nchw, const RuntimeConfig& runtime) {
  return image_nchw.to(FloatType(runtime)).contiguous(LayoutOf(runtime));
}

}  // namespace danas
