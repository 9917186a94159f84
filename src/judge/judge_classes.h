// One network's part of RunEasiness().
#pragma once

#include "danas/judge/easiness.h"

namespace danas {

struct JudgedNetwork {
  NetworkJudgement judgement;
  std::vector<RelevanceStudy> relevance;
  double seconds = 0;  // of the pass that scored
};

// One layer on the pooled features, as lrp needs it.
bool HasLinearClassifier(const SearchSpace& network);

// The network, with its weights, looks at its images once, and at two earlier points of its training once more for the
// relevance of its neurons. Throws as RunEasiness().
JudgedNetwork JudgeClasses(const Judge& judge, const EasinessConfig& config, ProgressSink* progress);

}  // namespace danas
