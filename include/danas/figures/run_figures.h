// Pictures of a search from its record: the network as the paper's Fig. 5, α over time, prunings, costs, losses, the
// class schedule, scored networks. Each stands alone, as a paper needs it.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "danas/core/bootstrap.h"
#include "danas/events/task_words.h"
#include "danas/figures/figure.h"
#include "danas/report/run_record.h"

namespace danas {

// The blocks of a network in a row, coloured by kind, each with its operator, and below them what each layer costs.
// Brackets above say where resolution drops and channels grow.
Figure NetworkFigure(const SearchSpace& network, const std::vector<LayerCosts>& costs, const std::string& title);

// What candidates were worth at one moment: softmax(α) after an epoch, or the values of a pruning by score.
struct CandidateFrame {
  std::string label;                             // "step2, epoch 3"
  std::vector<std::map<std::string, double>> l;  // of each layer, by candidate; those that were pruned are left out
};
struct CandidateFrames {
  bool values = false;  // of prunings in nats; else probabilities
  double most = 1;      // the largest absolute value
  std::vector<CandidateFrame> frames;
};
// At most kMostFrames, evenly spread, with the last one; empty where neither α nor values were logged.
inline constexpr size_t kMostFrames = 120;
CandidateFrames FramesOf(const SearchRecord& search, const BudgetRecord& budget);

// Layers by candidates at the last frame. Each candidate is a group of the class "cell", in the order of CellOrder().
Figure CandidatesFigure(const SearchRecord& search, const BudgetRecord& budget, const CandidateFrames& frames);
// The frames' numbers for the page's slider, as the cells are: thousandths of `most`, null for what was pruned.
Json FramesJson(const SearchRecord& search, const CandidateFrames& frames);
// How many steps the colours of cells have, and they.
inline constexpr int kCellShades = 32;
std::string CellColour(int shade, bool values);

// A small plot for each layer: softmax(α) of its candidates over the epochs.
std::optional<Figure> AlphaCurvesFigure(const SearchRecord& search, const BudgetRecord& budget);

// Every cut with its gap and the error of that.
std::optional<Figure> PruningFigure(const BudgetRecord& budget, const events::TaskWords& words = {});

// What a search's epochs say, and what a training's: those that have something to show.
std::vector<Figure> EpochFigures(const SearchRecord& search, const BudgetRecord& budget);
std::vector<Figure> WorkFigures(const SearchRecord& search);  // of all budgets
std::vector<Figure> TrainingFigures(const std::vector<std::pair<std::string, const TrainingRecord*>>& trainings);

// COCO's average precision and recall by the size of persons, of the last epoch's weights of trainings for key-points.
std::optional<Figure> PrecisionBySizeFigure(
    const std::vector<std::pair<std::string, events::KeypointFields>>& trainings);

// A network in the plane of cost and accuracy.
struct PricedNetwork {
  std::string name;
  double cost = 0;
  Estimate accuracy;  // without an interval for key-points
  enum class Kind { kScored, kFinalist, kFound, kRandom, kOther } kind = Kind::kScored;
};
struct BudgetLine {
  std::string name;
  double cost = 0;
};
// `trained`: accuracies are those of trained networks on the test set, of key-points their average precision; else the
// supernet's.
std::optional<Figure> ParetoFigure(const std::vector<PricedNetwork>& networks, const std::vector<BudgetLine>& budgets,
                                   const std::string& unit, bool trained, const events::TaskWords& words = {});

// The best networks as lines over the layers.
std::optional<Figure> BestNetworksFigure(const SearchRecord& search, const BudgetRecord& budget);

// One curve for each of several searches.
std::vector<Figure> OverlaidFigures(const std::vector<std::pair<std::string, const SearchRecord*>>& searches);

}  // namespace danas
