#include "danas/config/config_file.h"

#include <gtest/gtest.h>

#include "danas/config/shipped.h"
#include "danas/core/error.h"
#include "tests/support/test_support.h"

namespace danas::test {
namespace {

std::string MessageOf(const std::filesystem::path& path, const std::vector<std::string>& assignments = {}) {
  return ExpectErrorContains<ConfigError>([&] { LoadConfig(path.string(), assignments); }, {});
}

TEST(ConfigFile, JsonAndYamlGiveTheSameConfig) {
  const TempDir folder;
  const auto json = WriteText(folder / "c.json", R"({
  "$schema": "schema.json",
  "space": "mobile",
  "data": {"root": "x", "augment": {"scale": [0.2, 1], "crop": "pad"}},
  "schedule": {"classes": [3, 5, 10], "reverse": true},
  "search": {"budget": "12M", "relaxation": {"hard": true}}
})");
  const auto yaml = WriteText(folder / "c.yaml", R"(# the same
space: mobile
data:
  root: x
  augment: {scale: [0.2, 1], crop: pad}
schedule:
  classes:
    - 3
    - 5
    - 10
  reverse: true
search: {budget: 12M, relaxation: {hard: true}}
)");
  const Config config = LoadConfig(json.string());
  EXPECT_EQ(config.space, "mobile");
  EXPECT_EQ(config.data.augment.crop, CropKind::kPad);
  EXPECT_EQ(config.schedule.classes, (std::vector<double>{3, 5, 10}));
  EXPECT_EQ(config.search.budget, Count{12e6});
  EXPECT_TRUE(config.search.relaxation.hard);
  EXPECT_EQ(config.train.batch, Config().train.batch);
  EXPECT_EQ(ToJson(LoadConfig(yaml.string())), ToJson(config));
}

TEST(ConfigFile, ErrorsNameFileLineKeyAndTheNearestKey) {
  const TempDir folder;
  const auto message = [&](const char* name, const char* text) {
    const std::string full = MessageOf(WriteText(folder / name, text));
    return full.substr(std::min(full.size(), folder.path().string().size() + 1));
  };
  EXPECT_EQ(message("a.json", "{\n\"data\": {\n\"augmnet\": {}}}"),
            "a.json:3: data.augmnet: unknown key; did you mean 'augment'?");
  EXPECT_EQ(message("b.yaml", "search:\n  pruning:\n    ratio: 1.5\n"),
            "b.yaml:3: search.pruning.ratio: found 1.5, expected a number in [0, 0.99]");
  EXPECT_EQ(message("c.yaml", "pruning_ratio: 1.5\n"),
            "c.yaml:1: pruning_ratio: unknown key here; did you mean 'search.pruning.ratio'?");
  EXPECT_EQ(message("c.yaml", "lr: 0.1\n"),
            "c.yaml:1: lr: unknown key here; did you mean 'train.lr' or 'finetune.train.lr' or 'zoo.train.lr'?");
  EXPECT_EQ(message("c.yaml", "train: {seed: 1}\n"), "c.yaml:1: train.seed: unknown key here; did you mean 'seed'?");
  EXPECT_EQ(message("c.yaml", "zebra_stripes: 1\n"),
            "c.yaml:1: zebra_stripes: unknown key; valid keys are: extends, $schema, task, space, seed, runtime, nn, data, "
            "keypoints, easiness, schedule, search, train, finetune, zoo, checkpoint, ranks, log");
  EXPECT_EQ(message("d.json", "{\"train\": {\"batch\": 2,\n\"batch\": 3}}"),
            "d.json:2: train.batch: duplicate key; first given on line 1");
  EXPECT_EQ(message("e.yaml", "train:\n  lr: .nan\n"), "e.yaml:2: train.lr: found .nan, expected a finite number");
  EXPECT_EQ(message("u.yaml", "seed: 1\nspace: mobile\xab\nx: 1"),
            "u.yaml:2:13: bytes that are not UTF-8; save the file in that encoding");
  EXPECT_EQ(message("v.yaml", "seed: 1\nspace: mo\x06 bile\n"),
            "v.yaml:2:10: a control character (byte 6); text files contain none");
  EXPECT_EQ(message("f.yaml", "train: fast\n"), "f.yaml:1: train: found the text 'fast', expected a map");
  EXPECT_EQ(message("g.yaml", "search: {budget: 323m}\n"),
            "g.yaml:1: search.budget: '323m' is not a count; expected a number such as 323M, 0.3G or 3.2e8");
  EXPECT_EQ(message("h.yaml", "search: {budget: -3}\n"),
            "h.yaml:1: search.budget: found -3, expected a number in (0, 1e+18]");
  EXPECT_EQ(message("i.yaml", "search: {loss: {kind: paper_lg}}\n"),
            "i.yaml:1: search.loss.kind: found the text 'paper_lg', expected one of paper_log, paper_log_one_sided, "
            "literal, mul_log_ratio, fbnet, pow, add_linear, add_abs, abs_log, none; did you mean 'paper_log'?");
  EXPECT_EQ(message("j.yaml", "data: {root: 7}\n"), "j.yaml:1: data.root: found 7, expected text; put it in quotes");
  EXPECT_EQ(message("k.json", "[1]"), "k.json:1: found a list, expected a map");
  EXPECT_EQ(message("l.yaml", ""), "l.yaml: the file is empty");
}

TEST(ConfigFile, AssignmentsComeLast) {
  const TempDir folder;
  const std::string path = WriteText(folder / "c.yaml", "space: mobile\ntrain: {batch: 64}\n").string();
  const Config config = LoadConfig(path, {"train.batch=8", "space=1234", "data.root=true", "seed=3", "seed=4",
                                          "schedule.classes=3, 5", "search.budget=1.5G", "data.train="});
  EXPECT_EQ(config.train.batch, 8);
  EXPECT_EQ(config.space, "1234");
  EXPECT_EQ(config.data.root, "true");
  EXPECT_EQ(config.seed, 4);
  EXPECT_EQ(config.schedule.classes, (std::vector<double>{3, 5}));
  EXPECT_EQ(config.search.budget, Count{1.5e9});
  EXPECT_EQ(MessageOf(path, {"train.bach=8"}), "'train.bach=8': train.bach: unknown key; did you mean 'batch'?");
  EXPECT_EQ(MessageOf(path, {"train=8"}), "'train=8': train: found 8, expected a map");
  EXPECT_EQ(MessageOf(path, {"seed.x=8"}), "'seed.x=8': seed: found a map, expected a whole number");
  EXPECT_EQ(MessageOf(path, {"seed"}), "'seed' is not an assignment; expected section.key=value");
  EXPECT_EQ(MessageOf(path, {"extends=other.json"}).substr(0, 40), "'extends=other.json': extends: unknown k");
}

TEST(ConfigFile, ExtendsIsRelativeToItsFile) {
  const TempDir folder;
  WriteText(folder / "base.yaml",
            "space: mobile\nseed: 1\ndata: {root: x, train: y}\nschedule: {classes: [2, 3, 4]}\n");
  WriteText(folder / "deep/middle.json", R"({"extends": "../base.yaml", "seed": 2, "schedule": {"classes": [5, 6]}})");
  const auto top = WriteText(folder / "deep/er/top.yaml", "extends: ../middle.json\ndata: {train: z}\n");
  const Config config = LoadConfig(top.string());
  EXPECT_EQ(config.space, "mobile");
  EXPECT_EQ(config.seed, 2);
  EXPECT_EQ(config.data.root, "x");
  EXPECT_EQ(config.data.train, "z");
  EXPECT_EQ(config.schedule.classes, (std::vector<double>{5, 6}));  // replaced, not joined
  EXPECT_FALSE(ToJson(config).contains("extends"));
}

TEST(ConfigFile, ExtendsTakesAShippedName) {
  const TempDir folder;
  const Config config = LoadConfig(WriteText(folder / "mine.yaml", "extends: cifar10\nseed: 5\n").string());
  Config cifar = LoadConfig("cifar10");
  cifar.seed = 5;
  EXPECT_EQ(ToJson(config), ToJson(cifar));
}

TEST(ConfigFile, CirclesAndMissingFilesAreErrors) {
  const TempDir folder;
  WriteText(folder / "a.yaml", "seed: 1\nextends: b.yaml\n");
  WriteText(folder / "b.yaml", "extends: c.yaml\n");
  WriteText(folder / "c.yaml", "extends: ./a.yaml\n");
  const std::string circle = MessageOf(folder / "a.yaml");
  for (const char* part : {"c.yaml:1: extends: files extend each other in a circle", "a.yaml -> ", "b.yaml -> "}) {
    EXPECT_NE(circle.find(part), std::string::npos) << circle;
  }
  EXPECT_NE(MessageOf(WriteText(folder / "self.yaml", "extends: self.yaml\n")).find("circle"), std::string::npos);
  const std::string long_name(300, 'x');  // no system has files of such a name
  EXPECT_NE(MessageOf(WriteText(folder / "long.yaml", "extends: " + long_name)).find("is neither a file nor"),
            std::string::npos);
  const std::string missing = MessageOf(WriteText(folder / "m.yaml", "seed: 1\nextends: cifar1O\n"));
  EXPECT_NE(missing.find("m.yaml:2: extends: 'cifar1O' is neither a file nor a shipped name; did you mean 'cifar10'?"),
            std::string::npos)
      << missing;
  EXPECT_NE(MessageOf(WriteText(folder / "n.yaml", "extends: [a]\n")).find("found a list"), std::string::npos);
  // The line of a mistake in the base is the base's.
  WriteText(folder / "typo.yaml", "\n\nsede: 1\n");
  EXPECT_NE(MessageOf(WriteText(folder / "t.yaml", "extends: typo.yaml\n")).find("typo.yaml:3: sede"),
            std::string::npos);
}

TEST(ConfigFile, OnlyFilesExtend) {
  ExpectErrorContains<ConfigError>(
      [] {
        ConfigFromJson({{"extends", "x"}}, "best.json");
      },
      {"best.json: extends: unknown key"});
}

struct Rule {
  std::vector<std::string> assignments;
  std::string message;
};

TEST(ConfigRules, BetweenFields) {
  const std::vector<Rule> rules = {
      {{"space="}, "space: empty"},
      {{"runtime.device=gpu"}, "runtime.device: found 'gpu', expected auto, cpu, cuda or cuda:N"},
      {{"runtime.device=cuda:"}, "runtime.device"},
      {{"runtime.device=cuda:x"}, "runtime.device"},
      {{"runtime.device=cuda:99999"}, "runtime.device"},
      {{"data.augment.scale=[0.5, 0.2]"}, "data.augment.scale"},
      {{"data.augment.ratio=[2, 1]"}, "data.augment.ratio"},
      {{"data.image_size=257"}, "data.test_resize: 256 is below data.image_size (257)"},
      {{"data.validation_per_class=0"}, "data.validation_per_class"},
      {{"schedule.classes=[]"}, "schedule.classes: expected one entry for warm-up"},
      {{"schedule.classes=[10]"}, "schedule.classes: expected one entry for warm-up"},
      {{"schedule.classes=[5, 3]"}, "schedule.classes: the number of classes decreases"},
      {{"schedule.classes=[0.5, 3]"}, "schedule.classes: 0.5 is not a number of classes"},
      {{"schedule.classes=[1, 3]"}, "schedule.classes: 1 is not a number of classes"},
      {{"schedule.classes=[2.5, 3]"}, "schedule.classes: 2.5 is not a number of classes"},
      {{"schedule.difficulty=hard.json"}, "schedule.difficulty: orders persons with key-points, but the task is class"},
      {{"task=keypoints", "schedule.difficulty=hard.json", "schedule.classes=[10, 40]"},
       "schedule.classes: 10 is above 1"},
      {{"task=keypoints", "schedule.difficulty=hard.json", "schedule.classes=[0.2, 0.9]"},
       "schedule.classes: the last entry is 0.9"},
      {{"task=keypoints", "schedule.difficulty=hard.json", "schedule.classes=[1, 1]"},
       "schedule.classes: every phase has all persons"},
      {{"schedule.ranking="}, "schedule.ranking: empty"},
      {{"schedule.class_order=[a]"}, "schedule.class_order: applies only with schedule.ranking 'listed'"},
      {{"schedule.ranking=listed", "schedule.class_order=[a, b, a]"},
       "schedule.class_order: class 'a' is listed twice"},
      {{"search.budget_max=300M"}, "search.budget_max: 300000000 is below search.budget (323000000)"},
      {{"search.budget_min=324M"}, "search.budget_min: 324000000 is above search.budget (323000000)"},
      {{"search.budgets=[323M, 300M]"}, "search.budgets: 300000000 follows 323000000; expected each budget above"},
      {{"search.final=scored", "search.final_effects=pairs", "search.final_networks=5000"},
       "search.final_effects: 'pairs' is fitted to at most 4000 networks, but search.final_networks or "
       "search.evolution may score 5000; lower them, or use 'main'"},
      {{"search.budgets=[323M, 323M]"}, "search.budgets: 323000000 follows 323000000"},
      {{"search.budgets=[300M, 323M]", "search.budget_max=330M"},
       "search.budget_max: 330000000, but search.budgets is"},
      {{"search.budgets=[300M]", "search.budget_min=290M"}, "search.budget_min: 290000000, but search.budgets is set"},
      {{"search.paths=binarised", "search.learner=none"},
       "search.paths: 'binarised' follows α, which search.learner 'none' does not train; use 'uniform', or a learner"},
      {{"search.paths=softmax", "search.learner=none"}, "search.paths: 'softmax' follows α, which search.learner"},
      {{"search.cost=latency"}, "search.latency_table: search.cost 'latency' requires a table"},
      {{"search.latency_table=t.yaml"}, "search.latency_table: applies only with search.cost 'latency'"},
      {{"search.alpha_batch=1"}, "search.alpha_batch: batch norm has no variance"},
      {{"search.alpha_micro_batch=1"}, "search.alpha_micro_batch: batch norm has no variance"},
      {{"search.alpha_micro_batch=257"}, "search.alpha_micro_batch: 257 is above train.batch (256)"},
      {{"search.alpha_batch=64", "search.alpha_micro_batch=65"},
       "search.alpha_micro_batch: 65 is above search.alpha_batch (64)"},
      {{"train.bn_groups=4", "search.alpha_batch=7"}, "search.alpha_batch: 7 is too small for the 4 groups"},
      {{"train.bn_groups=4", "search.alpha_micro_batch=7"},
       "search.alpha_micro_batch: 7 is too small for the 4 groups"},
      {{"search.relaxation.draws=micro_batch"}, "search.relaxation.draws: 'micro_batch' needs micro-batches"},
      {{"search.learner=none", "search.final=scored"}, "search.pruning.score: 'alpha' reads α, which search.learner"},
      {{"search.strategy=spos", "search.pruning.ratio=0.4"},
       "search.pruning.score: 'alpha' reads α, which search.learner 'none' never trains; use 'perturbation' or "
       "'paths', or "
       "prune nothing with search.pruning.ratio: 0, as search.strategy 'spos' does unless the config sets that key"},
      {{"search.strategy=spos", "search.relaxation.expected_cost=softmax"},
       "search.relaxation.expected_cost: applies only with a search.learner; found 'none'"},
      {{"search.learner=none", "search.pruning.ratio=0"},
       "search.final: 'argmax' reads α, which search.learner 'none'"},
      {{"search.learner=none", "search.pruning.ratio=0", "search.final=sampled"}, "search.final: 'sampled' reads α"},
      {{"search.learner=none", "search.pruning.score=paths", "search.final=scored", "search.final_source=best"},
       "search.final_source: 'best' reads α"},
      {{"search.proxyless_gates=full"},
       "search.proxyless_gates: applies only with search.learner 'proxyless'; found 'gumbel'"},
      {{"search.learner=proxyless", "ranks.draws=own"}, "ranks.draws: 'own' and search.proxyless_gates 'two' exclude"},
      {{"search.learner=proxyless", "search.paths=uniform", "search.relaxation.hard=true"},
       "search.relaxation.hard: applies only with search.paths 'gumbel' or search.learner 'gumbel'; found 'uniform' "
       "and 'proxyless'"},
      {{"search.learner=softmax", "search.relaxation.hard_alpha=one"},
       "search.relaxation.hard_alpha: applies only with search.learner 'gumbel'; found 'softmax'"},
      {{"search.learner=proxyless", "search.paths=binarised", "search.relaxation.temperature=2"},
       "search.relaxation.temperature: applies only with search.paths or search.learner 'gumbel' or 'softmax'"},
      {{"search.learner=proxyless", "search.paths=binarised", "search.relaxation.temperature_end=2"},
       "search.relaxation.temperature_end: applies only"},
      {{"search.learner=softmax", "search.alpha_micro_batch=8", "search.relaxation.draws=micro_batch"},
       "search.relaxation.draws: 'micro_batch' applies only with search.learner 'gumbel', or 'proxyless' with "
       "search.proxyless_gates 'full'; found 'softmax'"},
      {{"search.learner=proxyless", "search.alpha_micro_batch=8", "search.relaxation.draws=micro_batch"},
       "search.relaxation.draws: 'micro_batch' applies only"},
      {{"search.loss.pow.exponent=0.1"},
       "search.loss.pow.exponent: applies only with search.loss.kind 'pow'; found 'paper_log'"},
      {{"train.lr_warmup_epochs=71"}, "train.lr_warmup_epochs: 71 is more than the 70 epochs there are"},
  };
  for (const Rule& rule : rules) {
    Config config;
    SCOPED_TRACE(rule.assignments.back());
    ExpectErrorContains<ConfigError>([&] { Assign(config, rule.assignments); }, {"--set: " + rule.message});
  }
}

TEST(ConfigRules, HoldAtTheirEdge) {
  for (const std::vector<std::string>& assignments : std::vector<std::vector<std::string>>{
           {},
           {"data.image_size=256"},
           {"data.validation_per_class=0", "data.validation_fraction=0.1"},
           {"schedule.classes=[100, 100, 100, 100]"},
           {"schedule.classes=[0.1, 1]"},
           {"task=keypoints", "schedule.difficulty=hard.json", "schedule.classes=[0.5, 1]"},
           {"schedule.classes=[2, 3]"},
           {"schedule.ranking=listed", "schedule.class_order=[b, a]"},
           {"search.budget_max=323M"},
           {"search.budget_min=323M"},
           {"search.budgets=[300M]"},
           {"search.budgets=[300M, 323M, 467M]"},
           {"search.cost=latency", "search.latency_table=t.yaml", "search.budget=70"},
           {"search.alpha_batch=64", "search.alpha_micro_batch=64"},
           {"search.alpha_batch=8", "train.bn_groups=4"},
           {"search.alpha_micro_batch=8", "train.bn_groups=4"},
           {"train.micro_batch=128", "search.alpha_batch=64", "search.relaxation.draws=micro_batch"},
           {"search.learner=none", "search.paths=uniform", "search.pruning.ratio=0", "search.final=scored"},
           {"search.learner=none", "search.pruning.score=paths", "search.final=scored", "search.final_source=random"},
           {"search.learner=proxyless", "search.proxyless_gates=full", "ranks.draws=own"},
           {"search.learner=proxyless", "search.proxyless_gates=full", "search.alpha_micro_batch=8",
            "search.relaxation.draws=micro_batch"},
           {"search.learner=proxyless", "search.relaxation.hard=true", "search.relaxation.temperature=2"},
           {"search.learner=softmax", "search.paths=uniform", "search.relaxation.temperature_end=0.1"},
           {"search.loss.kind=pow", "search.loss.pow.exponent=0.1"},
           {"search.loss.pow.exponent=0.07"},
           {"train.lr_warmup_epochs=70"},
           {"zoo.train.batch=2", "zoo.train.micro_batch=4"},  // a recipe stands below it
           {"runtime.device=cuda:0"},
           {"runtime.device=cpu"},
       }) {
    Config config;
    EXPECT_NO_THROW(Assign(config, assignments)) << (assignments.empty() ? "defaults" : assignments.back());
  }
}

// Sets `assignments` of a recipe, such as "batch=8", in one of the sections that hold one.
void AssignRecipe(const std::string& section, const std::vector<std::string>& assignments) {
  Config config;
  std::vector<std::string> settings = {"schedule.warmup_epochs=1", "schedule.epochs_per_step=3", "finetune.epochs=20",
                                       "zoo.epochs=30"};
  for (const char* base : {"batch=64", "lr=0.1"}) settings.push_back(section + "." + base);
  for (const std::string& assignment : assignments) settings.push_back(section + "." + assignment);
  Assign(config, settings);
  ValidateZoo(config, "--set");
}

TEST(ConfigRules, OfARecipeAreTheSameForAllThree) {
  const std::vector<Rule> rules = {
      {{"micro_batch=65"}, "micro_batch: 65 is above SECTION.batch (64)"},
      {{"micro_batch=1"}, "micro_batch: batch norm has no variance with one image; expected 0 or at least 2"},
      {{"bn_groups=33"}, "bn_groups: 33 groups need two images each; SECTION.batch is 64"},
      {{"bn_groups=4", "micro_batch=7"}, "bn_groups: 4 groups need two images each; SECTION.micro_batch is 7"},
      {{"bn_groups=2", "sync_bn=true"}, "bn_groups: above 1 and SECTION.sync_bn exclude each other"},
      {{"lr_min=0.2"}, "lr_min: 0.2 is above SECTION.lr (0.1)"},
      {{"nesterov=true", "momentum=0"}, "nesterov: needs SECTION.momentum above 0"},
  };
  for (const std::string section : {"train", "finetune.train", "zoo.train"}) {
    for (const Rule& rule : rules) {
      std::string message = "--set: " + section + "." + rule.message;
      if (const size_t at = message.find("SECTION"); at != std::string::npos) message.replace(at, 7, section);
      SCOPED_TRACE(message);
      EXPECT_EQ(ExpectErrorContains<ConfigError>([&] { AssignRecipe(section, rule.assignments); }, {}), message);
    }
    const std::vector<std::vector<std::string>> edges = {
        {"micro_batch=64"}, {"micro_batch=2"},
        {"bn_groups=32"},   {"bn_groups=4", "micro_batch=8"},
        {"lr_min=0.1"},     {"nesterov=false", "momentum=0"},
    };
    for (const std::vector<std::string>& edge : edges) {
      EXPECT_NO_THROW(AssignRecipe(section, edge)) << section << "." << edge.front();
    }
  }
}

TEST(ConfigRules, OfARecipeKnowItsOwnEpochs) {
  const auto expect_at_most = [](const std::string& section, const std::string& epochs) {
    EXPECT_NO_THROW(AssignRecipe(section, {"lr_warmup_epochs=" + epochs})) << section;
    ExpectErrorContains<ConfigError>(
        [&] { AssignRecipe(section, {"lr_warmup_epochs=" + epochs + ".5"}); },
        {section + ".lr_warmup_epochs: " + epochs + ".5 is more than the " + epochs + " epochs there are"});
  };
  expect_at_most("train", "10");
  expect_at_most("finetune.train", "20");
  expect_at_most("zoo.train", "30");
}

// A file's zoo.train stands over a recipe, which is not known here: only what contradicts itself is refused.
TEST(ConfigRules, OfTheZooBeforeItsRecipeIsKnown) {
  const TempDir folder;
  const auto path = WriteText(folder / "c.yaml", "zoo: {train: {nesterov: true, momentum: 0}}\n");
  EXPECT_EQ(MessageOf(path), path.string() + ": zoo.train.nesterov: needs zoo.train.momentum above 0");
  const auto large = WriteText(folder / "large.yaml", "zoo: {train: {micro_batch: 512}}\n");
  const auto recipe = WriteText(folder / "recipe.yaml", "zoo: {train: {batch: 1024}}\n");
  EXPECT_THROW(ValidateZoo(LoadConfig(large.string()), "alone"), ConfigError);
  EXPECT_NO_THROW(ValidateZoo(LoadConfigOver(recipe, large.string(), {}), "over a recipe"));
}

// An earlier danas dropped Nesterov's form without a word; what it trained is still read.
TEST(ConfigRules, OfTheZooAreNotAskedOfWhatARunHasStored) {
  Json stored = ToJson(Config());
  stored["zoo"]["train"]["nesterov"] = true;
  stored["zoo"]["train"]["momentum"] = 0;
  EXPECT_EQ(ConfigFromJson(stored, "config.json").zoo.train.momentum, 0);
}

TEST(ConfigRules, EveryShippedRecipeHolds) {
  for (const std::string& name : ShippedNames("zoo")) {
    const std::string path = ShippedFile("zoo", name).string();
    EXPECT_NO_THROW(ValidateZoo(LoadConfig(path), path)) << path;
  }
  EXPECT_GE(ShippedNames("zoo").size(), 8U);
}

TEST(ConfigRules, NameTheFile) {
  const TempDir folder;
  const auto path = WriteText(folder / "c.yaml", "train: {batch: 4, micro_batch: 8}\n");
  EXPECT_EQ(MessageOf(path), path.string() + ": train.micro_batch: 8 is above train.batch (4)");
}

}  // namespace
}  // namespace danas::test
