#include "danas/tasks/keypoints/heat_maps.h"

#include <gtest/gtest.h>

#include "tests/tasks/keypoints/pose_golden.h"

namespace danas::test {
namespace {

TEST(HeatMapTargets, EqualSimpleBaselines) {
  const Json cases = PoseGolden("targets.json");
  ASSERT_EQ(cases.size(), 3U);
  for (const Json& golden : cases) {
    const MapSize frame = {.height = golden["image"][1], .width = golden["image"][0]};
    const MapSize map = {.height = golden["map"][1], .width = golden["map"][0]};
    for (const at::ScalarType type : {at::kFloat, at::kDouble}) {
      const HeatMaps made =
          HeatMapTargets(TensorOf(golden["truth"]).to(type).unsqueeze(0), frame, map, golden["sigma"].get<double>());
      EXPECT_EQ(made.maps_nkhw.scalar_type(), type);
      ExpectClose(made.maps_nkhw.squeeze(0), TensorOf(golden["maps"]), 1e-6);
      ExpectClose(made.weights_nk.squeeze(0), TensorOf(golden["weights"]), 0);
    }
  }
}

TEST(HeatMapTargets, FractionalDeviationsStayAroundTheirPixel) {
  const at::Tensor truth = at::tensor({8.0, 12.0, 1.0, 1.0, 20.0, 0.4}).view({1, 2, 3});
  const HeatMaps made = HeatMapTargets(truth, {.height = 32, .width = 32}, {.height = 16, .width = 16}, 1.5);
  EXPECT_EQ(made.maps_nkhw[0][0][6][4].item<double>(), 1);
  EXPECT_EQ(made.maps_nkhw[0][0][6][0].item<double>(), made.maps_nkhw[0][0][6][8].item<double>());
  EXPECT_GT(made.maps_nkhw[0][0][6][8].item<double>(), 0);
  EXPECT_EQ(made.maps_nkhw[0][0][6][9].item<double>(), 0);  // beyond 3 deviations
  EXPECT_EQ(made.maps_nkhw[0][1].max().item<double>(), 1);  // whatever its weight
  EXPECT_EQ(made.weights_nk[0][1].item<double>(), 0.4);
}

// Of decode.json.
HeatMaps TargetsOf(const Json& golden) {
  return HeatMapTargets(TensorOf(golden["truth"]), {.height = 64, .width = 48}, {.height = 16, .width = 12}, 2);
}

struct Batch {
  at::Tensor output, target, weights;
  HeatMaps maps() const { return {.maps_nkhw = target, .weights_nk = weights}; }
};
Batch RandomBatch() {
  return {.output = RandomTensor({3, 4, 5, 6}, 1),
          .target = RandomTensor({3, 4, 5, 6}, 2),
          .weights = RandomTensor({3, 4}, 3).abs()};
}

TEST(HeatMapLosses, EqualSimpleBaselines) {
  const Json golden = PoseGolden("decode.json");
  const HeatMaps target = TargetsOf(golden);
  ExpectClose(target.weights_nk, TensorOf(golden["weights"]), 0);
  const at::Tensor losses = HeatMapLosses(TensorOf(golden["output"]), target);
  ExpectClose(losses, TensorOf(golden["losses"]), 1e-8);
  EXPECT_NEAR(losses.mean().item<double>(), golden["loss"].get<double>(), 1e-8);
}

TEST(HeatMapLosses, EqualTheSumOverKeypointsInDouble) {
  const Batch batch = RandomBatch();
  at::Tensor sum = at::zeros({}, at::kDouble);
  for (int64_t k = 0; k < 4; ++k) {
    const at::Tensor w = batch.weights.select(1, k).view({3, 1, 1});
    sum += 0.5 * at::mse_loss(batch.output.select(1, k) * w, batch.target.select(1, k) * w) / 4;
  }
  const at::Tensor losses = HeatMapLosses(batch.output, batch.maps());
  EXPECT_EQ(losses.sizes(), at::IntArrayRef({3}));
  EXPECT_NEAR(losses.mean().item<double>(), sum.item<double>(), 1e-12);
}

TEST(HeatMapLosses, PartsOfABatchAddUp) {
  const Batch batch = RandomBatch();
  const HeatMaps last = {.maps_nkhw = batch.target.narrow(0, 2, 1), .weights_nk = batch.weights.narrow(0, 2, 1)};
  ExpectClose(HeatMapLosses(batch.output.narrow(0, 2, 1), last),
              HeatMapLosses(batch.output, batch.maps()).narrow(0, 2, 1), 0);
}

TEST(HeatMapLosses, GradientIsRight) {
  const Batch batch = RandomBatch();
  ExpectGradientsMatch([&](const std::vector<at::Tensor>& in) { return HeatMapLosses(in[0], batch.maps()); },
                       {batch.output});
}

TEST(HeatMapLosses, HalfPrecisionGivesAFloatLoss) {
  const Batch batch = RandomBatch();
  const at::Tensor output = batch.output.to(at::kBFloat16);
  const at::Tensor losses = HeatMapLosses(output, batch.maps());
  EXPECT_EQ(losses.scalar_type(), at::kFloat);
  ExpectClose(losses, HeatMapLosses(output.to(at::kDouble), batch.maps()), 1e-5);
}

TEST(HitsOf, EqualSimpleBaselines) {
  const Json golden = PoseGolden("decode.json");
  const MapHits hits = HitsOf(TensorOf(golden["output"]), TargetsOf(golden).maps_nkhw);
  const at::Tensor expected = TensorOf(golden["hits"]);  // 1 hit, 0 not, -1 not counted
  ExpectClose(hits.counted_nk, expected.ge(0), 0);
  ExpectClose(hits.hits_nk, expected.eq(1), 0);
  EXPECT_GT(hits.counted_nk.sum().item<int64_t>(), hits.hits_nk.sum().item<int64_t>());
}

TEST(HitsOf, SharesAreOfTheCountedKeypoints) {
  const at::Tensor hits = at::tensor({1, 0, 0, 0, 0, 0}).view({2, 3}).to(at::kBool);
  const at::Tensor counted = at::tensor({1, 1, 0, 0, 0, 0}).view({2, 3}).to(at::kBool);
  ExpectClose(HitShares({.hits_nk = hits, .counted_nk = counted}), at::tensor({0.5, 0.0}), 0);
}

}  // namespace
}  // namespace danas::test
