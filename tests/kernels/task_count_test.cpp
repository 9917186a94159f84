// How finely a layer's passes are cut at batch 8: enough for 16 and 64 cores. Prints every pass with its tasks.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "danas/core/random.h"
#include "danas/kernels/inverted_residual.h"
#include "danas/kernels/level.h"
#include "danas/kernels/parallel.h"

namespace danas::kernels {
namespace {

constexpr int64_t kImages = 8;
constexpr double kSmallTask = 3e6;  // multiply-adds: some thirty microseconds; starting all threads takes a few

int64_t threads = 1;
std::map<std::string, int64_t> fewest_tasks;  // of a pass in all its calls

ThreadPool RecordingPool() {
  return {.threads = [] { return threads; },
          .run =
              [](const char* pass, int64_t tasks, const TaskRange& work) {
                const auto [at, added] = fewest_tasks.try_emplace(pass, tasks);
                if (!added) at->second = std::min(at->second, tasks);
                const int64_t workers = std::min(threads, tasks), each = (tasks + workers - 1) / workers;
                for (int64_t i = 0; i * each < tasks; ++i) work(i * each, std::min(tasks, (i + 1) * each), i);
              }};
}

// Layers of the paper's and of small networks: the widest candidate of each, and one without expansion.
const std::vector<LayerSize>& Layers() {
  static const std::vector<LayerSize> layers = {
      {.images = kImages, .height = 112, .width = 112, .in = 16, .out = 24, .stride = 2},
      {.images = kImages, .height = 56, .width = 56, .in = 24, .out = 24, .stride = 1},
      {.images = kImages, .height = 28, .width = 28, .in = 40, .out = 40, .stride = 1},
      {.images = kImages, .height = 14, .width = 14, .in = 96, .out = 96, .stride = 1},
      {.images = kImages, .height = 14, .width = 14, .in = 96, .out = 192, .stride = 2},
      {.images = kImages, .height = 7, .width = 7, .in = 192, .out = 320, .stride = 1},
      {.images = kImages, .height = 32, .width = 32, .in = 16, .out = 24, .stride = 1},
      {.images = kImages, .height = 16, .width = 16, .in = 40, .out = 40, .stride = 1},
      {.images = kImages, .height = 8, .width = 8, .in = 96, .out = 96, .stride = 1},
      {.images = kImages, .height = 4, .width = 4, .in = 96, .out = 96, .stride = 1},
      {.images = kImages, .height = 2, .width = 2, .in = 192, .out = 192, .stride = 1},
  };
  return layers;
}

// Multiply-adds of each pass over one candidate; of those that only read and write, the elements.
std::map<std::string, double> Work(const LayerSize& size, int64_t middle, int64_t kernel) {
  const int64_t out_height = (size.height + size.stride - 1) / size.stride;
  const int64_t out_width = (size.width + size.stride - 1) / size.stride;
  const auto in_pixels = static_cast<double>(size.images * size.height * size.width);
  const auto out_pixels = static_cast<double>(size.images * out_height * out_width);
  const auto mid = static_cast<double>(middle), in = static_cast<double>(size.in), out = static_cast<double>(size.out);
  const double expand = middle == size.in ? 0 : in_pixels * mid * in, project = out_pixels * mid * out;
  const double depthwise = out_pixels * mid * static_cast<double>(kernel * kernel);
  return {{"forward depthwise", expand + depthwise},
          {"forward project", project},
          {"mix outputs", out_pixels * out},
          {"sum outputs", out_pixels * out},
          {"backward project", 2 * project},
          {"backward input", 3 * expand + 2 * depthwise},
          {"evaluate", expand + depthwise + project},
          {"input covariance", in_pixels * in * in / 2},
          {"correct input", in_pixels * in * in},
          {"expand statistics", mid * in * in},
          {"expand correction", mid * in * in},
          {"expand directly", expand},
          {"backward expand", 2 * expand},
          {"backward expand to x", expand}};
}

void Compute(const LayerSize& size, int64_t middle, int64_t kernel) {
  RandomStream random(1, "tasks");
  const auto draw = [&](int64_t count) {
    std::vector<float> values(static_cast<size_t>(count));
    for (float& value : values) value = static_cast<float>(random.Uniform(-1, 1));
    return values;
  };
  const int64_t out_pixels =
      ((size.height + size.stride - 1) / size.stride) * ((size.width + size.stride - 1) / size.stride);
  const std::vector<float> x = draw(size.images * size.height * size.width * size.in), expand = draw(middle * size.in),
                           depthwise = draw(middle * kernel * kernel), project = draw(size.out * middle),
                           gradient = draw(size.images * out_pixels * size.out),
                           mean(static_cast<size_t>(std::max(middle, size.out)), 0.0F), variance(mean.size(), 1.0F);
  const Norm<float> norm{.clip = {0, 6}, .running_mean = mean.data(), .running_variance = variance.data()};
  Norm<float> last = norm;
  last.clip = {};
  const Layer<float> layer{.size = size,
                           .candidates = {{.middle = middle,
                                           .kernel = kernel,
                                           .expand = middle == size.in ? nullptr : expand.data(),
                                           .depthwise = depthwise.data(),
                                           .project = project.data(),
                                           .expand_norm = norm,
                                           .depthwise_norm = norm,
                                           .project_norm = last}}};
  std::vector<float> y(gradient.size()), x_gradient(x.size()), expand_gradient(expand.size()),
      depthwise_gradient(depthwise.size()), project_gradient(project.size());
  Gradients<float> gradients;
  gradients.x = x_gradient.data();
  gradients.candidates = {{.expand = layer.candidates[0].expand ? expand_gradient.data() : nullptr,
                           .depthwise = depthwise_gradient.data(),
                           .project = project_gradient.data()}};
  const Forwarded<float> forwarded = Forward(layer, x.data(), y.data());
  Backward(*forwarded.kept, layer, x.data(), gradient.data(), gradients);
  Evaluate(layer, x.data(), y.data());
}

class TaskCount : public testing::TestWithParam<int64_t> {
 protected:
  void SetUp() override {
    if (Levels().empty()) GTEST_SKIP() << "the processor has no level of the fused kernels";
    threads = GetParam();
    before_ = UseThreadPool(RecordingPool());
  }
  void TearDown() override {
    if (before_.run) UseThreadPool(before_);
  }

 private:
  ThreadPool before_ = {};
};

TEST_P(TaskCount, IsEnoughForEveryThreadOrTheTasksAreSmall) {
  for (const LayerSize& size : Layers()) {
    for (const int64_t expand : {1, 6}) {
      const int64_t middle = expand * size.in, kernel = 5;
      fewest_tasks.clear();
      Compute(size, middle, kernel);
      std::printf("%ldx%ld, %ld to %ld, expand %ld, stride %ld:", size.height, size.width, size.in, size.out, expand,
                  size.stride);
      for (const auto& [pass, tasks] : fewest_tasks) std::printf(" %s %ld,", pass.c_str(), tasks);
      std::printf("\n");
      for (const char* always : {"forward depthwise", "backward input", "evaluate"}) {
        EXPECT_TRUE(fewest_tasks.contains(always)) << always;
      }
      for (const auto& [pass, work] : Work(size, middle, kernel)) {
        if (!fewest_tasks.contains(pass)) continue;
        const auto tasks = static_cast<double>(fewest_tasks.at(pass));
        EXPECT_TRUE(tasks >= static_cast<double>(threads) || work / tasks <= kSmallTask)
            << pass << ": " << tasks << " tasks of " << work / tasks << " multiply-adds";
      }
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Cores, TaskCount, testing::Values(2, 16, 64));

}  // namespace
}  // namespace danas::kernels
