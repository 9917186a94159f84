#include "danas/config/preset.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "danas/config/config_file.h"
#include "tests/support/test_support.h"

namespace danas::test {
namespace {

constexpr const char* kScored = R"("final": "scored")";
constexpr const char* kArgmax = R"("final": "argmax")";

std::string FileWith(const std::string& search, const std::string& extends = "") {
  const std::string first = extends.empty() ? "" : R"("extends": ")" + extends + R"(", )";
  return "{" + first + R"("search": {)" + search + "}}";
}

Config Load(const TempDir& folder, const std::string& text, const std::vector<std::string>& assignments = {}) {
  WriteText(folder / "config.json", text);
  return LoadConfig((folder / "config.json").string(), assignments);
}

TEST(Preset, NoneIsTheDefault) {
  EXPECT_EQ(Config().search.preset, SearchPreset::kNone);
  EXPECT_TRUE(PresetValues(Config()).empty());
}

TEST(Preset, FillsInWhatIsLeftOut) {
  const TempDir folder;
  const Config config = Load(folder, FileWith(R"("preset": "robust")"));
  for (const NamedValue& value : PresetValues(config)) EXPECT_EQ(value.in_config, value.named) << value.key;
  EXPECT_EQ(config.search.paths, WeightPathKind::kFair);
  EXPECT_FALSE(config.search.paths_band);
  EXPECT_EQ(config.search.pruning.score, PruningScore::kPaths);
  EXPECT_EQ(config.search.pruning.budget, PruningBudget::kAware);
  EXPECT_EQ(config.search.pruning.certain, 2);
  EXPECT_EQ(config.search.final, FinalChoiceKind::kScored);
  EXPECT_EQ(config.search.final_effects, FinalEffects::kMain);
  EXPECT_EQ(Load(folder, FileWith(R"("preset": "paper")")).schedule.ranking, "auto");
}

// Whatever is written counts, wherever it stands beside the preset's name.
TEST(Preset, StandsBelowEverySetting) {
  const TempDir folder;
  const std::string robust = R"("preset": "robust")";
  EXPECT_EQ(Load(folder, FileWith(robust + ", " + kArgmax)).search.final, FinalChoiceKind::kArgmax);
  EXPECT_EQ(Load(folder, FileWith(std::string(kArgmax) + ", " + robust)).search.final, FinalChoiceKind::kArgmax);
  EXPECT_EQ(Load(folder, FileWith(robust), {"search.final=argmax"}).search.final, FinalChoiceKind::kArgmax);
  EXPECT_EQ(Load(folder, FileWith(kArgmax), {"search.preset=robust"}).search.final, FinalChoiceKind::kArgmax);
  WriteText(folder / "base.json", FileWith(kArgmax));
  EXPECT_EQ(Load(folder, FileWith(robust, "base.json")).search.final, FinalChoiceKind::kArgmax);
  WriteText(folder / "base.json", FileWith(robust));
  EXPECT_EQ(Load(folder, FileWith(R"("preset": "paper")", "base.json")).search.final, FinalChoiceKind::kArgmax);
  EXPECT_EQ(Load(folder, FileWith(kScored, "base.json"), {"search.preset=none"}).search.final,
            FinalChoiceKind::kScored);
}

TEST(Preset, ComesBackFromARunsConfig) {
  const TempDir folder;
  const Config config = Load(folder, FileWith(R"("preset": "robust")"), {"search.final=argmax"});
  const Config again = ConfigFromJson(ToJson(config), "config.json");
  EXPECT_EQ(ToJson(again), ToJson(config));
}

// A run of an earlier danas goes on as it was set then, whatever its preset has come to stand for.
TEST(Preset, IsNotAppliedToARunsConfig) {
  const TempDir folder;
  Json config = ToJson(Load(folder, FileWith(R"("preset": "robust")")));
  config["search"].erase("final_effects");
  const Config again = ConfigFromJson(config, "config.json");
  EXPECT_EQ(again.search.preset, SearchPreset::kRobust);
  EXPECT_EQ(again.search.final_effects, FinalEffects::kNone);
}

TEST(Preset, AssignedToAConfigThatIsThere) {
  Config config;
  Assign(config, {"search.preset=robust"});
  EXPECT_EQ(config.search.final, FinalChoiceKind::kScored);
  Assign(config, {"search.final=argmax"});
  EXPECT_EQ(config.search.final, FinalChoiceKind::kArgmax);
  EXPECT_EQ(config.search.preset, SearchPreset::kRobust);
}

TEST(Preset, EveryKeyOfEachIsNamedOnce) {
  for (const SearchPreset preset : {SearchPreset::kPaper, SearchPreset::kRobust}) {
    std::vector<std::string> keys;
    for (const std::string& setting : PresetSettings(preset)) keys.push_back(setting.substr(0, setting.find('=')));
    EXPECT_FALSE(keys.empty());
    std::ranges::sort(keys);
    EXPECT_EQ(std::ranges::adjacent_find(keys), keys.end());
  }
}

}  // namespace
}  // namespace danas::test
