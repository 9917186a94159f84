// Every event that small runs of all kinds log, and every field in it, stands in docs/events.md, in the section of
// its kind of run or in that of any run.
#include <gmock/gmock.h>

#include <regex>
#include <set>
#include <sstream>

#include "tests/tools/run_danas.h"

namespace danas::test {
namespace {

// What stands in `backticks` below a heading, up to the next heading of its level.
std::set<std::string> WordsOf(const std::string& heading) {
  const std::string text = ReadText(SourcePath("docs/events.md"));
  const size_t begin = text.find("\n" + heading + "\n");
  EXPECT_NE(begin, std::string::npos) << heading;
  const size_t behind = begin + heading.size() + 2;
  const std::string section = text.substr(behind, text.find("\n## ", behind) - behind);
  std::set<std::string> words;
  const std::regex quoted("`([^`\n]+)`");
  for (std::sregex_iterator match(section.begin(), section.end(), quoted), end; match != end; ++match) {
    words.insert((*match)[1]);
  }
  return words;
}

// Keys at any depth. Below per_class they are a dataset's ids; agreement has a section of its own.
void CollectKeys(const Json& json, std::set<std::string>& keys) {
  for (const auto& [key, value] : json.items()) {
    if (json.is_object()) keys.insert(key);
    if (value.is_structured() && key != "per_class" && key != "agreement") CollectKeys(value, keys);
  }
}

void ExpectDocumented(const std::filesystem::path& log, const std::string& heading, size_t least_events) {
  std::set<std::string> words = WordsOf(heading);
  words.merge(WordsOf("## Any run"));
  words.insert({"event", "time"});
  std::istringstream lines(ReadText(log));
  size_t events = 0;
  for (std::string line; std::getline(lines, line); ++events) {
    const Json event = Json::parse(line);
    const auto name = event.at("event").get<std::string>();
    EXPECT_TRUE(words.contains(name)) << heading << ": event " << name;
    std::set<std::string> keys;
    CollectKeys(event, keys);
    for (const std::string& key : keys) {
      EXPECT_TRUE(words.contains(key)) << heading << ": field " << key << " of event " << name;
    }
  }
  EXPECT_GE(events, least_events) << log;
}

TEST(DocumentedLog, HasEveryEventAndField) {
  SmallProject project;
  project.config()["finetune"]["train"]["ema_decay"] = 0.9;
  project.config()["zoo"] = {{"epochs", 2}, {"train", {{"batch", 15}, {"lr", 0.02}}}};
  project.config()["easiness"] = {{"models", {"shufflenetv2_0.5", "mobilenetv1_0.25"}}, {"resamples", 100}};
  project.WriteConfig();
  const auto run = [&](std::vector<std::string> arguments) {
    arguments.insert(arguments.end(), {"--config", "config.json"});
    const Outcome outcome = project.Run(arguments);
    ASSERT_EQ(outcome.code, 0) << outcome.err;
  };
  run({"search", "--no-probe", "--run", "search"});
  run({"search", "--no-probe", "--run", "paths", "--set", "search.paths=fair", "--set", "search.paths_band=false"});
  run({"finetune", "--arch", "search/best.json", "--run", "finetune"});
  run({"train", "--model", "shufflenetv2_0.5", "--run", "train"});
  run({"easiness", "--no-probe", "--out", "easiness"});
  ExpectDocumented(project / "search/log.jsonl", "## A search", 12);
  ExpectDocumented(project / "paths/log.jsonl", "## A search", 12);
  ExpectDocumented(project / "search/alpha.jsonl", "## A search", 7);
  ExpectDocumented(project / "finetune/log.jsonl", "## A training", 6);
  ExpectDocumented(project / "train/log.jsonl", "## A training", 6);
  ExpectDocumented(project / "easiness/log.jsonl", "## A ranking of classes", 4);
}

}  // namespace
}  // namespace danas::test
