// Sections of a report's page about one search.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "danas/figures/run_figures.h"
#include "danas/figures/run_page.h"

namespace danas {

// A training beside the searches.
struct TrainedBeside {
  const ReportedRun* run = nullptr;
  PricedNetwork::Kind kind = PricedNetwork::Kind::kOther;
};

// Puts figures on the page and keeps them, with `prefix` before their names.
class FigureShelf {
 public:
  explicit FigureShelf(std::vector<Figure>& figures) : figures_(figures) {}
  void SetPrefix(std::string prefix) { prefix_ = std::move(prefix); }

  std::string Show(Figure figure, const char* kind = "");
  std::string ShowPairs(std::vector<Figure> figures);  // two beside each other

 private:
  std::vector<Figure>& figures_;
  std::string prefix_;
};

// Of each budget where the search has several.
std::string AnswerSection(const ReportedRun& run, const std::vector<TrainedBeside>& trained);
std::string NetworkSection(const ReportedRun& run, FigureShelf& shelf);
std::string CourseSection(const ReportedRun& run, FigureShelf& shelf);
std::string ScoredSection(const ReportedRun& run, const std::vector<TrainedBeside>& trained, FigureShelf& shelf);
std::string RepeatSection(const ReportedRun& run);

// Trained networks in one table, with intervals, and how they were trained.
std::string TrainedSection(const std::vector<TrainedBeside>& trained, FigureShelf& shelf);

// Of trainings for key-points: COCO's numbers, and pictures of the test. Empty where there are none.
std::string KeypointsSection(const std::vector<TrainedBeside>& trained, FigureShelf& shelf);

// Several searches: tables, curves, configs that differ, layers that agree.
std::string SeveralRunsSection(const std::vector<const ReportedRun*>& searches, FigureShelf& shelf);

// Section 5.5's findings over all networks found.
std::string BlocksSection(const std::vector<const ReportedRun*>& searches);

// The name of a budget's network: "323M of runs/mine".
std::string NameOfFound(const ReportedRun& run, const BudgetRecord& budget);

// Parts that sections share: "3 networks"; a network's cost where the unit needs no table, else NaN; the images of a
// score, 0 where the config does not say; a heading where a search has several budgets.
std::string CountOf(int64_t count, const std::string& what);
double CostOf(const SearchSpace& network, const std::string& unit);
// With Wilson's interval; PCK, a mean of shares, has none.
Estimate AccuracyEstimate(const events::TaskWords& words, double accuracy, int64_t count);
int64_t ScoringImages(const Json& config);
std::string BudgetTitle(const BudgetRecord& budget);
std::string EstimatePercent(const Estimate& estimate);  // "80.41 % [79.62, 81.18]"

}  // namespace danas
