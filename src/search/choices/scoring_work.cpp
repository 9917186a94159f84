#include "scoring_work.h"

#include <utility>

#include "danas/core/seconds_since.h"

namespace danas {

ScoringWork::ScoringWork(const TrainedBranch& trained) : trained_(trained) {
  const SearchCourse& course = trained.course;
  const int classes = course.plan.phases.back().phase.classes;
  sets_ = {.validation = EasiestClasses(course.split.architecture, course.order, classes),
           .training = EasiestClasses(course.split.weights, course.order, classes),
           .classes = classes};
}

PartOfRun ScoringWork::Part(const Done& from, const Done& to) const {
  const FinalPlan& plan = trained_.course.plan.final;
  const SearchRun& run = trained_.run;
  const auto share = [&](const Done& done) {
    const double macs =
        done.networks / to_score_ * (plan.macs - plan.finalist_macs) + done.finalists * plan.finalist_macs;
    const double of_before = static_cast<double>(trained_.number) * plan.macs;
    return (run.work.done + (of_before + macs) / static_cast<double>(run.state.branches.size())) / run.work.total;
  };
  return {.before = share(from), .part = share(to) - share(from)};
}

double ScoringWork::TakeSeconds() {
  const auto now = std::chrono::steady_clock::now();
  return SecondsBetween(std::exchange(taken_, now), now);
}

std::string ScoringWork::LabelOf(const std::string& what) const {
  const std::string& budget = branch().budget;
  return budget.empty() ? what : "budget " + budget + ", " + what;
}

void ScoringWork::KeepIfDue() const {
  if (trained_.keeper != nullptr && trained_.keeper->Due()) trained_.keeper->Keep();
}

}  // namespace danas
