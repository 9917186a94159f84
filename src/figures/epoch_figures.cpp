// What the epochs of searches and trainings say, as curves.
#include <algorithm>
#include <cmath>
#include <iterator>

#include "danas/core/units.h"
#include "danas/figures/colour.h"
#include "danas/figures/run_figures.h"
#include "epoch_plot.h"

namespace danas {
namespace {

using Values = std::vector<std::optional<double>>;

constexpr const char* kPckMeans = ", the share of key-points near where they should be";

LineStyle LineOf(size_t number, std::string dash = {}) {
  constexpr std::array kDashes = {"", "6,3", "2,2"};
  if (dash.empty()) dash = kDashes.at(number / kCategories.size() % kDashes.size());
  return {.colour = kCategories.at(number % kCategories.size()), .width = 1.8, .dash = std::move(dash)};
}

// `get` of each epoch's part, where it has one.
template <typename Part, typename Get>
Values ValuesOf(const std::vector<std::optional<Part>>& parts, Get get) {
  Values values;
  for (const auto& part : parts) values.push_back(part ? std::optional<double>(get(*part)) : std::nullopt);
  return values;
}

template <typename Epoch, typename Get>
Values ValuesOfEpochs(const std::vector<Epoch>& epochs, Get get) {
  Values values;
  for (const Epoch& epoch : epochs) values.push_back(get(epoch));
  return values;
}

std::optional<double> LastKnown(const Values& values) {
  for (auto value = values.rbegin(); value != values.rend(); ++value) {
    if (*value && std::isfinite(**value)) return *value;
  }
  return std::nullopt;
}

void AddIfAny(std::vector<Figure>& figures, const EpochPlot& plot, const std::vector<PhaseMark>& phases) {
  if (auto figure = DrawEpochs(plot, phases)) figures.push_back(std::move(*figure));
}

bool Learns(const BudgetRecord& budget) {
  return std::ranges::any_of(budget.layers_e, [](const auto& alpha) { return alpha.has_value(); });
}

std::string Suffix(const BudgetRecord& budget) { return budget.name.empty() ? "" : "-" + budget.name; }

EpochPlot EntropyPlot(const BudgetRecord& budget) {
  const Values entropy = ValuesOf(budget.alpha_e, [](const auto& alpha) { return alpha.alpha_entropy; });
  EpochPlot plot{.name = "entropy" + Suffix(budget),
                 .title = "Entropy of softmax(α), of its largest possible value",
                 .y = {.title = "entropy"},
                 .from_zero = true,
                 .series = {{"mean over layers", LineOf(0), entropy}}};
  if (const auto last = LastKnown(entropy)) {
    plot.finding = "1: undecided, 0: decided. At the end " + FormatDecimals(*last, 3) + ".";
  }
  return plot;
}

EpochPlot CostPlot(const SearchRecord& search, const BudgetRecord& budget) {
  const std::string& unit = search.start.unit;
  EpochPlot plot{.name = "cost" + Suffix(budget),
                 .title = "Expected and sampled cost against the budget",
                 .y = CostAxis("cost", unit, budget.target.value_or(search.start.most)),
                 .series = {}};
  const Values expected = ValuesOf(budget.alpha_e, [](const auto& alpha) { return alpha.expected_cost; });
  plot.series.push_back({"expected, softmax(α)", LineOf(0), expected});
  plot.series.push_back({"sampled in α steps", LineOf(1, "6,3"),
                         ValuesOf(budget.architecture_e, [](const auto& pass) { return pass.sampled_cost; })});
  plot.series.push_back(
      {"mean of trained paths", LineOf(2, "2,2"), ValuesOfEpochs(search.epochs, [](const auto& epoch) {
         return epoch.paths ? std::optional(epoch.paths->mean_cost) : std::nullopt;
       })});
  if (budget.target) plot.levels.push_back({"budget " + FormatCostNumber(*budget.target, unit), *budget.target});
  if (budget.most) plot.levels.push_back({"at most " + FormatCostNumber(*budget.most, unit), *budget.most});
  if (const auto last = LastKnown(expected); last && budget.target && *budget.target > 0) {
    plot.finding = "The expected cost ends at " + FormatPercent(*last / *budget.target) + " of the budget.";
  }
  return plot;
}

Axis LossAxis(const events::TaskWords& words) {
  return {.title = "loss, " + words.loss_unit, .factor = words.loss_factor};
}

Axis AccuracyAxis(const events::TaskWords& words) { return {.title = words.accuracy + ", %", .factor = 100}; }

EpochPlot LossPlot(const SearchRecord& search, const BudgetRecord& budget) {
  const events::TaskWords words = events::WordsOf(search.start.task);
  return {.name = "losses" + Suffix(budget),
          .title = "Losses",
          .finding = "Means over the " + words.sample + "s of a pass" +
                     (words.classes ? "; a phase with more classes begins with a higher loss." : "."),
          .y = LossAxis(words),
          .series = {{"training", LineOf(0),
                      ValuesOfEpochs(search.epochs, [](const auto& epoch) { return std::optional(epoch.train_loss); })},
                     {"validation", LineOf(1, "6,3"),
                      ValuesOf(budget.architecture_e, [](const auto& pass) { return pass.validation_loss; })},
                     {"validation with cost", LineOf(2, "2,2"),
                      ValuesOf(budget.architecture_e, [](const auto& pass) { return pass.architecture_loss; })}}};
}

EpochPlot AccuracyPlot(const SearchRecord& search, const BudgetRecord& budget) {
  const events::TaskWords words = events::WordsOf(search.start.task);
  return {
      .name = "accuracies" + Suffix(budget),
      .title = words.classes ? "Accuracies, over the classes of the phase" : words.accuracy + kPckMeans,
      .y = AccuracyAxis(words),
      .series = {{"training", LineOf(0),
                  ValuesOfEpochs(search.epochs, [](const auto& epoch) { return std::optional(epoch.train_accuracy); })},
                 {"validation", LineOf(1, "6,3"),
                  ValuesOf(budget.architecture_e, [](const auto& pass) { return pass.validation_accuracy; })}}};
}

// What a pass over the training set has: classes, or persons.
EpochPlot SchedulePlot(const SearchRecord& search) {
  const bool classes = events::WordsOf(search.start.task).classes;
  const std::string what = classes ? "classes" : "persons";
  return {.name = "schedule",
          .title = classes ? "Classes that are learnt" : "Persons in a pass over the training set",
          .y = {.title = what, .whole = true},
          .from_zero = true,
          .steps = true,
          .series = {{what, LineOf(0), ValuesOfEpochs(search.epochs, [classes](const auto& epoch) {
                        return std::optional(static_cast<double>(classes ? epoch.classes : epoch.images));
                      })}}};
}

EpochPlot RatePlot(const Values& rates) {
  double most = 0;
  for (const auto& rate : rates) {
    if (rate && std::isfinite(*rate)) most = std::max(most, *rate);
  }
  const bool small = most < 0.01;
  return {.name = "learning-rate",
          .title = "Learning rate of the weights",
          .y = {.title = small ? "learning rate × 1000" : "learning rate", .factor = small ? 1000.0 : 1.0},
          .from_zero = true,
          .series = {{"weights", LineOf(0), rates}}};
}

template <typename Get>
Values TimingOf(const SearchRecord& search, Get get) {
  return ValuesOfEpochs(search.epochs, [&](const events::SearchEpoch& epoch) -> std::optional<double> {
    if (!epoch.timing) return std::nullopt;
    return get(*epoch.timing);
  });
}

EpochPlot TimePlot(const SearchRecord& search) {
  EpochPlot plot{.name = "time",
                 .title = "Time of an epoch",
                 .y = {.title = "seconds"},
                 .from_zero = true,
                 .series = {{"whole epoch", LineOf(0), TimingOf(search, [](const auto& t) { return t.seconds; })},
                            {"waiting for data", LineOf(1, "6,3"),
                             TimingOf(search, [](const auto& t) { return t.seconds * t.share_waited; })}}};
  double all = 0;
  for (const auto& value : plot.series.front().value_e) all += value && std::isfinite(*value) ? *value : 0;
  plot.finding = FormatDuration(all) + " in all these epochs.";
  return plot;
}

EpochPlot MemoryPlot(const SearchRecord& search) {
  constexpr double kMiB = 1 / 1048576.0;
  return {
      .name = "memory",
      .title = "Peak memory",
      .finding = "Of the first process. Estimated before the run for its tensors: " +
                 FormatBytes(search.start.memory_bytes) + ".",
      .y = {.title = "MiB", .factor = kMiB},
      .from_zero = true,
      .series = {
          {"process", LineOf(0),
           TimingOf(search,
                    [](const auto& t) -> std::optional<double> { return static_cast<double>(t.peak_resident_bytes); })},
          {"GPU", LineOf(1, "6,3"), TimingOf(search, [](const auto& t) -> std::optional<double> {
             if (!t.peak_device_bytes) return std::nullopt;
             return static_cast<double>(*t.peak_device_bytes);
           })}}};
}

template <typename Record, typename Get>
std::vector<Series> SeriesOfEach(const std::vector<std::pair<std::string, const Record*>>& runs, Get get) {
  std::vector<Series> series;
  for (size_t r = 0; r < runs.size(); ++r) series.push_back({runs[r].first, LineOf(r), get(*runs[r].second)});
  return series;
}

void AddOfOneTask(std::vector<Figure>& figures,
                  const std::vector<std::pair<std::string, const TrainingRecord*>>& trainings) {
  const events::TaskWords words = events::WordsOf(trainings.front().second->start.task);
  const std::string suffix = words.classes ? "" : "-keypoints";
  AddIfAny(figures,
           {.name = "training-loss" + suffix,
            .title = "Training loss",
            .y = LossAxis(words),
            .series = SeriesOfEach(trainings,
                                   [](const TrainingRecord& run) {
                                     return ValuesOfEpochs(
                                         run.epochs, [](const auto& epoch) { return std::optional(epoch.train_loss); });
                                   })},
           {});
  AddIfAny(figures,
           {.name = words.classes ? "training-accuracy" : "training-pck",
            .title = words.classes ? "Training accuracy" : words.accuracy + " in training" + kPckMeans,
            .y = AccuracyAxis(words),
            .series = SeriesOfEach(trainings,
                                   [](const TrainingRecord& run) {
                                     return ValuesOfEpochs(run.epochs, [](const auto& epoch) {
                                       return std::optional(epoch.train_accuracy);
                                     });
                                   })},
           {});
}

// Losses of several tasks have no common axis.
Axis LossAxisOf(const std::vector<std::pair<std::string, const SearchRecord*>>& searches) {
  const events::TaskWords first = events::WordsOf(searches.front().second->start.task);
  const bool alike = std::ranges::all_of(
      searches, [&](const auto& named) { return events::WordsOf(named.second->start.task) == first; });
  return alike ? LossAxis(first) : Axis{.title = "loss"};
}

}  // namespace

std::vector<Figure> EpochFigures(const SearchRecord& search, const BudgetRecord& budget) {
  const std::vector<PhaseMark> phases = PhasesOf(search);
  std::vector<Figure> figures;
  // Without a learner α stays as it began.
  if (Learns(budget)) AddIfAny(figures, EntropyPlot(budget), phases);
  for (const EpochPlot& plot : {CostPlot(search, budget), LossPlot(search, budget), AccuracyPlot(search, budget)}) {
    AddIfAny(figures, plot, phases);
  }
  return figures;
}

std::vector<Figure> WorkFigures(const SearchRecord& search) {
  const std::vector<PhaseMark> phases = PhasesOf(search);
  const Values rates = ValuesOfEpochs(search.epochs, [](const auto& epoch) { return std::optional(epoch.lr); });
  std::vector<Figure> figures;
  for (const EpochPlot& plot : {SchedulePlot(search), RatePlot(rates), TimePlot(search), MemoryPlot(search)}) {
    AddIfAny(figures, plot, phases);
  }
  return figures;
}

std::vector<Figure> TrainingFigures(const std::vector<std::pair<std::string, const TrainingRecord*>>& trainings) {
  std::vector<Figure> figures;
  for (const bool classes : {true, false}) {
    std::vector<std::pair<std::string, const TrainingRecord*>> of_task;
    std::ranges::copy_if(trainings, std::back_inserter(of_task), [&](const auto& named) {
      return events::WordsOf(named.second->start.task).classes == classes;
    });
    if (!of_task.empty()) AddOfOneTask(figures, of_task);
  }
  return figures;
}

std::vector<Figure> OverlaidFigures(const std::vector<std::pair<std::string, const SearchRecord*>>& searches) {
  std::vector<Figure> figures;
  const auto of_first_budget = [&](const std::string& name, const std::string& title, const Axis& y, auto get) {
    AddIfAny(figures, {.name = name, .title = title, .y = y, .series = SeriesOfEach(searches, get)}, {});
  };
  of_first_budget(
      "runs-training-loss", "Training loss of the searches", LossAxisOf(searches), [](const SearchRecord& search) {
        return ValuesOfEpochs(search.epochs, [](const auto& epoch) { return std::optional(epoch.train_loss); });
      });
  of_first_budget(
      "runs-validation-loss", "Validation loss of the searches", LossAxisOf(searches), [](const SearchRecord& search) {
        return ValuesOf(search.budgets.front().architecture_e, [](const auto& pass) { return pass.validation_loss; });
      });
  of_first_budget(
      "runs-entropy", "Entropy of softmax(α) of the searches", {.title = "entropy"}, [](const SearchRecord& search) {
        if (!Learns(search.budgets.front())) return Values();
        return ValuesOf(search.budgets.front().alpha_e, [](const auto& alpha) { return alpha.alpha_entropy; });
      });
  of_first_budget("runs-cost", "Expected cost over the budget", {.title = "expected cost / budget"},
                  [](const SearchRecord& search) {
                    const BudgetRecord& budget = search.budgets.front();
                    return ValuesOf(budget.alpha_e, [&](const auto& alpha) {
                      return alpha.expected_cost / budget.target.value_or(events::kNotKnown);
                    });
                  });
  return figures;
}

}  // namespace danas
