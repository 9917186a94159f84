#include "judge_classes.h"

#include <algorithm>
#include <chrono>
#include <functional>

#include "danas/core/hash.h"
#include "danas/core/log.h"
#include "danas/core/seconds_since.h"
#include "danas/judge/judge.h"
#include "danas/nn/weights_file.h"
#include "danas/run/device.h"
#include "danas/train/loaders.h"

namespace danas {
namespace {

std::shared_ptr<Supernet> MakeJudge(const ZooTraining& training, const std::filesystem::path& weights) {
  const auto network = MakeNetwork(MakeZooGenotype(training).network, training.config.nn);
  training.ranks.FromFirst([&] {
    LoadWeights(*network, weights);
    return "";
  });
  for (const auto& [name, tensor] : StateOf(*network)) training.ranks.TakeFirst({tensor});
  MoveTo(*network, training.device, training.config.runtime);
  return network;
}

class Passes {
 public:
  Passes(const Judge& judge, const EasinessConfig& config, ProgressSink* progress)
      : judge_(judge), config_(config), progress_(progress) {
    Split split = JudgeSplit(judge.training);
    images_ = config.split == EasinessSplit::kTrain ? std::move(split.weights) : std::move(split.architecture);
  }

  const Subset& images() const { return images_; }

  Loader LoaderFor(const Supernet& network) const {
    const Config& config = judge_.training.config;
    return {images_, Transform(config.data, ImageUse::kTest, config.seed, network.space().input_channels()),
            TestLoader(config, config_.batch, judge_.training.ranks), judge_.training.device};
  }

  // Of pass number `done` of `passes`, from 0.
  JudgeOptions OptionsOf(const std::string& label, size_t done, size_t passes) const {
    // Where the network had to be trained, that was nearly all of the work.
    const bool trained_now = judge_.weights.empty() && !judge_.finished;
    const auto begin = static_cast<double>(done), count = static_cast<double>(passes);
    return {.label = label,
            .runtime = judge_.training.config.runtime,
            .progress = progress_,
            .run_share = trained_now ? PartOfRun{.before = 1, .part = 0}
                                     : PartOfRun().Within(begin / count, (begin + 1) / count),
            .ranks = judge_.training.ranks};
  }

 private:
  const Judge& judge_;
  const EasinessConfig& config_;
  ProgressSink* progress_;
  Subset images_;
};

std::vector<RelevanceKind> KindsFor(const Judge& judge, const EasinessConfig& config, const SearchSpace& network) {
  const bool response = config.relevance == RelevanceChoice::kResponse || config.relevance == RelevanceChoice::kBoth;
  const bool lrp = config.relevance == RelevanceChoice::kLrp || config.relevance == RelevanceChoice::kBoth;
  std::vector<RelevanceKind> kinds;
  if (response) kinds.push_back(RelevanceKind::kResponse);
  if (!lrp) return kinds;
  if (HasLinearClassifier(network)) {
    kinds.push_back(RelevanceKind::kLrp);
  } else {
    log::info("{}: no relevance 'lrp': its classifier is not one layer on the pooled features", judge.name);
  }
  return kinds;
}

// Fig. 2 needs two images of each class, one for either half.
bool HasTwoOfEach(const Subset& images, size_t classes) {
  std::vector<int64_t> count(classes);
  for (const int target : images.targets) ++count[static_cast<size_t>(target)];
  return *std::min_element(count.begin(), count.end()) >= 2;
}

// Easy classes first, by the variance of their accuracy over this training.
std::vector<int> RowsByVariance(const NetworkJudgement& judgement, const std::vector<std::string>& class_ids,
                                EasinessConfig config) {
  if (judgement.accuracy_ec.size() > 1) config.kind = EasinessKind::kAccuracyVariance;
  return OrderClasses(ScoreClasses(judgement, config), class_ids);
}

// Of each kind one snapshot for each kept epoch.
class RelevanceRecord {
 public:
  RelevanceRecord(const Judge& judge, const Subset& images, std::vector<RelevanceKind> kinds)
      : kinds_(std::move(kinds)), snapshots_(kinds_.size()), images_(images), seed_(judge.training.config.seed) {}

  bool wanted() const { return !kinds_.empty(); }

  RelevanceTally StartEpoch(const Supernet& network) const {
    return {images_.targets, static_cast<size_t>(network.space().classes()),
            static_cast<size_t>(network.space().head_channels()), seed_};
  }

  void EndEpoch(int64_t epoch, const RelevanceTally& tally, const Supernet& network) {
    const Matrix weight_ck = ReadClassifier(network).weight_ck;
    for (size_t i = 0; i < kinds_.size(); ++i) {
      snapshots_[i].push_back({epoch, tally.Relevance(kinds_[i], weight_ck), tally.Permuted(kinds_[i], weight_ck)});
    }
  }

  std::vector<RelevanceStudy> Studies(const std::string& network, const std::vector<int>& rows) const {
    std::vector<RelevanceStudy> studies;
    for (size_t i = 0; i < kinds_.size(); ++i)
      studies.push_back(StudyRelevance(network, kinds_[i], rows, snapshots_[i]));
    return studies;
  }

 private:
  std::vector<RelevanceKind> kinds_;
  std::vector<std::vector<RelevanceSnapshot>> snapshots_;
  const Subset& images_;
  int64_t seed_;
};

}  // namespace

bool HasLinearClassifier(const SearchSpace& network) {
  return !network.has_heat_maps() && network.head().hidden.empty() && network.head().pool == 1;
}

JudgedNetwork JudgeClasses(const Judge& judge, const EasinessConfig& config, ProgressSink* progress) {
  const ZooTraining& training = judge.training;
  const std::vector<std::string>& class_ids = training.dataset.train.classes.ids;
  const Passes passes(judge, config, progress);
  const bool recorded = judge.weights.empty();
  const bool first = training.ranks.first();
  const int64_t epochs = training.config.zoo.epochs;
  const SearchSpace space = MakeZooGenotype(training).network;

  std::vector<RelevanceKind> kinds;
  if (recorded) kinds = KindsFor(judge, config, space);
  if (!kinds.empty() && !HasTwoOfEach(passes.images(), class_ids.size())) {
    log::warn("{}: the relevance of neurons (Fig. 2) is left out: a class has fewer than two images", judge.name);
    kinds.clear();
  }
  RelevanceRecord relevance(judge, passes.images(), kinds);
  const std::vector<int64_t> kept = relevance.wanted() ? KeptEpochs(epochs) : std::vector<int64_t>{epochs};
  if (relevance.wanted()) {
    for (size_t e = 0; e + 1 < kept.size(); ++e) {  // the last with the scores, below
      const int64_t epoch = kept[e];
      const auto network = MakeJudge(training, WeightsAfter(judge.folder, epoch, epochs));
      RelevanceTally tally = relevance.StartEpoch(*network);
      Loader loader = passes.LoaderFor(*network);
      const std::string label = "its neurons after epoch " + std::to_string(epoch);
      for (const JudgedBatch& batch : JudgePass(*network, loader, passes.OptionsOf(label, e, kept.size()))) {
        for (size_t i = 0; i < batch.size(); ++i) tally.Add(batch.entries[i], batch.FeaturesOf(i));
      }
      if (first) relevance.EndEpoch(epoch, tally, *network);
    }
  }

  const auto network = MakeJudge(training, recorded ? WeightsAfter(judge.folder, epochs, epochs) : judge.weights);
  JudgementTally scores(judge.name, class_ids, config.bins);
  std::optional<RelevanceTally> tally;
  if (relevance.wanted()) tally = relevance.StartEpoch(*network);
  const auto start = std::chrono::steady_clock::now();
  Loader loader = passes.LoaderFor(*network);
  for (const JudgedBatch& batch :
       JudgePass(*network, loader, passes.OptionsOf("scoring", kept.size() - 1, kept.size()))) {
    for (size_t i = 0; i < batch.size(); ++i) {
      scores.Add(static_cast<int>(batch.targets[i]), batch.LogitsOf(i));
      if (tally) tally->Add(batch.entries[i], batch.FeaturesOf(i));
    }
  }
  if (!first) return {};
  JudgedNetwork judged{.judgement = scores.Finish(), .relevance = {}};
  judged.seconds = SecondsSince(start);
  judged.judgement.weights = HexText(HashWeights(*network));
  if (recorded) judged.judgement.accuracy_ec = ReadClassAccuracies(judge.folder, class_ids.size());
  if (tally) {
    relevance.EndEpoch(epochs, *tally, *network);
    judged.relevance = relevance.Studies(judge.name, RowsByVariance(judged.judgement, class_ids, config));
  }
  return judged;
}

}  // namespace danas
