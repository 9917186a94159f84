#include "danas/study/trial_result.h"

#include <algorithm>

#include "danas/arch/genotype.h"
#include "danas/arch/network_name.h"
#include "danas/config/document.h"
#include "danas/core/error.h"
#include "danas/core/hash.h"
#include "danas/cost/search_band.h"
#include "danas/events/log_excerpt.h"
#include "danas/events/run_log.h"
#include "danas/events/search_events.h"
#include "danas/events/training_events.h"
#include "danas/report/comparison.h"
#include "danas/study/step_state.h"

namespace danas {
namespace {

namespace fs = std::filesystem;

// Of a run's log, which may have been cut by hand. `needed`: the fields that count.
template <typename T>
T ReadFromLog(const std::vector<Json>& log, const fs::path& path, const std::vector<std::string>& needed) {
  const auto found = std::ranges::find_if(log, [](const Json& event) { return events::Is<T>(event); });
  if (found == log.end()) {
    throw ConfigError(path.string() + ": the event '" + T::kNames.front() + "' is missing");
  }
  auto [event, faults] = events::Read<T>(*found);
  for (const std::string& field : needed) {
    if (std::ranges::find(faults, field) == faults.end()) continue;
    throw ConfigError(path.string() + ": '" + field + "' of the event '" + T::kNames.front() +
                      "' is missing or of the wrong type");
  }
  return std::move(event);
}

double PlannedMacs(const std::vector<events::PlannedPhase>& phases) {
  double macs = 0;
  for (const events::PlannedPhase& phase : phases) {
    const double weights = phase.macs_per_image * static_cast<double>(phase.weight_images);
    const double alpha_macs = phase.alpha_macs_per_image.value_or(phase.macs_per_image);
    const double alpha = phase.searches ? alpha_macs * static_cast<double>(phase.architecture_images) : 0;
    macs += static_cast<double>(phase.epochs) * (weights + alpha);
  }
  return macs;
}

// Of a search that several trials share.
FindingCost ShareOf(FindingCost cost, const StudyTrial& trial) {
  cost.macs /= static_cast<double>(trial.sharing);
  cost.seconds /= static_cast<double>(trial.sharing);
  return cost;
}

FindingCost CostOfTraining(const fs::path& run) {
  const fs::path log = run / kLogFile;
  const auto start = ReadFromLog<events::TrainingStart>(ReadLogExcerpt(log).events, log,
                                                        {events::NameOfField(&events::TrainingStart::train_images)});
  const TrainedRun trained = ReadTrainedRun(run);
  return {.macs = static_cast<double>(trained.macs) * static_cast<double>(trained.epochs) *
                  static_cast<double>(start.train_images),
          .seconds = trained.seconds};
}

}  // namespace

FindingCost CostOfSearch(const fs::path& run) {
  const fs::path log = run / kLogFile;
  const std::vector<Json> lines = ReadLogExcerpt(log).events;
  using namespace events;
  const std::string timing = NameOfField(&SearchEnd::timing), passed = NameOfField(&SearchEnd::macs_passed);
  const auto end = ReadFromLog<SearchEnd>(
      lines, log,
      {timing, timing + "." + NameOfField(&SearchTiming::seconds), passed + "." + NameOfField(&WorkParts::total)});
  if (end.macs_passed) return {.macs = end.macs_passed->total, .seconds = end.timing.seconds};
  const std::string phases = NameOfField(&SearchStart::phases);
  std::vector<std::string> needed = {phases};
  for (const std::string& field :
       {NameOfField(&PlannedPhase::epochs), NameOfField(&PlannedPhase::macs_per_image),
        NameOfField(&PlannedPhase::weight_images), NameOfField(&PlannedPhase::architecture_images)}) {
    needed.push_back(phases + "." + field);
  }
  return {.macs = PlannedMacs(ReadFromLog<SearchStart>(lines, log, needed).phases),
          .seconds = end.timing.seconds,
          .planned = true};
}

TrialReader::TrialReader(const Study& study, const StudyPlan& plan) : study_(study), plan_(plan) {
  if (study.outcome.truth.empty()) return;
  if (!fs::exists(study.outcome.truth)) {
    throw FileError("there is no table of truth " + study.outcome.truth.string() +
                    ", neither beside the study's file nor in this folder. Name one with --truth, or make one with "
                    "scripts/truth-table");
  }
  truth_ = std::make_unique<const TruthLookup>(study.outcome.truth, plan.trials.front().config);
  const double all = truth_->space().NetworkCount();
  if (static_cast<double>(truth_->networks()) < all) {
    notes_.push_back(study.outcome.truth.string() + " has " + std::to_string(truth_->networks()) + " of the space's " +
                     std::to_string(static_cast<int64_t>(all)) + " networks: shares refer to those that it has");
  }
  for (const StudyTrial& trial : plan.trials) {  // what cannot be drawn is reported before anything runs
    if (study.arms[trial.arm].random > 0 && !trial.near) ReadDrawn(trial);
  }
}

bool TrialReader::IsDone(size_t step) const { return StateOf(plan_.steps[step]) == StepState::kDone; }

std::optional<TrialResult> TrialReader::Read(const StudyTrial& trial) {
  if (!truth_) return ReadTrained(trial);
  return study_.arms[trial.arm].random > 0 ? ReadDrawn(trial) : ReadFound(trial);
}

std::optional<TrialResult> TrialReader::ReadFound(const StudyTrial& trial) {
  if (!IsDone(*trial.search)) return std::nullopt;
  const fs::path run = plan_.steps[*trial.search].folder;
  const fs::path& best = trial.found;
  const SearchSpace network = ReadGenotype(best).network;
  const Settings& of_arm = study_.arms[trial.arm].settings;
  const bool other_data = Sets(of_arm, "data.root") || Sets(of_arm, "data.format");  // perhaps of other classes
  if (!other_data && network.classes() != truth_->space().classes()) {
    throw ConfigError(best.string() + " distinguishes " + std::to_string(network.classes()) + " classes, the space " +
                      truth_->space().name() + " of the table of truth " + std::to_string(truth_->space().classes()));
  }
  const std::vector<size_t> choice = ChoiceOf(network, truth_->space(), best.string());
  const auto found = truth_->Find(choice, SearchBand(trial.config.search));
  if (!found) {
    const std::string note = best.string() + ": the network " + NetworkName(choice) + " is not in the table; left out";
    if (std::ranges::find(notes_, note) == notes_.end()) notes_.push_back(note);
    return std::nullopt;
  }
  return TrialResult{.accuracy = found->accuracy,
                     .truth = found,
                     .cost = truth_->Cost(choice),
                     .finding = ShareOf(CostOfSearch(run), trial),
                     .network = NetworkName(choice)};
}

std::optional<TrialResult> TrialReader::ReadDrawn(const StudyTrial& trial) {
  const StudyArm& arm = study_.arms[trial.arm];
  const CostBand budget = SearchBand(trial.config.search);
  CostBand band = budget;
  if (trial.near) {
    const auto near = ReadFound(plan_.trials[*trial.near]);
    if (!near) return std::nullopt;
    band = {.low = near->cost * (1 - arm.band_percent / 100), .high = near->cost * (1 + arm.band_percent / 100)};
  }
  const uint64_t of_budget = trial.budget ? HashText(study_.budgets[*trial.budget].text) : 0;
  RandomStream stream(static_cast<uint64_t>(trial.seed), "study/" + arm.name, {of_budget});
  const std::vector<std::vector<size_t>> drawn = truth_->Draw(arm.random, band, stream);
  const std::vector<size_t>& best = truth_->Best(drawn);
  const auto found = truth_->Find(best, budget);
  FindingCost finding;
  if (arm.random > 1) {  // of one there is nothing to find
    const TruthHead& head = truth_->head();
    for (const std::vector<size_t>& network : drawn) {
      finding.macs += truth_->Macs(network) * static_cast<double>(head.epochs * head.train_images);
    }
    if (head.epochs * head.train_images == 0) finding.macs = events::kNotKnown;
    finding.seconds =
        head.hours > 0 ? 3600 * head.hours / static_cast<double>(truth_->trainings()) * static_cast<double>(arm.random)
                       : events::kNotKnown;
  }
  return TrialResult{.accuracy = found->accuracy,
                     .truth = found,
                     .cost = truth_->Cost(best),
                     .finding = finding,
                     .network = NetworkName(best)};
}

// The found network, or the best of the drawn ones by its test.
std::optional<TrialResult> TrialReader::ReadTrained(const StudyTrial& trial) const {
  std::optional<TrialResult> best;
  FindingCost all;
  for (const size_t step : trial.trainings) {
    if (!IsDone(step)) return std::nullopt;
    const fs::path run = plan_.steps[step].folder;
    const TrainedRun trained = ReadTrainedRun(run);
    const FindingCost one = CostOfTraining(run);
    all.macs += one.macs;
    all.seconds += one.seconds;
    if (best && trained.top1 <= best->accuracy) continue;
    best = TrialResult{.accuracy = trained.top1,
                       .truth = {},
                       .cost = static_cast<double>(trained.macs),
                       .finding = {},
                       .network = (run / "network.json").string()};
  }
  if (trial.search) {
    best->finding = ShareOf(CostOfSearch(plan_.steps[*trial.search].folder), trial);
  } else if (trial.trainings.size() > 1) {
    best->finding = all;
  }
  return best;
}

}  // namespace danas
