// What needs a GPU: skipped where there is none.
#include <cmath>
#include <string>
#include <torch/csrc/distributed/c10d/HashStore.hpp>
#include <torch/csrc/distributed/c10d/ProcessGroup.hpp>
#include <utility>

#include "danas/core/error.h"
#include "danas/nn/norm.h"
#include "danas/run/device.h"
#include "danas/run/memory.h"
#include "danas/run/profiler.h"
#include "danas/train/evaluate.h"
#include "src/run/gpu.h"
#include "tests/support/rank_threads.h"
#include "tests/train/train_support.h"

namespace danas::test {
namespace {

class Gpu : public testing::Test {
 protected:
  void SetUp() override {
    if (VisibleGpus() == 0) GTEST_SKIP() << "needs a GPU";
    device = OpenDevice({.device = "cuda"}, 0);
  }

  struct Trained {
    std::vector<double> losses;
    at::Tensor weight;
  };

  // Three epochs of TinyNetwork.
  static Trained Train(at::Device where, AmpKind amp) {
    const auto owner = std::make_shared<TinyNetwork>(4);
    TinyNetwork& network = *owner;
    MoveTo(network, where, RuntimeConfig{});
    const TrainConfig recipe{.batch = 8, .lr = 0.05, .clip_norm = 1, .ema_decay = 0.9};
    WeightTraining training(recipe, {.amp = amp}, 0, RateSchedule(recipe, 0, 24), where);
    training.Bind(network);
    Loader loader = StripeLoader(64, 4, {.batch = 8, .shuffle = true}, where);
    Trained trained;
    for (int64_t epoch = 0; epoch < 3; ++epoch) {
      const PassResult pass =
          TrainWeightsPass(network, network.AsForward(), loader, training, StripeTask(), 4, {.label = "test", .epoch = epoch});
      trained.losses.push_back(pass.loss);
    }
    trained.weight = network.first.detach().cpu();
    return trained;
  }

  at::Device device = at::kCPU;
};

TEST_F(Gpu, TrainsAsTheCpuDoes) {
  const Trained cpu = Train(at::kCPU, AmpKind::kNone), gpu = Train(device, AmpKind::kNone);
  for (size_t i = 0; i < cpu.losses.size(); ++i) EXPECT_NEAR(gpu.losses[i], cpu.losses[i], 1e-4);
  ExpectClose(gpu.weight, cpu.weight, 1e-3);
}

TEST_F(Gpu, TwoRunsOfASeedAgreeToTheBit) {
  const Trained first = Train(device, AmpKind::kNone), second = Train(device, AmpKind::kNone);
  EXPECT_EQ(first.losses, second.losses);
  ExpectSameBits(first.weight, second.weight);
}

TEST_F(Gpu, HalfPrecisionLearns) {
  for (const AmpKind amp : {AmpKind::kFp16, AmpKind::kBf16}) {
    const Trained trained = Train(device, amp);
    EXPECT_TRUE(trained.weight.isfinite().all().item<bool>());
    EXPECT_LT(trained.losses[2], trained.losses[0]);
  }
}

struct Normed {
  at::Tensor y, dx, dweight, running_mean, running_var;
};

// One step through a norm and its activation. `x_nchw` and `g_nchw` are of the type in which it computes.
Normed NormStep(const at::Tensor& x_nchw, const at::Tensor& g_nchw, bool affine, NormMode mode) {
  BatchNorm norm(x_nchw.size(1), {.momentum = 0.1, .epsilon = 1e-3}, affine);
  norm.to(x_nchw.device(), x_nchw.scalar_type() == at::kDouble ? at::kDouble : at::kFloat);
  norm.set_mode(mode);
  const at::Tensor x = x_nchw.detach().clone().requires_grad_(true);
  const at::Tensor y = norm.forward(x, Activation::kRelu6);
  y.backward(g_nchw);
  return {y.detach(), x.grad(), affine ? norm.weight.grad() : at::Tensor(), norm.running_mean, norm.running_var};
}

TEST_F(Gpu, NormsAreThoseOfTheCpu) {
  const at::Tensor x = RandomTensor({4, 6, 5, 5}, 1).mul(2).to(at::kHalf),
                   g = RandomTensor({4, 6, 5, 5}, 2).to(at::kHalf);
  for (const auto& [type, tolerance] : {std::pair(at::kDouble, 1e-9), {at::kFloat, 1e-4}, {at::kHalf, 2e-2}}) {
    for (const at::MemoryFormat format : {at::MemoryFormat::Contiguous, at::MemoryFormat::ChannelsLast}) {
      for (const NormMode mode : {NormMode::kBatch, NormMode::kBatchFrozen, NormMode::kRunning}) {
        for (const bool affine : {false, true}) {
          SCOPED_TRACE(std::string(at::toString(type)) + ", format " + std::to_string(static_cast<int>(format)) +
                       ", mode " + std::to_string(static_cast<int>(mode)) + (affine ? ", affine" : ""));
          const auto there = [&](const at::Tensor& tensor) { return tensor.to(device, type).contiguous(format); };
          const Normed cpu = NormStep(x.to(at::kDouble), g.to(at::kDouble), affine, mode);
          const Normed gpu = NormStep(there(x), there(g), affine, mode);
          ExpectClose(gpu.y, cpu.y, tolerance);
          ExpectClose(gpu.dx, cpu.dx, tolerance);
          ExpectClose(gpu.running_mean, cpu.running_mean, tolerance);
          ExpectClose(gpu.running_var, cpu.running_var, tolerance);
          if (affine) ExpectClose(gpu.dweight, cpu.dweight, 20 * tolerance);
          EXPECT_EQ(gpu.y.suggest_memory_format(), format);
        }
      }
    }
  }
}

TEST_F(Gpu, NamesTheFirstBadBatchThoughItIsReadLate) {
  Loader loader = StripeLoader(64, 4, {.batch = 8}, device);
  int64_t batch_number = 0;
  const auto run = [&] {
    BatchPass pass(loader, {.label = "x"});
    for (const Batch& batch : pass) {
      const double loss = ++batch_number == 3 ? NAN : 1.0;
      pass.Take({.loss_sum = at::full({}, loss, batch.images.options()),
                 .correct = at::zeros({}, batch.targets.options())});
    }
    pass.Finish();
  };
  ExpectErrorContains<NumericError>(run, {"batch 3 of 8"});
  EXPECT_EQ(batch_number, 8);
}

TEST_F(Gpu, CountsDeviceMemory) {
  const at::Tensor block = at::zeros({1 << 24}, at::TensorOptions().dtype(at::kFloat).device(device));
  EXPECT_GE(PeakDeviceBytes(device), int64_t{4} << 24);
  EXPECT_NE(DescribeDevice(device).find("GiB"), std::string::npos);
}

TEST_F(Gpu, ItsKernelsAreSeenByTheProfiler) {
  const at::Tensor a = at::ones({512, 512}, at::TensorOptions().device(device));
  const StepProfile profile = FoldEvents(RecordEvents(device, [&] { at::mm(a, a).sum().item(); }));
  EXPECT_GE(profile.kernels.size(), 2u);
  EXPECT_GT(profile.kernel_seconds, 0);
}

// A group of one rank, through the same call as a run's.
TEST_F(Gpu, NcclSumsOnOneGpu) {
  const auto store = c10::make_intrusive<c10d::HashStore>();
  const auto group = c10::make_intrusive<c10d::ProcessGroup>(store, 0, 1);
  LoadCudaParts().add_nccl(*group, store, 0, 1, device.index(), 30000);
  std::vector<at::Tensor> tensors = {at::arange(5, at::TensorOptions().dtype(at::kDouble).device(device))};
  group->allreduce(tensors)->wait();
  ExpectSameBits(tensors[0].cpu(), at::arange(5, at::kDouble));
  group->shutdown();
}

class TwoGpus : public testing::Test {
 protected:
  void SetUp() override {
    if (VisibleGpus() < 2) GTEST_SKIP() << "needs two GPUs";
  }
};

// Ranks as threads, a GPU each.
TEST_F(TwoGpus, NcclSumsAndSends) {
  OpenDevice({.device = "cuda"}, 0);
  OnRankThreads(2, [](Ranks ranks) {
    const at::Device device(at::kCUDA, static_cast<at::DeviceIndex>(ranks.rank()));
    ranks.UseDevice(device);
    const at::Tensor sum = at::full({3}, ranks.rank() + 1.0, device);
    ranks.Sum(sum);
    ExpectSameBits(sum.cpu(), at::full({3}, 3.0));
    const at::Tensor taken = at::full({3}, ranks.rank() + 1.0, device);
    ranks.TakeFirst({taken});
    ExpectSameBits(taken.cpu(), at::ones({3}));
    EXPECT_EQ(ranks.Any({ranks.rank() == 1})[0], true);  // by Gloo
  });
}

}  // namespace
}  // namespace danas::test
