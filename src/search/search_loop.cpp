#include "danas/search/search_loop.h"

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "choices/choice.h"
#include "danas/arch/space_file.h"
#include "danas/core/run_folder.h"
#include "danas/core/seconds_since.h"
#include "danas/events/run_log.h"
#include "danas/nn/state.h"
#include "danas/run/agreement_check.h"
#include "danas/run/kept_run.h"
#include "danas/search/budgets.h"
#include "danas/search/pruning_decision.h"
#include "measured_scores.h"
#include "phase_training.h"
#include "search_events.h"
#include "search_setup.h"

namespace danas {
namespace {

// Every rank drops what rank 0 decides from the numbers, branch by branch.
void Prune(const SearchInputs& inputs, const SearchCourse& course, const PhasePlan& plan, SearchRun& run,
           ProgressSink* progress, SearchReport& report) {
  SearchState& state = run.state;
  const std::vector<CandidateScores> scores = MeasureCandidates(inputs, course, plan, run, progress);
  const std::string decision = inputs.ranks.FromFirst([&] {
    Json dropped_of_branch = Json::array();
    for (size_t b = 0; b < state.branches.size(); ++b) {
      const Branch& branch = state.branches[b];
      const Pruning pruning = DecidePruning(branch.space(), scores[b], branch.costs, course.budgets[b].config.search);
      report.Pruned(plan.phase, pruning, scores[b], branch);
      dropped_of_branch.push_back(pruning.dropped);
    }
    return dropped_of_branch.dump();
  });
  const size_t candidates_before = state.space().CandidateCount();
  DropCandidates(state, Json::parse(decision).get<std::vector<LayerCandidates>>());
  run.work.done += plan.scoring_macs;
  report.SpaceLeft(plan.phase, candidates_before, state);
}

void CheckRanks(const SearchInputs& inputs, const SearchState& state, const std::string& when) {
  if (inputs.ranks.alone()) return;
  NamedTensors tensors = StateOf(*state.supernet);
  Json kept = ToJson(state.space());
  for (const Branch& branch : state.branches) {
    for (size_t l = 0; l < branch.alpha.layers(); ++l) {
      tensors.emplace_back(WithBranchName("alpha", branch.budget, ".") + std::to_string(l),
                           branch.alpha.alpha(l).detach());
    }
    if (!branch.budget.empty()) kept[branch.budget] = branch.kept_lc;
  }
  CheckAgreement(inputs.ranks, tensors, JsonText(kept), when);
}

// So that what is dropped can be scored afterwards, or that an interrupt while candidates are scored costs no epoch.
void KeepBeforePruning(const Config& config, KeptRun& kept) {
  if (config.checkpoint.before_pruning) return kept.Keep(CheckpointKind::kMilestone);
  if (config.search.pruning.score != PruningScore::kAlpha) kept.Keep();
}

// Of each branch.
std::vector<FinalChoice> ChooseLast(const SearchCourse& course, SearchRun& run, const SearchOutputs& outputs,
                                    SearchReport& report, CheckpointKeeper* keeper) {
  std::vector<FinalChoice> choices;
  for (size_t b = 0; b < run.state.branches.size(); ++b) {
    const TrainedBranch trained{.inputs = course.budgets[b],
                                .course = course,
                                .run = run,
                                .number = b,
                                .progress = outputs.progress,
                                .keeper = keeper};
    choices.push_back(MakeChoice(trained)->Choose());
  }
  // Reported when all are made: a run resumed in between reports nothing twice.
  for (size_t b = 0; b < choices.size(); ++b) {
    if (choices[b].scored) report.Scored(choices[b], run.state.branches[b]);
  }
  return choices;
}

// Where the config lists one budget: with that one in search.budget, as which it is all the same.
SearchInputs WithoutListOfOne(SearchInputs inputs) {
  SearchConfig& search = inputs.config.search;
  if (search.budgets.size() == 1) search = WithBudget(search, search.budgets.front().value);
  return inputs;
}

}  // namespace

SearchResult RunSearch(const SearchInputs& given, const SearchOutputs& outputs) {
  const SearchInputs inputs = WithoutListOfOne(given);
  const auto start = std::chrono::steady_clock::now();
  const auto seconds = [&] { return SecondsSince(start); };
  const SearchCourse course = PlanCourse(inputs);
  SearchRun run = MakeRun(inputs, course);
  const DescribeRun describe = [&](StateFields& fields) {
    Describe(
        fields, run, [&](const SearchSpace& space) { return MakeState(inputs, course, space); }, seconds());
  };
  KeptRun kept(outputs.folder, inputs.config.checkpoint, inputs.ranks, inputs.device, describe);
  SearchReport report(inputs, outputs);
  if (!kept.Resume(outputs.resume, events::SearchStart::kNames.front())) {
    report.Start(course);
    kept.Begun();
  }
  events::RecordNews(outputs.metrics, outputs.folder / kLogFile, outputs.notes);

  SearchPosition& at = run.position;
  const std::vector<PhasePlan>& phases = course.plan.phases;  // warm-up, then s = 1, 2, 3 with δ_s classes
  while (at.phase < std::ssize(phases)) {
    const PhasePlan& plan = phases[static_cast<size_t>(at.phase)];
    PhaseTraining training(inputs, course, plan, run, outputs.progress, kept.keeper());
    const bool kept_already = at.epoch > plan.phase.epochs;  // the run resumes from the checkpoint before a pruning
    while (at.epoch <= plan.phase.epochs) {
      run.state.temperature = course.Temperature(inputs.config.search.relaxation, at);
      const PassResult weights = training.WeightPass();                                    // Eq. 9
      const std::vector<ArchitectureResult> architecture = training.ArchitecturePasses();  // Eq. 10
      CheckRanks(inputs, run.state, "after epoch " + std::to_string(at.epoch) + " of " + plan.phase.name);
      report.Epoch({plan.phase, at.epoch, LastRate(run.state), weights, architecture, run.paths}, run.state);
      ++at.epoch;
      at.weights_done = false;
      if (at.epoch <= plan.phase.epochs) kept.KeepAfterEpoch();
    }
    if (plan.phase.searches && !kept_already) KeepBeforePruning(inputs.config, kept);
    if (plan.phase.searches) Prune(inputs, course, plan, run, outputs.progress, report);
    CheckRanks(inputs, run.state, "at the end of " + plan.phase.name);
    ++at.phase;
    at.epoch = 1;
    kept.Keep(CheckpointKind::kMilestone);
  }
  const std::vector<FinalChoice> choices = ChooseLast(course, run, outputs, report, kept.keeper());
  const double spent = run.seconds_before + seconds();
  const SearchResult result = report.Finish(choices, course, run.state, spent);
  kept.Finish();
  report.End(result, choices, run, spent);  // once all is written: what has ended is not resumed
  return result;
}

}  // namespace danas
