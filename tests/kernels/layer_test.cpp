// The kernels without torch, on buffers of just the size they are told and on threads of their own: what the address
// and thread sanitizers look at (presets asan and tsan). Values are compared with ATen's in tests/nn.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "danas/core/random.h"
#include "danas/kernels/inverted_residual.h"
#include "danas/kernels/level.h"
#include "danas/kernels/parallel.h"
#include "tests/kernels/pass_work.h"

namespace danas::kernels {
namespace {

int64_t threads = 1;

void RunOnThreads(const char*, int64_t tasks, const TaskRange& work) {
  const int64_t workers = std::min(threads, tasks), each = (tasks + workers - 1) / workers;
  std::vector<std::thread> pool;
  for (int64_t i = 0; i * each < tasks; ++i) {
    pool.emplace_back([=, &work] { work(i * each, std::min(tasks, (i + 1) * each), i); });
  }
  for (std::thread& worker : pool) worker.join();
}

// A layer with its weights, input and the gradient of its output; every array a heap block of its own.
template <typename T>
class DrawnLayer {
 public:
  DrawnLayer(const LayerSize& size, const std::vector<std::pair<int64_t, int64_t>>& expands_and_kernels, bool affine,
             uint64_t seed)
      : random_(seed, "layer") {
    layer_.size = size;
    if (size.stride == 1 && size.in == size.out) layer_.shortcut = 0.3;
    for (const auto& [expand, kernel] : expands_and_kernels) AddCandidate(expand, kernel, affine);
    x_ = Draw(size.images * size.height * size.width * size.in);
    gradient_ = Draw(size.images * Out(size.height) * Out(size.width) * size.out);
  }

  // For a layer of one candidate: it ends in ReLU6.
  void EndInActivation() {
    layer_.shortcut = 0;
    layer_.candidates.at(0).weight = 1;
    layer_.candidates[0].project_norm.clip = {.lowest = 0, .highest = 6};
  }

  struct Result {
    std::vector<T> y, y_evaluated, x_gradient;
    std::vector<std::vector<T>> gradients;  // of weights and norms
    std::vector<double> weight_gradients;
    double shortcut_gradient = 0;
  };

  Result Compute() const {
    Result result;
    result.y.resize(gradient_.size());
    result.y_evaluated.resize(gradient_.size());
    result.x_gradient.resize(x_.size());
    Forwarded<T> forwarded = Forward(layer_, x_.data(), result.y.data());
    Gradients<T> gradients;
    gradients.x = result.x_gradient.data();
    gradients.shortcut_wanted = layer_.shortcut != 0;
    const auto wanted = [&](const T* tensor, int64_t count) -> T* {
      if (tensor == nullptr) return nullptr;
      return result.gradients.emplace_back(static_cast<size_t>(count)).data();
    };
    const int64_t in = layer_.size.in, out = layer_.size.out;
    for (const Candidate<T>& c : layer_.candidates) {
      CandidateGradients<T>& g = gradients.candidates.emplace_back();
      g.expand = wanted(c.expand, c.middle * in);
      g.depthwise = wanted(c.depthwise, c.middle * c.kernel * c.kernel);
      g.project = wanted(c.project, out * c.middle);
      const Norm<T>* norms[] = {&c.expand_norm, &c.depthwise_norm, &c.project_norm};
      for (size_t i = 0; i < 3; ++i) {
        g.norm_weight[i] = wanted(norms[i]->weight, i < 2 ? c.middle : out);
        g.norm_bias[i] = wanted(norms[i]->bias, i < 2 ? c.middle : out);
      }
    }
    Backward(*forwarded.kept, layer_, x_.data(), gradient_.data(), gradients);
    result.weight_gradients = gradients.weight_c;
    result.shortcut_gradient = gradients.shortcut;
    Evaluate(layer_, x_.data(), result.y_evaluated.data());
    return result;
  }

 private:
  int64_t Out(int64_t size) const { return (size + layer_.size.stride - 1) / layer_.size.stride; }

  std::vector<T> Draw(int64_t count) {
    std::vector<T> values(static_cast<size_t>(count));
    for (T& value : values) value = static_cast<T>(random_.Normal());
    return values;
  }
  const T* Weights(int64_t count) { return weights_.emplace_back(Draw(count)).data(); }
  const T* Variances(int64_t count) {
    std::vector<T>& values = weights_.emplace_back(Draw(count));
    for (T& value : values) value = value * value + T{0.5};
    return values.data();
  }

  void AddCandidate(int64_t expand, int64_t kernel, bool affine) {
    const int64_t in = layer_.size.in, out = layer_.size.out, middle = expand * in;
    Candidate<T> c;
    c.middle = middle;
    c.kernel = kernel;
    if (expand > 1) c.expand = Weights(middle * in);
    c.depthwise = Weights(middle * kernel * kernel);
    c.project = Weights(out * middle);
    Norm<T>* norms[] = {&c.expand_norm, &c.depthwise_norm, &c.project_norm};
    for (size_t i = expand > 1 ? 0 : 1; i < 3; ++i) {
      const int64_t channels = i < 2 ? middle : out;
      if (affine) {
        norms[i]->weight = Weights(channels);
        norms[i]->bias = Weights(channels);
      }
      norms[i]->running_mean = Weights(channels);
      norms[i]->running_variance = Variances(channels);
      if (i < 2) norms[i]->clip = {.lowest = 0, .highest = 6};
    }
    c.weight = 0.5;
    layer_.candidates.push_back(c);
  }

  RandomStream random_;
  Layer<T> layer_;
  std::vector<std::vector<T>> weights_;  // moved when it grows, which leaves the arrays in place
  std::vector<T> x_, gradient_;
};

template <typename T>
void ExpectNear(const std::vector<T>& a, const std::vector<T>& b, double tolerance) {
  ASSERT_EQ(a.size(), b.size());
  double largest = 0, difference = 0;
  for (size_t i = 0; i < a.size(); ++i) {
    ASSERT_TRUE(std::isfinite(a[i]));
    largest = std::max(largest, std::abs(static_cast<double>(a[i])));
    difference = std::max(difference, std::abs(static_cast<double>(a[i]) - static_cast<double>(b[i])));
  }
  EXPECT_LE(difference, tolerance * std::max(1.0, largest));
}

// On one thread and on five, which have to share what there is of tasks.
template <typename T>
void ExpectThreadsAgree(const DrawnLayer<T>& layer, double tolerance) {
  threads = 1;
  const auto one = layer.Compute();
  threads = 5;
  const auto five = layer.Compute();
  ExpectNear(one.y, five.y, tolerance);
  ExpectNear(one.y_evaluated, five.y_evaluated, tolerance);
  ExpectNear(one.x_gradient, five.x_gradient, tolerance);
  ExpectNear(one.weight_gradients, five.weight_gradients, tolerance);
  EXPECT_NEAR(one.shortcut_gradient, five.shortcut_gradient, tolerance * 100);
  ASSERT_EQ(one.gradients.size(), five.gradients.size());
  for (size_t i = 0; i < one.gradients.size(); ++i) ExpectNear(one.gradients[i], five.gradients[i], tolerance);
}

template <typename T>
void ExpectThreadsAgree(double tolerance) {
  UseThreadPool({.threads = [] { return threads; }, .run = RunOnThreads});
  uint64_t seed = 0;
  for (const int64_t in : {1, 8, 17, 40}) {
    for (const int64_t out : {1, 24, 40}) {
      for (const int64_t stride : {1, 2}) {
        for (const auto& [height, width] : {std::pair<int64_t, int64_t>{1, 2}, {7, 5}, {16, 9}}) {
          SCOPED_TRACE(testing::Message()
                       << in << " to " << out << ", stride " << stride << ", " << height << "x" << width);
          const LayerSize size{.images = 3, .height = height, .width = width, .in = in, .out = out, .stride = stride};
          ExpectThreadsAgree(DrawnLayer<T>(size, {{1, 3}, {3, 5}, {2, 7}, {6, 3}}, seed % 2 == 1, seed), tolerance);
          DrawnLayer<T> one(size, {{3, 3}}, seed % 2 == 1, seed);
          one.EndInActivation();
          ExpectThreadsAgree(one, tolerance);
          ++seed;
        }
      }
    }
  }
}

TEST(KernelThreads, FiveComputeWhatOneDoesInDouble) { ExpectThreadsAgree<double>(1e-9); }

TEST(SlowKernelThreads, FiveComputeWhatOneDoesInFloat) {
  if (Levels().empty()) GTEST_SKIP() << "the processor has no level of the fused kernels";
  for (const std::string& level : Levels()) {
    SCOPED_TRACE(level);
    UseLevel(level);
    ExpectThreadsAgree<float>(1e-3);
  }
}

// Bands of rows, which tiles beyond the second-level cache are cut into.
TEST(KernelThreads, LargeMapsToo) {
  UseThreadPool({.threads = [] { return threads; }, .run = RunOnThreads});
  const DrawnLayer<double> layer({.images = 1, .height = 71, .width = 61, .in = 24, .out = 24, .stride = 1},
                                 {{3, 7}, {1, 5}}, false, 99);
  ExpectThreadsAgree(layer, 1e-9);
}

// The layer's sum is no place for the activation of one candidate.
TEST(KernelLayer, RefusesASumOfCandidatesThatEndInAnActivation) {
  if (Levels().empty()) GTEST_SKIP() << "the processor has no level of the fused kernels";
  const LayerSize size{.images = 2, .height = 4, .width = 4, .in = 8, .out = 12, .stride = 1};
  const CandidateSize candidate{.middle = 16, .kernel = 3};
  const auto ends = [](RandomLayer& layer) { layer.layer.candidates[0].project_norm.clip = {0, 6}; };
  RandomLayer one(size, {candidate}), two(size, {candidate, candidate}), weighted(size, {candidate});
  for (RandomLayer* layer : {&one, &two, &weighted}) ends(*layer);
  weighted.layer.candidates[0].weight = 0.5;
  EXPECT_NO_THROW(one.RunForward());
  EXPECT_NO_THROW(one.RunEvaluate());
  for (RandomLayer* layer : {&two, &weighted}) {
    EXPECT_THROW(layer->RunForward(), std::invalid_argument);
    EXPECT_THROW(layer->RunEvaluate(), std::invalid_argument);
  }
}

}  // namespace
}  // namespace danas::kernels
