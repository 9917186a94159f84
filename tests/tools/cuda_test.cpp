// Runs on GPUs, as users start them: skipped where there are none.
#include <dlfcn.h>
#include <gtest/gtest.h>

#include <cmath>
#include <utility>

#include "tests/tools/compare_runs.h"
#include "tests/tools/killed_search.h"

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

class CudaSearchTest : public KilledSearch {
 protected:
  void SetUp() override {
    if (Gpus() < gpus_) GTEST_SKIP() << "needs " << gpus_ << " GPU" << (gpus_ > 1 ? "s" : "");
    project_.config()["schedule"]["epochs_per_step"] = 2;
    Compute({{"device", "auto"}, {"precision", "float64"}});
  }
  void Compute(const Json& runtime) {
    project_.config()["runtime"] = runtime;
    project_.WriteConfig();
  }
  Outcome Run(const std::vector<std::string>& line) const {
    Outcome outcome = project_.Run(line);
    EXPECT_EQ(outcome.code, 0) << outcome.err;
    return outcome;
  }
  void Search(const std::string& run, const std::vector<std::string>& more = {}) const {
    std::vector<std::string> line = {"search", "--config", "config.json", "--no-probe", "--run", run};
    line.insert(line.end(), more.begin(), more.end());
    Run(line);
  }
  // Of the first epoch, in which weights alone move.
  double FirstLoss(const std::string& run) const {
    for (const Json& event : Events(project_ / run / "log.jsonl")) {
      if (event["event"] == "epoch") return event["train_loss"];
    }
    ADD_FAILURE() << run << " logged no epoch";
    return NAN;
  }

  int gpus_ = 1;
};

TEST_F(CudaSearchTest, IsThatOfTheCpu) {
  Search("cpu", {"--device", "cpu", "--set", "runtime.threads=1"});
  Search("gpu", {"--gpus", "1"});
  ExpectNearRun(project_ / "cpu", project_ / "gpu", 1e-6);
}

TEST_F(CudaSearchTest, BeginsAsTheCpuDoesInEveryNumberFormat) {
  Search("cpu", {"--device", "cpu", "--set", "runtime.precision=float32"});
  for (const char* layout : {"channels_last", "contiguous"}) {
    for (const auto& [amp, tolerance] : {std::pair("none", 1e-3), {"bf16", 0.1}, {"fp16", 0.1}}) {
      SCOPED_TRACE(std::string(layout) + " " + amp);
      Compute({{"device", "auto"}, {"amp", amp}, {"layout", layout}});
      const std::string run = std::string(layout) + "-" + amp;
      Search(run);
      EXPECT_NEAR(FirstLoss(run), FirstLoss("cpu"), tolerance);
    }
  }
}

TEST_F(CudaSearchTest, EveryCommandComputesThere) {
  Compute({{"device", "cuda"}});
  project_.config()["train"]["micro_batch"] = 5;
  project_.config()["nn"]["recompute"] = "layer";
  project_.config()["zoo"] = {{"epochs", 2}, {"train", {{"batch", 16}, {"lr", 0.05}}}};
  project_.WriteConfig();
  Run({"easiness", "--models", "mobilenetv1_0.25,resnet18", "--config", "config.json", "--out", "easiness"});
  Search("found", {"--set", "schedule.ranking=easiness/ranking.json"});
  Run({"finetune", "--arch", "found/best.json", "--config", "config.json", "--run", "finetuned"});
  Run({"train", "--model", "shufflenetv2_0.5", "--config", "config.json", "--run", "trained"});
  Run({"evaluate", "--run", "trained"});
  EXPECT_NE(Run({"bench", "supernet", "--config", "config.json", "--rounds", "1"}).out.find("aten"), std::string::npos);
}

// Each number format has kernels of its own.
class CudaResumeTest : public CudaSearchTest, public testing::WithParamInterface<const char*> {};

TEST_P(CudaResumeTest, KilledRunsGoOnToTheBit) {
  project_.config()["schedule"]["epochs_per_step"] = 40;
  Compute(Json::parse(GetParam()));
  SearchWhole();
  BeginAndKill(0.8);
  Run({"search", "--resume", "run"});
  ExpectSameRun(project_ / "whole", project_ / "run");
}

INSTANTIATE_TEST_SUITE_P(NumberFormats, CudaResumeTest,
                         testing::Values(R"({"device": "cuda"})", R"({"device": "cuda", "amp": "fp16"})",
                                         R"({"device": "cuda", "precision": "float64"})"));

TEST_F(CudaSearchTest, OutOfMemorySaysWhatToLower) {
  Compute({{"device", "cuda"}});
  const Outcome outcome =
      project_.Run({"bench", "supernet", "--space", "mobile", "--device", "cuda", "--batch", "8192"});
  EXPECT_EQ(outcome.code, 7) << outcome.err;
  for (const char* part : {"out of memory", "train.micro_batch", "runtime.amp"}) {
    EXPECT_NE(outcome.err.find(part), std::string::npos) << outcome.err;
  }
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
