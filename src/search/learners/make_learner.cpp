#include "danas/search/learners/learner.h"
#include "gumbel.h"
#include "proxyless.h"
#include "softmax.h"

namespace danas {

void Learner::Step(ArchParameters& alpha, const SearchConfig& config, const DrawNumber& /*number*/) const {
  alpha.Step(config);
}

std::unique_ptr<const Learner> MakeLearner(const SearchConfig& config) {
  switch (config.learner) {
    case LearnerKind::kGumbel:
      return std::make_unique<GumbelLearner>(config.relaxation);
    case LearnerKind::kSoftmax:
      return std::make_unique<SoftmaxLearner>(config.relaxation.expected_cost);
    case LearnerKind::kProxyless:
      if (config.proxyless_gates == ProxylessGates::kTwo) return std::make_unique<TwoGatesLearner>();
      return std::make_unique<FullGatesLearner>();
    case LearnerKind::kNone:
      break;
  }
  return nullptr;
}

}  // namespace danas
