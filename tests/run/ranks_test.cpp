#include "danas/run/ranks.h"

#include <ATen/ATen.h>
#include <gmock/gmock.h>

#include <atomic>

#include "danas/core/rank_part.h"
#include "tests/support/rank_threads.h"
#include "tests/support/test_support.h"

namespace danas {
namespace {

using test::OnRankThreads;
using testing::ElementsAre;
using testing::HasSubstr;

TEST(PartOfRank, PartsFollowOneAnotherAndDifferByOne) {
  for (const int64_t count : {0, 1, 2, 7, 24}) {
    for (const int ranks : {1, 2, 3, 5}) {
      int64_t at = 0;
      for (int r = 0; r < ranks; ++r) {
        const RankPart part = PartOfRank(count, r, ranks);
        EXPECT_EQ(part.first, at);
        EXPECT_LE(std::abs(part.size() - count / ranks), 1);
        at = part.last;
      }
      EXPECT_EQ(at, count);
    }
  }
}

TEST(Ranks, AProcessAloneNeedsNoGroup) {
  Ranks ranks;
  EXPECT_TRUE(ranks.alone() && ranks.first());
  const at::Tensor one = at::ones({2});
  ranks.Sum(one);
  EXPECT_TRUE(at::equal(one, at::ones({2})));
  EXPECT_THAT(ranks.Gather("a"), ElementsAre("a"));
  EXPECT_EQ(ranks.FromFirst([] { return "b"; }), "b");
  EXPECT_THAT(ranks.Any({true, false}), ElementsAre(true, false));
  EXPECT_TRUE(ranks.Fail(ExitCode::kInternal, "x"));
  ranks.Leave();
}

TEST(Ranks, SumsSendsAndGathers) {
  OnRankThreads(3, [](const Ranks& ranks) {
    const double rank = ranks.rank();
    const at::Tensor transposed = at::full({2, 3}, rank, at::kDouble).t();
    ranks.Sum(transposed);
    EXPECT_TRUE(at::equal(transposed, at::full({3, 2}, 3.0, at::kDouble)));
    const at::Tensor a = at::full({}, rank), b = at::full({4, 1}, 10 * rank);
    ranks.Sum({a, b});
    EXPECT_EQ(a.item<double>(), 3);
    EXPECT_TRUE(at::equal(b, at::full({4, 1}, 30.f)));

    const at::Tensor image = at::full({1, 2, 2, 2}, rank + 1).contiguous(at::MemoryFormat::ChannelsLast);
    ranks.TakeFirst({image, b});
    EXPECT_TRUE(at::equal(image, at::ones({1, 2, 2, 2})));

    EXPECT_THAT(ranks.Gather(std::string(static_cast<size_t>(2 * ranks.rank()), 'x')), ElementsAre("", "xx", "xxxx"));
    const at::Tensor rows = ranks.GatherRows(at::full({ranks.rank(), 2}, rank));
    ASSERT_EQ(rows.defined(), ranks.first());
    if (rows.defined()) {
      EXPECT_TRUE(at::equal(rows, at::tensor({1.f, 1.f, 2.f, 2.f, 2.f, 2.f}).view({3, 2})));
    }

    EXPECT_THAT(ranks.Any({ranks.rank() == 2, false}), ElementsAre(true, false));
  });
}

TEST(Ranks, WhatOneDecidesAllGet) {
  std::atomic<int> calls = 0;
  OnRankThreads(3, [&](const Ranks& ranks) {
    for (const char* word : {"first", "second"}) {
      EXPECT_EQ(ranks.FromFirst([&] {
        ++calls;
        return word;
      }),
                word);
    }
  });
  EXPECT_EQ(calls, 2);
}

// The others', and whether each was the one to tell it.
struct Ending {
  std::string error;
  ExitCode code = ExitCode::kSuccess;
  bool tells = false;
};

std::vector<Ending> EndingsOf(int count, const std::function<void(Ranks)>& work, double timeout) {
  std::vector<Ending> endings(static_cast<size_t>(count));
  OnRankThreads(count, [&](Ranks ranks) {
    Ending& ending = endings[static_cast<size_t>(ranks.rank())];
    ranks.SetTimeout(timeout);
    try {
      work(ranks);
    } catch (const Error& error) {
      ending = {error.what(), error.exit_code(), ranks.Fail(error.exit_code(), error.what())};
    }
  });
  return endings;
}

TEST(RanksThatFail, TellTheOthersWhyAndAreToldOnce) {
  const auto fails = [](const Ranks& ranks) {
    if (ranks.rank() == 1) throw DataError("a.jpg: cut short");
    ranks.FromFirst([&] {
      ranks.Any({false});  // never comes back well: rank 1 is not there
      return "";
    });
  };
  const std::vector<Ending> endings = EndingsOf(3, fails, 2);
  EXPECT_EQ(endings[1].error, "a.jpg: cut short");
  for (const int rank : {0, 2}) {
    EXPECT_THAT(endings[static_cast<size_t>(rank)].error, HasSubstr("rank 1 (process")) << rank;
    EXPECT_THAT(endings[static_cast<size_t>(rank)].error, HasSubstr("a.jpg: cut short")) << rank;
    EXPECT_EQ(endings[static_cast<size_t>(rank)].code, ExitCode::kData);
  }
}

TEST(RanksThatFail, AlikeAreToldOnce) {
  const std::vector<Ending> endings = EndingsOf(
      3, [](const Ranks&) { throw ConfigError("no such key"); }, 2);
  EXPECT_EQ(endings[0].tells + endings[1].tells + endings[2].tells, 1);
}

TEST(SlowRanksThatFail, OneThatDoesNotComeIsNoticed) {
  const std::vector<Ending> endings = EndingsOf(
      2,
      [](const Ranks& ranks) {
        if (ranks.first()) ranks.Any({true});
      },
      0.5);
  EXPECT_EQ(endings[0].code, ExitCode::kPeer);
  EXPECT_THAT(endings[0].error, HasSubstr("rank 1"));
  EXPECT_THAT(endings[0].error, HasSubstr("has ended"));
}

}  // namespace
}  // namespace danas
