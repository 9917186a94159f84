// Networks of a space as their evaluation computes them - inference mode, running statistics, affine norms, the kernels
// that a derived network takes - with the time of every part.
#pragma once

#include <ATen/core/Tensor.h>

#include <memory>
#include <vector>

#include "danas/arch/space.h"
#include "danas/config/nn_config.h"
#include "danas/config/train_config.h"
#include "danas/latency/measure.h"
#include "danas/nn/supernet.h"

namespace danas {

// How networks are timed. The device is open (run/device.h).
struct TimingSetup {
  NnConfig how = {};
  RuntimeConfig runtime = {};
  at::Device device = at::kCPU;
  int64_t batch = 1;
  int64_t seed = 0;
};

// "fused (avx512)": what LatencyConditions::kernels says.
std::string KernelsOf(const TimingSetup& setup);

// Random images [batch, channels, height, width] of the space, in the network's layout.
at::Tensor TimedImages(const SearchSpace& space, const TimingSetup& setup);

// Random weights, and running statistics from random images, so that values are of the size that they have in a trained
// network: subnormal numbers, which are slow, would come of none.
void MakeRunnable(Supernet& network, const std::vector<std::vector<LayerChoice>>& choices, const TimingSetup& setup);

// Milliseconds between calls of Mark(), on the device's own clock where it is a GPU.
class Stopwatch {
 public:
  Stopwatch(at::Device device, size_t marks);
  ~Stopwatch();
  Stopwatch(const Stopwatch&) = delete;
  Stopwatch& operator=(const Stopwatch&) = delete;

  void Start();
  void Mark();
  // From each mark to the next since Start(). Waits for the device.
  std::vector<double> Milliseconds();

 private:
  class Marks;
  class ProcessorMarks;
  class DeviceMarks;
  std::unique_ptr<Marks> marks_;
};

// Work of a few milliseconds that is always the same: products of matrices by as many threads as the networks use.
class ReferenceKernel {
 public:
  explicit ReferenceKernel(at::Device device);
  double Milliseconds();

 private:
  at::Device device_;
  at::Tensor a_, b_;
};

class TimedSupernet : public TimedNetworks {
 public:
  TimedSupernet(SearchSpace space, TimingSetup setup);

  void BeginRound() override;
  std::vector<std::vector<double>> Passes(const std::vector<size_t>& choice, int64_t count) override;
  double Reference() override { return reference_.Milliseconds(); }

 private:
  std::vector<double> Pass(const std::vector<LayerChoice>& choices);

  SearchSpace space_;
  TimingSetup setup_;
  uint64_t round_ = 0;
  at::Tensor images_;
  std::shared_ptr<Supernet> supernet_;
  Stopwatch watch_;
  ReferenceKernel reference_;
};

}  // namespace danas
