#include "search_setup.h"

#include <ATen/ATen.h>

#include <cmath>

#include "danas/arch/space_file.h"
#include "danas/config/config_file.h"
#include "danas/core/error.h"
#include "danas/core/file.h"
#include "danas/core/hash.h"
#include "danas/core/log.h"
#include "danas/core/pass_work.h"
#include "danas/core/units.h"
#include "danas/nn/safetensors.h"
#include "danas/nn/weights_file.h"
#include "danas/run/device.h"
#include "danas/search/budget_band.h"
#include "danas/search/budgets.h"
#include "danas/search/cost_loss.h"
#include "danas/search/make_plan.h"
#include "danas/search/paths/paths.h"
#include "danas/train/loaders.h"

namespace danas {
namespace {

void CheckInputs(const SearchInputs& inputs, const Split& split) {
  const size_t outputs = inputs.training_set->outputs().ids.size();
  if (static_cast<size_t>(inputs.space.classes()) != outputs) {
    throw ConfigError("space " + inputs.space.name() + " distinguishes " + std::to_string(inputs.space.classes()) +
                      (inputs.training_set->persons ? " key-points" : " classes") + ", the training set has " +
                      std::to_string(outputs));
  }
  if (split.architecture.size() == 0) {
    throw ConfigError(
        "a search needs validation images for α: set data.validation_per_class or data.validation_fraction");
  }
}

// What the rows of the supernet's last layer stand for.
std::vector<std::string> OutputOrder(const SearchInputs& inputs) {
  return inputs.training_set->persons ? inputs.training_set->outputs().ids : inputs.ranking.order;
}

void WarnOfFewSteps(const SearchPlan& plan) {
  for (const PhasePlan& phase : plan.phases) {
    if (const std::string doubt = FewPathsText(phase); !doubt.empty()) log::info("{}", doubt);
  }
  if (plan.pruning_score != NameOf(PruningScore::kAlpha)) return;
  bool any = false;
  for (const PhasePlan& phase : plan.phases) {
    const std::string doubt = FewStepsText(phase);
    if (doubt.empty()) continue;
    log::warn("{}", doubt);
    any = true;
  }
  if (any) log::info("more validation images or epochs, or a smaller train.batch, give more α steps");
}

// `config`: the run's; `search`: as for the branch's budget alone.
Json Origin(const SearchInputs& inputs, const SearchConfig& search, const FinalChoice& choice, const Branch& branch) {
  const CostTable& costs = branch.costs;
  Json origin = {{"command", "search"},
                 {"config", ToJson(inputs.config)},
                 {"seed", inputs.config.seed},
                 {"dataset", inputs.training_set->name},
                 {"fingerprint", HexText(inputs.training_set->fingerprint)},
                 {"class_order", inputs.ranking.order},
                 {"ranking", inputs.ranking.source},
                 {"cost", {{"unit", costs.unit}, {"value", choice.cost}}},
                 {"budget", search.budget.value},
                 {"budget_max", LargestCost(search)},
                 {"bounded_by_budget", choice.bounded_by_budget}};
  if (choice.scored) origin["scored"] = events::ToJson(ScoresEvent(*choice.scored, branch, search));
  return origin;
}

}  // namespace

SearchCourse PlanCourse(const SearchInputs& inputs) {
  const Config& config = inputs.config;
  SearchCourse course;
  course.split = SplitTrainingSet(inputs.training_set, config.data, config.seed);
  CheckInputs(inputs, course.split);
  course.order = inputs.ranking.Positions(inputs.training_set->classes.ids);
  course.plan = MakeSearchPlan(config, inputs.space, *inputs.cost, CountImages(course.split, course.order),
                               inputs.device, std::nullopt, inputs.ranks.count());
  const CostTable costs = MakeCostTable(*inputs.cost, inputs.space);
  for (const double target : TargetsOf(config.search)) {
    CheckCostLoss(config.search.loss, target, costs);
    course.budgets.push_back(inputs);
    course.budgets.back().config.search = WithBudget(config.search, target);
  }
  WarnOfFewSteps(course.plan);
  return course;
}

std::shared_ptr<Supernet> SupernetToScore(const SearchInputs& inputs, const SearchState& state) {
  if (inputs.config.search.scoring.ema == 0) return state.supernet;
  auto averaged = std::make_shared<Supernet>(state.space(), SupernetOptions{.how = inputs.config.nn});
  MoveTo(*averaged, inputs.device, inputs.config.runtime);
  LoadState(*averaged, state.training.ema.value().State(), "the weights' average");
  return averaged;
}

SearchState MakeState(const SearchInputs& inputs, const SearchCourse& course, const SearchSpace& space) {
  const Config& config = inputs.config;
  const PhasePlan& first = course.plan.phases.front();
  const auto steps_per_epoch = static_cast<double>(
      BatchesOf(first.weight_images, config.train.batch, LeastLastBatch(config.train, inputs.ranks.count())));
  const auto warmup_steps = static_cast<int64_t>(std::lround(config.train.lr_warmup_epochs * steps_per_epoch));
  int64_t epochs = 0;
  for (const PhasePlan& plan : course.plan.phases) epochs += plan.phase.epochs;
  const RateSchedule schedule(config.train, warmup_steps, course.plan.weight_steps(), epochs);
  return MakeSearchState(config, space, *inputs.cost, schedule, inputs.device, inputs.ranks);
}

double LastRate(const SearchState& state) {
  return state.training.step > 0 ? state.training.schedule.At(state.training.step - 1) : 0;
}

SearchRun MakeRun(const SearchInputs& inputs, const SearchCourse& course) {
  SearchRun run{.state = MakeState(inputs, course, inputs.space)};
  run.interleaved.resize(run.state.branches.size());
  if (DrawsSinglePaths(inputs.config.search)) run.paths.emplace();
  for (const PhasePlan& plan : course.plan.phases) {
    run.work.total += static_cast<double>(plan.phase.epochs) * WorkOfEpoch(plan.epoch_work());
    run.work.total += plan.scoring_macs;
  }
  run.work.total += course.plan.final.macs;
  return run;
}

void SearchReport::Start(const SearchCourse& course) { Record(StartEvent(inputs_, course.plan)); }

void SearchReport::Epoch(const EpochReport& report, const SearchState& state) {
  Record(EpochEvent(report, state));
  for (const Branch& branch : state.branches) {
    if (UsesAlpha(inputs_.config.search)) Record(AlphaEvent(report, branch, state));
  }
}

void SearchReport::Pruned(const Phase& phase, const Pruning& pruning, const CandidateScores& scores,
                          const Branch& branch) {
  if (!pruning.kept_for_budget.empty()) {
    const bool blind = inputs_.config.search.pruning.budget == PruningBudget::kBlind;
    log::info("{}{}: in {} layers, candidates that the pruning would have dropped are kept, since without them {}",
              phase.name, branch.budget.empty() ? "" : ", budget " + branch.budget, pruning.kept_for_budget.size(),
              blind ? "no network would be left within search.budget_max"
                    : "fewer networks than search.pruning.least_networks would be left within the budget");
  }
  Record(PruningEvent(phase, pruning, scores, branch));
}

void SearchReport::SpaceLeft(const Phase& phase, size_t candidates_before, const SearchState& state) {
  if (state.branches.size() > 1) Record(SupernetEvent(phase, candidates_before, state.space()));
  if (outputs_.folder.empty()) return;
  const auto write = [&](const std::string& name, const SearchSpace& space) {
    WriteFileAtomically(outputs_.folder / name, JsonText(ToJson(space), 2) + "\n");
  };
  write("space-" + phase.name + ".json", state.space());
  for (const Branch& branch : state.branches) {
    if (branch.budget.empty()) continue;
    write(WithBranchName("space-" + phase.name, branch.budget, ".json"), branch.space());
  }
}

void SearchReport::Scored(const FinalChoice& choice, const Branch& branch) {
  events::FinalScores event = ScoresEvent(*choice.scored, branch, inputs_.config.search);
  event.all = AllScoredOf(branch);
  if (!branch.budget.empty()) event.budget = branch.budget;
  Record(event);
}

FoundNetwork SearchReport::Found(const FinalChoice& choice, const SearchConfig& search, const Branch& branch) const {
  const ClassList classes = inputs_.training_set->outputs();
  FoundNetwork found{.budget = branch.budget,
                     .best = {.network = branch.space().Select(choice.choice),
                              .class_ids = classes.ids,
                              .class_labels = classes.labels,
                              .origin = Origin(inputs_, search, choice, branch)},
                     .argmax = choice.argmax,
                     .bounded_by_budget = choice.bounded_by_budget,
                     .cost = choice.cost};
  if (choice.bounded_by_budget) {
    log::info("{}the argmax of α costs {}, above search.budget_max; took the best network within it, {}",
              branch.budget.empty() ? "" : "budget " + branch.budget + ": ", CostText(choice.argmax_cost, branch.costs),
              CostText(choice.cost, branch.costs));
  }
  return found;
}

SearchResult SearchReport::Finish(const std::vector<FinalChoice>& choices, const SearchCourse& course,
                                  const SearchState& state, double seconds) {
  SearchResult result{.found = {}, .device_hours = inputs_.ranks.count() * seconds / 3600};
  for (size_t b = 0; b < choices.size(); ++b) {
    result.found.push_back(Found(choices[b], course.budgets[b].config.search, state.branches[b]));
  }
  if (!outputs_.folder.empty()) {
    // The results first: where the disk has no room for the weights, the networks are not lost.
    for (const FoundNetwork& found : result.found) {
      WriteFileAtomically(outputs_.folder / WithBranchName("best", found.budget, ".json"),
                          JsonText(ToJson(found.best), 2) + "\n");
    }
    WriteSafetensors(outputs_.folder / "weights.safetensors", StateOf(*state.supernet),
                     WeightsMetadata(state.space(), OutputOrder(inputs_)));
  }
  return result;
}

void SearchReport::End(const SearchResult& result, const std::vector<FinalChoice>& choices, const SearchRun& run,
                       double seconds) {
  Record(EndEvent(result, choices, run, seconds));
}

}  // namespace danas
