#include "src/nn/weight_names.h"

#include <gmock/gmock.h>

#include "danas/core/error.h"
#include "tests/support/test_support.h"

namespace danas {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

std::vector<std::string> Clean(const std::vector<std::string>& names) { return CleanWeightNames(names, "w").names; }

TEST(WeightNames, CountersAreLeftOut) {
  EXPECT_THAT(Clean({"bn1.num_batches_tracked", "bn1.weight", "n_averaged"}), ElementsAre("", "bn1.weight", ""));
  EXPECT_THAT(Clean({"module.a.num_batches_tracked", "n_averaged", "module.a.bias"}), ElementsAre("", "", "a.bias"));
}

TEST(WeightNames, PrefixesGoWhereEveryNameHasThem) {
  EXPECT_THAT(Clean({"module.a", "module.b.c"}), ElementsAre("a", "b.c"));
  EXPECT_THAT(Clean({"module.a", "b"}), ElementsAre("module.a", "b"));
  EXPECT_THAT(Clean({"module.module.a"}), ElementsAre("a"));
  EXPECT_THAT(Clean({"model.conv1.weight", "model.fc.bias"}), ElementsAre("conv1.weight", "fc.bias"));
  EXPECT_THAT(Clean({"state_dict.module.a"}), ElementsAre("a"));
  EXPECT_THAT(Clean({"model_state_dict.a", "model_state_dict.b"}), ElementsAre("a", "b"));
  EXPECT_THAT(Clean({"modules.a", "modelling.b"}), ElementsAre("modules.a", "modelling.b"));
  EXPECT_THAT(Clean({"module", "model.", "."}), ElementsAre("module", "model.", "."));
  EXPECT_THAT(Clean({}), IsEmpty());
}

TEST(WeightNames, TorchsOwnWrappersGoWhereverTheyStand) {
  EXPECT_THAT(Clean({"_orig_mod.a", "_orig_mod.b"}), ElementsAre("a", "b"));
  EXPECT_THAT(Clean({"_orig_mod.module.a"}), ElementsAre("a"));
  EXPECT_THAT(Clean({"module._orig_mod.a"}), ElementsAre("a"));
  EXPECT_THAT(Clean({"layer1._orig_mod.0.w", "fc.w"}), ElementsAre("layer1.0.w", "fc.w"));
  EXPECT_THAT(Clean({"a._fsdp_wrapped_module.b", "a._checkpoint_wrapped_module._orig_mod.c"}),
              ElementsAre("a.b", "a.c"));
  EXPECT_THAT(Clean({"my_orig_mod.a"}), ElementsAre("my_orig_mod.a"));
}

TEST(WeightNames, OfSeveralKeysTheFirstHasTheWeights) {
  const CleanedNames cleaned = CleanWeightNames({"model_ema.module.a", "model.module.a", "model_ema.n_averaged"}, "w");
  EXPECT_THAT(cleaned.names, ElementsAre("", "a", ""));
  EXPECT_THAT(cleaned.notes, ElementsAre("the weights are those under \"model\", not those under \"model_ema\""));
  EXPECT_THAT(Clean({"ema.a", "optimizer.b"}), ElementsAre("ema.a", "optimizer.b"));
}

TEST(WeightNames, TwoThatBecomeOneAreRefused) {
  test::ExpectErrorContains<CheckpointError>([] { Clean({"a", "_orig_mod.a"}); }, {"w names \"a\" twice"});
}

}  // namespace
}  // namespace danas
