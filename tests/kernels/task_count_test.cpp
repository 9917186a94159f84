// How finely a layer's passes are cut at batch 8: enough for 16 and 64 cores. Prints every pass with its tasks.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>
#include <map>
#include <string>
#include <vector>

#include "danas/kernels/inverted_residual.h"
#include "danas/kernels/level.h"
#include "danas/kernels/parallel.h"
#include "tests/kernels/pass_work.h"

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

void Compute(const LayerSize& size, const CandidateSize& candidate) {
  RandomLayer layer(size, {candidate});
  layer.RunForward();
  layer.RunBackward(/*weights_too=*/true);
  layer.RunEvaluate();
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
      const CandidateSize candidate{.middle = expand * size.in, .kernel = 5, .expands = expand > 1};
      fewest_tasks.clear();
      Compute(size, candidate);
      std::printf("%ldx%ld, %ld to %ld, expand %ld, stride %ld:", size.height, size.width, size.in, size.out, expand,
                  size.stride);
      for (const auto& [pass, tasks] : fewest_tasks) std::printf(" %s %ld,", pass.c_str(), tasks);
      std::printf("\n");
      for (const char* always : {"forward depthwise", "backward input", "evaluate"}) {
        EXPECT_TRUE(fewest_tasks.contains(always)) << always;
      }
      std::map<std::string, double> passes = PassWork(size, candidate);
      passes.merge(LayerPassWork(size));
      for (const auto& [pass, work] : passes) {
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
