#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <set>

#include "danas/config/config_file.h"
#include "danas/config/reference.h"
#include "danas/core/error.h"
#include "tests/config/config_support.h"
#include "tests/support/test_support.h"

namespace danas::test {
namespace {

// A config that every single field may leave for either of its bounds without meeting a rule between fields.
Config Roomy() {
  Config config;
  Assign(config, {"data.image_size=1", "data.test_resize=8192", "data.validation_fraction=0.2", "train.lr=100",
                  "finetune.train.lr=100", "train.nesterov=false", "finetune.train.nesterov=false",
                  "finetune.train.lr_warmup_epochs=0", "train.batch=1048576", "finetune.train.batch=1048576",
                  "schedule.warmup_epochs=1000000", "finetune.epochs=1000000", "search.budget=1e18"});
  return config;
}

std::string Text(double value) { return Json(value).dump(); }

// `value` as the field takes it: a list has as many of it as it must. One that must rise has one.
std::string Assignment(const FieldCase& field, const std::string& value) {
  if (field.type != FieldType::kDoubles && field.type != FieldType::kCounts) return field.path + "=" + value;
  std::string list = value;
  const size_t least = field.path == "search.budgets" && !value.empty() ? 1 : 2;
  for (size_t i = 1; i < std::max<size_t>(field.info.items, least); ++i) list += ", " + value;
  return field.path + "=[" + list + "]";
}

std::string Beyond(const FieldCase& field, double bound, double direction) {
  if (field.type == FieldType::kInt) return std::to_string(static_cast<int64_t>(bound) + (direction > 0 ? 1 : -1));
  return Text(std::nextafter(bound, direction * std::numeric_limits<double>::infinity()));
}

// What makes a number of a loss one that the config has a use for: "search.loss.kind=pow" for search.loss.pow.exponent.
std::string KindOfLoss(const std::string& path) {
  const std::string section = path.substr(std::string("search.loss.").size());
  return "search.loss.kind=" + section.substr(0, section.find('.'));
}

bool IsOfALoss(const std::string& path) { return path.starts_with("search.loss.") && path != "search.loss.kind"; }

void ExpectTaken(const FieldCase& field, const std::string& value) {
  Config config = Roomy();
  std::vector<std::string> assignments = {Assignment(field, value)};
  if (IsOfALoss(field.path)) assignments.push_back(KindOfLoss(field.path));
  if (field.path == "data.image_width") assignments.push_back("task=keypoints");
  EXPECT_NO_THROW(Assign(config, assignments)) << Assignment(field, value);
}

void ExpectRefused(const FieldCase& field, const std::string& value) {
  Config config = Roomy();
  const Json before = ToJson(config);
  ExpectErrorContains<ConfigError>([&] { Assign(config, {Assignment(field, value)}); },
                                   {": " + field.path, "found ", "expected "});
  EXPECT_EQ(ToJson(config), before) << "a refused assignment changed the config";
}

TEST(ConfigFields, BothSidesOfEveryBound) {
  int bounds = 0;
  for (const FieldCase& field : AllFields()) {
    if (!IsNumeric(field.type)) continue;
    if (std::isfinite(field.info.min)) {
      ++bounds;
      if (field.info.above_min) {
        ExpectRefused(field, Text(field.info.min));
        ExpectTaken(field, Beyond(field, field.info.min, 1));
      } else {
        ExpectTaken(field, Text(field.info.min));
      }
      ExpectRefused(field, Beyond(field, field.info.min, -1));
    }
    if (std::isfinite(field.info.max)) {
      ++bounds;
      ExpectTaken(field, Text(field.info.max));
      ExpectRefused(field, Beyond(field, field.info.max, 1));
    }
  }
  EXPECT_GT(bounds, 60);
}

// Another kind's would be ignored.
TEST(ConfigFields, NumbersOfALossBelongToTheirKind) {
  int numbers = 0;
  for (const FieldCase& field : AllFields()) {
    if (!IsOfALoss(field.path)) continue;
    ++numbers;
    Config config;
    Assign(config, {"search.loss.kind=none"});
    ExpectErrorContains<ConfigError>(
        [&] { Assign(config, {field.path + "=0.7"}); },
        {"--set: " + field.path + ": applies only with search.loss.kind '" +
         KindOfLoss(field.path).substr(std::string("search.loss.kind=").size()) + "'; found 'none'"});
    EXPECT_NO_THROW(Assign(config, {field.path + "=0.7", KindOfLoss(field.path)})) << field.path;
    EXPECT_THROW(Assign(config, {"search.loss.kind=none"}), ConfigError) << field.path;
  }
  EXPECT_EQ(numbers, 11);
}

TEST(ConfigFields, EveryNameOfAChoiceAndNoOther) {
  for (const FieldCase& field : AllFields()) {
    if (field.type != FieldType::kChoice) continue;
    for (const std::string& name : field.names) {
      Config config = Roomy();
      std::vector<std::string> assignments = {field.path + "=" + name};
      if (field.path == "search.cost" && name == "latency") assignments.push_back("search.latency_table=table.yaml");
      if (name == "micro_batch") assignments.push_back("search.alpha_micro_batch=8");
      if (field.path == "search.proxyless_gates") assignments.push_back("search.learner=proxyless");
      if (field.path == "search.learner" && name == "none") {
        assignments.insert(assignments.end(), {"search.pruning.ratio=0", "search.final=scored", "search.paths=uniform"});
      }
      EXPECT_NO_THROW(Assign(config, assignments)) << field.path << "=" << name;
    }
    ExpectRefused(field, "no_such_name");
    ExpectRefused(field, "");
  }
}

TEST(ConfigFields, OtherTypesAreRefused) {
  for (const FieldCase& field : AllFields()) {
    for (const char* value : {"null", "{}", "[{}]", "[[1, 1], [1, 1], [1, 1]]"}) {
      SCOPED_TRACE(field.path + ": " + value);
      Json json = Json::parse(value);
      std::string path = field.path;
      for (size_t dot; !path.empty(); path = dot == std::string::npos ? "" : path.substr(0, dot)) {
        dot = path.rfind('.');
        json = Json{{dot == std::string::npos ? path : path.substr(dot + 1), json}};
      }
      ExpectErrorContains<ConfigError>([&] { ConfigFromJson(json, "x.json"); }, {"x.json: " + field.path});
    }
    if (IsNumeric(field.type)) {
      for (const char* value : {".nan", ".inf", "-.inf", "1e999", "text", "true", ""}) {
        Config config = Roomy();
        SCOPED_TRACE(field.path + "=" + value);
        ExpectErrorContains<ConfigError>([&] { Assign(config, {Assignment(field, value)}); }, {field.path});
      }
    }
    if (field.type == FieldType::kInt) ExpectRefused(field, "2.5");
    if (field.type == FieldType::kBool) {
      for (const char* value : {"1", "0", "yes", "no", "on"}) ExpectRefused(field, value);
    }
  }
}

TEST(ConfigFields, ListsHaveTheirLength) {
  int lists = 0;
  for (const FieldCase& field : AllFields()) {
    if (field.info.items == 0) continue;
    ++lists;
    Config config = Roomy();
    for (const size_t items : {field.info.items - 1, field.info.items + 1}) {
      std::string list = "0.5";
      for (size_t i = 1; i < items; ++i) list += ", 0.5";
      ExpectErrorContains<ConfigError>([&] { Assign(config, {field.path + "=" + list}); },
                                       {field.path, "expected one of " + std::to_string(field.info.items)});
    }
  }
  EXPECT_EQ(lists, 4);
}

TEST(ConfigFields, OneNumberMayStandForAllChannels) {
  Config config = Roomy();
  Assign(config, {"data.mean=0.1307", "data.std=[0.3081]"});
  EXPECT_EQ(config.data.mean, std::vector<double>{0.1307});
  EXPECT_EQ(config.data.std, std::vector<double>{0.3081});
  ExpectErrorContains<ConfigError>([&] { Assign(config, {"data.mean=[0.1, 0.2]"}); },
                                   {"data.mean", "a list of 2, expected one of 3 or of 1"});
  ExpectErrorContains<ConfigError>([&] { Assign(config, {"data.augment.scale=0.5"}); }, {"expected one of 2"});
}

TEST(ConfigFields, AreDescribed) {
  std::set<std::string> paths;
  for (const FieldCase& field : AllFields()) {
    EXPECT_TRUE(paths.insert(field.path).second) << field.path << " is described twice";
    const std::string help = field.info.help;
    EXPECT_FALSE(help.empty()) << field.path;
    EXPECT_EQ(help.find_first_of("|\n"), std::string::npos) << field.path << ": would break the table";
  }
}

// A JSON number reads back to the same double, so a run can be repeated from its config.json.
TEST(ConfigFields, RoundTripThroughJson) {
  Config config;
  Assign(config, {"search.budget=323.5M", "train.lr=0.1234567890123456", "schedule.classes=[3, 5, 8, 10]",
                  "schedule.ranking=listed", "schedule.class_order=[a, '1', \"x, y\"]", "data.root=/a b/ü",
                  "data.format=cifar10", "seed=9223372036854775807", "search.loss.kind=abs_log"});
  const Json json = ToJson(config);
  const Config read = ConfigFromJson(Json::parse(json.dump()), "config.json");
  EXPECT_EQ(ToJson(read).dump(), json.dump());
  EXPECT_EQ(read.search.budget, Count{323.5e6});
  EXPECT_EQ(read.train.lr, 0.1234567890123456);
  EXPECT_EQ(read.seed, INT64_MAX);
  EXPECT_EQ(read.schedule.class_order, (std::vector<std::string>{"a", "1", "x, y"}));
  EXPECT_EQ(read.search.loss.kind, LossKind::kAbsLog);
}

void ExpectCommitted(const std::string& generated, const char* path, const char* command) {
  const std::string committed = ReadText(SourcePath(path));
  if (committed == generated) return;
  const auto at = std::mismatch(committed.begin(), committed.end(), generated.begin(), generated.end()).first;
  ADD_FAILURE() << path << " is stale from line " << 1 + std::count(committed.begin(), at, '\n')
                << " on; make it again: " << command;
}

TEST(ConfigGenerated, FilesAreFresh) {
  ExpectCommitted(ConfigSchema().dump(2) + "\n", "configs/schema.json", "danas config schema > configs/schema.json");
  ExpectCommitted(ConfigReference(), "docs/config.md", "danas config reference > docs/config.md");
}

TEST(ConfigGenerated, SchemaHoldsEveryFieldWithItsRange) {
  const Json schema = ConfigSchema();
  for (const FieldCase& field : AllFields()) {
    std::string pointer = field.path;
    for (size_t dot; (dot = pointer.find('.')) != std::string::npos;) pointer.replace(dot, 1, "/properties/");
    const Json& entry = schema.at(Json::json_pointer("/properties/" + pointer));
    const bool list = field.type == FieldType::kDoubles || field.type == FieldType::kCounts;
    const bool suffixed = field.type == FieldType::kCount || field.type == FieldType::kCounts;
    const Json& element = list ? entry.at("items") : entry;
    const Json& number = suffixed ? element.at("anyOf").at(0) : element;
    if (std::isfinite(field.info.min)) {
      EXPECT_EQ(number.at(field.info.above_min ? "exclusiveMinimum" : "minimum"), field.info.min) << field.path;
    }
    if (std::isfinite(field.info.max)) {
      EXPECT_EQ(number.at("maximum"), field.info.max) << field.path;
    }
    if (field.type == FieldType::kChoice) {
      EXPECT_EQ(entry.at("enum"), Json(field.names)) << field.path;
    }
    EXPECT_TRUE(entry.contains("default")) << field.path;
  }
}

}  // namespace
}  // namespace danas::test
