// Which neurons answer to which classes, and when in training they do (section 4, Observation 2 and Figure 2). A neuron
// k is a channel of the last feature map, a_k its mean over an image's pixels after the activation.
//   response: (μ_kc - μ_k¬c) / sqrt((σ²_kc + σ²_k¬c) / 2 + 1e-8), means and variances of a_k over class c and the
//   others lrp:      M[c,k] = w_ck * mean over class c of a_k; Σ_k M[c,k] + b_c is the class's mean logit c
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "danas/config/describe.h"
#include "danas/core/json.h"
#include "danas/events/ranking_events.h"

namespace danas {

enum class RelevanceKind { kResponse, kLrp };
template <>
struct EnumNames<RelevanceKind> {
  static constexpr std::array kNames = {"response", "lrp"};
};

// [classes][neurons] or other rows of equal length.
using Matrix = std::vector<std::vector<double>>;

// Sums over images, class by class.
class ActivationTally {
 public:
  ActivationTally(size_t classes, size_t neurons);

  void Add(int target, std::span<const float> features);
  int64_t images(size_t label) const { return images_c_[label]; }

  // Throw DataError for a class without images.
  Matrix Means() const;
  Matrix Response() const;

 private:
  void RequireImages() const;

  std::vector<int64_t> images_c_;
  Matrix sum_ck_;
  Matrix square_sum_ck_;
};

// `weight_ck`: the classifier's; throws std::invalid_argument where shapes differ.
Matrix LayerwiseRelevance(const Matrix& mean_ck, const Matrix& weight_ck);

// One network at one point of its training, from two halves of the images, each also with the labels shuffled
// among the images: the columns of the figure are ordered by one half and measured on the other, and what the permuted
// labels still give is chance. Without the halves, sorting alone would put the maxima on the diagonal.
class RelevanceTally {
 public:
  // `targets`: of all images that will come, in their order; permuted by the stream "permuted labels" of the seed.
  RelevanceTally(const std::vector<int>& targets, size_t classes, size_t neurons, int64_t seed);

  // The image at `position` in the targets.
  void Add(int64_t position, std::span<const float> features);

  struct Halves {
    Matrix ordering;
    Matrix measured;
  };
  // `weight_ck`: for kLrp; else not looked at. Throw DataError where a class has fewer than two images.
  Halves Relevance(RelevanceKind kind, const Matrix& weight_ck = {}) const;
  Halves Permuted(RelevanceKind kind, const Matrix& weight_ck = {}) const;

 private:
  // A class's images go to the halves in turn.
  struct Labelling {
    std::vector<int> targets;
    std::vector<uint8_t> half;  // of each image
    std::vector<ActivationTally> halves;
  };
  static Labelling Deal(std::vector<int> targets, size_t classes, size_t neurons);
  static Halves RelevanceOf(const Labelling& labelling, RelevanceKind kind, const Matrix& weight_ck);

  Labelling true_, permuted_;
};

// Relevance at one epoch, and how far it is from the end of training.
struct RelevanceState {
  int64_t epoch = 0;
  Matrix relevance;        // measured half; rows and columns as RelevanceStudy says
  double diagonality = 0;  // Spearman's ρ of a column's position and the row of its maximum; NaN where not defined
  double permuted = 0;     // the same with permuted labels
  std::array<double, 3> convergence = {};  // Pearson's r of each block of rows with itself at the end of training
};

// Figure 2 of one network.
struct RelevanceStudy {
  std::string network;
  RelevanceKind kind = RelevanceKind::kResponse;
  int64_t epochs = 0;          // of the whole training
  std::vector<int> rows = {};  // classes from easy to hard; blocks are the thirds of them
  // Neurons by the row of their maximum at the end, in the ordering half; those that are the same for all classes
  // (never active) are left out.
  std::vector<int> columns = {};
  std::vector<RelevanceState> states = {};  // from early to the end
};

struct RelevanceSnapshot {
  int64_t epoch = 0;
  RelevanceTally::Halves relevance;
  RelevanceTally::Halves permuted;
};

// `snapshots` from early to the end of training, `rows` the classes from easy to hard. Throws std::invalid_argument
// without snapshots.
RelevanceStudy StudyRelevance(const std::string& network, RelevanceKind kind, const std::vector<int>& rows,
                              const std::vector<RelevanceSnapshot>& snapshots);

// First row of each block, and the number of rows at the end: [0, K/3, 2K/3, K] rounded.
std::array<size_t, 4> BlockBounds(size_t rows);

// Numbers without the matrices.
events::RelevanceFields RelevanceFieldsOf(const RelevanceStudy& study);
Json ToJson(const RelevanceStudy& study);

}  // namespace danas
