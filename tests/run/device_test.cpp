#include "danas/run/device.h"

#include <ATen/Parallel.h>

#include <cstdlib>
#include <filesystem>

#include "danas/core/error.h"
#include "danas/run/cuda_parts.h"
#include "src/run/gpu.h"
#include "tests/support/test_support.h"
#include "tests/support/torch_support.h"

namespace danas::test {
namespace {

TEST(OpenDevice, TheCpuWithItsThreads) {
  EXPECT_TRUE(OpenDevice({.device = "cpu", .threads = 3}, 0).is_cpu());
  EXPECT_EQ(at::get_num_threads(), 3);
  EXPECT_EQ(DescribeDevice(at::kCPU), "cpu, 3 threads");
  OpenDevice({.device = "cpu", .threads = 1}, 0);
  EXPECT_EQ(at::get_num_threads(), 1);
}

TEST(OpenDevice, DeterminismFollowsTheConfig) {
  OpenDevice({.device = "cpu", .deterministic = true}, 0);
  EXPECT_TRUE(at::globalContext().deterministicAlgorithms());
  EXPECT_FALSE(at::globalContext().benchmarkCuDNN());
  OpenDevice({.device = "cpu", .deterministic = false}, 0);
  EXPECT_FALSE(at::globalContext().deterministicAlgorithms());
  EXPECT_TRUE(at::globalContext().benchmarkCuDNN());
}

TEST(OpenDevice, RefusesOtherNames) {
  for (const char* name : {"gpu", "cuda:", "cuda:x", "cuda:-1", "cuda:1x", "cuda:99999999999", ""}) {
    ExpectErrorContains<ConfigError>([&] { OpenDevice({.device = name}, 0); }, {"runtime.device", "cuda:N"});
  }
}

TEST(OpenDevice, Fp16NeedsAGpu) {
  ExpectErrorContains<ConfigError>([] { OpenDevice({.device = "cpu", .amp = AmpKind::kFp16}, 0); },
                                   {"runtime.amp", "bf16"});
}

TEST(NoGpu, CudaIsRefusedAtOnceAndAutoTakesTheCpu) {
  if (VisibleGpus() > 0) GTEST_SKIP() << "this machine has a GPU";
  for (const char* name : {"cuda", "cuda:1"}) {
    ExpectErrorContains<DeviceError>([&] { OpenDevice({.device = name}, 0); }, {"no GPU", "--device cpu"});
  }
  EXPECT_TRUE(OpenDevice({.device = "auto"}, 0).is_cpu());
}

// In a process of its own, since libtorch_cuda stays loaded.
TEST(CudaPartsDeathTest, LoadWithoutAGpuAndAgreeOnNccl) {
  const auto beside = std::filesystem::read_symlink("/proc/self/exe").parent_path() / "libdanas_cuda.so";
  if (!std::filesystem::exists(beside)) GTEST_SKIP() << "built without the CUDA parts";
  testing::FLAGS_gtest_death_test_style = "threadsafe";
  const auto load = [] {
    const CudaParts& parts = LoadCudaParts();
    std::_Exit(parts.nccl_version > 20000 && parts.nccl_version == parts.nccl_version_loaded() ? 0 : 1);
  };
  EXPECT_EXIT(load(), testing::ExitedWithCode(0), "");
}

TEST(SeedGenerator, DrawsFollowSeedAndCounterAlone) {
  const auto draw = [](int64_t seed, uint64_t counter) {
    SeedGenerator(at::kCPU, seed, counter);
    return at::rand({8});
  };
  const at::Tensor first = draw(1, 2);
  at::rand({100});
  ExpectSameBits(draw(1, 2), first);
  EXPECT_FALSE(at::equal(draw(1, 3), first));
  EXPECT_FALSE(at::equal(draw(2, 2), first));
}

TEST(MoveTo, ChangesTheLayoutInPlace) {
  torch::nn::Module network;
  network.register_parameter("kernel", RandomTensor({4, 3, 3, 3}, 1, at::kFloat));
  const at::Tensor kernel = network.named_parameters()["kernel"];
  const at::Tensor before = kernel.detach().clone();
  MoveTo(network, at::kCPU, RuntimeConfig{});
  EXPECT_TRUE(kernel.is_contiguous(at::MemoryFormat::ChannelsLast));
  EXPECT_TRUE(kernel.requires_grad());
  ExpectSameBits(kernel, before);
  MoveTo(network, at::kCPU, RuntimeConfig{.layout = MemoryLayout::kContiguous});
  EXPECT_TRUE(kernel.is_contiguous());
  ExpectSameBits(kernel, before);
}

// Their strides alone tell the layout in which a convolution computes.
TEST(MoveTo, SetsTheStridesOfKernelsThatAreContiguousEitherWay) {
  for (const auto& shape : {std::vector<int64_t>{8, 1, 3, 3}, {8, 4, 1, 1}}) {
    torch::nn::Module network;
    network.register_parameter("kernel", RandomTensor(shape, 1, at::kFloat));
    const at::Tensor kernel = network.named_parameters()["kernel"];
    for (const auto& [layout, format] : {std::pair(MemoryLayout::kChannelsLast, at::MemoryFormat::ChannelsLast),
                                         {MemoryLayout::kContiguous, at::MemoryFormat::Contiguous}}) {
      MoveTo(network, at::kCPU, RuntimeConfig{.layout = layout});
      EXPECT_EQ(kernel.suggest_memory_format(), format) << kernel.sizes();
    }
  }
}

TEST(InLayout, CopiesOnlyWhereTheLayoutDiffers) {
  const at::Tensor images =
      RandomTensor({2, 3, 8, 8}, 1, at::kFloat).contiguous(at::MemoryFormat::ChannelsLast);
  EXPECT_TRUE(InLayout(images, RuntimeConfig{}).is_same(images));
  EXPECT_TRUE(InLayout(images, RuntimeConfig{.layout = MemoryLayout::kContiguous}).is_contiguous());
}

}  // namespace
}  // namespace danas::test
