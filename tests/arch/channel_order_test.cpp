#include "danas/arch/channel_order.h"

#include <gtest/gtest.h>

#include <numeric>
#include <set>

#include "danas/arch/network_name.h"
#include "danas/arch/space_file.h"
#include "danas/core/error.h"
#include "tests/arch/arch_support.h"
#include "tests/support/test_support.h"

namespace danas::test {
namespace {

using Channels = std::vector<int64_t>;

Channels Unshuffled(int count) {
  Channels channels(static_cast<size_t>(count));
  std::iota(channels.begin(), channels.end(), 0);
  return channels;
}

// 0, 2, 4 ... and then 1, 3, 5 ..., by hand.
Channels ShuffledOnce(const Channels& channels) {
  Channels shuffled;
  for (const size_t first : {0, 1}) {
    for (size_t i = first; i < channels.size(); i += 2) shuffled.push_back(channels[i]);
  }
  return shuffled;
}

TEST(ChannelOrder, ShufflesAsOftenAsItIsTold) {
  for (const int count : {2, 4, 6, 8, 20, 64, 160}) {
    Channels expected = Unshuffled(count);
    for (int times = 0; times < 9; ++times) {
      SCOPED_TRACE(std::to_string(count) + " channels " + std::to_string(times) + " times");
      const Channels shuffled = ShuffledChannels(count, times), back = ShuffledChannels(count, -times);
      EXPECT_EQ(shuffled, expected);
      for (size_t i = 0; i < shuffled.size(); ++i)
        EXPECT_EQ(back[static_cast<size_t>(shuffled[i])], static_cast<int64_t>(i));
      expected = ShuffledOnce(expected);
    }
  }
  EXPECT_THROW(ShuffledChannels(7, 1), std::invalid_argument);
}

TEST(ChannelOrder, BranchesTakeOtherChannelsAtEachPlace) {
  EXPECT_EQ(BranchChannels(BlockKind::kShuffleA, 8, 1), (Channels{1, 3, 5, 7}));
  EXPECT_EQ(BranchChannels(BlockKind::kShuffleX, 8, 2), (Channels{2, 6, 3, 7}));
  EXPECT_EQ(BranchChannels(BlockKind::kShuffleA, 8, 3), (Channels{4, 5, 6, 7}));
  EXPECT_EQ(BranchChannels(BlockKind::kShuffleV2, 8, 1), (Channels{4, 5, 6, 7}));
  EXPECT_EQ(BranchChannels(BlockKind::kShuffleV2, 8, 2), (Channels{2, 6, 3, 7}));
  EXPECT_EQ(BranchChannels(BlockKind::kShuffleA, 20, 4), BranchChannels(BlockKind::kShuffleX, 20, 4));
  EXPECT_THROW(BranchChannels(BlockKind::kShuffleA, 8, 0), std::invalid_argument);
  EXPECT_THROW(BranchChannels(BlockKind::kInvertedResidual, 8, 1), std::invalid_argument);
}

SearchSpace KeptSpace() {
  SpaceParts parts = SmallParts();
  parts.channel_order = ChannelOrder::kKept;
  return SearchSpace(parts);
}

TEST(ChannelOrder, PlacesCountFromWhereShapesChange) {
  SpaceParts parts = SmallParts();
  parts.channel_order = ChannelOrder::kKept;
  parts.layers.push_back(parts.layers.back());
  const SearchSpace space(parts);
  EXPECT_EQ(space.StagePlace(0), 1);  // behind the stem
  EXPECT_EQ(space.StagePlace(1), 0);
  EXPECT_EQ(space.StagePlace(2), 1);
  EXPECT_EQ(space.StagePlace(3), 2);
  EXPECT_EQ(SmallSpace().StagePlace(2), std::nullopt);
  for (const SearchSpace& other : {space.Without({{0, {0, 1}}}), space.Select({2, 0, 0, 0}), space.WithInput({9, 9})}) {
    EXPECT_EQ(other.channel_order(), ChannelOrder::kKept);
    EXPECT_EQ(other.StagePlace(3), 2);
  }
  EXPECT_THROW(space.StagePlace(4), std::out_of_range);
}

TEST(ChannelOrder, IsReadAndWrittenWhereItIsKept) {
  const SearchSpace kept = KeptSpace();
  EXPECT_NE(kept, SmallSpace());
  const Json json = ToJson(kept);
  EXPECT_EQ(json.at("channel_order"), "kept");
  EXPECT_EQ(SpaceFromJson(json, "space-1.json"), kept);
  EXPECT_FALSE(ToJson(SmallSpace()).contains("channel_order"));  // as it was before there was a choice
  Json wrong = json;
  wrong["channel_order"] = "keep";
  ExpectErrorContains<ConfigError>([&] { SpaceFromJson(wrong, "space-1.json"); },
                                   {"space-1.json: channel_order", "keep", "shuffled", "kept"});
}

TEST(ChannelOrder, HoldsForEverySkeletonOfAFile) {
  const TempDir folder;
  Json json = Json::parse(ReadText(SourcePath("configs/spaces/shuffle_mobile.json")));
  json["channel_order"] = "kept";
  const std::string path = WriteText(folder / "own.json", json.dump()).string();
  EXPECT_EQ(LoadSpace(path).space.channel_order(), ChannelOrder::kKept);
  EXPECT_EQ(LoadSpace(path + ":spos_half").space.channel_order(), ChannelOrder::kKept);
  EXPECT_EQ(LoadSpace("shuffle_mobile").space.channel_order(), ChannelOrder::kShuffled);
}

// The same candidates in another order of channels are another network, if any of them shuffles.
TEST(ChannelOrder, ANetworkOfAnotherOrderIsNotOfTheSpace) {
  const SearchSpace kept = KeptSpace(), shuffled = SmallSpace();
  EXPECT_EQ(ChoiceOf(kept.Select({1, 1, 0}), kept, "a.json"), (std::vector<size_t>{1, 1, 0}));
  ExpectErrorContains<ConfigError>(
      [&] {
        ChoiceOf(shuffled.Select({1, 1, 0}), kept, "a.json");
      },
      {"a.json: a network with the channel_order 'shuffled'", "space small is 'kept'"});
  SpaceParts parts = SmallParts();
  parts.layers.pop_back();  // a shuffle block of stride 2 is left, which splits nothing
  EXPECT_FALSE(ShufflesChannels(SearchSpace(parts)));
  EXPECT_TRUE(ShufflesChannels(shuffled));
  const SearchSpace without(parts);
  parts.channel_order = ChannelOrder::kKept;
  EXPECT_EQ(ChoiceOf(without.Select({0, 1}), SearchSpace(parts), "a.json"), (std::vector<size_t>{0, 1}));
}

}  // namespace
}  // namespace danas::test
