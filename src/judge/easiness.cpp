#include "danas/judge/easiness.h"

#include <algorithm>
#include <numeric>

#include "danas/config/config_file.h"
#include "danas/core/error.h"
#include "danas/core/file.h"
#include "danas/core/hash.h"
#include "danas/core/log.h"
#include "danas/core/run_folder.h"
#include "danas/events/ranking_events.h"
#include "danas/events/run_log.h"
#include "danas/events/training_events.h"
#include "judge_classes.h"

namespace danas {
namespace {

// A part of a longer run: its label goes in front, its share of the work is scaled to the run's.
class PartProgress : public ProgressSink {
 public:
  PartProgress(ProgressSink* whole, std::string label, double begin, double share)
      : whole_(whole), label_(std::move(label)), begin_(begin), share_(share) {}

  ProgressSink* OrNull() { return whole_ == nullptr ? nullptr : this; }
  bool Due() override { return whole_->Due(); }
  void Show(const Progress& progress) override {
    Progress of_whole = progress;
    of_whole.label = label_ + ", " + progress.label;
    done_ = std::max(done_, progress.run_share_done);  // passes that do not report it, such as a test, are short
    of_whole.run_share_done = begin_ + share_ * done_;
    whole_->Show(of_whole);
  }

 private:
  ProgressSink* whole_;
  std::string label_;
  double begin_, share_;
  double done_ = 0;
};

template <typename T>
void Record(const EasinessOutputs& outputs, const T& event) {
  if (outputs.metrics != nullptr) outputs.metrics->Record(events::ToEvent(event));
}

void TrainJudge(const Judge& judge, const EasinessOutputs& outputs, ProgressSink* progress) {
  if (!judge.training.ranks.first()) {
    TrainZooNetwork(judge.training, {});
    return;
  }
  const RunFolder folder = judge.begun ? RunFolder::Reopen(judge.folder) : RunFolder(judge.folder);
  if (!judge.begun) folder.WriteJson("config.json", ToJson(judge.training.config));
  if (judge.training.images && !std::filesystem::exists(folder / kListingFile)) {
    WriteListing(folder / kListingFile, *judge.training.images);
  }
  std::vector<std::shared_ptr<MetricSink>> sinks = {std::make_shared<JsonlSink>(folder)};
  if (outputs.sink_of_training) {
    if (auto sink = outputs.sink_of_training(folder.path())) sinks.push_back(std::move(sink));
  }
  if (judge.begun && outputs.trainings != nullptr) {
    // An earlier process reported it; its readers still need the classes' names.
    events::TrainingStart start;
    start.class_ids = judge.training.dataset.train.classes.ids;
    outputs.trainings->Record(events::ToEvent(start));
  }
  if (outputs.trainings != nullptr) sinks.emplace_back(std::shared_ptr<void>(), outputs.trainings);  // not owned
  MetricFan fan(sinks);
  TrainZooNetwork(judge.training,
                  {.metrics = &fan, .progress = progress, .folder = folder.path(), .resume = judge.begun});
}

events::EasinessStart StartEvent(const EasinessInputs& inputs) {
  const EasinessConfig& easiness = inputs.config.easiness;
  const DatasetIndex& train = inputs.judges.front().training.dataset.train;
  events::EasinessStart event{.kind = NameOf(easiness.kind),
                              .aggregation = NameOf(easiness.aggregation),
                              .split = NameOf(easiness.split),
                              .bins = easiness.bins,
                              .dataset = train.name,
                              .fingerprint = HexText(train.fingerprint),
                              .classes = std::ssize(train.classes.ids),
                              .judges = {}};
  for (const Judge& judge : inputs.judges) {
    event.judges.push_back({.name = judge.name,
                            .model = judge.training.model,
                            .seed = judge.training.config.seed,
                            .weights = judge.weights.string(),
                            .folder = judge.folder.string(),
                            .trained_before = judge.finished});
  }
  return event;
}

events::NetworkJudged JudgedEvent(const Judge& judge, const JudgedNetwork& judged) {
  const NetworkJudgement& judgement = judged.judgement;
  int64_t correct = 0;
  for (size_t c = 0; c < judgement.images_c.size(); ++c) correct += judgement.confusion_cc[c][c];
  const int64_t images = std::accumulate(judgement.images_c.begin(), judgement.images_c.end(), int64_t{0});
  return {.name = judge.name,
          .weights = judgement.weights,
          .images = images,
          .top1 = static_cast<double>(correct) / static_cast<double>(images),
          .epochs = std::ssize(judgement.accuracy_ec),
          .timing = {.seconds = judged.seconds, .images_per_second = static_cast<double>(images) / judged.seconds}};
}

// What would fail after the trainings, before them.
void CheckJudge(const Judge& judge, const EasinessConfig& config) {
  const bool recorded = judge.weights.empty();
  if (recorded && config.relevance == RelevanceChoice::kLrp &&
      !HasLinearClassifier(MakeZooGenotype(judge.training).network)) {
    throw ConfigError(
        "easiness.relevance: 'lrp' needs a network whose classifier is one layer on the pooled features; " +
        judge.name + " has a different one. Choose 'response', or leave it out of easiness.models");
  }
  const int64_t epochs = recorded ? judge.training.config.zoo.epochs : 0;
  const bool by_training =
      config.kind == EasinessKind::kEarlyAccuracy || config.kind == EasinessKind::kAccuracyVariance;
  const int64_t needed = config.kind == EasinessKind::kAccuracyVariance ? 2 : 1;
  if (by_training && epochs < needed) {
    throw ConfigError("easiness.kind: '" + std::string(NameOf(config.kind)) + "' needs at least " +
                      std::to_string(needed) + " recorded epochs of training; " + judge.name + " has " +
                      std::to_string(epochs) + ". Choose another kind");
  }
}

// Entropies do not depend on the order of the outputs, errors do.
void WarnOfChance(const events::NetworkJudged& judged, size_t classes) {
  if (classes < 4 || judged.top1 > 2 / static_cast<double>(classes)) return;
  log::warn(
      "{} classifies {:.1f} % of the images correctly, hardly more than chance. Are its outputs in the "
      "dataset's order of classes?",
      judged.name, 100 * judged.top1);
}

Agreement AgreementOf(const EasinessInputs& inputs, const EasinessResult& result) {
  std::vector<std::string> names;
  std::vector<Scores> error_nc;
  for (const NetworkJudgement& judgement : result.judgements) {
    names.push_back(judgement.network);
    error_nc.emplace_back();
    for (int c = 0; c < judgement.classes(); ++c) error_nc.back().push_back(judgement.Error(c));
  }
  return MeasureAgreement(names, result.easiness.score_nc, error_nc, inputs.config.easiness.resamples,
                          inputs.config.seed);
}

events::EasinessEnd EndEvent(const EasinessResult& result) {
  events::EasinessEnd event;
  for (const int c : result.easiness.order) {
    event.class_order.push_back(result.easiness.class_ids[static_cast<size_t>(c)]);
    event.scores.push_back(result.easiness.score_c[static_cast<size_t>(c)]);
  }
  event.agreement = ToJson(result.agreement);
  for (const RelevanceStudy& study : result.relevance) event.relevance.push_back(RelevanceFieldsOf(study));
  return event;
}

}  // namespace

void FindTraining(Judge& judge, const std::filesystem::path& networks) {
  if (!judge.weights.empty()) return;
  std::vector<std::filesystem::path> folders;
  if (std::filesystem::is_directory(networks)) {
    for (const auto& entry : std::filesystem::directory_iterator(networks)) folders.push_back(entry.path());
  }
  std::sort(folders.begin(), folders.end());
  using Holds = bool (*)(const std::filesystem::path&, const ZooTraining&);
  for (const auto& [holds, flag] : {std::pair<Holds, bool*>(IsFinishedTraining, &judge.finished),
                                    std::pair<Holds, bool*>(IsBegunTraining, &judge.begun)}) {
    const auto found = std::ranges::find_if(folders, [&](const auto& path) { return holds(path, judge.training); });
    if (found == folders.end()) continue;
    *flag = true;
    judge.folder = *found;
    return;
  }
  const std::string name = judge.name + "-" + HexText(judge.training.dataset.train.fingerprint).substr(0, 8);
  judge.folder = networks / name;
  for (int number = 2; std::filesystem::exists(judge.folder); ++number) {
    judge.folder = networks / (name + "-" + std::to_string(number));
  }
}

Split JudgeSplit(const ZooTraining& training) {
  return SplitTrainingSet(std::make_shared<const DatasetIndex>(training.dataset.train), training.config.data,
                          training.config.seed);
}

std::vector<std::vector<double>> ReadClassAccuracies(const std::filesystem::path& folder, size_t classes) {
  const std::filesystem::path path = folder / kLogFile;
  const std::string text = ReadFile(path);
  std::vector<std::vector<double>> accuracy_ec;
  int line = 0;
  for (size_t begin = 0; begin < text.size();) {
    const size_t end = std::min(text.find('\n', begin), text.size());
    ++line;
    const Json event = events::ParseLine(std::string_view(text).substr(begin, end - begin));
    events::ReadSection<events::ClassAccuracy> read;
    if (events::Is<events::ClassAccuracy>(event)) read = events::Read<events::ClassAccuracy>(event);
    if (event.is_null() || std::ranges::count(read.faults, "accuracy") > 0) {
      const char* fault = event.is_null() ? "not a JSON object with an 'event'" : "'accuracy' is not a list of numbers";
      throw ConfigError(path.string() + ":" + std::to_string(line) + ": " + fault +
                        "; was the file changed or cut short?");
    }
    if (events::Is<events::ClassAccuracy>(event)) accuracy_ec.push_back(std::move(read.value.accuracy));
    if (!accuracy_ec.empty() && accuracy_ec.back().size() != classes) {
      throw ConfigError(path.string() + ":" + std::to_string(line) + ": accuracy: " +
                        std::to_string(accuracy_ec.back().size()) + " classes, expected " + std::to_string(classes));
    }
    begin = end + 1;
  }
  return accuracy_ec;
}

EasinessResult RunEasiness(const EasinessInputs& inputs, const EasinessOutputs& outputs) {
  const std::vector<std::string>& class_ids = inputs.judges.at(0).training.dataset.train.classes.ids;
  for (const Judge& judge : inputs.judges) CheckJudge(judge, inputs.config.easiness);
  Record(outputs, StartEvent(inputs));
  const bool first = inputs.judges[0].training.ranks.first();
  EasinessResult result;
  double begun = 0;
  for (size_t i = 0; i < inputs.judges.size(); ++i) {
    const Judge& judge = inputs.judges[i];
    const double share = inputs.shares.empty() ? 1 / static_cast<double>(inputs.judges.size()) : inputs.shares[i];
    const std::string label =
        judge.name + " (" + std::to_string(i + 1) + "/" + std::to_string(inputs.judges.size()) + ")";
    PartProgress progress(outputs.progress, label, begun, share);
    if (judge.weights.empty() && !judge.finished) TrainJudge(judge, outputs, progress.OrNull());
    JudgedNetwork judged = JudgeClasses(judge, inputs.config.easiness, progress.OrNull());
    if (!first) continue;
    const events::NetworkJudged event = JudgedEvent(judge, judged);
    if (!judge.weights.empty()) WarnOfChance(event, class_ids.size());
    Record(outputs, event);
    result.judgements.push_back(std::move(judged.judgement));
    std::move(judged.relevance.begin(), judged.relevance.end(), std::back_inserter(result.relevance));
    begun += share;
  }
  if (!first) return {};
  result.easiness = RankClasses(result.judgements, class_ids, inputs.config.easiness);
  result.agreement = AgreementOf(inputs, result);
  Record(outputs, EndEvent(result));
  return result;
}

}  // namespace danas
