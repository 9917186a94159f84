// From networks' judgements to one ranking of classes, easiest first (section 4, Eq. 3).
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "danas/config/easiness_config.h"
#include "danas/core/json.h"
#include "danas/easiness/network_judgement.h"

namespace danas {

// Classes are in the dataset's order, scores lower for easier ones.
struct ClassEasiness {
  std::vector<std::string> class_ids;
  EasinessKind kind = EasinessKind::kEntropyHistogram;
  EasinessAggregation aggregation = EasinessAggregation::kMeanHistogram;
  std::vector<std::vector<double>> score_nc = {};      // of each network
  std::vector<double> score_c = {};                    // of all: their mean, or for borda the mean rank from 1
  std::vector<std::vector<double>> histogram_cb = {};  // mean over networks of each one's histogram of mass 1
  std::vector<std::vector<double>> variance_cb = {};   // over networks, unbiased; empty for a single network
  std::vector<int> order = {};                         // positions in class_ids, easiest first; ties by class id
};

// The score of every class by one network, in nats or as shares: see EasinessKind. For kEntropyHistogram Σ centre *
// mass, within half a bin of the mean entropy. Throws ConfigError where the kind needs the accuracies of training and
// the judgement has none.
std::vector<double> ScoreClasses(const NetworkJudgement& judgement, const EasinessConfig& config);

// Throws as ScoreClasses(); std::invalid_argument without judgements or for other numbers of classes.
ClassEasiness RankClasses(const std::vector<NetworkJudgement>& judgements, const std::vector<std::string>& class_ids,
                          const EasinessConfig& config);

// Positions by rising score; ties by class id.
std::vector<int> OrderClasses(const std::vector<double>& score_c, const std::vector<std::string>& class_ids);

// Ranks from 1, equal values sharing the mean of theirs.
std::vector<double> AverageRanks(const std::vector<double>& values);

// Where a ranking comes from, besides its networks.
struct RankingOrigin {
  std::string dataset;                    // its name
  std::string fingerprint;                // of the training set, in hexadecimal
  std::vector<std::string> class_labels;  // texts to show
  Json config = {};                       // what the run was told
};

// The content of ranking.json: docs/file-formats.md.
Json RankingJson(const ClassEasiness& easiness, const std::vector<NetworkJudgement>& judgements,
                 const RankingOrigin& origin);

}  // namespace danas
