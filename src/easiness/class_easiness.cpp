#include "danas/easiness/class_easiness.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <stdexcept>

#include "danas/core/error.h"

namespace danas {
namespace {

// Σ centre * mass, in nats.
std::vector<double> HistogramMeans(const NetworkJudgement& judgement) {
  std::vector<double> means;
  for (size_t c = 0; c < judgement.images_c.size(); ++c) {
    const std::vector<int64_t>& histogram_b = judgement.histogram_cb[c];
    const double width = std::log(static_cast<double>(judgement.classes())) / static_cast<double>(histogram_b.size());
    int64_t half_bins = 0;  // an integer sum, so that equal histograms give equal scores
    for (size_t b = 0; b < histogram_b.size(); ++b) half_bins += (2 * static_cast<int64_t>(b) + 1) * histogram_b[b];
    means.push_back(width / 2 * static_cast<double>(half_bins) / static_cast<double>(judgement.images_c[c]));
  }
  return means;
}

void RequireTraining(const NetworkJudgement& judgement, EasinessKind kind, size_t epochs) {
  if (judgement.accuracy_ec.size() >= epochs) return;
  throw ConfigError("easiness.kind: '" + std::string(NameOf(kind)) + "' needs each class's accuracy after at least " +
                    std::to_string(epochs) + " epochs of training; " + judgement.network + " has " +
                    std::to_string(judgement.accuracy_ec.size()) +
                    ". Let danas train the network, or choose another kind");
}

std::vector<double> EarlyErrors(const NetworkJudgement& judgement, double share) {
  RequireTraining(judgement, EasinessKind::kEarlyAccuracy, 1);
  const auto epochs = static_cast<double>(judgement.accuracy_ec.size());
  const auto epoch = static_cast<size_t>(std::max<int64_t>(1, std::llround(share * epochs)));
  std::vector<double> errors;
  for (const double accuracy : judgement.accuracy_ec[epoch - 1]) errors.push_back(1 - accuracy);
  return errors;
}

std::vector<double> AccuracyVariances(const NetworkJudgement& judgement) {
  RequireTraining(judgement, EasinessKind::kAccuracyVariance, 2);
  std::vector<double> variances;
  const auto epochs = static_cast<double>(judgement.accuracy_ec.size());
  for (size_t c = 0; c < judgement.images_c.size(); ++c) {
    double mean = 0, sum = 0;
    for (const auto& accuracy_c : judgement.accuracy_ec) mean += accuracy_c[c] / epochs;
    for (const auto& accuracy_c : judgement.accuracy_ec) sum += (accuracy_c[c] - mean) * (accuracy_c[c] - mean);
    variances.push_back(sum / epochs);
  }
  return variances;
}

void AverageHistograms(const std::vector<NetworkJudgement>& judgements, ClassEasiness& easiness) {
  const size_t classes = easiness.class_ids.size();
  const size_t bins = judgements.front().histogram_cb.front().size();
  const auto networks = static_cast<double>(judgements.size());
  easiness.histogram_cb.assign(classes, std::vector<double>(bins));
  if (judgements.size() > 1) easiness.variance_cb = easiness.histogram_cb;
  for (size_t c = 0; c < classes; ++c) {
    for (size_t b = 0; b < bins; ++b) {
      const auto mass = [&](const NetworkJudgement& judgement) {
        return static_cast<double>(judgement.histogram_cb[c][b]) / static_cast<double>(judgement.images_c[c]);
      };
      double mean = 0, sum = 0;
      for (const NetworkJudgement& judgement : judgements) mean += mass(judgement) / networks;
      for (const NetworkJudgement& judgement : judgements) sum += std::pow(mass(judgement) - mean, 2);
      easiness.histogram_cb[c][b] = mean;
      if (judgements.size() > 1) easiness.variance_cb[c][b] = sum / (networks - 1);
    }
  }
}

std::vector<double> MeanOverNetworks(const std::vector<std::vector<double>>& value_nc) {
  std::vector<double> mean_c(value_nc.front().size());
  for (const std::vector<double>& value_c : value_nc) {
    for (size_t c = 0; c < value_c.size(); ++c) mean_c[c] += value_c[c];
  }
  for (double& mean : mean_c) mean /= static_cast<double>(value_nc.size());
  return mean_c;
}

Json NetworkJson(const NetworkJudgement& judgement, const std::vector<double>& score_c) {
  std::vector<double> error_c;
  for (int c = 0; c < judgement.classes(); ++c) error_c.push_back(judgement.Error(c));
  return {{"network", judgement.network},
          {"weights", judgement.weights},
          {"scores", score_c},
          {"images", judgement.images_c},
          {"errors", error_c},
          {"mean_entropies", judgement.mean_entropy_c},
          {"histograms", judgement.histogram_cb}};
}

}  // namespace

std::vector<double> ScoreClasses(const NetworkJudgement& judgement, const EasinessConfig& config) {
  switch (config.kind) {
    case EasinessKind::kEntropyHistogram:
      return HistogramMeans(judgement);
    case EasinessKind::kMeanEntropy:
      return judgement.mean_entropy_c;
    case EasinessKind::kMedianEntropy:
      return judgement.median_entropy_c;
    case EasinessKind::kCrossEntropy:
      return judgement.cross_entropy_c;
    case EasinessKind::kEarlyAccuracy:
      return EarlyErrors(judgement, config.early_share);
    case EasinessKind::kAccuracyVariance:
      return AccuracyVariances(judgement);
    case EasinessKind::kConfusionDiagonal:
      break;
  }
  std::vector<double> errors;
  for (int c = 0; c < judgement.classes(); ++c) errors.push_back(judgement.Error(c));
  return errors;
}

ClassEasiness RankClasses(const std::vector<NetworkJudgement>& judgements, const std::vector<std::string>& class_ids,
                          const EasinessConfig& config) {
  if (judgements.empty()) throw std::invalid_argument("a ranking needs at least one network's judgement");
  ClassEasiness easiness{.class_ids = class_ids, .kind = config.kind, .aggregation = config.aggregation};
  for (const NetworkJudgement& judgement : judgements) {
    if (judgement.images_c.size() != class_ids.size()) {
      throw std::invalid_argument(judgement.network + " was evaluated on a different number of classes");
    }
    easiness.score_nc.push_back(ScoreClasses(judgement, config));
  }
  AverageHistograms(judgements, easiness);

  std::vector<std::vector<double>> vote_nc = easiness.score_nc;
  if (config.aggregation == EasinessAggregation::kBorda) {
    for (std::vector<double>& vote_c : vote_nc) vote_c = AverageRanks(vote_c);
  }
  easiness.score_c = MeanOverNetworks(vote_nc);

  easiness.order = OrderClasses(easiness.score_c, class_ids);
  return easiness;
}

std::vector<int> OrderClasses(const std::vector<double>& score_c, const std::vector<std::string>& class_ids) {
  std::vector<int> order(class_ids.size());
  std::iota(order.begin(), order.end(), 0);
  std::sort(order.begin(), order.end(), [&](int left, int right) {
    const auto l = static_cast<size_t>(left), r = static_cast<size_t>(right);
    return score_c[l] != score_c[r] ? score_c[l] < score_c[r] : class_ids[l] < class_ids[r];
  });
  return order;
}

std::vector<double> AverageRanks(const std::vector<double>& values) {
  std::vector<size_t> order(values.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::sort(order.begin(), order.end(), [&](size_t a, size_t b) { return values[a] < values[b]; });
  std::vector<double> ranks(values.size());
  for (size_t first = 0; first < order.size();) {
    size_t end = first;
    while (end < order.size() && values[order[end]] == values[order[first]]) ++end;
    for (size_t i = first; i < end; ++i) ranks[order[i]] = static_cast<double>(first + end + 1) / 2;
    first = end;
  }
  return ranks;
}

Json RankingJson(const ClassEasiness& easiness, const std::vector<NetworkJudgement>& judgements,
                 const RankingOrigin& origin) {
  Json classes = Json::array(), labels = Json::array(), scores = Json::array();
  for (const int c : easiness.order) {
    const auto position = static_cast<size_t>(c);
    classes.push_back(easiness.class_ids[position]);
    labels.push_back(origin.class_labels[position]);
    scores.push_back(easiness.score_c[position]);
  }
  Json networks = Json::array();
  for (size_t n = 0; n < judgements.size(); ++n) networks.push_back(NetworkJson(judgements[n], easiness.score_nc[n]));
  return {{"format", 1},
          {"classes", classes},
          {"class_labels", labels},
          {"scores", scores},
          {"kind", NameOf(easiness.kind)},
          {"aggregation", NameOf(easiness.aggregation)},
          {"dataset", origin.dataset},
          {"fingerprint", origin.fingerprint},
          {"class_ids", easiness.class_ids},
          {"histograms", easiness.histogram_cb},
          {"histogram_variances", easiness.variance_cb},
          {"networks", networks},
          {"config", origin.config}};
}

}  // namespace danas
