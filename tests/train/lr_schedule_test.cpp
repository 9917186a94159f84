#include "danas/train/lr_schedule.h"

#include "danas/core/error.h"
#include "tests/train/train_support.h"

namespace danas::test {
namespace {

TEST(CosineSchedule, EqualsPyTorchsAfterTheWarmUp) {
  const CosineSchedule schedule({.lr = 0.5, .lr_min = 0.02}, 4, 17);
  for (int64_t step = 0; step < 4; ++step) EXPECT_DOUBLE_EQ(schedule.At(step), 0.5 * (step + 1) / 4.0);
  const Json golden = TrainGolden()["cosine"];
  ASSERT_EQ(golden.size(), 13u);
  for (size_t t = 0; t < golden.size(); ++t) {
    EXPECT_NEAR(schedule.At(static_cast<int64_t>(t) + 4), golden[t].get<double>(), 1e-12) << "step " << t;
  }
}

TEST(CosineSchedule, StaysAtTheMinimumPastItsEnd) {
  const CosineSchedule schedule({.lr = 0.1, .lr_min = 0.001}, 0, 10);
  EXPECT_DOUBLE_EQ(schedule.At(10), 0.001);
  EXPECT_DOUBLE_EQ(schedule.At(25), 0.001);
}

TEST(CosineSchedule, RefusesAWarmUpThatLeavesNothing) {
  EXPECT_NO_THROW(CosineSchedule({}, 9, 10));
  ExpectErrorContains<ConfigError>([] { CosineSchedule({}, 10, 10); }, {"lr_warmup_epochs", "10 of 10"});
  ExpectErrorContains<ConfigError>([] { CosineSchedule({.lr = 0.1, .lr_min = 0.2}, 0, 10); }, {"lr_min"});
}

}  // namespace
}  // namespace danas::test
