#include "danas/easiness/neuron_relevance.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <stdexcept>

#include "danas/core/error.h"
#include "danas/core/random.h"
#include "danas/easiness/agreement.h"

namespace danas {
namespace {

Matrix Zeros(size_t rows, size_t columns) { return Matrix(rows, std::vector<double>(columns)); }

struct Moments {
  double mean = 0;
  double variance = 0;
};

Moments MomentsOf(double sum, double square_sum, double count) {
  const double mean = sum / count;
  return {mean, std::max(0.0, square_sum / count - mean * mean)};
}

// The row of each column's maximum, rows in the order `rows`.
std::vector<double> MaximumRows(const Matrix& relevance_ck, const std::vector<int>& rows) {
  std::vector<double> maximum_row(relevance_ck.front().size());
  for (size_t k = 0; k < maximum_row.size(); ++k) {
    size_t best = 0;
    for (size_t r = 1; r < rows.size(); ++r) {
      if (relevance_ck[static_cast<size_t>(rows[r])][k] > relevance_ck[static_cast<size_t>(rows[best])][k]) best = r;
    }
    maximum_row[k] = static_cast<double>(best);
  }
  return maximum_row;
}

std::vector<int> OrderColumns(const Matrix& relevance_ck, const std::vector<int>& rows) {
  const std::vector<double> maximum_row = MaximumRows(relevance_ck, rows);
  std::vector<int> columns;
  for (size_t k = 0; k < maximum_row.size(); ++k) {
    const double first = relevance_ck.front()[k];
    const bool dead =
        std::all_of(relevance_ck.begin(), relevance_ck.end(), [&](const auto& row) { return row[k] == first; });
    if (!dead) columns.push_back(static_cast<int>(k));
  }
  std::stable_sort(columns.begin(), columns.end(), [&](int a, int b) {
    return maximum_row[static_cast<size_t>(a)] < maximum_row[static_cast<size_t>(b)];
  });
  return columns;
}

double Diagonality(const Matrix& relevance_ck, const std::vector<int>& rows, const std::vector<int>& columns) {
  const std::vector<double> maximum_row = MaximumRows(relevance_ck, rows);
  std::vector<double> positions(columns.size()), maxima;
  std::iota(positions.begin(), positions.end(), 0.0);
  for (const int column : columns) maxima.push_back(maximum_row[static_cast<size_t>(column)]);
  return Spearman(positions, maxima);
}

Matrix Arrange(const Matrix& relevance_ck, const std::vector<int>& rows, const std::vector<int>& columns) {
  Matrix arranged = Zeros(rows.size(), columns.size());
  for (size_t r = 0; r < rows.size(); ++r) {
    for (size_t k = 0; k < columns.size(); ++k) {
      arranged[r][k] = relevance_ck[static_cast<size_t>(rows[r])][static_cast<size_t>(columns[k])];
    }
  }
  return arranged;
}

std::vector<double> BlockValues(const Matrix& matrix, size_t begin, size_t end) {
  std::vector<double> values;
  for (size_t r = begin; r < end; ++r) values.insert(values.end(), matrix[r].begin(), matrix[r].end());
  return values;
}

}  // namespace

ActivationTally::ActivationTally(size_t classes, size_t neurons)
    : images_c_(classes), sum_ck_(Zeros(classes, neurons)), square_sum_ck_(Zeros(classes, neurons)) {}

void ActivationTally::Add(int target, std::span<const float> features) {
  const auto c = static_cast<size_t>(target);
  std::vector<double>& sum_k = sum_ck_.at(c);
  if (features.size() != sum_k.size()) throw std::invalid_argument("features of a different number of neurons");
  ++images_c_[c];
  for (size_t k = 0; k < features.size(); ++k) {
    const double value = features[k];
    sum_k[k] += value;
    square_sum_ck_[c][k] += value * value;
  }
}

void ActivationTally::RequireImages() const {
  for (size_t c = 0; c < images_c_.size(); ++c) {
    if (images_c_[c] > 0) continue;
    throw DataError("class number " + std::to_string(c) +
                    " has too few images to measure the relevance of neurons: two of each class are needed");
  }
}

Matrix ActivationTally::Means() const {
  RequireImages();
  Matrix mean_ck = sum_ck_;
  for (size_t c = 0; c < mean_ck.size(); ++c) {
    for (double& value : mean_ck[c]) value /= static_cast<double>(images_c_[c]);
  }
  return mean_ck;
}

Matrix ActivationTally::Response() const {
  RequireImages();
  const size_t classes = sum_ck_.size(), neurons = sum_ck_.front().size();
  const auto images = static_cast<double>(std::accumulate(images_c_.begin(), images_c_.end(), int64_t{0}));
  std::vector<double> sum_k(neurons), square_sum_k(neurons);
  for (size_t c = 0; c < classes; ++c) {
    for (size_t k = 0; k < neurons; ++k) {
      sum_k[k] += sum_ck_[c][k];
      square_sum_k[k] += square_sum_ck_[c][k];
    }
  }
  Matrix response_ck = Zeros(classes, neurons);
  for (size_t c = 0; c < classes; ++c) {
    const auto of_class = static_cast<double>(images_c_[c]);
    for (size_t k = 0; k < neurons; ++k) {
      const Moments in = MomentsOf(sum_ck_[c][k], square_sum_ck_[c][k], of_class);
      const Moments out =
          MomentsOf(sum_k[k] - sum_ck_[c][k], square_sum_k[k] - square_sum_ck_[c][k], images - of_class);
      response_ck[c][k] = (in.mean - out.mean) / std::sqrt((in.variance + out.variance) / 2 + 1e-8);
    }
  }
  return response_ck;
}

Matrix LayerwiseRelevance(const Matrix& mean_ck, const Matrix& weight_ck) {
  Matrix relevance_ck = mean_ck;
  if (weight_ck.size() != mean_ck.size())
    throw std::invalid_argument("a classifier with a different number of classes");
  for (size_t c = 0; c < relevance_ck.size(); ++c) {
    if (weight_ck[c].size() != relevance_ck[c].size()) {
      throw std::invalid_argument("the classifier does not use the pooled features");
    }
    for (size_t k = 0; k < relevance_ck[c].size(); ++k) relevance_ck[c][k] *= weight_ck[c][k];
  }
  return relevance_ck;
}

RelevanceTally::RelevanceTally(const std::vector<int>& targets, size_t classes, size_t neurons, int64_t seed)
    : true_(Deal(targets, classes, neurons)) {
  std::vector<int> shuffled = targets;
  RandomStream(static_cast<uint64_t>(seed), "permuted labels").Shuffle(shuffled);
  permuted_ = Deal(std::move(shuffled), classes, neurons);
}

RelevanceTally::Labelling RelevanceTally::Deal(std::vector<int> targets, size_t classes, size_t neurons) {
  Labelling labelling{.targets = std::move(targets),
                      .half = {},
                      .halves = std::vector<ActivationTally>(2, ActivationTally(classes, neurons))};
  std::vector<uint8_t> next(classes);
  for (const int target : labelling.targets) {
    uint8_t& half = next.at(static_cast<size_t>(target));
    labelling.half.push_back(half);
    half = 1 - half;
  }
  return labelling;
}

void RelevanceTally::Add(int64_t position, std::span<const float> features) {
  const auto i = static_cast<size_t>(position);
  for (Labelling* labelling : {&true_, &permuted_}) {
    labelling->halves[labelling->half.at(i)].Add(labelling->targets[i], features);
  }
}

RelevanceTally::Halves RelevanceTally::RelevanceOf(const Labelling& labelling, RelevanceKind kind,
                                                   const Matrix& weight_ck) {
  const auto relevance = [&](const ActivationTally& tally) {
    return kind == RelevanceKind::kResponse ? tally.Response() : LayerwiseRelevance(tally.Means(), weight_ck);
  };
  return {.ordering = relevance(labelling.halves[0]), .measured = relevance(labelling.halves[1])};
}

RelevanceTally::Halves RelevanceTally::Relevance(RelevanceKind kind, const Matrix& weight_ck) const {
  return RelevanceOf(true_, kind, weight_ck);
}

RelevanceTally::Halves RelevanceTally::Permuted(RelevanceKind kind, const Matrix& weight_ck) const {
  return RelevanceOf(permuted_, kind, weight_ck);
}

std::array<size_t, 4> BlockBounds(size_t rows) { return {0, (rows + 1) / 3, (2 * rows + 1) / 3, rows}; }

RelevanceStudy StudyRelevance(const std::string& network, RelevanceKind kind, const std::vector<int>& rows,
                              const std::vector<RelevanceSnapshot>& snapshots) {
  if (snapshots.empty()) throw std::invalid_argument("relevance at no epoch");
  const RelevanceSnapshot& end = snapshots.back();
  RelevanceStudy study{.network = network, .kind = kind, .epochs = end.epoch, .rows = rows};
  study.columns = OrderColumns(end.relevance.ordering, rows);
  const std::vector<int> permuted_columns = OrderColumns(end.permuted.ordering, rows);
  const Matrix final_relevance = Arrange(end.relevance.measured, rows, study.columns);
  const std::array<size_t, 4> bounds = BlockBounds(rows.size());
  for (const RelevanceSnapshot& snapshot : snapshots) {
    RelevanceState state{.epoch = snapshot.epoch,
                         .relevance = Arrange(snapshot.relevance.measured, rows, study.columns)};
    state.diagonality = Diagonality(snapshot.relevance.measured, rows, study.columns);
    state.permuted = Diagonality(snapshot.permuted.measured, rows, permuted_columns);
    for (size_t block = 0; block < state.convergence.size(); ++block) {
      state.convergence[block] = Pearson(BlockValues(state.relevance, bounds[block], bounds[block + 1]),
                                         BlockValues(final_relevance, bounds[block], bounds[block + 1]));
    }
    study.states.push_back(std::move(state));
  }
  return study;
}

events::RelevanceFields RelevanceFieldsOf(const RelevanceStudy& study) {
  events::RelevanceFields fields{
      .network = study.network, .kind = NameOf(study.kind), .epochs = study.epochs, .states = {}};
  for (const RelevanceState& state : study.states) {
    fields.states.push_back({.epoch = state.epoch,
                             .diagonality = events::Known(state.diagonality),
                             .permuted = events::Known(state.permuted),
                             .convergence = {state.convergence.begin(), state.convergence.end()}});
  }
  return fields;
}

Json ToJson(const RelevanceStudy& study) { return events::ToJson(RelevanceFieldsOf(study)); }

}  // namespace danas
