#include "danas/train/pass.h"

#include <algorithm>
#include <cmath>
#include <csignal>
#include <cstdlib>
#include <limits>

#include "danas/core/error.h"
#include "danas/core/interrupt.h"
#include "tests/train/train_support.h"

namespace danas::test {
namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

StepResult Result(double loss_sum, int64_t correct) {
  return {.loss_sum = at::full({}, loss_sum, at::kFloat), .correct = at::full({}, correct, at::kLong)};
}

// A step whose loss is `values[i]` for each image of batch i, and which notes what was called.
struct Scripted {
  std::vector<double> values;
  std::string calls = {};
  StepResult Compute(const Batch& batch) {
    const size_t i = static_cast<size_t>(std::count(calls.begin(), calls.end(), 'c'));
    calls += 'c';
    return Result(values.at(i) * static_cast<double>(batch.size()), 1);
  }
};

PassResult RunPass(Loader& loader, const PassOptions& options, Scripted& script) {
  BatchPass pass(loader, options);
  for (const Batch& batch : pass) script.calls += pass.Take(script.Compute(batch)) ? 'a' : 'd';
  return pass.Finish();
}

class EveryBatch : public ProgressSink {
 public:
  bool Due() override { return true; }
  void Show(const Progress& progress) override { shown.push_back(progress); }
  std::vector<Progress> shown;
};

TEST(BatchPass, AddsUpOverImages) {
  Loader loader = StripeLoader(20, 2);  // batches of 8, 8, 4
  Scripted script{.values = {1, 2, 6}};
  const PassResult result = RunPass(loader, {.label = "test"}, script);
  EXPECT_EQ(script.calls, "cacaca");
  EXPECT_EQ(result.steps, 3);
  EXPECT_EQ(result.images, 20);
  EXPECT_EQ(result.skipped, 0);
  EXPECT_NEAR(result.loss, (8 * 1 + 8 * 2 + 4 * 6) / 20.0, 1e-6);
  EXPECT_NEAR(result.accuracy, 3 / 20.0, 1e-12);
  EXPECT_GT(result.seconds, 0);
}

TEST(BatchPass, ShowsProgress) {
  Loader loader = StripeLoader(20, 2);
  Scripted script{.values = {1, 2, 6}};
  EveryBatch progress;
  RunPass(loader, {.label = "here", .progress = &progress, .run_share = PartOfRun{.before = 0, .part = 0.5}}, script);
  ASSERT_EQ(progress.shown.size(), 3u);
  EXPECT_EQ(progress.shown[1].label, "here");
  EXPECT_EQ(progress.shown[1].done, 2);
  EXPECT_EQ(progress.shown[1].total, 3);
  EXPECT_NEAR(progress.shown[1].loss, 1.5, 1e-6);
  EXPECT_NEAR(progress.shown[1].accuracy, 2 / 16.0, 1e-12);
  EXPECT_NEAR(progress.shown[2].run_share_done, 0.5, 1e-12);
}

TEST(BatchPass, StopsBeforeALossThatIsNotFiniteIsApplied) {
  for (const double bad : {kNan, std::numeric_limits<double>::infinity()}) {
    Loader loader = StripeLoader(24, 2);
    Scripted script{.values = {1, bad, 1}};
    ExpectErrorContains<NumericError>([&] { RunPass(loader, {.label = "step1, epoch 3/20, weights"}, script); },
                                      {"step1, epoch 3/20, weights", "batch 2 of 3", std::isnan(bad) ? "nan" : "inf"});
    EXPECT_EQ(script.calls, "cac");
  }
}

TEST(BatchPass, StopsOnAGradientNormThatIsNotFinite) {
  Loader loader = StripeLoader(8, 2);
  StepResult result = Result(1, 0);
  result.gradient_norm = at::full({}, kNan, at::kFloat);
  BatchPass pass(loader, {.label = "x"});
  pass.begin();
  ExpectErrorContains<NumericError>([&] { pass.Take(result); }, {"gradients' norm", "batch 1 of 1"});
}

TEST(BatchPass, SkipsAndCounts) {
  Loader loader = StripeLoader(32, 2);
  Scripted script{.values = {1, kNan, 3, kNan}};
  const PassResult result = RunPass(loader, {.label = "x", .on_nonfinite = OnNonFinite::kSkip}, script);
  EXPECT_EQ(script.calls, "cacdcacd");
  EXPECT_EQ(result.steps, 4);
  EXPECT_EQ(result.skipped, 2);
  EXPECT_EQ(result.images, 16);
  EXPECT_NEAR(result.loss, 2, 1e-6);
}

TEST(BatchPass, APassOfSkippedBatchesAloneIsAnError) {
  Loader loader = StripeLoader(16, 2);
  Scripted script{.values = {kNan, kNan}};
  ExpectErrorContains<NumericError>(
      [&] { RunPass(loader, {.label = "x", .on_nonfinite = OnNonFinite::kSkip}, script); },
      {"no batch", "2 of 2"});
}

TEST(BatchPass, WithoutAnEndTakesTurnsThroughTheLoadersPasses) {
  Loader loader = StripeLoader(20, 2);  // batches of 8, 8, 4
  PassTotals totals;
  EndlessPlace place;
  int64_t next_pass = 5;
  const PassOptions options{.label = "x", .totals = &totals, .endless = &place, .next_pass = &next_pass};
  const auto turn = [](BatchPass& pass) {
    const at::Tensor entries = pass.BeginTurn().entries;
    EXPECT_TRUE(pass.Take(Result(1, 0)));
    pass.EndTurn();
    return entries;
  };
  {
    BatchPass pass(loader, options);
    for (int i = 0; i < 4; ++i) turn(pass);
    EXPECT_EQ(pass.Finish().images, 8 + 8 + 4 + 8);
  }
  EXPECT_EQ(totals.steps, 4);
  EXPECT_EQ(place.pass, 6);
  EXPECT_EQ(place.batches, 1);
  EXPECT_EQ(next_pass, 7);

  Loader other = StripeLoader(20, 2), same = StripeLoader(20, 2);
  BatchPass rest(other, options);  // continues
  same.Start(6, 1);
  EXPECT_TRUE(turn(rest).equal(same.Next()->entries));
  EXPECT_EQ(rest.Finish().steps, 5);
}

TEST(BatchPass, WantsToKnowOfEveryBatch) {
  Loader loader = StripeLoader(16, 2);
  BatchPass pass(loader, {.label = "x"});
  auto batch = pass.begin();
  EXPECT_THROW(++batch, std::logic_error);
}

// In a process of its own: the request stays once it is made.
TEST(BatchPassDeathTest, StopsBetweenBatchesWhenInterrupted) {
  testing::FLAGS_gtest_death_test_style = "threadsafe";
  const auto interrupted_pass = [] {
    CatchInterrupts();
    Loader loader = StripeLoader(32, 2);
    int computed = 0;
    int applied = 0;
    try {
      BatchPass pass(loader, {.label = "x"});
      for ([[maybe_unused]] const Batch& batch : pass) {
        if (++computed == 2) std::raise(SIGINT);
        applied += pass.Take(Result(1, 0));
      }
    } catch (const Interrupted&) {
      std::_Exit(computed == 2 && applied == 2 ? 0 : 1);  // the step under way is finished
    }
    std::_Exit(2);
  };
  EXPECT_EXIT(interrupted_pass(), testing::ExitedWithCode(0), "");
}

}  // namespace
}  // namespace danas::test
