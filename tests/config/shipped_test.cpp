#include "danas/config/shipped.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>

#include "danas/config/config_file.h"
#include "danas/config/preset.h"
#include "danas/core/error.h"
#include "tests/support/test_support.h"

namespace danas::test {
namespace {

// Sets DANAS_CONFIG_PATH for the scope.
class ConfigPath {
 public:
  explicit ConfigPath(const std::string& value) { setenv("DANAS_CONFIG_PATH", value.c_str(), 1); }
  ~ConfigPath() { unsetenv("DANAS_CONFIG_PATH"); }
};

TEST(ShippedConfigs, AllLoad) {
  const std::vector<std::string> names = ShippedNames("");
  for (const char* name : {"imagenet_shuffle", "imagenet_mobile", "imagenet_shuffle_plus", "imagenet_mobile_plus",
                           "imagenet_shuffle_mobile", "imagenet_shuffle_mobile_b", "imagenet_shuffle_mobile_c",
                           "cifar10", "cifar100", "fashion_mnist", "image_folder", "coco_keypoints",
                           "coco_keypoints_384", "coco_keypoints_mmpose", "coco_mini"}) {
    EXPECT_NE(std::find(names.begin(), names.end(), name), names.end()) << name;
  }
  const std::vector<std::string> spaces = ShippedNames("spaces");
  for (const std::string& name : names) {
    SCOPED_TRACE(name);
    Config config;
    ASSERT_NO_THROW(config = LoadConfig(name));
    const std::string space = config.space.substr(0, config.space.find(':'));  // before the skeleton
    EXPECT_NE(std::find(spaces.begin(), spaces.end(), space), spaces.end()) << config.space;
  }
}

// Tables 1 and 3.
TEST(ShippedConfigs, HaveThePapersBudgets) {
  const std::vector<std::pair<const char*, double>> budgets = {{"imagenet_shuffle", 325e6},
                                                               {"imagenet_mobile", 389e6},
                                                               {"imagenet_shuffle_mobile", 323e6},
                                                               {"imagenet_shuffle_mobile_b", 372e6},
                                                               {"imagenet_shuffle_mobile_c", 467e6}};
  for (const auto& [name, budget] : budgets) {
    const Config config = LoadConfig(name);
    EXPECT_EQ(config.search.budget, Count{budget}) << name;
    EXPECT_EQ(config.schedule.classes, (std::vector<double>{100, 300, 600, 1000})) << name;
    EXPECT_EQ(config.search.pruning.ratio, 0.4) << name;
  }
}

// Algorithm 1 as printed, classes from easy to hard by networks that need no training here.
TEST(ShippedConfigs, ForImagenetAreThePapers) {
  for (const std::string& name : ShippedNames("")) {
    if (!name.starts_with("imagenet")) continue;
    SCOPED_TRACE(name);
    const Config config = LoadConfig(name);
    EXPECT_EQ(config.search.preset, SearchPreset::kPaper);
    EXPECT_EQ(config.schedule.ranking, "auto");
    for (const NamedValue& value : PresetValues(config)) EXPECT_EQ(value.in_config, value.named) << value.key;
    EXPECT_GE(config.easiness.models.size(), 4U);
    for (const std::string& judge : config.easiness.models)
      EXPECT_NE(judge.find("=weights/"), std::string::npos) << judge;
  }
}

TEST(ShippedConfigs, SmallOnesAreRobust) {
  for (const char* name :
       {"cifar10", "cifar100", "fashion_mnist", "fashion_mnist_short", "image_folder", "quickstart"}) {
    const Config config = LoadConfig(name);
    EXPECT_EQ(config.search.preset, SearchPreset::kRobust) << name;
    for (const NamedValue& value : PresetValues(config)) {
      EXPECT_EQ(value.in_config, value.named) << name << ": " << value.key;
    }
  }
}

TEST(ShippedFiles, AreFoundByNameInAnyForm) {
  const TempDir elsewhere;
  const auto before = std::filesystem::current_path();
  std::filesystem::current_path(elsewhere.path());
  const auto expected = SourcePath("configs/cifar10.json");
  for (const char* name : {"cifar10", "cifar10.json", "configs/cifar10.json", "configs/cifar10"}) {
    EXPECT_EQ(FindShippedFile("", name), expected) << name;
  }
  EXPECT_EQ(FindShippedFile("", "image_folder"), SourcePath("configs/image_folder.yaml"));
  EXPECT_EQ(FindShippedFile("spaces", "mobile"), SourcePath("configs/spaces/mobile.json"));
  EXPECT_EQ(FindShippedFile("spaces", "configs/spaces/mobile.json"), SourcePath("configs/spaces/mobile.json"));
  std::filesystem::current_path(before);
}

TEST(ShippedFiles, AFileGoesFirst) {
  const TempDir folder;
  const auto path = WriteText(folder / "cifar10", "seed: 1\n");
  EXPECT_EQ(FindShippedFile("", path.string()), path);
}

TEST(ShippedFiles, UnknownNamesAreErrors) {
  ExpectErrorContains<ConfigError>([] { FindShippedFile("", "cifar1O"); }, {"'cifar1O'", "did you mean 'cifar10'?"});
  ExpectErrorContains<ConfigError>([] { FindShippedFile("", "zebra/zebra"); },
                                   {"'zebra/zebra'", "shipped names: cifar10"});
  ExpectErrorContains<ConfigError>([] { FindShippedFile("", ""); }, {"'' is neither"});
  ExpectErrorContains<ConfigError>([] { FindShippedFile("spaces", "moble"); }, {"did you mean 'mobile'?"});
  ExpectErrorContains<ConfigError>([] { FindShippedFile("", "spaces"); }, {"neither"});  // a folder
}

TEST(ShippedFiles, TheEnvironmentAddsFolders) {
  const TempDir one, two;
  WriteText(one / "cifar10.yaml", "seed: 11\n");
  WriteText(two / "cifar10.json", "{\"seed\": 12}");
  WriteText(two / "own.json", "{\"seed\": 13}");
  const ConfigPath path(one.path().string() + ":" + two.path().string());
  EXPECT_EQ(LoadConfig("cifar10").seed, 11);
  EXPECT_EQ(LoadConfig("own").seed, 13);
  const std::vector<std::string> names = ShippedNames("");
  EXPECT_EQ(std::count(names.begin(), names.end(), "cifar10"), 1);
  EXPECT_EQ(std::count(names.begin(), names.end(), "own"), 1);
  EXPECT_EQ(std::count(names.begin(), names.end(), "schema"), 0);
}

TEST(ShippedFiles, AMissingFolderInTheEnvironmentIsAnError) {
  const ConfigPath path("/no/such/folder");
  ExpectErrorContains<ConfigError>([] { ShippedNames(""); },
                                   {"DANAS_CONFIG_PATH", "'/no/such/folder' is not a folder"});
}

}  // namespace
}  // namespace danas::test
