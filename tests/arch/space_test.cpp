#include "danas/arch/space.h"

#include <gtest/gtest.h>

#include <functional>

#include "danas/core/error.h"
#include "tests/arch/arch_support.h"
#include "tests/support/test_support.h"

namespace danas::test {
namespace {

TEST(SearchSpace, CountsItsParts) {
  const SearchSpace space = SmallSpace();
  EXPECT_EQ(space.CandidateCount(), 6u);
  EXPECT_EQ(space.SearchableLayers(), 2u);
  EXPECT_EQ(space.NetworkCount(), 6);
  EXPECT_FALSE(space.IsNetwork());
  EXPECT_EQ(space.feature_channels(), 12);
  EXPECT_EQ(space.feature_size(), (Size{4, 3}));
  EXPECT_EQ(space.classifier_channels(), 20);
}

TEST(SearchSpace, WithoutDropsAndKeepsTheOrder) {
  const SearchSpace space = SmallSpace();
  const SearchSpace smaller = space.Without({{0, {1}}, {1, {0}}});
  EXPECT_EQ(CandidateNames(smaller.layers()[0]), (std::vector<std::string>{"ir_e1_k3", "identity"}));
  EXPECT_EQ(CandidateNames(smaller.layers()[1]), (std::vector<std::string>{"shuffle_a_k3"}));
  EXPECT_EQ(smaller.layers()[2], space.layers()[2]);
  EXPECT_EQ(space, SmallSpace());
  EXPECT_EQ(space.Without({}), space);
  ExpectErrorContains<ConfigError>([&] { space.Without({{2, {0}}}); }, {"layers[2] (12 -> 12", "without candidates"});
  EXPECT_THROW(space.Without({{3, {0}}}), std::out_of_range);
}

TEST(SearchSpace, SelectGivesANetwork) {
  const SearchSpace network = SmallSpace().Select({2, 1, 0});
  EXPECT_TRUE(network.IsNetwork());
  EXPECT_EQ(CandidateNames(network.layers()[0]), (std::vector<std::string>{"identity"}));
  EXPECT_EQ(CandidateNames(network.layers()[1]), (std::vector<std::string>{"shuffle_a_k3"}));
  ExpectErrorContains<ConfigError>([] { SmallSpace().Select({2, 1}); }, {"2 candidates for 3 layers"});
  ExpectErrorContains<ConfigError>([] { SmallSpace().Select({3, 1, 0}); }, {"layers[0]", "no candidate 3", "has 3"});
}

TEST(SearchSpace, OtherImagesAndClasses) {
  const SearchSpace space = SmallSpace().WithInput({33, 17}).WithClasses(7).WithDropout(0.25);
  EXPECT_EQ(space.input(), (Size{33, 17}));
  EXPECT_EQ(space.layers()[0].shape.input, (Size{17, 9}));
  EXPECT_EQ(space.layers()[2].shape.input, (Size{9, 5}));
  EXPECT_EQ(space.classes(), 7);
  EXPECT_EQ(space.head().dropout, 0.25);
  EXPECT_EQ(space.WithInput({16, 12}).WithClasses(5).WithDropout(0), SmallSpace());
}

// Fields that a block does not use make no difference.
TEST(SearchSpace, IsMadeOfCanonicalBlocks) {
  SpaceParts parts = SmallParts();
  parts.layers[0].candidates[2].expand = 6;
  parts.layers[2].candidates[0].squeeze_excite = true;
  EXPECT_EQ(SearchSpace(parts), SmallSpace());
}

struct BrokenSpace {
  const char* words;
  std::function<void(SpaceParts&)> break_it;
};

TEST(SearchSpace, RefusesWhatDoesNotFit) {
  const BrokenSpace cases[] = {
      {"layers[1] (9 -> 12, stride 2) takes 9 channels, but the part before it gives 8",
       [](SpaceParts& p) { p.layers[1].shape.in = 9; }},
      {"layers[2] (12 -> 12, stride 1) takes 4x4, but the part before it gives 4x3",
       [](SpaceParts& p) {
         p.layers[2].shape.input = {4, 4};
       }},
      {"layers[0] (8 -> 8, stride 1) has no candidates", [](SpaceParts& p) { p.layers[0].candidates.clear(); }},
      {"names the candidate ir_e1_k3 twice", [](SpaceParts& p) { p.layers[0].candidates[1] = Ir(1, 3); }},
      {"layers[1] (8 -> 12, stride 2): identity cannot be used there",
       [](SpaceParts& p) { p.layers[1].candidates[0] = Identity(); }},
      {"kernel 4 is even", [](SpaceParts& p) { p.layers[0].candidates[0].op.kernel = 4; }},
      {"expand must be above 0", [](SpaceParts& p) { p.layers[0].candidates[0].expand = 0; }},
      {"at least one layer", [](SpaceParts& p) { p.layers.clear(); }},
      {"output channels is 0", [](SpaceParts& p) { p.layers[0].shape.out = 0; }},
      {"stride is 0; expected 1..16", [](SpaceParts& p) { p.layers[1].shape.stride = 0; }},
      {"stem kernel 2 is even", [](SpaceParts& p) { p.stem.kernel = 2; }},
      {"stem stride is 0", [](SpaceParts& p) { p.stem.stride = 0; }},
      {"stem channels is -1", [](SpaceParts& p) { p.stem.channels = -1; }},
      {"a stem with 0 channels is no stem: its stride must be 1, not 2", [](SpaceParts& p) { p.stem.channels = 0; }},
      {"head pool is 33", [](SpaceParts& p) { p.head.pool = 33; }},
      {"head hidden is 0", [](SpaceParts& p) { p.head.hidden = {8, 0}; }},
      {"input channels is 4; images have 1 channel (grey) or 3", [](SpaceParts& p) { p.input_channels = 4; }},
      {"input channels is 0", [](SpaceParts& p) { p.input_channels = 0; }},
      {"input height is 0", [](SpaceParts& p) { p.input.height = 0; }},
      {"input width is -1", [](SpaceParts& p) { p.input.width = -1; }},
      {"classes is 0", [](SpaceParts& p) { p.classes = 0; }},
      {"head channels is -1", [](SpaceParts& p) { p.head.channels = -1; }},
      {"head dropout is not in [0, 1)", [](SpaceParts& p) { p.head.dropout = 1; }},
      {"norm momentum", [](SpaceParts& p) { p.norm.momentum = 0; }},
      {"norm epsilon", [](SpaceParts& p) { p.norm.epsilon = 0; }},
  };
  for (const BrokenSpace& broken : cases) {
    SpaceParts parts = SmallParts();
    broken.break_it(parts);
    ExpectErrorContains<ConfigError>([&] { SearchSpace{parts}; }, {broken.words});
  }
}

}  // namespace
}  // namespace danas::test
