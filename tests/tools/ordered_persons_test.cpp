// Searches that take persons from easy to hard (schedule.difficulty), from end to end.
#include <algorithm>
#include <set>

#include "tests/tools/dot_persons.h"

namespace danas::test {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

class OrderedPersonsTest : public DotPersons {
 protected:
  // A file of errors of the training set's persons, the greatest of person 39's (38.ppm), and a schedule that takes the
  // easier half first.
  void WriteDifficulty() {
    Json persons = Json::array();
    for (int id = 1; id <= 40; ++id) persons.push_back({{"id", id}, {"error", id * 21 % 41 / 50.0}});
    WriteText(folder_ / "difficulty.json", Json{{"persons", persons}}.dump());
    config_["schedule"]["difficulty"] = "difficulty.json";
    config_["schedule"]["classes"] = {0.5, 0.5, 1};
    WriteConfig();
  }
};

TEST_F(OrderedPersonsTest, FromEasyToHard) {
  config_["finetune"]["epochs"] = 12;
  config_["finetune"]["train"]["lr_steps"] = {8};
  WriteConfig();
  Search("search");
  ASSERT_EQ(Run({"finetune", "--arch", "search/best.json", "--config", "config.json", "--run", "judge"}).code, 0);
  const Outcome judged = Run({"evaluate", "--run", "judge", "--difficulty", "errors.json"});
  ASSERT_EQ(judged.code, 0) << judged.err;
  EXPECT_THAT(judged.out, HasSubstr("errors.json: 40 persons"));
  const Json file = Json::parse(ReadText(folder_ / "errors.json"));
  EXPECT_EQ(file["format"], 1);
  EXPECT_EQ(file["network"], "judge/network.json");
  ASSERT_EQ(file["persons"].size(), 40u);
  std::set<double> errors;
  for (const Json& person : file["persons"]) errors.insert(person["error"].get<double>());
  EXPECT_GT(errors.size(), 20u);  // each has its own

  config_["schedule"]["classes"] = {0.25, 0.5, 0.75, 1};
  config_["schedule"]["difficulty"] = "errors.json";
  WriteConfig();
  const Outcome planned = Run({"search", "--config", "config.json", "--no-probe", "--dry-run", "--json"});
  ASSERT_EQ(planned.code, 0) << planned.err;
  EXPECT_THAT(planned.err, HasSubstr("persons from easy to hard by errors.json"));
  Search("ordered");
  EXPECT_THAT(ReadText(folder_ / "ordered/run.log"), HasSubstr("persons from easy to hard by errors.json"));
  const Json plan = Json::parse(planned.out)["phases"];
  const std::vector<Json> epochs = EventsOf("ordered", "epoch");
  ASSERT_EQ(epochs.size(), 4u);
  std::vector<double> seen, by_alpha;
  for (size_t e = 0; e < epochs.size(); ++e) {
    seen.push_back(epochs[e]["images"]);
    EXPECT_EQ(plan[e]["weight_images"], epochs[e]["images"]);
    if (e > 0) by_alpha.push_back(plan[e]["architecture_images"]);
  }
  EXPECT_EQ(seen[1], 2 * seen[0]);
  EXPECT_EQ(seen[2], 3 * seen[0]);
  EXPECT_EQ(seen[3], 4 * seen[0]);
  EXPECT_EQ(seen[3], 32);
  EXPECT_TRUE(std::ranges::is_sorted(by_alpha));
  EXPECT_EQ(by_alpha.back(), 8);
  const Json start = EventsOf("ordered", "search_start").at(0);
  EXPECT_EQ(start["ranking"], "errors.json");
  EXPECT_THAT(start["class_labels"].at(0).get<std::string>(), HasSubstr("0-25 % (error ≤ "));
}

TEST_F(OrderedPersonsTest, HardPersonsAreNotLookedAtBeforeTheirPhase) {
  WriteDifficulty();
  WriteText(folder_ / "data/train2017/38.ppm", "no picture");
  const Outcome easy_first = Run({"search", "--config", "config.json", "--no-probe", "--run", "a"});
  EXPECT_NE(easy_first.code, 0);
  EXPECT_THAT(easy_first.err, HasSubstr("38.ppm"));
  const std::vector<Json> epochs = EventsOf("a", "epoch");
  ASSERT_EQ(epochs.size(), 2u);  // warm-up and step 1
  EXPECT_EQ(epochs[1]["phase"], "step1");

  const Outcome hard_first =
      Run({"search", "--config", "config.json", "--no-probe", "--run", "b", "--set", "schedule.reverse=true"});
  EXPECT_THAT(hard_first.err, HasSubstr("38.ppm"));
  EXPECT_LT(EventsOf("b", "epoch").size(), 2u);
}

TEST_F(OrderedPersonsTest, OrderedSearchesResumeAndTakePackedData) {
  WriteDifficulty();
  SearchWholeAndKillAnother();
  const std::string difficulty = ReadText(folder_ / "difficulty.json");
  WriteText(folder_ / "difficulty.json", difficulty + "\n");
  const Outcome changed = Run({"search", "--resume", "run"});
  EXPECT_NE(changed.code, 0);
  EXPECT_THAT(changed.err, AllOf(HasSubstr("schedule.difficulty"), HasSubstr("has changed")));
  WriteText(folder_ / "difficulty.json", difficulty);
  const Outcome resumed = Run({"search", "--resume", "run"});
  ASSERT_EQ(resumed.code, 0) << resumed.err;
  ExpectSameAsWhole();
  const Outcome ranked = Run({"rank", "--run", "run", "--archs", "run/best.json"});
  EXPECT_EQ(ranked.code, 0) << ranked.err;

  ASSERT_EQ(Run({"data", "pack", "data", "packed", "--keep-bytes"}).code, 0);
  const Outcome packed = Run({"search", "--config", "config.json", "--no-probe", "--run", "packed-run", "--data",
                              "packed", "--set", "data.format=auto"});
  EXPECT_EQ(packed.code, 0) << packed.err;
  EXPECT_TRUE(Weights("whole") == Weights("packed-run"));
}

TEST_F(OrderedPersonsTest, TwoProcessesKeepTheOrderOfPersons) {
  WriteDifficulty();
  SearchByOneAndTwo();
  const std::vector<Json> one = EventsOf("one", "epoch"), two = EventsOf("two", "epoch");
  ASSERT_EQ(one.size(), two.size());
  for (size_t e = 0; e < one.size(); ++e) {
    EXPECT_EQ(one[e]["images"], two[e]["images"]);
    EXPECT_NEAR(one[e]["train_loss"].get<double>(), two[e]["train_loss"].get<double>(), 1e-9);
  }
}

TEST_F(OrderedPersonsTest, DifficultiesThatDoNotFitAreRefused) {
  WriteDifficulty();
  const auto fails = [&](const std::vector<std::string>& settings, const std::vector<std::string>& words) {
    std::vector<std::string> arguments = {"search", "--config", "config.json", "--no-probe", "--run", "refused"};
    for (const std::string& setting : settings) arguments.insert(arguments.end(), {"--set", setting});
    const Outcome outcome = Run(arguments);
    EXPECT_NE(outcome.code, 0);
    for (const std::string& word : words) EXPECT_THAT(outcome.err, HasSubstr(word));
    EXPECT_FALSE(std::filesystem::exists(folder_ / "refused")) << outcome.err;
  };
  fails({"schedule.classes=[0.5, 0.75]"}, {"schedule.classes", "must be 1"});
  fails({"schedule.classes=[1, 1]"}, {"schedule.classes", "would change nothing"});
  fails({"schedule.classes=[5, 40]"}, {"schedule.classes", "fractions of the persons"});
  fails({"schedule.classes=[0.05, 0.05, 1]"}, {"schedule.classes", "step1", "batch norm needs 2", "difficulty.json"});
  fails({"schedule.difficulty=nowhere.json"}, {"nowhere.json", "danas evaluate"});
  fails({"task=classification", "data.image_width=0", "data.validation_images=0", "data.validation_fraction=0.1"},
        {"schedule.difficulty", "schedule.ranking"});
  Json file = Json::parse(ReadText(folder_ / "difficulty.json"));
  file["persons"].erase(3);
  WriteText(folder_ / "difficulty.json", file.dump());
  fails({}, {"difficulty.json", "missing: 1 (4)"});
}

}  // namespace
}  // namespace danas::test
