#include "danas/train/lr_schedule.h"

#include "danas/core/error.h"
#include "tests/train/train_support.h"

namespace danas::test {
namespace {

TEST(RateSchedule, EqualsPyTorchsAfterTheWarmUp) {
  const RateSchedule schedule({.lr = 0.5, .lr_min = 0.02}, 4, 17);
  for (int64_t step = 0; step < 4; ++step) EXPECT_DOUBLE_EQ(schedule.At(step), 0.5 * (step + 1) / 4.0);
  const Json golden = TrainGolden()["cosine"];
  ASSERT_EQ(golden.size(), 13u);
  for (size_t t = 0; t < golden.size(); ++t) {
    EXPECT_NEAR(schedule.At(static_cast<int64_t>(t) + 4), golden[t].get<double>(), 1e-12) << "step " << t;
  }
}

TEST(RateSchedule, StepsDownAsPyTorchs) {
  const Json golden = TrainGolden()["steps"];
  const RateSchedule by_epochs({.lr = 0.5, .lr_decay = RateDecay::kSteps, .lr_steps = {9, 12}}, 0, 140, 14);
  const RateSchedule by_fractions({.lr = 0.5, .lr_decay = RateDecay::kSteps, .lr_steps = {9 / 14.0, 12 / 14.0}}, 0,
                                  140);
  for (int64_t step = 0; step < 140; ++step) {
    const auto expected = golden[static_cast<size_t>(step / 10)].get<double>();
    EXPECT_DOUBLE_EQ(by_epochs.At(step), expected) << "step " << step;
    EXPECT_DOUBLE_EQ(by_fractions.At(step), expected) << "step " << step;
  }
  const auto refused = [](std::vector<double> steps, const char* what) {
    ExpectErrorContains<ConfigError>(
        [&] { RateSchedule({.lr_decay = RateDecay::kSteps, .lr_steps = std::move(steps)}, 0, 140, 14); },
        {"lr_steps", what});
  };
  refused({9, 14}, "14 is not between 9 and 14");
  refused({0.5, 0.5}, "0.5 is not between 0.5 and 1");
}

TEST(RateSchedule, StaysAtTheMinimumPastItsEnd) {
  const RateSchedule schedule({.lr = 0.1, .lr_min = 0.001}, 0, 10);
  EXPECT_DOUBLE_EQ(schedule.At(10), 0.001);
  EXPECT_DOUBLE_EQ(schedule.At(25), 0.001);
}

TEST(RateSchedule, RefusesAWarmUpThatLeavesNothing) {
  EXPECT_NO_THROW(RateSchedule({}, 9, 10));
  ExpectErrorContains<ConfigError>([] { RateSchedule({}, 10, 10); }, {"lr_warmup_epochs", "10 of 10"});
  ExpectErrorContains<ConfigError>([] { RateSchedule({.lr = 0.1, .lr_min = 0.2}, 0, 10); }, {"lr_min"});
}

}  // namespace
}  // namespace danas::test
