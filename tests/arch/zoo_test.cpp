#include "danas/arch/zoo.h"

#include <gmock/gmock.h>

#include <set>

#include "danas/arch/space_file.h"
#include "danas/core/error.h"
#include "tests/support/test_support.h"

namespace danas::test {
namespace {

TEST(Zoo, EveryModelOfEverySizeIsANetworkAndAFile) {
  std::set<std::string> names;
  for (const ZooModel& model : ZooModels()) {
    SCOPED_TRACE(model.name);
    EXPECT_TRUE(names.insert(model.name).second);
    EXPECT_EQ(FindZooModel(model.name).name, model.name);
    for (const int side : {224, 225, 65, 64, 32, 28}) {
      const SearchSpace network = MakeZooNetwork(model.name, {side, side}, 7);
      EXPECT_TRUE(network.IsNetwork());
      EXPECT_EQ(network.name(), side <= 64 ? model.name + "_small" : model.name);
      EXPECT_EQ(network.classes(), 7);
      EXPECT_EQ(network.input(), (Size{side, side}));
      EXPECT_EQ(SpaceFromJson(Json::parse(ToJson(network).dump()), "network.json"), network);
    }
  }
  EXPECT_EQ(names.size(), 33u);
}

TEST(Zoo, TheEndOfANameChoosesTheVariant) {
  EXPECT_EQ(MakeZooNetwork("resnet18_small", {224, 224}).stem().stride, 1);
  EXPECT_EQ(MakeZooNetwork("resnet18_full", {32, 32}).stem().kernel, 7);
  EXPECT_EQ(MakeZooNetwork("resnet18_full", {32, 32}).name(), "resnet18");
  EXPECT_EQ(MakeZooNetwork("mobilenetv2_0.5_small").name(), "mobilenetv2_0.5_small");
  EXPECT_TRUE(IsSmallVariant("vgg16", {28, 64}));
  EXPECT_FALSE(IsSmallVariant("vgg16", {28, 65}));
}

// ImageNet's images end at 7 x 7, CIFAR's at 4 x 4 or, with one stride less to leave out, 2 x 2.
TEST(Zoo, FinalMaps) {
  for (const ZooModel& model : ZooModels()) {
    const int small = model.family == ZooFamily::kVgg ? 1 : model.family == ZooFamily::kMobilenet ? 2 : 4;
    EXPECT_EQ(MakeZooNetwork(model.name).feature_size(), (Size{7, 7})) << model.name;
    EXPECT_EQ(MakeZooNetwork(model.name, {32, 32}).feature_size(), (Size{small, small})) << model.name;
  }
}

TEST(Zoo, NamesWrittenInFullAreTheSameModels) {
  EXPECT_EQ(FindZooModel("mobilenetv2_1.0").name, "mobilenetv2");
  EXPECT_EQ(FindZooModel("shufflenetv2_1.0").name, "shufflenetv2");
  EXPECT_EQ(FindZooModel("shufflenetv1_1.0").name, "shufflenetv1");
  EXPECT_EQ(FindZooModel("shufflenetv1_1.0_g3").name, "shufflenetv1");
  EXPECT_EQ(FindZooModel("shufflenetv1_0.5_g3").name, "shufflenetv1_0.5");
  EXPECT_EQ(FindZooModel("shufflenetv1_1.0_g8").groups, 8);
  EXPECT_EQ(FindZooModel("mobilenetv1_0.25_small").width, 0.25);
}

TEST(Zoo, UnknownNamesGetAHint) {
  const auto fails = [](const std::string& name, std::initializer_list<std::string_view> words) {
    ExpectErrorContains<ConfigError>([&] { MakeZooNetwork(name); }, words);
  };
  fails("resnet19", {"no network 'resnet19' in the zoo", "did you mean 'resnet18'"});
  fails("mobilenetv2_0.9", {"'mobilenetv2_0.9'", "mobilenetv2_0.75", "mobilenetv2_1.3"});
  fails("shufflenetv1_0.5_g2", {"shufflenetv1_1.0_g2"});
  fails("resnet18_1.0", {"resnet18_1.0"});
  fails("", {"resnet18", "shufflenetv2_2.0"});
  ExpectErrorContains<ConfigError>([] { MakeZooNetwork("vgg16", {0, 0}); }, {"input height is 0"});
  ExpectErrorContains<ConfigError>([] { MakeZooNetwork("vgg16", {32, 32}, 0); }, {"classes is 0"});
}

// MobileNetV2's public rounding, which no channel loses more than a tenth by.
TEST(Zoo, WidthsAreWholeEights) {
  EXPECT_EQ(MakeZooNetwork("mobilenetv2_0.35").stem().channels, 16);
  EXPECT_EQ(MakeZooNetwork("mobilenetv2_0.25").layers()[0].shape.out, 8);
  EXPECT_EQ(MakeZooNetwork("mobilenetv2_0.35").layers()[1].shape.out, 8);
  EXPECT_EQ(MakeZooNetwork("mobilenetv2_1.4").head().channels, 1792);
  EXPECT_EQ(MakeZooNetwork("mobilenetv2_0.5").head().channels, 1280);
  EXPECT_EQ(MakeZooNetwork("mobilenetv1_0.75").layers().back().shape.out, 768);
}

}  // namespace
}  // namespace danas::test
