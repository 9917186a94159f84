#include "danas/cost/latency_agreement.h"

#include <gtest/gtest.h>

#include <cmath>
#include <stdexcept>

namespace danas::test {
namespace {

TEST(LatencyAgreement, FitsOneOffset) {
  const LatencyAgreement exact =
      AgreementOf({.predicted = {1, 2, 3}, .measured = {1.5, 2.5, 3.5}, .repeats = {2, 2.2, 1.8, 2}});
  EXPECT_DOUBLE_EQ(exact.offset.value, 0.5);
  EXPECT_NEAR(exact.mean_error.value, 0, 1e-15);
  EXPECT_NEAR(exact.repeat_error.value, 0.1, 1e-12);
  EXPECT_EQ(exact.rank_correlation.value, 1);
  EXPECT_EQ(exact.pairs, 3);
  EXPECT_EQ(exact.least_measured, 1.5);
  EXPECT_EQ(exact.most_measured, 3.5);
}

TEST(LatencyAgreement, ErrorIsWhatTheOffsetLeaves) {
  const LatencyAgreement agreement =
      AgreementOf({.predicted = {1, 2, 3, 4}, .measured = {1.1, 1.9, 3.1, 3.9}, .repeats = {2, 2.1}});
  EXPECT_NEAR(agreement.offset.value, 0, 1e-12);
  EXPECT_NEAR(agreement.mean_error.value, 0.1, 1e-12);
  EXPECT_NEAR(agreement.repeat_error.value, 0.05, 1e-12);
  EXPECT_NEAR(agreement.ratio.value, 2, 1e-9);
  EXPECT_LE(agreement.ratio.low, 2);
  EXPECT_GE(agreement.ratio.high, 2);
}

TEST(LatencyAgreement, RanksOnlyPairsThatRepeatsCanTellApart) {
  // 1.0 and 1.01 are in the wrong order, but nearer than the repeat error of 0.05; 2 and 3 are not.
  const LatencyAgreement near =
      AgreementOf({.predicted = {1.2, 1.1, 2, 3}, .measured = {1.0, 1.01, 2, 3}, .repeats = {2, 2.1}});
  EXPECT_EQ(near.pairs, 5);
  EXPECT_EQ(near.rank_correlation.value, 1);
  const LatencyAgreement far =
      AgreementOf({.predicted = {1.2, 1.1, 3, 2}, .measured = {1.0, 1.01, 2, 3}, .repeats = {2, 2.1}});
  EXPECT_EQ(far.pairs, 5);
  EXPECT_DOUBLE_EQ(far.rank_correlation.value, 0.6);  // 4 in order, 1 against
}

TEST(LatencyAgreement, TooFew) {
  EXPECT_THROW(AgreementOf({.predicted = {1}, .measured = {1}, .repeats = {1, 2}}), std::invalid_argument);
  EXPECT_THROW(AgreementOf({.predicted = {1, 2}, .measured = {1, 2}, .repeats = {1}}), std::invalid_argument);
  EXPECT_THROW(AgreementOf({.predicted = {1}, .measured = {1, 2}, .repeats = {1, 2}}), std::invalid_argument);
  EXPECT_TRUE(
      std::isnan(AgreementOf({.predicted = {1, 2}, .measured = {5, 5}, .repeats = {1, 2}}).rank_correlation.value));
}

}  // namespace
}  // namespace danas::test
