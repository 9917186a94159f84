// Training of the architecture weights (Eq. 10): one Adam step of α for each validation batch, weights fixed.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "danas/config/config.h"
#include "danas/train/loader.h"
#include "danas/search/forward_macs.h"
#include "danas/search/learners/learner.h"
#include "danas/search/relaxation.h"
#include "danas/search/search_state.h"
#include "danas/tasks/make_task.h"
#include "danas/train/pass.h"

namespace danas {

// The draw that the next step of this process makes.
DrawNumber NextDraw(const Config& config, const SearchState& state);

// search.relaxation with the temperature of the epoch.
RelaxationConfig RelaxationNow(const Config& config, const SearchState& state);

// While it lives the supernet's weights want no gradient, the branch's α does; batch norm takes the batch's statistics
// and leaves the running ones (NormMode::kBatchFrozen); dropout is off. Its end sets the weight pass's state again.
class ArchitectureScope {
 public:
  ArchitectureScope(SearchState& state, Branch& branch);
  ~ArchitectureScope();
  ArchitectureScope(const ArchitectureScope&) = delete;
  ArchitectureScope& operator=(const ArchitectureScope&) = delete;

 private:
  SearchState& state_;
  Branch& branch_;
  std::vector<at::Tensor> frozen_;
};

// Sums over the steps applied since they were last taken.
struct ArchitectureTotals {
  int64_t images = 0;
  int64_t steps = 0;
  double costs = 0;
  at::Tensor class_losses;  // on the device
  double macs = 0;          // of forward passes, over all processes; of steps left out too
};

// One step of a branch's α, in the halves that a pass wants (train/pass.h); `config`: with the branch's budget and a
// learner. What is drawn and how α moves is the learner's. Needs an ArchitectureScope. Parts of a batch (search.alpha_micro_batch) share one draw, and so do the processes of a run
// unless ranks.draws is 'own'. The losses are linear in the class loss, so that the sum of the processes' gradients is
// that of the whole batch's loss. With search.relaxation.draws 'micro_batch' each part has its own draw, which its
// first image's place in the whole batch numbers: processes that cut the batch at the same places as one alone draw the
// same. The loss is then the mean of the parts', cost and all. Throws std::logic_error if a weight got a gradient.
class ArchitectureStep {
 public:
  // The loss is over the first `classes` classes; without label smoothing.
  ArchitectureStep(SearchState& state, Branch& branch, const Config& config, int64_t classes,
                   ArchitectureTotals& totals)
      : state_(state),
        branch_(branch),
        config_(config),
        classes_(classes),
        totals_(totals),
        forward_macs_(branch.space()),
        learner_(MakeLearner(config.search)),
        task_(MakeTask(config)) {}

  StepResult Compute(const Batch& batch);
  void Apply();
  void Discard();

  // Means over the totals, which start again.
  struct Means {
    double class_loss = 0;  // over images
    double expected_cost = 0;
    double macs = 0;  // the sum
  };
  Means TakeMeans();

 private:
  StepResult ComputePart(const Batch& part);
  DrawNumber DrawOfPart(const Batch& part);
  bool draws_differ() const;  // between parts or processes
  void SumOverAllRanks(const Batch& batch, StepResult& result);

  SearchState& state_;
  Branch& branch_;
  const Config& config_;
  int64_t classes_;
  ArchitectureTotals& totals_;
  ForwardMacs forward_macs_;
  std::unique_ptr<const Learner> learner_;
  std::shared_ptr<const Task> task_;
  // Of the whole batch.
  int64_t images_ = 0;
  double cost_ = 0;            // mean over the images, of the draws
  int64_t computed_ = 0;       // images of this process
  double macs_ = 0;            // of forward passes
  at::Tensor class_loss_sum_;  // on the device
  at::Tensor found_inf_;       // of the scaler
};

struct ArchitectureResult {
  PassResult pass;           // its loss has the cost in it
  double class_loss = 0;     // L_cls, mean over images
  double expected_cost = 0;  // mean over the draws
  double macs = 0;           // of forward passes, over all processes
};

void Describe(StateFields& fields, ArchitectureTotals& totals);
void Describe(StateFields& fields, ArchitectureResult& result);

// One epoch over `loader`, or the rest of it: `options` and `totals` say how far it got. Throws NumericError and
// Interrupted as BatchPass does.
ArchitectureResult TrainArchitecturePass(SearchState& state, Branch& branch, const Config& config, int64_t classes,
                                         Loader& loader, const PassOptions& options, ArchitectureTotals& totals);

// Where the steps between weight steps stand.
struct InterleavedPosition {
  EndlessPlace place = {};
  PassTotals sums = {};  // since the last Finish()
  ArchitectureTotals totals = {};
};

void Describe(StateFields& fields, InterleavedPosition& position);

// search.alpha_pass every_k: an endless pass, taken in turns between weight steps.
class InterleavedArchitecture {
 public:
  // Continues from `position`, and keeps it.
  InterleavedArchitecture(SearchState& state, Branch& branch, const Config& config, int64_t classes, Loader& loader,
                          std::string label, InterleavedPosition& position);

  // Both throw NumericError as BatchPass does.
  void Step();
  ArchitectureResult Finish();  // of the steps since the last Finish()

 private:
  SearchState& state_;
  Branch& branch_;
  InterleavedPosition& position_;
  ArchitectureStep step_;
  BatchPass pass_;
};

}  // namespace danas
