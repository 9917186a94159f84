#include "danas/train/amp.h"

#include <ATen/autocast_mode.h>

#include <cmath>
#include <limits>

#include "tests/train/train_support.h"

namespace danas::test {
namespace {

at::TensorOptions Float() { return at::TensorOptions().dtype(at::kFloat); }

TEST(AutocastScope, ComputesInHalfPrecisionInsideOnly) {
  const at::Tensor x = RandomTensor({4, 8}, 1, at::kFloat), w = RandomTensor({5, 8}, 2, at::kFloat);
  {
    const AutocastScope autocast(AmpKind::kBf16, at::kCPU);
    EXPECT_EQ(at::linear(x, w).scalar_type(), at::kBFloat16);
    {
      const AutocastScope inner(AmpKind::kNone, at::kCPU);  // changes nothing
      EXPECT_EQ(at::linear(x, w).scalar_type(), at::kBFloat16);
    }
  }
  EXPECT_EQ(at::linear(x, w).scalar_type(), at::kFloat);
  EXPECT_FALSE(at::autocast::is_autocast_enabled(at::kCPU));
  {
    const AutocastScope autocast(AmpKind::kNone, at::kCPU);
    EXPECT_EQ(at::linear(x, w).scalar_type(), at::kFloat);
  }
}

// The cache of half-precision weights must not outlive the scope: the next forward pass would not see the step.
TEST(AutocastScope, ForgetsWeightsWhenItEnds) {
  const at::Tensor x = RandomTensor({4, 8}, 1, at::kFloat);
  at::Tensor w = RandomTensor({5, 8}, 2, at::kFloat).requires_grad_();
  const auto forward = [&] {
    const AutocastScope autocast(AmpKind::kBf16, at::kCPU);
    return at::linear(x, w).detach().to(at::kFloat);
  };
  const at::Tensor before = forward();
  {
    const at::NoGradGuard no_grad;
    w.mul_(2);
  }
  ExpectSameBits(forward(), before * 2);
}

TEST(LossScaler, DoesNothingUnlessFp16) {
  for (const AmpKind amp : {AmpKind::kNone, AmpKind::kBf16}) {
    LossScaler scaler(amp, at::kCPU);
    EXPECT_FALSE(scaler.enabled());
    const at::Tensor loss = at::ones({});
    EXPECT_TRUE(scaler.Scale(loss).is_same(loss));
    EXPECT_FALSE(scaler.Unscale({at::ones({2})}).defined());
    scaler.Update({});
  }
}

TEST(LossScaler, UnscalesAndFollowsPyTorchsRule) {
  LossScaler scaler(AmpKind::kFp16, at::kCPU);
  EXPECT_EQ(scaler.scale().item<float>(), 65536);
  const at::Tensor loss = at::full({}, 3.0, Float());
  EXPECT_EQ(scaler.Scale(loss).item<float>(), 3 * 65536);

  const at::Tensor gradient = at::full({4}, 65536.0, Float());
  at::Tensor found_inf = scaler.Unscale({gradient});
  EXPECT_EQ(found_inf.item<float>(), 0);
  ExpectSameBits(gradient, at::ones({4}, Float()));

  const at::Tensor bad = at::ones({4}, Float());
  bad[2] = std::numeric_limits<float>::infinity();
  found_inf = scaler.Unscale({at::ones({2}, Float()), bad});
  EXPECT_EQ(found_inf.item<float>(), 1);
  scaler.Update(found_inf);
  EXPECT_EQ(scaler.scale().item<float>(), 32768);

  const at::Tensor fine = at::zeros({}, Float());
  for (int step = 0; step < 1999; ++step) scaler.Update(fine);
  EXPECT_EQ(scaler.scale().item<float>(), 32768);
  EXPECT_EQ(scaler.growth_tracker().item<int>(), 1999);
  scaler.Update(fine);
  EXPECT_EQ(scaler.scale().item<float>(), 65536);
  EXPECT_EQ(scaler.growth_tracker().item<int>(), 0);
}

}  // namespace
}  // namespace danas::test
