// TensorBoard's own library reads back what runs told it: just what their logs hold, also of a run that went on.
#include <gmock/gmock.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <sstream>

#include "tests/tools/run_danas.h"

namespace danas::test {
namespace {

namespace fs = std::filesystem;

using testing::ElementsAre;

// Where TensorBoard's library is installed: scripts/setup --tests, or the machine's own. Empty where it is not.
std::string FindPython() {
  for (const std::string& python : {SourcePath(".venv/bin/python3").string(), std::string("python3")}) {
    const std::string command =
        Quoted(python) + " -B " + Quoted(SourcePath("tests/tools/read_tensorboard.py").string());
    if (std::system((command + " --check >/dev/null 2>&1").c_str()) == 0) return command;
  }
  return "";
}

struct Point {
  int64_t step = 0;
  double wall_time = 0;
  float value = 0;
  bool operator==(const Point&) const = default;
};

void PrintTo(const Point& point, std::ostream* out) {
  *out << point.value << " at step " << point.step << ", time " << std::fixed << point.wall_time;
}

std::vector<Json> Events(const fs::path& log, const std::string& name) {
  std::vector<Json> events;
  std::istringstream lines(ReadText(log));
  for (std::string line; std::getline(lines, line);) {
    if (Json event = Json::parse(line); event.at("event") == name) events.push_back(std::move(event));
  }
  return events;
}

double SecondsOf(const Json& event) {
  std::tm time{};
  EXPECT_NE(::strptime(event.at("time").get<std::string>().c_str(), "%Y-%m-%dT%H:%M:%SZ", &time), nullptr);
  return static_cast<double>(::timegm(&time));
}

using ValueOf = std::function<double(const Json& event)>;

ValueOf Field(const char* name) {
  return [name](const Json& event) { return event.at(name).get<double>(); };
}
ValueOf Timing(const char* name) {
  return [name](const Json& event) { return event.at("timing").at(name).get<double>(); };
}

// What TensorBoard reads in a run's folder.
class Told {
 public:
  Told(const std::string& python, const fs::path& run) {
    const TempDir captured;
    const std::string command = python + " " + Quoted((run / "tensorboard").string()) + " >" +
                                Quoted((captured / "out").string()) + " 2>" + Quoted((captured / "err").string());
    EXPECT_EQ(std::system(command.c_str()), 0) << ReadText(captured / "err");
    read_ = Json::parse(ReadText(captured / "out"));
  }

  const Json& operator[](const char* kind) const { return read_.at(kind); }

  std::vector<Point> Scalars(const std::string& tag) const {
    std::vector<Point> points;
    for (const Json& point : read_.at("scalars").value(tag, Json::array())) {
      points.push_back({point.at("step"), point.at("wall_time"), point.at("value")});
    }
    return points;
  }

 private:
  Json read_;
};

// The points that events of a log stand for.
std::vector<Point> Points(const std::vector<Json>& events, const char* step, const ValueOf& value) {
  std::vector<Point> points;
  for (const Json& event : events) {
    points.push_back({event.at(step).get<int64_t>(), SecondsOf(event), static_cast<float>(value(event))});
  }
  return points;
}

std::vector<double> Softmax(const std::vector<double>& alpha) {
  double sum = 0;
  for (const double value : alpha) sum += std::exp(value);
  std::vector<double> probabilities;
  for (const double value : alpha) probabilities.push_back(std::exp(value) / sum);
  return probabilities;
}

void ExpectEpochsOfSearch(const Told& told, const fs::path& run) {
  const std::vector<Json> epochs = Events(run / "log.jsonl", "epoch");
  std::vector<Json> searching;
  std::ranges::copy_if(epochs, std::back_inserter(searching), [](const Json& e) { return e.contains("sampled_cost"); });
  ASSERT_LT(searching.size(), epochs.size());
  const double budget = Events(run / "log.jsonl", "search_start").at(0).at("budget").get<double>();
  const std::vector<std::pair<const char*, ValueOf>> of_all = {
      {"loss/train", Field("train_loss")},
      {"accuracy/train", Field("train_accuracy")},
      {"learning_rate/weights", Field("lr")},
      {"cost/expected", Field("expected_cost")},
      {"cost/expected_over_budget", [&](const Json& e) { return e.at("expected_cost").get<double>() / budget; }},
      {"alpha/entropy", Field("alpha_entropy")},
      {"alpha/temperature", Field("temperature")},
      {"alpha/steps", Field("alpha_steps")},
      {"schedule/classes", Field("classes")},
      {"schedule/skipped_batches", Field("skipped")},
      {"speed/epoch_seconds", Timing("seconds")},
      {"speed/images_per_second", Timing("images_per_second")},
      {"speed/share_waited", Timing("share_waited")},
      {"memory/peak_resident_bytes", Timing("peak_resident_bytes")}};
  const std::vector<std::pair<const char*, ValueOf>> of_searching = {
      {"loss/validation", Field("validation_loss")},
      {"loss/architecture", Field("architecture_loss")},
      {"accuracy/validation", Field("validation_accuracy")},
      {"cost/sampled", Field("sampled_cost")}};
  for (const auto& [tag, value] : of_all) EXPECT_EQ(told.Scalars(tag), Points(epochs, "weight_steps", value)) << tag;
  for (const auto& [tag, value] : of_searching) {
    EXPECT_EQ(told.Scalars(tag), Points(searching, "weight_steps", value)) << tag;
  }
  const auto grows = [](const Json& a, const Json& b) { return a.at("weight_steps") < b.at("weight_steps"); };
  EXPECT_EQ(std::ranges::adjacent_find(epochs, std::not_fn(grows)), epochs.end()) << "steps do not grow";
}

// Every histogram and curve of α, from alpha.jsonl and the epochs that its events belong to.
void ExpectAlpha(const Told& told, const fs::path& run) {
  const std::vector<Json> epochs = Events(run / "log.jsonl", "epoch"), alphas = Events(run / "alpha.jsonl", "alpha");
  ASSERT_EQ(alphas.size(), epochs.size());
  const Json& first = alphas.front().at("layers");
  ASSERT_EQ(told["histograms"].size(), first.size());
  for (size_t i = 0; i < alphas.size(); ++i) {
    const auto step = epochs[i].at("weight_steps").get<int64_t>();
    for (size_t l = 0; l < first.size(); ++l) {
      const std::string name = "layer0" + std::to_string(l);
      const auto all = first[l].at("candidates").get<std::vector<std::string>>();
      const Json& layer = alphas[i].at("layers").at(l);
      const auto left = layer.at("candidates").get<std::vector<std::string>>();
      const std::vector<double> probabilities = Softmax(layer.at("alpha").get<std::vector<double>>());
      const Json& histogram = told["histograms"].at("alpha_over_candidates/" + name).at(i);
      const auto limits = histogram.at("limits").get<std::vector<double>>();
      EXPECT_EQ(histogram.at("step"), step);
      EXPECT_EQ(histogram.at("min"), limits.front() - 1);
      EXPECT_EQ(histogram.at("max"), limits.back());
      for (size_t c = 0; c < all.size(); ++c) {
        const auto found = std::ranges::find(left, all[c]) - left.begin();
        const bool stays = found < std::ssize(left);
        const double expected = stays ? probabilities[static_cast<size_t>(found)] : 0;
        const auto bucket = std::ranges::find(limits, static_cast<double>(c) + 1) - limits.begin();
        const double told_of_it = bucket < std::ssize(limits) ? histogram.at("buckets").at(bucket).get<double>() : 0;
        EXPECT_NEAR(told_of_it, expected, 1e-12) << name << ", " << all[c] << ", step " << step;
        const std::vector<Point> curve = told.Scalars("probability/" + name + "/" + all[c]);
        ASSERT_EQ(curve.size() > i, stays) << name << ", " << all[c] << ", step " << step;
        if (!stays) continue;
        EXPECT_EQ(curve[i].step, step);
        EXPECT_FLOAT_EQ(curve[i].value, static_cast<float>(expected));
      }
    }
  }
}

std::vector<std::string> TextsOf(const Told& told, const char* tag) {
  std::vector<std::string> texts;
  for (const Json& text : told["texts"].value(tag, Json::array())) texts.push_back(text.at("text"));
  return texts;
}

// Every tag stands in docs/events.md or docs/file-formats.md; of those that end with a name, what comes before it.
void ExpectDocumented(const Told& told) {
  const std::string text = ReadText(SourcePath("docs/file-formats.md"));
  const size_t begin = text.find("\n### TensorBoard\n");
  ASSERT_NE(begin, std::string::npos);
  const std::string section =
      text.substr(begin, text.find("\n#", begin + 2) - begin) + ReadText(SourcePath("docs/events.md"));
  const std::vector<std::string> named = {"alpha_over_candidates/layer0", "probability/layer0", "judge_accuracy/",
                                          "diagonality/", "diagonality_permuted/"};
  for (const char* kind : {"scalars", "histograms", "texts"}) {
    for (const auto& [tag, points] : told[kind].items()) {
      const auto name = std::ranges::find_if(named, [&](const std::string& begins) { return tag.starts_with(begins); });
      EXPECT_NE(section.find("`" + (name == named.end() ? tag + "`" : *name)), std::string::npos) << tag;
    }
  }
}

class TensorBoardTest : public testing::Test {
 protected:
  void SetUp() override {
    if (python_.empty()) {
      GTEST_SKIP() << "needs TensorBoard's library: scripts/setup --tests installs third_party/requirements-test.txt";
    }
  }

  void Run(const std::vector<std::string>& arguments) const {
    const Outcome outcome = project_.Run(arguments);
    ASSERT_EQ(outcome.code, 0) << outcome.err;
  }
  Told Read(const char* run) const { return Told(python_, project_ / run); }

  SmallProject project_;
  const std::string python_ = FindPython();
};

TEST_F(TensorBoardTest, ReadsWhatTheLogsOfASearchHold) {
  Run({"search", "--config", "config.json", "--no-probe", "--run", "run"});
  const fs::path run = project_ / "run", log = run / "log.jsonl";
  const Told told = Read("run");
  ExpectEpochsOfSearch(told, run);
  ExpectAlpha(told, run);
  ExpectDocumented(told);

  const std::vector<Json> ends = Events(log, "search_end"), prunings = Events(log, "pruning");
  EXPECT_EQ(told.Scalars("found/cost"), Points(ends, "weight_steps", Field("cost")));
  EXPECT_EQ(told.Scalars("found/parameters"), Points(ends, "weight_steps", Field("parameters")));
  EXPECT_EQ(told.Scalars("loss/train").back().step, ends.at(0).at("weight_steps"));
  std::vector<float> left;
  for (const Point& point : told.Scalars("space/candidates_after_pruning")) left.push_back(point.value);
  EXPECT_EQ(Json(left), Json({prunings.at(0).at("candidates_after"), prunings.at(1).at("candidates_after"),
                              prunings.at(2).at("candidates_after")}));

  EXPECT_THAT(TextsOf(told, "config"), ElementsAre("```json\n" + ReadText(run / "config.json") + "\n```"));
  const std::vector<std::string> tables = TextsOf(told, "pruning");
  ASSERT_EQ(tables.size(), 3U);
  for (size_t i = 0; i < tables.size(); ++i) {
    for (const Json& cut : prunings[i].at("layers")) {
      for (const Json& name : cut.at("dropped")) EXPECT_THAT(tables[i], testing::HasSubstr(name.get<std::string>()));
    }
  }
  EXPECT_EQ(told["shown"].at("text"), Json({"config", "pruning", "search/end", "search/start"}));
  EXPECT_EQ(told["shown"].at("histograms").size(), told["histograms"].size());
  EXPECT_EQ(told["shown"].at("scalars").size(), told["scalars"].size());
}

TEST_F(TensorBoardTest, ReadsTrainingsAndRankings) {
  project_.config()["finetune"]["train"]["ema_decay"] = 0.9;
  project_.config()["zoo"] = {{"epochs", 2}, {"train", {{"batch", 15}, {"lr", 0.02}}}};
  project_.config()["easiness"] = {
      {"models", {"shufflenetv2_0.5"}}, {"resamples", 100}, {"networks", (project_ / "networks").string()}};
  project_.config()["schedule"]["ranking"] = "auto";
  project_.WriteConfig();
  Run({"search", "--config", "config.json", "--no-probe", "--run", "run"});
  Run({"finetune", "--arch", "run/best.json", "--config", "config.json", "--run", "final"});

  const Told search = Read("run");
  ExpectEpochsOfSearch(search, project_ / "run");
  ExpectAlpha(search, project_ / "run");
  ExpectDocumented(search);
  const Json judged = Events(project_ / "run/log.jsonl", "network_judged").at(0);
  EXPECT_THAT(search.Scalars("judge_accuracy/shufflenetv2_0.5"),
              ElementsAre(Point{1, SecondsOf(judged), judged.at("top1").get<float>()}));
  EXPECT_EQ(search.Scalars("diagonality/shufflenetv2_0.5/response").size(), 2U);
  EXPECT_EQ(TextsOf(search, "easiness/start").size(), 1U);

  const Told final = Read("final");
  const fs::path log = project_ / "final/log.jsonl";
  const std::vector<Json> epochs = Events(log, "epoch");
  EXPECT_EQ(final.Scalars("loss/train"), Points(epochs, "steps", Field("train_loss")));
  EXPECT_EQ(final.Scalars("speed/share_waited"), Points(epochs, "steps", [](const Json& e) {
              return e.at("seconds_waited").get<double>() / e.at("seconds").get<double>();
            }));
  const std::vector<Json> ends = Events(log, "finetune_end");
  EXPECT_EQ(final.Scalars("accuracy/test_ema"),
            Points(ends, "steps", [](const Json& e) { return e.at("test_ema").at("top1").get<double>(); }));
  ExpectDocumented(final);

  ASSERT_EQ(std::distance(fs::directory_iterator(project_ / "networks"), fs::directory_iterator()), 1);
  const fs::path judge = fs::directory_iterator(project_ / "networks")->path();
  const Told training(python_, judge);
  EXPECT_EQ(training.Scalars("accuracy/train"),
            Points(Events(judge / "log.jsonl", "epoch"), "steps", Field("train_accuracy")));
  EXPECT_EQ(training.Scalars("accuracy/validation").size(), 2U);
  ExpectDocumented(training);
}

// As a run that was killed long after its last checkpoint.
TEST_F(TensorBoardTest, ARunThatGoesOnHasNothingTwice) {
  project_.config()["checkpoint"] = {{"min_seconds", 0}};
  project_.WriteConfig();
  Run({"search", "--config", "config.json", "--no-probe", "--run", "run"});
  const fs::path run = project_ / "run";
  const Told before = Read("run");
  fs::remove(run / "best.json");
  fs::path newest;
  std::vector<fs::path> checkpoints;
  for (const auto& entry : fs::directory_iterator(run / "checkpoints")) checkpoints.push_back(entry.path());
  std::ranges::sort(checkpoints);
  for (size_t i = 4; i < checkpoints.size(); ++i) fs::remove(checkpoints[i]);  // two pairs stay
  const auto epochs_then = [&] {
    const Json manifest = Json::parse(ReadText(checkpoints[2]));
    const std::string log = ReadText(run / "log.jsonl").substr(0, manifest.at("logs").at("log.jsonl").get<size_t>());
    return WriteText(project_ / "then.jsonl", log);
  }();
  EXPECT_LT(Events(epochs_then, "epoch").size(), before.Scalars("loss/train").size());

  Run({"search", "--resume", "run"});
  const Told after = Read("run");
  ExpectEpochsOfSearch(after, run);
  ExpectAlpha(after, run);
  EXPECT_EQ(after.Scalars("loss/train").size(), before.Scalars("loss/train").size());
  EXPECT_EQ(TextsOf(after, "pruning").size(), 3U);
}

TEST(TensorBoardOff, WritesNothing) {
  SmallProject project;
  const Outcome outcome = project.Run(
      {"search", "--config", "config.json", "--no-probe", "--run", "run", "--set", "log.tensorboard=false"});
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_FALSE(fs::exists(project / "run/tensorboard"));
}

}  // namespace
}  // namespace danas::test
