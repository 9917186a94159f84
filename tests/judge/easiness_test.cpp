#include "danas/judge/easiness.h"

#include <algorithm>
#include <cmath>
#include <stdexcept>

#include "danas/core/error.h"
#include "danas/core/file.h"
#include "tests/train/train_support.h"

namespace danas::test {
namespace {

constexpr int kClasses = 4;

class Recorded : public MetricSink {
 public:
  void Record(const Event& event) override { names.push_back(event.name); }
  int64_t Count(const std::string& name) const { return std::count(names.begin(), names.end(), name); }
  std::vector<std::string> names;
};

Judge MakeStripeJudge(const std::string& model, int64_t seed = 0) {
  Judge judge{
      .name = model + (seed > 0 ? "@" + std::to_string(seed) : ""),
      .training = {.model = model, .config = {}, .dataset = {StripeSet(80, kClasses, 1), StripeSet(16, kClasses, 2)}},
      .weights = {},
      .folder = {}};
  Config& config = judge.training.config;
  config.seed = seed;
  config.data = StripeData();
  config.data.validation_fraction = 0.2;
  config.zoo.epochs = 3;
  config.zoo.train = {.batch = 8, .lr = 0.05};
  return judge;
}

EasinessInputs StripeInputs(const std::filesystem::path& networks, std::vector<Judge> judges) {
  EasinessInputs inputs{.config = {}, .judges = std::move(judges)};
  inputs.config.easiness.resamples = 100;
  for (Judge& judge : inputs.judges) FindTraining(judge, networks);
  return inputs;
}

TEST(Easiness, TrainsJudgesRanksAndFindsTheTrainingsAgain) {
  const TempDir networks;
  const auto judges = [] {
    return std::vector{MakeStripeJudge("mobilenetv2_0.25"), MakeStripeJudge("shufflenetv2_0.5", 1)};
  };
  Recorded first_events, trainings, sinks_of_trainings;
  const EasinessInputs inputs = StripeInputs(networks.path(), judges());
  EXPECT_FALSE(inputs.judges[0].finished);
  std::vector<std::filesystem::path> folders;
  const auto sink_of_training = [&](const std::filesystem::path& folder) {
    folders.push_back(folder);
    return std::shared_ptr<MetricSink>(std::shared_ptr<void>(), &sinks_of_trainings);  // not owned
  };
  const EasinessResult first = RunEasiness(
      inputs, {.metrics = &first_events, .trainings = &trainings, .sink_of_training = sink_of_training});
  EXPECT_EQ(first_events.names,
            (std::vector<std::string>{"easiness_start", "network_judged", "network_judged", "easiness_end"}));
  EXPECT_EQ(trainings.Count("train_end"), 2);
  EXPECT_EQ(folders, (std::vector{inputs.judges[0].folder, inputs.judges[1].folder}));
  EXPECT_EQ(sinks_of_trainings.names, trainings.names);

  ASSERT_EQ(first.judgements.size(), 2U);
  for (const NetworkJudgement& judgement : first.judgements) {
    EXPECT_EQ(judgement.images_c, (std::vector<int64_t>{16, 16, 16, 16}));  // 20 each, without the carved
    EXPECT_EQ(judgement.accuracy_ec.size(), 3U);
    EXPECT_EQ(judgement.weights.size(), 16U);
  }
  EXPECT_EQ(first.judgements[1].network, "shufflenetv2_0.5@1");
  ASSERT_EQ(first.relevance.size(), 4U);  // two kinds of each
  for (const RelevanceStudy& study : first.relevance) {
    ASSERT_EQ(study.states.size(), 3U);  // 5, 50 and 100 % of three epochs
  }

  const EasinessInputs again = StripeInputs(networks.path(), judges());
  EXPECT_TRUE(again.judges[0].finished && again.judges[1].finished);
  Recorded no_trainings;
  const EasinessResult second = RunEasiness(again, {.trainings = &no_trainings});
  EXPECT_TRUE(no_trainings.names.empty());
  EXPECT_EQ(second.easiness.score_c, first.easiness.score_c);
  EXPECT_EQ(ToJson(second.agreement), ToJson(first.agreement));
  EXPECT_EQ(ToJson(second.relevance[3]), ToJson(first.relevance[3]));

  Judge other = MakeStripeJudge("mobilenetv2_0.25");
  other.training.config.zoo.epochs = 4;
  FindTraining(other, networks.path());
  EXPECT_FALSE(other.finished) << "another recipe";
  EXPECT_FALSE(std::filesystem::exists(other.folder));

  // The same weights from a file: the same scores, without the record of a training.
  Judge by_file = MakeStripeJudge("mobilenetv2_0.25");
  by_file.weights = inputs.judges[0].folder / "weights.safetensors";
  const EasinessResult third = RunEasiness(StripeInputs(networks.path(), {by_file}), {});
  EXPECT_EQ(third.easiness.score_c, first.easiness.score_nc[0]);
  EXPECT_TRUE(third.relevance.empty());
  EXPECT_TRUE(third.judgements[0].accuracy_ec.empty());
}

// Ends a run as a crash does, when the second epoch's event comes.
class Ending : public MetricSink {
 public:
  void Record(const Event& event) override {
    if (event.name == "epoch" && ++epochs_ == 2) throw std::runtime_error("ended");
  }

 private:
  int epochs_ = 0;
};

TEST(Easiness, ATrainingThatWasEndedGoesOn) {
  const TempDir whole, ended;
  const auto judge = [] {
    Judge stripes = MakeStripeJudge("mobilenetv2_0.25");
    stripes.training.config.checkpoint.min_seconds = 0;
    return stripes;
  };
  const EasinessResult expected = RunEasiness(StripeInputs(whole.path(), {judge()}), {});
  Ending ending;
  EXPECT_THROW(RunEasiness(StripeInputs(ended.path(), {judge()}), {.trainings = &ending}), std::runtime_error);

  const EasinessInputs again = StripeInputs(ended.path(), {judge()});
  EXPECT_TRUE(again.judges[0].begun);
  EXPECT_FALSE(again.judges[0].finished);
  const EasinessResult result = RunEasiness(again, {});
  EXPECT_EQ(result.judgements[0].weights, expected.judgements[0].weights);
  EXPECT_EQ(result.judgements[0].accuracy_ec, expected.judgements[0].accuracy_ec);
  EXPECT_EQ(result.easiness.score_c, expected.easiness.score_c);
}

TEST(Easiness, HeldOutImagesAreThoseCarved) {
  const TempDir networks;
  EasinessInputs inputs = StripeInputs(networks.path(), {MakeStripeJudge("mobilenetv1_0.25")});
  inputs.config.easiness.split = EasinessSplit::kHeldOut;
  inputs.config.easiness.relevance = RelevanceChoice::kNone;
  const EasinessResult result = RunEasiness(inputs, {});
  EXPECT_EQ(result.judgements[0].images_c, (std::vector<int64_t>{4, 4, 4, 4}));
  EXPECT_TRUE(result.relevance.empty());
}

TEST(Easiness, RefusesBeforeItTrains) {
  const TempDir networks;
  const auto refuses = [&](const Judge& judge, RelevanceChoice relevance, EasinessKind kind,
                           std::initializer_list<std::string_view> words) {
    EasinessInputs inputs = StripeInputs(networks.path(), {judge});
    inputs.config.easiness.relevance = relevance;
    inputs.config.easiness.kind = kind;
    ExpectErrorContains<ConfigError>([&] { RunEasiness(inputs, {}); }, words);
    EXPECT_TRUE(std::filesystem::is_empty(networks.path()));
  };
  refuses(MakeStripeJudge("vgg16"), RelevanceChoice::kLrp, EasinessKind::kEntropyHistogram, {"lrp", "vgg16"});
  Judge by_file = MakeStripeJudge("mobilenetv2_0.25");
  by_file.weights = "somewhere.pth";
  refuses(by_file, RelevanceChoice::kBoth, EasinessKind::kEarlyAccuracy, {"early_accuracy", "at least 1"});
  Judge short_one = MakeStripeJudge("mobilenetv2_0.25");
  short_one.training.config.zoo.epochs = 1;
  refuses(short_one, RelevanceChoice::kBoth, EasinessKind::kAccuracyVariance, {"accuracy_variance", "at least 2"});
}

TEST(ReadClassAccuracies, RefusesWhatIsNoLog) {
  const TempDir folder;
  const auto read = [&](const std::string& text) {
    WriteText(folder / "log.jsonl", text);
    return ReadClassAccuracies(folder.path(), 2);
  };
  EXPECT_EQ(read("{\"event\": \"epoch\"}\n{\"event\": \"class_accuracy\", \"accuracy\": [0.5, 1]}\n"),
            (std::vector<std::vector<double>>{{0.5, 1}}));
  ExpectErrorContains<ConfigError>([&] { read("{\"event\": \"epoch\"}\nnonsense\n"); },
                                   {"log.jsonl:2", "not a JSON object with an 'event'"});
  ExpectErrorContains<ConfigError>([&] { read("{\"event\": \"class_accuracy\", \"accuracy\": 1}\n"); },
                                   {"log.jsonl:1", "'accuracy' is not a list of numbers"});
  ExpectErrorContains<ConfigError>([&] { read("{\"event\": \"class_accuracy\", \"accuracy\": [1]}\n"); },
                                   {"log.jsonl:1", "1 classes, expected 2"});
}

TEST(ProbeNetwork, TrainingTakesLongerThanJudging) {
  const ImageSeconds times = ProbeNetwork(MakeStripeJudge("mobilenetv2_0.25").training);
  EXPECT_GT(times.judging, 0);
  EXPECT_GT(times.training, times.judging);
}

}  // namespace
}  // namespace danas::test
