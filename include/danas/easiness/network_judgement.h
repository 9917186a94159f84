// What one trained network says of a dataset's classes, gathered image by image (section 4):
//   Eq. 1: P_i = softmax(N(d_i));  Eq. 2: E_i = -Σ P_i ln P_i;  Eq. 3: H_c, the histogram of the E_i of class c.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace danas {

// Classes are in the dataset's order; entropies are in nats.
struct NetworkJudgement {
  std::string network;  // "resnet34"
  std::string weights;  // hash of its weights
  std::vector<int64_t> images_c;
  std::vector<std::vector<int64_t>> histogram_cb;  // images; equal bins on [0, ln K], the last one closed
  std::vector<double> mean_entropy_c;
  std::vector<double> median_entropy_c;            // see MedianSketch
  std::vector<double> cross_entropy_c;             // mean
  std::vector<std::vector<int64_t>> confusion_cc;  // images of the row's class taken for the column's
  // Top-1 of every class after each epoch of its training, in [0, 1]; empty where it is not known (weights from a
  // file).
  std::vector<std::vector<double>> accuracy_ec;

  int classes() const { return static_cast<int>(images_c.size()); }
  double Error(int label) const;  // 1 - share of the class's images taken for it
};

struct SampleScores {
  double entropy = 0;        // in [0, ln K]
  double cross_entropy = 0;  // of the target
  int predicted = 0;         // the first of the largest logits
};

// Eq. 1 and 2 for one image, in double and without overflow for any finite logits. Throws NumericError for one that is
// not finite.
SampleScores ScoreSample(std::span<const float> logits, int target);

// A sum that is the same for every order of its terms: whole parts and fractions in units of 2^-32, apart.
// Terms below 2^31 each, at most 2^31 of them.
class OrderlessSum {
 public:
  void Add(double term);  // not negative
  double Value() const;

 private:
  int64_t whole_ = 0;
  int64_t fraction_ = 0;
};

// The median of values in [0, 16) in bounded memory: counts in 64 buckets an octave down to 2^-32, below which all
// counts as 0. The answer is within 1.6 % of the median.
class MedianSketch {
 public:
  void Add(double value);
  double Median() const;  // of an even number: the lower of the two in the middle; 0 without values

 private:
  static constexpr int kOctaves = 36;
  static constexpr int kBuckets = 64;
  std::vector<uint32_t> counts_ = std::vector<uint32_t>(kOctaves * kBuckets + 1);
  int64_t total_ = 0;
};

// Gathers a judgement. Memory grows with classes (their square, for the confusion matrix) and bins, not with images,
// and the result does not depend on the images' order.
class JudgementTally {
 public:
  // `network` names it in errors. Throws DataError for fewer than two classes.
  JudgementTally(std::string network, std::vector<std::string> class_ids, int64_t bins);

  // An image of class `target`. Throws NumericError naming network and class for a logit that is not finite.
  void Add(int target, std::span<const float> logits);

  // Without `weights` and `accuracy_ec`. Throws DataError naming the classes without an image.
  NetworkJudgement Finish() const;

 private:
  struct ClassTally {
    OrderlessSum entropy;
    OrderlessSum cross_entropy;
    MedianSketch median;
  };
  std::vector<std::string> class_ids_;
  std::vector<ClassTally> tallies_;
  NetworkJudgement judgement_;
  double bins_per_nat_;
};

}  // namespace danas
