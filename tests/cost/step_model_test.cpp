#include "danas/cost/step_model.h"

#include <gtest/gtest.h>

#include <cmath>
#include <numeric>
#include <stdexcept>

#include "danas/arch/heat_map_head.h"
#include "danas/arch/space_file.h"
#include "danas/cost/cost_model.h"
#include "tests/support/test_support.h"

namespace danas::test {
namespace {

constexpr double kMib = 1 << 20;

SearchSpace Shipped(const std::string& name) {
  return LoadSpace(SourcePath("configs/spaces/" + name + ".json"), {}, 10).space;
}

std::vector<double> AllOf(const SpaceWork& work) {
  std::vector<double> counts;
  for (const auto& layer : work.layers_lc) counts.push_back(static_cast<double>(layer.size()));
  return counts;
}

StepShape Shape(const SpaceWork& work, double images) {
  return {.images = images, .held_l = AllOf(work), .live_l = AllOf(work)};
}

// Nothing takes time but what a test says.
GpuConstants Free() {
  GpuConstants k = ConstantsOf("v100");
  k.vector_flops = k.dense_flops = k.memory = k.nvlink = k.network = k.loader_images = k.loader_persons = 1e30;
  k.arithmetic_share = k.memory_share = k.link_share = 1;
  k.op_seconds = k.nccl_base = k.nccl_step_nvlink = k.nccl_step_network = 0;
  k.nccl_small_base = k.nccl_small_step_nvlink = k.nccl_small_step_network = k.gloo_hop_node = k.gloo_hop_network = 0;
  return k;
}

TEST(StepModel, CountsTheMultiplyAccumulatesOfTheCostModel) {
  for (const char* name : {"mobile", "mobile_plus", "shuffle", "shuffle_mobile", "convnext", "ghostnet", "mobilenet_v3",
                           "efficientnet_lite", "defined_small"}) {
    const SearchSpace backbone = Shipped(name);
    for (const SearchSpace& space : {backbone, WithHeatMapHead(backbone, {.input = {64, 64}})}) {
      const SpaceWork work = WorkOf(space);
      const CostTable macs = MakeCostTable(*MakeMacsModel(), space);
      double sum = macs.fixed;
      for (const auto& costs : macs.candidates_lc) sum += std::accumulate(costs.begin(), costs.end(), 0.0);
      EXPECT_NEAR(SupernetMacs(work, AllOf(work)), sum, 1e-9 * sum) << space.name();
      EXPECT_EQ(work.heat_maps > 0, space.has_heat_maps());
    }
  }
}

TEST(StepModel, ArithmeticIsThreePassesOfAWeightStepAndTwoOfAlpha) {
  const SpaceWork work = WorkOf(WithHeatMapHead(Shipped("mobile"), {.input = {64, 64}}));
  GpuConstants k = Free();
  k.vector_flops = k.dense_flops = 1e12;
  k.arithmetic_share = 0.5;
  const double forward = 2 * SupernetMacs(work, AllOf(work)) * 64 / 0.5e12;
  StepShape shape = Shape(work, 64);
  EXPECT_NEAR(PredictStep(work, shape, {k, 1}).total, 3 * forward, 1e-9 * forward);
  EXPECT_NEAR(PredictStep(work, shape, {k, 4}).total, 3 * forward / 4, 1e-9 * forward);
  shape.alpha = true;
  EXPECT_NEAR(PredictStep(work, shape, {k, 1}).total, 2 * forward, 1e-9 * forward);
  shape.alpha = false;
  shape.live_l.assign(shape.live_l.size(), 1);
  const double path = 6 * SupernetMacs(work, shape.live_l) * 64 / 0.5e12;
  shape.paths = 3;
  EXPECT_NEAR(PredictStep(work, shape, {k, 1}).total, 3 * path, 1e-9 * path);
}

// A network by hand: a 3x3 stem of 4 channels at 8 x 8, and a classifier of 10; one layer that keeps its input.
TEST(StepModel, MemoryOfOneConvolutionByHand) {
  SpaceParts parts;
  parts.name = "test";
  parts.input = {8, 8};
  parts.classes = 10;
  parts.stem = {.channels = 4, .stride = 1};
  parts.layers.push_back(
      {.shape = {.in = 4, .out = 4, .stride = 1, .input = {8, 8}}, .candidates = {{.kind = BlockKind::kIdentity}}});
  parts.head.bias = true;
  const SpaceWork work = WorkOf(SearchSpace(parts));
  GpuConstants k = Free();
  k.memory = 1;
  const double images = 2, x = 3 * 64, y = 4 * 64, classifier = 4 + 10;
  const double weights = 4 * 3 * 9 + 4 * 10 + 10;
  const StepSeconds step = PredictStep(work, Shape(work, images), {k, 1});
  EXPECT_DOUBLE_EQ(WeightBytes(work, {1}), 4 * weights);
  EXPECT_NEAR(step.gpu, 4 * (images * (3 * (x + y) + (5 + 8) * y + 3 * classifier) + 5 * weights), 1e-6);
  StepShape alpha = Shape(work, images);
  alpha.alpha = true;
  EXPECT_NEAR(PredictStep(work, alpha, {k, 1}).gpu, 4 * images * (2 * (x + y) + (5 + 8) * y + 2 * classifier), 1e-6);
}

TEST(StepModel, MixtureReadsTheWholeOutputOfEveryCandidate) {
  const SpaceWork work = WorkOf(Shipped("shuffle"));
  double outputs = 0;
  for (size_t l = 0; l < work.outputs_l.size(); ++l) {
    const LayerShape shape = Shipped("shuffle").layers()[l].shape;
    const double elements = double{1} * shape.out * shape.output().height * shape.output().width;
    EXPECT_EQ(work.outputs_l[l], elements);
    if (work.layers_lc[l].size() > 1) outputs += static_cast<double>(work.layers_lc[l].size()) * elements;
  }
  GpuConstants k = Free();
  k.memory = 1;
  StepShape shape = Shape(work, 1);
  const double with = PredictStep(work, shape, {k, 1}).gpu;
  SpaceWork without = work;
  without.outputs_l.assign(work.outputs_l.size(), 0);
  EXPECT_NEAR(with - PredictStep(without, shape, {k, 1}).gpu, 2 * 4 * outputs, 1e-6 * with);
}

TEST(StepModel, HostStartsTheOperationsOfEveryPart) {
  const SpaceWork work = WorkOf(Shipped("mobile"));
  GpuConstants k = Free();
  k.op_seconds = 1;
  StepShape shape = Shape(work, 64);
  const double whole = PredictStep(work, shape, {k, 1}).host;
  double convolutions = static_cast<double>(work.stem_and_head.size());
  for (const auto& layer : work.layers_lc) {
    for (const auto& candidate : layer) convolutions += static_cast<double>(candidate.size());
  }
  EXPECT_DOUBLE_EQ(whole, 3 * convolutions + 4 * NormCount(work, AllOf(work)));
  shape.micro_batch = 16;
  EXPECT_DOUBLE_EQ(PredictStep(work, shape, {k, 1}).host, 4 * whole);
  EXPECT_DOUBLE_EQ(PredictStep(work, shape, {k, 4}).host, whole);  // 16 images each are one part
  EXPECT_DOUBLE_EQ(PredictStep(work, shape, {k, 4}).compute, whole);
}

TEST(StepModel, LoaderIsOfImagesOrPersons) {
  const SearchSpace backbone = Shipped("mobile");
  GpuConstants k = Free();
  k.loader_images = 500, k.loader_persons = 800, k.cores_per_gpu = 2;
  const SpaceWork images = WorkOf(backbone), persons = WorkOf(WithHeatMapHead(backbone, {.input = {64, 64}}));
  EXPECT_DOUBLE_EQ(PredictStep(images, Shape(images, 400), {k, 4}).total, 0.1);
  EXPECT_DOUBLE_EQ(PredictStep(persons, Shape(persons, 640), {k, 4}).total, 0.1);
}

TEST(StepModel, RingOfANodeAndOverTheNetwork) {
  GpuConstants k = ConstantsOf("v100");
  EXPECT_EQ(RingSeconds(kMib, {k, 1}), 0);
  k.nccl_base = k.nccl_step_nvlink = k.nccl_step_network = 0;
  EXPECT_DOUBLE_EQ(RingSeconds(1e9, {k, 8}), 2 * 7 / 8.0 * 1e9 / (150e9 * k.link_share));
  EXPECT_DOUBLE_EQ(RingSeconds(1e9, {k, 16}), 2 * 15 / 16.0 * 1e9 / (50e9 * k.link_share));
  k = ConstantsOf("v100");
  EXPECT_DOUBLE_EQ(RingSeconds(0, {k, 16}),
                   k.nccl_plateau * (k.nccl_base + 28 * k.nccl_step_nvlink + 2 * k.nccl_step_network));
}

TEST(StepModel, BackwardHidesAllButTheLastBucket) {
  const GpuGroup gpus{ConstantsOf("v100"), 8};
  EXPECT_EQ(ExposedSeconds(100 * kMib, 0, {gpus.gpu, 1}), 0);
  EXPECT_DOUBLE_EQ(ExposedSeconds(100 * kMib, 10, gpus), RingSeconds(kMib, gpus));
  EXPECT_DOUBLE_EQ(ExposedSeconds(26 * kMib, 0, gpus), RingSeconds(26 * kMib, gpus) + RingSeconds(0, gpus));
  EXPECT_DOUBLE_EQ(ExposedSeconds(26 * kMib + 1, 0, gpus), RingSeconds(26 * kMib + 1, gpus) + 2 * RingSeconds(0, gpus));
}

TEST(StepModel, SharedStatisticsCostMessages) {
  const SpaceWork work = WorkOf(Shipped("mobile"));
  StepShape shape = Shape(work, 256);
  const GpuGroup gpus{ConstantsOf("h100"), 8};
  EXPECT_EQ(PredictStep(work, shape, gpus).sync_bn, 0);
  shape.sync_bn = true;
  const StepSeconds step = PredictStep(work, shape, gpus);
  EXPECT_NEAR(step.sync_bn, 2 * NormCount(work, AllOf(work)) * step.small, 1e-12);
  EXPECT_GT(step.total, step.compute + step.sync_bn);
  EXPECT_EQ(PredictStep(work, shape, {gpus.gpu, 1}).sync_bn, 0);
}

TEST(StepModel, NeedsAnImageForEachGpu) {
  const SpaceWork work = WorkOf(Shipped("mobile"));
  EXPECT_THROW(PredictStep(work, Shape(work, 3), {ConstantsOf("v100"), 4}), std::invalid_argument);
}

}  // namespace
}  // namespace danas::test
