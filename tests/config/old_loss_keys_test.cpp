// search.loss.exponent and search.loss.weight: what configs before each kind of loss had a section for its numbers say.
#include <gtest/gtest.h>
#include <spdlog/sinks/ostream_sink.h>

#include <memory>
#include <sstream>

#include "danas/config/config_file.h"
#include "danas/core/error.h"
#include "danas/core/log.h"
#include "tests/support/test_support.h"

namespace danas::test {
namespace {

// What standard error's logger says while `action` runs.
template <typename Action>
std::string LoggedBy(const Action& action) {
  std::ostringstream text;
  const auto before = spdlog::default_logger();
  spdlog::set_default_logger(
      std::make_shared<spdlog::logger>("test", std::make_shared<spdlog::sinks::ostream_sink_st>(text)));
  action();
  spdlog::set_default_logger(before);
  return text.str();
}

Config Assigned(const std::vector<std::string>& assignments) {
  Config config;
  Assign(config, assignments);
  return config;
}

std::string MessageOf(const std::vector<std::string>& assignments) {
  return ExpectErrorContains<ConfigError>([&] { Assigned(assignments); }, {});
}

// ToJson() of a config, as an earlier danas would have written it.
Json Stored(const std::string& kind, double exponent, double weight) {
  Json json = ToJson(Config());
  json["search"]["loss"] = {{"kind", kind}, {"exponent", exponent}, {"weight", weight}};
  return json;
}

struct Renamed {
  std::string kind;
  std::string old_name;
  std::string now;
};

const std::vector<Renamed> kRenamed = {
    {"paper_log", "exponent", "paper_log.exponent"},
    {"paper_log_one_sided", "exponent", "paper_log_one_sided.exponent"},
    {"literal", "exponent", "literal.exponent"},
    {"mul_log_ratio", "exponent", "mul_log_ratio.exponent"},
    {"mul_log_ratio", "weight", "mul_log_ratio.factor"},
    {"fbnet", "exponent", "fbnet.exponent"},
    {"fbnet", "weight", "fbnet.factor"},
    {"pow", "exponent", "pow.exponent"},
    {"add_linear", "weight", "add_linear.weight"},
    {"add_abs", "weight", "add_abs.weight"},
    {"abs_log", "weight", "abs_log.weight"},
};

TEST(OldLossKeys, AreReadAsWhatTheyMeantToTheKind) {
  for (const auto& [kind, old_name, now] : kRenamed) {
    SCOPED_TRACE(kind + ", " + old_name);
    const std::string of_kind = "search.loss.kind=" + kind;
    const Json wanted = ToJson(Assigned({of_kind, "search.loss." + now + "=0.7"}));
    EXPECT_NE(wanted, ToJson(Assigned({of_kind})));
    const std::string old_assignment = "search.loss." + old_name + "=0.7";
    EXPECT_EQ(ToJson(Assigned({of_kind, old_assignment})), wanted);
    EXPECT_EQ(ToJson(Assigned({old_assignment, of_kind})), wanted);  // whatever comes first
    const bool exponent = old_name == "exponent";
    EXPECT_EQ(ToJson(ConfigFromJson(Stored(kind, exponent ? 0.7 : -1, exponent ? -1 : 0.7), "config.json")), wanted);
    EXPECT_EQ(MessageOf({of_kind, "search.loss." + old_name + "=-0.5"}),
              "'search.loss." + old_name + "=-0.5': search.loss." + old_name +
                  ": found -0.5, expected -1 (the kind's own) or a number in [0, " + (exponent ? "10]" : "1000]"));
  }
}

TEST(OldLossKeys, MinusOneIsTheDefaultOfAnyKind) {
  for (const char* kind : {"paper_log", "paper_log_one_sided", "literal", "mul_log_ratio", "fbnet", "pow", "add_linear",
                           "add_abs", "abs_log", "none"}) {
    const Json wanted = ToJson(Assigned({std::string("search.loss.kind=") + kind}));
    std::string logged =
        LoggedBy([&] { EXPECT_EQ(ToJson(ConfigFromJson(Stored(kind, -1, -1), "config.json")), wanted) << kind; });
    EXPECT_EQ(logged, "") << kind;
  }
  Config config = Assigned({"search.loss.paper_log.exponent=0.5"});
  Assign(config, {"search.loss.exponent=-1"});
  EXPECT_EQ(config.search.loss.paper_log.exponent, 0.3);
}

TEST(OldLossKeys, InFilesAreToldOnceWithTheirPlace) {
  const TempDir folder;
  const auto yaml = WriteText(folder / "c.yaml", "search:\n  loss:\n    kind: pow\n    exponent: 0.2\n");
  const auto json = WriteText(folder / "c.json", R"({"search": {"preset": "robust", "loss": {"exponent": 0.4}}})");
  Config config;
  const std::string told = LoggedBy([&] { config = LoadConfig(yaml.string()); });
  EXPECT_EQ(config.search.loss.pow.exponent, 0.2);
  EXPECT_NE(told.find(yaml.string() + ":4: search.loss.exponent is now called search.loss.pow.exponent; it was read as "
                                      "that"),
            std::string::npos)
      << told;
  EXPECT_EQ(LoggedBy([&] { LoadConfig(yaml.string()); }), "");
  const std::string of_preset = LoggedBy([&] { config = LoadConfig(json.string()); });  // which reads the file twice
  EXPECT_EQ(config.search.loss.paper_log.exponent, 0.4);
  EXPECT_EQ(config.search.final, FinalChoiceKind::kScored);
  const size_t first = of_preset.find("is now called");
  EXPECT_NE(first, std::string::npos);
  EXPECT_EQ(of_preset.find("is now called", first + 1), std::string::npos) << of_preset;
}

// The kind may stand in another file than the number, or in --set.
TEST(OldLossKeys, MeanWhatTheKindInTheEndSays) {
  const TempDir folder;
  WriteText(folder / "base.yaml", "search: {loss: {kind: pow, exponent: 0.2}}\n");
  const auto path = WriteText(folder / "c.yaml", "extends: base.yaml\nsearch: {loss: {exponent: 0.4}}\n").string();
  EXPECT_EQ(LoadConfig(path).search.loss.pow.exponent, 0.4);
  const Config fbnet = LoadConfig(path, {"search.loss.kind=fbnet", "search.loss.exponent=0.5"});
  EXPECT_EQ(fbnet.search.loss.fbnet.exponent, 0.5);
  EXPECT_EQ(fbnet.search.loss.pow.exponent, 0.07);
  EXPECT_EQ(LoadConfig(path, {"search.loss.exponent=-1"}).search.loss.pow.exponent, 0.07);
}

TEST(OldLossKeys, ThatMeanNothingToTheKindAreRefused) {
  EXPECT_EQ(MessageOf({"search.loss.weight=0.1"}),
            "'search.loss.weight=0.1': search.loss.weight: has no meaning with search.loss.kind 'paper_log'; leave it "
            "out");
  EXPECT_EQ(MessageOf({"search.loss.kind=none", "search.loss.exponent=0.3"}),
            "'search.loss.exponent=0.3': search.loss.exponent: has no meaning with search.loss.kind 'none'; leave it "
            "out");
  // A run that has it never used it.
  const TempDir folder;
  const std::string name = (folder / "config.json").string();
  Config config;
  const std::string told = LoggedBy([&] { config = ConfigFromJson(Stored("pow", -1, 0.5), name); });
  EXPECT_EQ(ToJson(config), ToJson(Assigned({"search.loss.kind=pow"})));
  const std::string note = ": search.loss.weight has no meaning with search.loss.kind 'pow' and was left out";
  EXPECT_NE(told.find(name + note), std::string::npos) << told;
}

TEST(OldLossKeys, BesideTheNameOfTodayMustAgree) {
  const std::vector<std::string> same = {"search.loss.exponent=0.5", "search.loss.paper_log.exponent=0.5"};
  EXPECT_EQ(Assigned(same).search.loss.paper_log.exponent, 0.5);
  const std::string differ =
      "'search.loss.exponent=0.3': search.loss.exponent: found 0.3, but search.loss.paper_log.exponent, as it is "
      "called "
      "now, is 0.5; leave the former name out";
  EXPECT_EQ(MessageOf({"search.loss.exponent=0.3", "search.loss.paper_log.exponent=0.5"}), differ);
  EXPECT_EQ(MessageOf({"search.loss.paper_log.exponent=0.5", "search.loss.exponent=0.3"}), differ);
  const std::vector<std::string> own = {"search.loss.exponent=-1", "search.loss.paper_log.exponent=0.5"};
  EXPECT_EQ(Assigned(own).search.loss.paper_log.exponent, 0.5);
}

// Only names of today are offered for a mistyped one.
TEST(OldLossKeys, AreNotOffered) {
  EXPECT_EQ(MessageOf({"search.loss.exponant=0.5"}).find("'exponent'"), std::string::npos);
  EXPECT_NE(MessageOf({"search.loss.paper_log.exponant=0.5"}).find("did you mean 'exponent'?"), std::string::npos);
  EXPECT_FALSE(ToJson(Config())["search"]["loss"].contains("exponent"));
}

}  // namespace
}  // namespace danas::test
