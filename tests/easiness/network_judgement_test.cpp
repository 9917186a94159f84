#include "danas/easiness/network_judgement.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <numeric>

#include "danas/core/error.h"
#include "danas/core/random.h"
#include "tests/easiness/judgement_support.h"
#include "tests/support/test_support.h"

namespace danas {
namespace {

using test::ClassNames;
using test::LabelledLogits;

TEST(ScoreSample, IsEq1And2) {
  const std::array<float, 3> logits = {std::log(0.5F), std::log(0.3F), std::log(0.2F)};
  const SampleScores scores = ScoreSample(logits, 2);
  EXPECT_NEAR(scores.entropy, -0.5 * std::log(0.5) - 0.3 * std::log(0.3) - 0.2 * std::log(0.2), 1e-7);
  EXPECT_NEAR(scores.cross_entropy, -std::log(0.2), 1e-7);
  EXPECT_EQ(scores.predicted, 0);
}

TEST(ScoreSample, StaysFiniteAtLogitsOfTenThousand) {
  const std::array<float, 4> certain = {-1e4F, 1e4F, -1e4F, 0};
  EXPECT_EQ(ScoreSample(certain, 1).entropy, 0);
  EXPECT_EQ(ScoreSample(certain, 0).cross_entropy, 2e4);
  const std::array<float, 4> equal = {1e4F, 1e4F, 1e4F, 1e4F};
  EXPECT_DOUBLE_EQ(ScoreSample(equal, 3).entropy, std::log(4.0));
}

TEST(ScoreSample, EntropyIsWithinItsBounds) {
  RandomStream stream(0, "logits");
  for (int i = 0; i < 2000; ++i) {
    std::vector<float> logits(2 + static_cast<size_t>(i % 9));
    for (float& logit : logits) logit = static_cast<float>(stream.Normal() * std::pow(10, i % 5 - 2));
    const SampleScores scores = ScoreSample(logits, 0);
    EXPECT_GE(scores.entropy, 0);
    EXPECT_LE(scores.entropy, std::log(static_cast<double>(logits.size())));
  }
}

TEST(OrderlessSum, IsTheSameForEveryOrder) {
  RandomStream stream(1, "terms");
  std::vector<double> terms(1000);
  for (double& term : terms) term = std::exp(8 * stream.Normal());
  OrderlessSum first;
  for (const double term : terms) first.Add(term);
  stream.Shuffle(terms);
  OrderlessSum second;
  for (const double term : terms) second.Add(term);
  EXPECT_EQ(first.Value(), second.Value());
  EXPECT_NEAR(first.Value(), std::accumulate(terms.begin(), terms.end(), 0.0), 1e-6 * first.Value());
}

TEST(MedianSketch, IsWithinItsTolerance) {
  RandomStream stream(2, "values");
  for (const int count : {1, 2, 5, 1000}) {
    MedianSketch sketch;
    std::vector<double> values;
    for (int i = 0; i < count; ++i) {
      values.push_back(std::min(15.9, std::exp(3 * stream.Normal() - 6)));
      sketch.Add(values.back());
    }
    std::sort(values.begin(), values.end());
    const double median = values[(values.size() - 1) / 2];
    EXPECT_NEAR(sketch.Median(), median, 0.016 * median) << count;
  }
  EXPECT_EQ(MedianSketch().Median(), 0);
  MedianSketch zeros;
  zeros.Add(0);
  EXPECT_EQ(zeros.Median(), 0);
}

TEST(JudgementTally, HistogramsHoldEveryImageInItsBin) {
  JudgementTally tally("net", ClassNames(4), 50);
  tally.Add(0, std::array<float, 4>{0, 0, 0, 0});          // ln 4: the last bin is closed
  tally.Add(0, std::array<float, 4>{100, 0, 0, 0});        // 0: the first bin
  tally.Add(1, std::array<float, 4>{0, 0, -1000, -1000});  // ln 2: the middle of the range, bin 25
  tally.Add(2, std::array<float, 4>{0, 0, 5, 0});
  tally.Add(3, std::array<float, 4>{0, 0, 5, 0});
  const NetworkJudgement judgement = tally.Finish();
  EXPECT_EQ(judgement.histogram_cb[0][0], 1);
  EXPECT_EQ(judgement.histogram_cb[0][49], 1);
  EXPECT_EQ(judgement.histogram_cb[1][25], 1);
  EXPECT_EQ(judgement.images_c, (std::vector<int64_t>{2, 1, 1, 1}));
  EXPECT_EQ(judgement.confusion_cc[2], (std::vector<int64_t>{0, 0, 1, 0}));
  EXPECT_EQ(judgement.confusion_cc[3], (std::vector<int64_t>{0, 0, 1, 0}));
  EXPECT_EQ(judgement.Error(2), 0);
  EXPECT_EQ(judgement.Error(3), 1);
}

TEST(JudgementTally, CountsAddUpToTheImages) {
  const NetworkJudgement judgement = test::Judge("net", test::RandomLogits(5, 400, 3), 5);
  for (size_t c = 0; c < 5; ++c) {
    const auto sum = [](const std::vector<int64_t>& counts) {
      return std::accumulate(counts.begin(), counts.end(), int64_t{0});
    };
    EXPECT_EQ(sum(judgement.histogram_cb[c]), judgement.images_c[c]);
    EXPECT_EQ(sum(judgement.confusion_cc[c]), judgement.images_c[c]);
  }
}

TEST(JudgementTally, DoesNotDependOnTheImagesOrder) {
  std::vector<LabelledLogits> images = test::RandomLogits(6, 500, 4);
  const NetworkJudgement first = test::Judge("net", images, 6);
  RandomStream(5, "order").Shuffle(images);
  const NetworkJudgement second = test::Judge("net", images, 6);
  EXPECT_EQ(first.histogram_cb, second.histogram_cb);
  EXPECT_EQ(first.confusion_cc, second.confusion_cc);
  EXPECT_EQ(first.mean_entropy_c, second.mean_entropy_c);
  EXPECT_EQ(first.median_entropy_c, second.median_entropy_c);
  EXPECT_EQ(first.cross_entropy_c, second.cross_entropy_c);
}

TEST(JudgementTally, RefusesWhatCannotBeRanked) {
  test::ExpectErrorContains<DataError>([] { JudgementTally("net", {"only"}, 50); },
                                       {"1 class", "ln 1 = 0", "at least 2"});
  JudgementTally tally("net", {"ant", "bee", "cat"}, 50);
  tally.Add(1, std::array<float, 3>{0, 1, 2});
  test::ExpectErrorContains<DataError>([&] { tally.Finish(); }, {"net", "no image", "'ant', 'cat'"});
  for (const float broken : {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity(),
                             -std::numeric_limits<float>::infinity()}) {
    for (size_t place = 0; place < 3; ++place) {
      std::array<float, 3> logits = {0, 1, 2};
      logits[place] = broken;
      test::ExpectErrorContains<NumericError>([&] { tally.Add(1, logits); }, {"net", "'bee'", "not a finite number"});
    }
  }
}

}  // namespace
}  // namespace danas
