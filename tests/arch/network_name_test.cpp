#include "danas/arch/network_name.h"

#include <gtest/gtest.h>

#include "danas/core/error.h"
#include "tests/arch/arch_support.h"
#include "tests/support/test_support.h"

namespace danas {
namespace {

using test::ExpectErrorContains;
using test::SmallSpace;

TEST(NetworkName, IsReadAsItIsWritten) {
  const SearchSpace space = SmallSpace();
  const std::vector<size_t> network = {2, 1, 0};
  EXPECT_EQ(NetworkName(network), "2-1-0");
  EXPECT_EQ(ParseNetworkName("2-1-0", space, "t.csv, line 3"), network);
}

TEST(NetworkName, WhatIsNoNetworkOfTheSpaceIsNamed) {
  const SearchSpace space = SmallSpace();
  for (const char* text : {"", "-", "2-1-", "2--0", "2-1-x", "2,1,0", "2-1-0 ", "-1-0-0", "2-1-99999999999999999999"}) {
    ExpectErrorContains<ConfigError>([&] { ParseNetworkName(text, space, "t.csv, line 3"); },
                                     {"t.csv, line 3", "'" + std::string(text) + "'", "0-2-1"});
  }
  ExpectErrorContains<ConfigError>([&] { ParseNetworkName("2-1", space, "here"); }, {"2 layers", "small", "has 3"});
  ExpectErrorContains<ConfigError>([&] { ParseNetworkName("2-2-0", space, "here"); },
                                   {"candidate 2 in layer 1", "has 2"});
}

TEST(ChoiceOf, FindsTheCandidatesOfANetwork) {
  const SearchSpace space = SmallSpace();
  const std::vector<size_t> network = {1, 0, 0};
  EXPECT_EQ(ChoiceOf(space.Select(network), space, "best.json"), network);
  const SearchSpace smaller = space.Without({{0, {1}}});
  ExpectErrorContains<ConfigError>([&] { ChoiceOf(space.Select(network), smaller, "best.json"); },
                                   {"best.json", "layers[0]", "ir_e3_k5", "small"});
  ExpectErrorContains<ConfigError>([&] { ChoiceOf(space.WithInput({32, 32}).Select(network), space, "best.json"); },
                                   {"layers[0]"});
}

}  // namespace
}  // namespace danas
