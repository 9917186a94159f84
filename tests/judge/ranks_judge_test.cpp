// Judging by several ranks, which are threads here, against one.
#include <gtest/gtest.h>

#include "danas/judge/judge.h"
#include "danas/nn/supernet.h"
#include "danas/train/loaders.h"
#include "tests/support/rank_threads.h"
#include "tests/train/train_support.h"

namespace danas::test {
namespace {

TEST(RanksJudge, SaysOfEachImageWhatOneProcessSays) {
  const auto network = MakeNetwork(StripeSpace({InvertedResidual(3, 3)}, 4));
  InitializeWeights(*network, 0);
  const auto judge = [&](const Ranks& ranks, std::vector<int64_t>& entries, std::vector<float>& logits) {
    Config config;
    config.data = StripeData();
    Loader loader = StripeLoader(21, 4, TestLoader(config, 4, ranks));
    // Each rank has the network to itself.
    const auto own = MakeNetwork(network->space());
    InitializeWeights(*own, 0);
    for (const JudgedBatch& batch : JudgePass(*own, loader, {.label = "judge", .ranks = ranks})) {
      entries.insert(entries.end(), batch.entries.begin(), batch.entries.end());
      logits.insert(logits.end(), batch.logits.begin(), batch.logits.end());
    }
  };
  std::vector<int64_t> one_entries, many_entries;
  std::vector<float> one, many;
  judge({}, one_entries, one);
  OnRankThreads(3, [&](const Ranks& ranks) {
    std::vector<int64_t> entries;
    std::vector<float> logits;
    judge(ranks, entries, logits);
    EXPECT_EQ(entries.empty(), !ranks.first());
    if (ranks.first()) {
      many_entries = entries;
      many = logits;
    }
  });
  EXPECT_EQ(many_entries, one_entries);
  ExpectClose(at::tensor(many), at::tensor(one), 1e-6);
}

}  // namespace
}  // namespace danas::test
