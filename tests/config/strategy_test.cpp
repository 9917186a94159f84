#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "danas/config/config_file.h"
#include "danas/config/preset.h"
#include "danas/core/error.h"
#include "tests/support/test_support.h"

namespace danas::test {
namespace {

std::string FileWith(const std::string& search, const std::string& more = "") {
  return R"({"search": {)" + search + "}" + more + "}";
}

Config Load(const TempDir& folder, const std::string& text, const std::vector<std::string>& assignments = {}) {
  WriteText(folder / "config.json", text);
  return LoadConfig((folder / "config.json").string(), assignments);
}

const std::vector<double> kOneSet = {1, 1, 1, 1};

// All but danas, which stands for no key.
std::vector<SearchStrategy> Strategies() {
  std::vector<SearchStrategy> all;
  for (size_t i = 1; i < EnumNames<SearchStrategy>::kNames.size(); ++i) all.push_back(static_cast<SearchStrategy>(i));
  return all;
}

TEST(Strategy, DanasIsTheDefaultAndChangesNothing) {
  const TempDir folder;
  EXPECT_EQ(Config().search.strategy, SearchStrategy::kDanas);
  EXPECT_TRUE(StrategyValues(Config()).empty());
  EXPECT_EQ(ToJson(Load(folder, FileWith(R"("strategy": "danas")"))), ToJson(Load(folder, "{}")));
}

TEST(Strategy, EachIsAValidConfigAndNamesEachKeyOnce) {
  const TempDir folder;
  for (const SearchStrategy strategy : Strategies()) {
    const std::string name = NameOf(strategy);
    const Config config = Load(folder, FileWith(R"("strategy": ")" + name + R"(")"));
    EXPECT_EQ(config.search.strategy, strategy);
    std::vector<std::string> keys;
    for (const NamedValue& value : StrategyValues(config)) {
      EXPECT_EQ(value.in_config, value.named) << name << ": " << value.key;
      EXPECT_EQ(value.name, "search.strategy " + name);
      keys.push_back(value.key);
    }
    EXPECT_FALSE(keys.empty()) << name;
    std::ranges::sort(keys);
    EXPECT_EQ(std::ranges::adjacent_find(keys), keys.end()) << name;
    EXPECT_EQ(config.schedule.classes, kOneSet) << name;
    EXPECT_EQ(config.search.pruning.ratio, 0) << name;
    EXPECT_EQ(ToJson(ConfigFromJson(ToJson(config), "config.json")), ToJson(config)) << name;
  }
}

// Two names for one combination would be one too many.
TEST(Strategy, NoTwoAreAlike) {
  std::vector<Json> configs;
  for (const SearchStrategy strategy : Strategies()) {
    Config config;
    Assign(config, {"search.strategy=" + std::string(NameOf(strategy))});
    config.search.strategy = SearchStrategy::kDanas;
    Json json = ToJson(config);
    EXPECT_EQ(std::ranges::count(configs, json), 0) << NameOf(strategy);
    configs.push_back(std::move(json));
  }
}

// What the methods are known for: docs/strategies.md has the sources.
TEST(Strategy, HasThePublishedNumbers) {
  const auto search = [](const char* name) {
    Config config;
    Assign(config, {std::string("search.strategy=") + name});
    return config.search;
  };
  const SearchConfig spos = search("spos");
  EXPECT_EQ(spos.paths, WeightPathKind::kUniform);
  EXPECT_FALSE(spos.paths_band);
  EXPECT_EQ(spos.learner, LearnerKind::kNone);
  EXPECT_EQ(spos.final_source, FinalSource::kEvolution);
  EXPECT_EQ(spos.finalists, 1);
  EXPECT_EQ(spos.scoring.statistics, ScoreStatistics::kRecalibrated);
  const EvolutionConfig& evolution = spos.evolution;
  EXPECT_EQ(evolution.generations * evolution.population, 1000);
  EXPECT_EQ(evolution.parents, 10);
  EXPECT_EQ(evolution.mutants, 25);
  EXPECT_EQ(evolution.crossovers, 25);
  EXPECT_EQ(evolution.mutation_probability, 0.1);

  const SearchConfig random = search("random");
  EXPECT_EQ(random.final_source, FinalSource::kRandom);
  EXPECT_EQ(random.final_networks, evolution.generations * evolution.population) << "as many as spos scores";

  const SearchConfig proxyless = search("proxyless_g");
  EXPECT_EQ(proxyless.paths, WeightPathKind::kBinarised);
  EXPECT_EQ(proxyless.learner, LearnerKind::kProxyless);
  EXPECT_EQ(proxyless.proxyless_gates, ProxylessGates::kTwo);
  EXPECT_EQ(proxyless.alpha_every, 5);
  EXPECT_EQ(proxyless.alpha_lr, 1e-3);
  EXPECT_EQ(proxyless.alpha_beta1, 0);
  EXPECT_EQ(proxyless.alpha_beta2, 0.999);
  EXPECT_EQ(proxyless.alpha_weight_decay, 0);
  EXPECT_EQ(proxyless.loss.kind, LossKind::kMulLogRatio);

  for (const char* name : {"darts", "snas"}) {
    const SearchConfig as_darts = search(name);
    EXPECT_EQ(as_darts.alpha_pass, AlphaPass::kEveryK) << name;
    EXPECT_EQ(as_darts.alpha_every, 1) << name;
    EXPECT_EQ(as_darts.alpha_lr, 3e-4) << name;
    EXPECT_EQ(as_darts.alpha_beta1, 0.5) << name;
    EXPECT_EQ(as_darts.alpha_weight_decay, 1e-3) << name;
  }
  EXPECT_EQ(search("darts").learner, LearnerKind::kSoftmax);
  EXPECT_EQ(search("darts").loss.kind, SearchConfig().loss.kind) << "the loss stays the config's";
  EXPECT_EQ(search("snas").relaxation.temperature_end, 0.03);

  const SearchConfig fbnet = search("fbnet");
  EXPECT_EQ(fbnet.relaxation.temperature, 5);
  EXPECT_NEAR(fbnet.relaxation.temperature_end, 5 * std::exp(-0.045 * 89), 5e-4);
  EXPECT_EQ(fbnet.alpha_weight_decay, 5e-4);
  EXPECT_EQ(fbnet.alpha_beta1, 0.9);
  EXPECT_EQ(fbnet.final, FinalChoiceKind::kSampled);
}

// defaults < preset < strategy < config < --set
TEST(Strategy, StandsAbovePresetsAndBelowEverySetting) {
  const TempDir folder;
  const std::string both = R"("preset": "robust", "strategy": "darts")";
  const Config config = Load(folder, FileWith(both));
  EXPECT_EQ(config.search.paths, WeightPathKind::kSoftmax) << "of the strategy";
  EXPECT_EQ(config.search.final_effects, FinalEffects::kMain) << "of the preset, which the strategy leaves";
  const std::vector<NamedValue> of_preset = PresetValues(config);
  const auto paths = std::ranges::find(of_preset, "search.paths", &NamedValue::key);
  ASSERT_NE(paths, of_preset.end());
  EXPECT_EQ(paths->named, R"("fair")");
  EXPECT_EQ(paths->in_config, R"("softmax")");
  EXPECT_EQ(Load(folder, FileWith(R"("alpha_lr": 0.5, )" + both)).search.alpha_lr, 0.5);
  EXPECT_EQ(Load(folder, FileWith(both + R"(, "alpha_lr": 0.5)"), {"search.alpha_lr=0.25"}).search.alpha_lr, 0.25);
  EXPECT_EQ(Load(folder, FileWith(R"("alpha_lr": 0.5)"), {"search.strategy=darts"}).search.alpha_lr, 0.5);
  EXPECT_EQ(Load(folder, FileWith(both), {"search.strategy=spos"}).search.final_source, FinalSource::kEvolution);
  EXPECT_EQ(Load(folder, FileWith(both), {"search.strategy=spos"}).search.alpha_lr, Config().search.alpha_lr);
}

TEST(Strategy, TheConfigsOwnScheduleAndPruningJoinIt) {
  const TempDir folder;
  const Config config = Load(folder, FileWith(R"("strategy": "spos", "pruning": {"ratio": 0.25, "score": "paths"})",
                                              R"(, "schedule": {"classes": [3, 5, 8, 10]})"));
  EXPECT_EQ(config.schedule.classes, (std::vector<double>{3, 5, 8, 10}));
  EXPECT_EQ(config.search.pruning.ratio, 0.25);
  EXPECT_EQ(config.search.learner, LearnerKind::kNone);
  std::vector<std::string> overridden;
  for (const NamedValue& value : StrategyValues(config)) {
    if (value.named != value.in_config) overridden.push_back(value.key);
  }
  EXPECT_EQ(overridden, (std::vector<std::string>{"search.pruning.ratio", "search.pruning.score", "schedule.classes"}));
}

// A run of an earlier danas goes on as it was set then, whatever its strategy has come to stand for.
TEST(Strategy, IsNotAppliedToARunsConfig) {
  Config config;
  Assign(config, {"search.strategy=spos"});
  Json json = ToJson(config);
  json["search"].erase("finalists");
  const Config again = ConfigFromJson(json, "config.json");
  EXPECT_EQ(again.search.strategy, SearchStrategy::kSpos);
  EXPECT_EQ(again.search.finalists, Config().search.finalists);
}

TEST(Strategy, AssignedToAConfigThatIsThere) {
  Config config;
  Assign(config, {"search.strategy=darts"});
  Assign(config, {"search.alpha_lr=0.5"});
  EXPECT_EQ(config.search.learner, LearnerKind::kSoftmax);
  // A new preset takes nothing from the strategy, nor what was written since.
  Assign(config, {"search.preset=robust"});
  EXPECT_EQ(config.search.paths, WeightPathKind::kSoftmax);
  EXPECT_EQ(config.search.final, FinalChoiceKind::kArgmax);
  EXPECT_EQ(config.search.final_effects, FinalEffects::kMain);
  EXPECT_EQ(config.search.alpha_lr, 0.5);
  Assign(config, {"search.preset=paper", "search.strategy=fbnet"});
  EXPECT_EQ(config.search.paths, WeightPathKind::kGumbel);
  EXPECT_EQ(config.search.alpha_lr, 0.01);
  EXPECT_EQ(config.schedule.ranking, "auto");
}

TEST(Strategy, UnknownNamesAreRefused) {
  const TempDir folder;
  ExpectErrorContains<ConfigError>([&] { Load(folder, FileWith(R"("strategy": "spso")")); },
                                   {"search.strategy", "spso", "spos"});
}

}  // namespace
}  // namespace danas::test
