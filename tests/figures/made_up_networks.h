// A study of made-up networks: class c is recognised the better the smaller c is, and learnt the earlier.
#pragma once

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "danas/core/random.h"
#include "danas/figures/easiness_figures.h"

namespace danas::test {

inline NetworkJudgement MadeUpJudgement(const std::string& name, const std::vector<std::string>& ids, int images,
                                        uint64_t seed, int epochs) {
  const auto classes = static_cast<int>(ids.size());
  RandomStream stream(seed, name);
  JudgementTally tally(name, ids, 50);
  std::vector<float> logits(ids.size());
  for (int c = 0; c < classes; ++c) {
    const double ease = 9.0 - 6.5 * c / classes + 0.4 * stream.Normal();
    for (int i = 0; i < images; ++i) {
      for (float& logit : logits) logit = static_cast<float>(stream.Normal());
      logits[static_cast<size_t>(c)] += static_cast<float>(ease + 1.5 * stream.Normal());
      const int neighbour = std::clamp(c + static_cast<int>(std::lround(3 * stream.Normal())), 0, classes - 1);
      logits[static_cast<size_t>(neighbour)] += static_cast<float>(3.0 * c / classes + 1);
      tally.Add(c, logits);
    }
  }
  NetworkJudgement judgement = tally.Finish();
  judgement.weights = "0123456789abcdef";
  for (int e = 1; e <= epochs; ++e) {
    judgement.accuracy_ec.emplace_back();
    for (int c = 0; c < classes; ++c) {
      const double share = static_cast<double>(c) / classes;
      const double value =
          (0.98 - 0.4 * share) * (1 - std::exp(-e / (1.0 + 12 * share))) + 0.06 * share * stream.Normal();
      judgement.accuracy_ec.back().push_back(std::clamp(value, 0.0, 1.0));
    }
  }
  return judgement;
}

inline RelevanceStudy MadeUpRelevance(const std::string& network, RelevanceKind kind, const std::vector<int>& rows,
                                      size_t neurons, int64_t epochs) {
  const size_t classes = rows.size();
  std::vector<int> targets;
  for (size_t i = 0; i < 4 * classes; ++i) targets.push_back(static_cast<int>(i % classes));
  std::vector<RelevanceSnapshot> snapshots;
  std::vector<float> features(neurons);
  for (const double share : {0.05, 0.5, 1.0}) {
    RandomStream stream(static_cast<uint64_t>(100 * share), "features");
    RelevanceTally tally(targets, classes, neurons, 0);
    for (size_t i = 0; i < targets.size(); ++i) {
      const auto c = static_cast<size_t>(targets[i]);
      const double strength =
          4 * std::min(1.0, share * 6 * (1.2 - static_cast<double>(c) / static_cast<double>(classes)));
      for (size_t k = 0; k < neurons; ++k) {
        const double own = k % classes == c || (k * 7 + 3) % classes == c ? strength : 0;
        features[k] = static_cast<float>(std::max(0.0, stream.Normal() + own));
      }
      tally.Add(static_cast<int64_t>(i), features);
    }
    snapshots.push_back({.epoch = std::max<int64_t>(1, std::llround(share * static_cast<double>(epochs))),
                         .relevance = tally.Relevance(RelevanceKind::kResponse),
                         .permuted = tally.Permuted(RelevanceKind::kResponse)});
  }
  return StudyRelevance(network, kind, rows, snapshots);
}

inline EasinessStudy MadeUpStudy(int classes, int images, int networks, int epochs = 40, size_t neurons = 64) {
  EasinessStudy study{
      .dataset = "made-up images", .class_labels = {}, .easiness = {}, .judgements = {}, .agreement = {}};
  std::vector<std::string> ids;
  for (int c = 0; c < classes; ++c) {
    ids.push_back("n" + std::to_string(100000 + c));
    study.class_labels.push_back("class <" + std::to_string(c) + "> & friends");
  }
  std::vector<std::string> names;
  std::vector<Scores> errors;
  for (int n = 0; n < networks; ++n) {
    names.push_back("net" + std::to_string(n));
    study.judgements.push_back(MadeUpJudgement(names.back(), ids, images, static_cast<uint64_t>(n), epochs));
    errors.emplace_back();
    for (int c = 0; c < classes; ++c) errors.back().push_back(study.judgements.back().Error(c));
  }
  study.easiness = RankClasses(study.judgements, ids, EasinessConfig());
  study.agreement = MeasureAgreement(names, study.easiness.score_nc, errors, 100, 0);
  study.relevance = {MadeUpRelevance(names.front(), RelevanceKind::kResponse, study.easiness.order, neurons, epochs),
                     MadeUpRelevance(names.front(), RelevanceKind::kLrp, study.easiness.order, neurons, epochs)};
  return study;
}

}  // namespace danas::test
