#include "danas/train/ema.h"

#include <algorithm>
#include <stdexcept>

#include "tests/train/train_support.h"

namespace danas::test {
namespace {

class WeightAndBuffer : public torch::nn::Module {
 public:
  WeightAndBuffer() {
    weight = register_parameter("weight", RandomTensor({4, 3}, 1));
    buffer = register_buffer("buffer", RandomTensor({4}, 2));
  }
  void Change(uint64_t seed) {
    const at::NoGradGuard no_grad;
    weight.copy_(RandomTensor({4, 3}, seed));
    buffer.copy_(RandomTensor({4}, seed + 1));
  }
  at::Tensor weight, buffer;
};

TEST(Ema, EqualsTheFormulaAndCopiesBuffers) {
  WeightAndBuffer module;
  Ema ema(0.6);
  ema.Bind(module);
  at::Tensor average = module.weight.detach().clone();
  for (int n = 0; n < 20; ++n) {
    module.Change(100 + static_cast<uint64_t>(n));
    ema.Update();
    const double decay = std::min(0.6, (1.0 + n) / (10.0 + n));
    average = decay * average + (1 - decay) * module.weight.detach();
  }
  const NamedTensors state = ema.State();
  ASSERT_EQ(state.size(), 2u);
  EXPECT_EQ(state[0].first, "weight");
  ExpectClose(state[0].second, average, 1e-13);
  ExpectSameBits(state[1].second, module.buffer);
  EXPECT_EQ(ema.updates(), 20);
}

TEST(Ema, BindingAgainKeepsTheAverage) {
  WeightAndBuffer module;
  Ema ema(0.9);
  ema.Bind(module);
  module.Change(7);
  ema.Update();
  const at::Tensor average = ema.State()[0].second.clone();
  module.Change(8);
  ema.Bind(module);
  ExpectSameBits(ema.State()[0].second, average);
}

TEST(Ema, RefusesADecayOutsideItsRange) {
  EXPECT_THROW(Ema(0), std::invalid_argument);
  EXPECT_THROW(Ema(1), std::invalid_argument);
}

}  // namespace
}  // namespace danas::test
