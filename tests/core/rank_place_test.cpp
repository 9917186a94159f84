#include "danas/core/rank_place.h"

#include <gtest/gtest.h>

#include <map>

#include "danas/core/error.h"
#include "tests/support/test_support.h"

namespace danas {
namespace {

using test::ExpectErrorContains;

RankPlace Place(const std::map<std::string, std::string>& variables) {
  return FindRankPlace([&](const char* name) -> const char* {
    const auto found = variables.find(name);
    return found == variables.end() ? nullptr : found->second.c_str();
  });
}

TEST(RankPlace, IsAloneWithoutALauncher) {
  EXPECT_TRUE(Place({}).alone());
  EXPECT_TRUE(Place({{"RANK", "0"}, {"WORLD_SIZE", "1"}}).alone());
}

TEST(RankPlace, ReadsTorchrun) {
  const RankPlace place = Place({{"RANK", "5"},
                                 {"WORLD_SIZE", "8"},
                                 {"LOCAL_RANK", "1"},
                                 {"LOCAL_WORLD_SIZE", "4"},
                                 {"MASTER_ADDR", "gpu1"},
                                 {"MASTER_PORT", "29500"},
                                 {"TORCHELASTIC_RUN_ID", "night"},
                                 {"TORCHELASTIC_RESTART_COUNT", "2"},
                                 {"TORCHELASTIC_USE_AGENT_STORE", "True"}});
  EXPECT_EQ(place.rank, 5);
  EXPECT_EQ(place.ranks, 8);
  EXPECT_EQ(place.local_rank, 1);
  EXPECT_EQ(place.local_ranks, 4);
  EXPECT_EQ(place.address, "gpu1");
  EXPECT_EQ(place.port, 29500);
  EXPECT_TRUE(place.agent_serves);
  EXPECT_EQ(place.launcher, "torchrun");
  EXPECT_EQ(place.job, "night");
  EXPECT_EQ(place.restarts, 2);
}

TEST(RankPlace, ReadsSlurm) {
  const std::map<std::string, std::string> step = {{"SLURM_PROCID", "6"},
                                                   {"SLURM_NTASKS", "8"},
                                                   {"SLURM_LOCALID", "2"},
                                                   {"SLURM_STEP_ID", "0"},
                                                   {"SLURM_TASKS_PER_NODE", "4(x2)"},
                                                   {"SLURM_JOB_ID", "1234567"},
                                                   {"SLURM_JOB_NODELIST", "gpu[007,009-010]"},
                                                   {"SLURM_RESTART_COUNT", "1"}};
  const RankPlace place = Place(step);
  EXPECT_EQ(place.rank, 6);
  EXPECT_EQ(place.ranks, 8);
  EXPECT_EQ(place.local_rank, 2);
  EXPECT_EQ(place.local_ranks, 4);
  EXPECT_EQ(place.address, "gpu007");
  EXPECT_EQ(place.port, 20000 + 4567);
  EXPECT_FALSE(place.agent_serves);
  EXPECT_EQ(place.job, "slurm-1234567");
  EXPECT_EQ(place.restarts, 1);
  auto given = step;
  given["MASTER_ADDR"] = "10.0.0.1";
  given["MASTER_PORT"] = "12345";
  EXPECT_EQ(Place(given).address, "10.0.0.1");
  EXPECT_EQ(Place(given).port, 12345);
}

TEST(RankPlace, ABatchScriptOfSlurmIsOneProcess) {
  EXPECT_TRUE(Place({{"SLURM_PROCID", "0"}, {"SLURM_NTASKS", "8"}, {"SLURM_LOCALID", "0"}}).alone());
}

TEST(RankPlace, WhatDoesNotFitIsNamed) {
  const std::map<std::string, std::string> two = {{"RANK", "1"}, {"WORLD_SIZE", "2"}, {"MASTER_ADDR", "a"}};
  ExpectErrorContains<UsageError>([&] { Place(two); }, {"MASTER_PORT"});
  auto wrong = two;
  wrong["MASTER_PORT"] = "70000";
  ExpectErrorContains<UsageError>([&] { Place(wrong); }, {"MASTER_PORT", "70000", "65535"});
  wrong["RANK"] = "2";
  ExpectErrorContains<UsageError>([&] { Place(wrong); }, {"RANK", "'2'", "0 to 1"});
  wrong["RANK"] = "one";
  ExpectErrorContains<UsageError>([&] { Place(wrong); }, {"RANK", "'one'"});
}

TEST(FirstHost, OfEveryFormOfList) {
  EXPECT_EQ(FirstHost("node7"), "node7");
  EXPECT_EQ(FirstHost("a,b"), "a");
  EXPECT_EQ(FirstHost("gpu[003-006,9],login"), "gpu003");
  EXPECT_EQ(FirstHost("gpu[12]"), "gpu12");
  for (const char* wrong : {"", "[", "gpu[", ",a"}) {
    ExpectErrorContains<UsageError>([&] { FirstHost(wrong); }, {"MASTER_ADDR"});
  }
}

}  // namespace
}  // namespace danas
