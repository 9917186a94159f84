#include "danas/latency/timed_supernet.h"

#include <ATen/ATen.h>
#include <c10/core/InferenceMode.h>

#include "danas/core/random.h"
#include "danas/core/statistics.h"
#include "danas/kernels/level.h"
#include "danas/nn/fused_layer.h"
#include "danas/nn/norm.h"
#include "danas/nn/thread_pool.h"
#include "danas/run/device.h"

namespace danas {
namespace {

constexpr int64_t kSettlingImages = 4;  // a batch's statistics need more than one value a channel
constexpr int64_t kReferenceSide = 192;
constexpr int kReferenceProducts = 4;
constexpr int kReferenceTimes = 5;

at::Tensor RandomImages(const SearchSpace& space, int64_t count, const TimingSetup& setup) {
  const Size size = space.input();
  at::Tensor images = at::empty({count, space.input_channels(), size.height, size.width});
  RandomStream stream(static_cast<uint64_t>(setup.seed), "latency_images");
  float* values = images.data_ptr<float>();
  for (int64_t i = 0; i < images.numel(); ++i) values[i] = static_cast<float>(stream.Normal());
  return InLayout(images.to(setup.device), setup.runtime);
}

std::vector<LayerChoice> PathsOf(const std::vector<size_t>& choice) {
  std::vector<LayerChoice> choices;
  for (const size_t candidate : choice) choices.push_back({.path = candidate});
  return choices;
}

std::vector<size_t> CandidateCounts(const SearchSpace& space) {
  std::vector<size_t> counts;
  for (const LayerSpec& layer : space.layers()) counts.push_back(layer.candidates.size());
  return counts;
}

}  // namespace

std::string KernelsOf(const TimingSetup& setup) {
  if (!HasFusedKernels(setup.how.kernels, setup.device)) return "aten";
  return "fused (" + kernels::Level() + ")";
}

at::Tensor TimedImages(const SearchSpace& space, const TimingSetup& setup) {
  return RandomImages(space, setup.batch, setup);
}

void MakeRunnable(Supernet& network, const std::vector<std::vector<LayerChoice>>& choices, const TimingSetup& setup) {
  LendThreadPool();
  InitializeWeights(network, setup.seed);
  MoveTo(network, setup.device, setup.runtime);
  const at::Tensor images = RandomImages(network.space(), kSettlingImages, setup);
  for (const std::vector<LayerChoice>& of_network : choices) Recalibrate(network, of_network, {images});
  SetNormMode(network, NormMode::kRunning);
}

TimedSupernet::TimedSupernet(SearchSpace space, TimingSetup setup)
    : space_(std::move(space)),
      setup_(std::move(setup)),
      images_(TimedImages(space_, setup_)),
      watch_(setup_.device, space_.layers().size() + 4),
      reference_(setup_.device) {}

void TimedSupernet::BeginRound() {
  supernet_ = nullptr;
  supernet_ = std::make_shared<Supernet>(space_, SupernetOptions{.affine = true, .how = setup_.how});
  std::vector<std::vector<LayerChoice>> choices;
  for (const std::vector<size_t>& choice : NetworksOfRound(CandidateCounts(space_), 0, setup_.seed)) {
    choices.push_back(PathsOf(choice));
  }
  MakeRunnable(*supernet_, choices, setup_);
}

std::vector<std::vector<double>> TimedSupernet::Passes(const std::vector<size_t>& choice, int64_t count) {
  const c10::InferenceMode inference;
  const std::vector<LayerChoice> choices = PathsOf(choice);
  std::vector<std::vector<double>> passes;
  for (int64_t i = 0; i < count; ++i) passes.push_back(Pass(choices));
  return passes;
}

std::vector<double> TimedSupernet::Pass(const std::vector<LayerChoice>& choices) {
  watch_.Start();
  at::Tensor x = supernet_->Stem(images_);
  watch_.Mark();
  for (size_t l = 0; l < choices.size(); ++l) {
    x = supernet_->layer(l).forward(x, choices[l]);
    watch_.Mark();
  }
  x = supernet_->head().Expand(x);
  watch_.Mark();
  x = supernet_->Predict(supernet_->head().Pool(x));
  watch_.Mark();
  return watch_.Milliseconds();
}

ReferenceKernel::ReferenceKernel(at::Device device)
    : device_(device),
      a_(at::full({kReferenceSide, kReferenceSide}, 0.5, at::device(device))),
      b_(at::full({kReferenceSide, kReferenceSide}, 1.0 / kReferenceSide, at::device(device))) {}

double ReferenceKernel::Milliseconds() {
  const c10::InferenceMode inference;
  Stopwatch watch(device_, 2);
  std::vector<double> milliseconds;
  for (int time = 0; time < kReferenceTimes; ++time) {
    watch.Start();
    at::Tensor x = a_;
    for (int i = 0; i < kReferenceProducts; ++i) x = at::mm(x, b_);
    watch.Mark();
    milliseconds.push_back(watch.Milliseconds().front());
  }
  return Median(milliseconds);  // one interruption says nothing of a visit, whose passes have a median too
}

}  // namespace danas
