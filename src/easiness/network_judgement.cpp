#include "danas/easiness/network_judgement.h"

#include <algorithm>
#include <cmath>
#include <stdexcept>

#include "danas/core/error.h"
#include "danas/core/text_list.h"

namespace danas {
namespace {

constexpr size_t kNamesShown = 5;

constexpr double kFractions = 4294967296.0;  // 2^32

}  // namespace

double NetworkJudgement::Error(int label) const {
  const auto c = static_cast<size_t>(label);
  return 1 - static_cast<double>(confusion_cc[c][c]) / static_cast<double>(images_c[c]);
}

SampleScores ScoreSample(std::span<const float> logits, int target) {
  const auto largest = std::max_element(logits.begin(), logits.end());
  const double most = *largest;
  double partition = 0;  // Σ e^(x - most), at least 1
  double weighted = 0;   // Σ (x - most) e^(x - most)
  for (const float logit : logits) {
    if (!std::isfinite(logit)) throw NumericError("a logit is " + std::to_string(logit) + ", not a finite number");
    const double below = logit - most;
    const double term = std::exp(below);
    partition += term;
    weighted += below * term;
  }
  const double log_partition = std::log(partition);
  const double most_entropy = std::log(static_cast<double>(logits.size()));
  return {.entropy = std::clamp(log_partition - weighted / partition, 0.0, most_entropy),
          .cross_entropy = std::max(0.0, log_partition - (logits[static_cast<size_t>(target)] - most)),
          .predicted = static_cast<int>(largest - logits.begin())};
}

void OrderlessSum::Add(double term) {
  const double whole = std::floor(term);
  whole_ += static_cast<int64_t>(whole);
  fraction_ += std::llround((term - whole) * kFractions);
}

double OrderlessSum::Value() const { return static_cast<double>(whole_) + static_cast<double>(fraction_) / kFractions; }

void MedianSketch::Add(double value) {
  int exponent = 0;
  const double mantissa = std::frexp(value, &exponent);  // in [0.5, 1), or 0
  const int octave = exponent + 31;                      // of [2^-32, 2^-31): 0
  size_t bucket = 0;
  if (value > 0 && octave >= 0) {
    if (octave >= kOctaves) throw std::invalid_argument("a median sketch takes values below 16");
    bucket = 1 + static_cast<size_t>(octave * kBuckets) + static_cast<size_t>((mantissa - 0.5) * 2 * kBuckets);
  }
  ++counts_[bucket];
  ++total_;
}

double MedianSketch::Median() const {
  const int64_t middle = (total_ + 1) / 2;
  int64_t before = 0;
  for (size_t bucket = 0; bucket < counts_.size(); ++bucket) {
    const int64_t count = counts_[bucket];
    if (before + count < middle) {
      before += count;
      continue;
    }
    if (bucket == 0) return 0;
    const auto place = static_cast<int>(bucket - 1);
    // Values are taken as spread evenly over their bucket, so that medians of many classes in one bucket still differ.
    const double within = (static_cast<double>(middle - before) - 0.5) / static_cast<double>(count);
    return std::ldexp(0.5 + (place % kBuckets + within) / (2.0 * kBuckets), place / kBuckets - 31);
  }
  return 0;
}

JudgementTally::JudgementTally(std::string network, std::vector<std::string> class_ids, int64_t bins)
    : class_ids_(std::move(class_ids)), tallies_(class_ids_.size()) {
  const size_t classes = class_ids_.size();
  if (classes < 2) {
    throw DataError("the data has " + std::to_string(classes) +
                    " class: every network is certain of it (its entropy is at most ln 1 = 0), so there is nothing "
                    "to rank; at least 2 classes are needed");
  }
  judgement_.network = std::move(network);
  judgement_.images_c.assign(classes, 0);
  judgement_.histogram_cb.assign(classes, std::vector<int64_t>(static_cast<size_t>(bins)));
  judgement_.confusion_cc.assign(classes, std::vector<int64_t>(classes));
  bins_per_nat_ = static_cast<double>(bins) / std::log(static_cast<double>(classes));
}

void JudgementTally::Add(int target, std::span<const float> logits) {
  const size_t c = static_cast<size_t>(target);
  if (logits.size() != class_ids_.size() || c >= class_ids_.size()) {
    throw std::invalid_argument(judgement_.network + ": logits or label of a different number of classes");
  }
  SampleScores scores;
  try {
    scores = ScoreSample(logits, target);
  } catch (const NumericError& error) {
    throw NumericError(judgement_.network + ", an image of the class '" + class_ids_[c] + "': " + error.what() +
                       ". Its weights are broken, or its training diverged; train it again");
  }
  std::vector<int64_t>& histogram_b = judgement_.histogram_cb[c];
  const auto bin = static_cast<size_t>(scores.entropy * bins_per_nat_);
  ++histogram_b[std::min(bin, histogram_b.size() - 1)];
  ++judgement_.images_c[c];
  ++judgement_.confusion_cc[c][static_cast<size_t>(scores.predicted)];
  tallies_[c].entropy.Add(scores.entropy);
  tallies_[c].cross_entropy.Add(scores.cross_entropy);
  tallies_[c].median.Add(scores.entropy);
}

NetworkJudgement JudgementTally::Finish() const {
  std::vector<std::string> without;
  for (size_t c = 0; c < class_ids_.size(); ++c) {
    if (judgement_.images_c[c] == 0) without.push_back(class_ids_[c]);
  }
  if (!without.empty()) {
    throw DataError(judgement_.network + ": there is no image to score in " + FirstQuotedOf(without, kNamesShown) +
                    "; every class needs at least one");
  }
  NetworkJudgement judgement = judgement_;
  for (size_t c = 0; c < class_ids_.size(); ++c) {
    const auto images = static_cast<double>(judgement.images_c[c]);
    judgement.mean_entropy_c.push_back(tallies_[c].entropy.Value() / images);
    judgement.median_entropy_c.push_back(tallies_[c].median.Median());
    judgement.cross_entropy_c.push_back(tallies_[c].cross_entropy.Value() / images);
  }
  return judgement;
}

}  // namespace danas
