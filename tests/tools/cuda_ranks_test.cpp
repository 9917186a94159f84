// Runs on GPUs, as users start them: skipped where there are none.
#include <dlfcn.h>
#include <gtest/gtest.h>

#include "tests/tools/compare_runs.h"
#include "tests/tools/run_danas.h"

namespace danas::test {
namespace {

// That NVIDIA's driver shows.
int Gpus() {
  void* driver = dlopen("libcuda.so.1", RTLD_NOW | RTLD_LOCAL);
  if (driver == nullptr) return 0;
  const auto init = reinterpret_cast<int (*)(unsigned)>(dlsym(driver, "cuInit"));
  const auto get_count = reinterpret_cast<int (*)(int*)>(dlsym(driver, "cuDeviceGetCount"));
  int count = 0;
  return init != nullptr && init(0) == 0 && get_count(&count) == 0 ? count : 0;
}

class CudaSearchTest : public testing::Test {
 protected:
  void SetUp() override {
    if (Gpus() < gpus_) GTEST_SKIP() << "needs " << gpus_ << " GPU" << (gpus_ > 1 ? "s" : "");
    project_.config()["runtime"] = {{"device", "auto"}, {"precision", "float64"}};
    project_.WriteConfig();
  }
  void Search(const std::string& run, const std::vector<std::string>& more = {}) const {
    std::vector<std::string> line = {"search", "--config", "config.json", "--no-probe", "--run", run};
    line.insert(line.end(), more.begin(), more.end());
    const Outcome outcome = project_.Run(line);
    ASSERT_EQ(outcome.code, 0) << outcome.err;
  }

  int gpus_ = 1;
  SmallProject project_;
};

TEST_F(CudaSearchTest, IsThatOfTheCpu) {
  Search("cpu", {"--device", "cpu", "--set", "runtime.threads=1"});
  Search("gpu", {"--gpus", "1"});
  ExpectNearRun(project_ / "cpu", project_ / "gpu", 1e-6);
}

TEST_F(CudaSearchTest, GoesOnToTheBit) {
  Search("whole", {"--gpus", "1"});
  Outcome outcome = project_.Run({"search", "--config", "config.json", "--no-probe", "--run", "run", "--gpus", "1"},
                                 "timeout -s INT 8");
  if (outcome.code == 130) outcome = project_.Run({"search", "--resume", "run"});
  ASSERT_EQ(outcome.code, 0) << outcome.err;
  ExpectSameRun(project_ / "whole", project_ / "run");
}

class CudaRanksTest : public CudaSearchTest {
 protected:
  CudaRanksTest() { gpus_ = 2; }
};

TEST_F(CudaRanksTest, TwoGpusComputeWhatOneDoes) {
  project_.config()["train"]["sync_bn"] = true;
  project_.WriteConfig();
  Search("one", {"--gpus", "1"});
  Search("two", {"--gpus", "2"});
  ExpectNearRun(project_ / "one", project_ / "two", 1e-8);
}

}  // namespace
}  // namespace danas::test
