#include "danas/tasks/keypoints/average_precision.h"

#include <algorithm>
#include <array>
#include <limits>
#include <numeric>
#include <optional>

namespace danas {
namespace {

constexpr size_t kThresholds = 10;
constexpr int kRecallPoints = 101;
constexpr double kEpsilon = std::numeric_limits<double>::epsilon();

// 0.50, 0.55 ... 0.95 with numpy's linspace() rounding, since a similarity can lie on one of them.
double Threshold(size_t t) {
  return t + 1 == kThresholds ? 0.95 : static_cast<double>(t) * ((0.95 - 0.5) / (kThresholds - 1)) + 0.5;
}

double RecallPoint(int r) { return r + 1 == kRecallPoints ? 1.0 : r * (1.0 / (kRecallPoints - 1)); }

struct AreaRange {
  double low = 0;
  double high = 1e10;
  bool Holds(double area) const { return !(area < low || area > high); }
};
constexpr AreaRange kAll{};
constexpr AreaRange kMedium{.low = 32 * 32, .high = 96 * 96};
constexpr AreaRange kLarge{.low = 96 * 96};

// One image's persons, and what was found in it, best first.
struct ImagePersons {
  std::vector<const Person*> truths;
  std::vector<const FoundPerson*> found;
  std::vector<std::vector<double>> similarity;  // of found persons, to each of `truths`
};

std::vector<ImagePersons> ByImage(const PersonSet& truth, std::span<const FoundPerson> found,
                                  std::span<const double> sigmas) {
  std::vector<ImagePersons> images(truth.images.size());
  for (const Person& person : truth.persons) images[static_cast<size_t>(person.image)].truths.push_back(&person);
  for (const FoundPerson& person : found) images[static_cast<size_t>(person.image)].found.push_back(&person);
  for (ImagePersons& image : images) {
    std::stable_sort(image.found.begin(), image.found.end(),
                     [](const FoundPerson* a, const FoundPerson* b) { return a->score > b->score; });
    if (image.found.size() > kMostFoundInImage) image.found.resize(kMostFoundInImage);
    for (const FoundPerson* one : image.found) {
      std::vector<double>& similarity = image.similarity.emplace_back();
      for (const Person* person : image.truths) {
        similarity.push_back(KeypointSimilarity(*person, one->keypoints, sigmas));
      }
    }
  }
  // Equal scores of several images are ranked in the order of the images' ids.
  std::vector<size_t> order(images.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::sort(order.begin(), order.end(), [&](size_t a, size_t b) { return truth.images[a].id < truth.images[b].id; });
  std::vector<ImagePersons> sorted;
  for (const size_t i : order) sorted.push_back(std::move(images[i]));
  return sorted;
}

enum class Outcome : uint8_t { kRight, kWrong, kIgnored };

// All images' found persons within a range of areas.
struct Outcomes {
  std::vector<double> scores;
  std::array<std::vector<Outcome>, kThresholds> at;  // of each threshold, one for each of `scores`
  int64_t truths = 0;                                // how many are to be found
};

struct Truth {
  size_t position = 0;  // in ImagePersons::truths
  bool crowd = false;
  bool ignored = false;
  bool matched = false;
};

// Which truth the person takes: the most similar of those that are free, and an ignored one only where no other will
// do.
std::optional<size_t> Match(const std::vector<Truth>& truths, const std::vector<double>& similarity, double threshold) {
  double best = std::min(threshold, 1 - 1e-10);
  std::optional<size_t> match;
  for (size_t i = 0; i < truths.size(); ++i) {
    if (truths[i].matched && !truths[i].crowd) continue;
    if (match && !truths[*match].ignored && truths[i].ignored) break;
    if (similarity[truths[i].position] < best) continue;
    best = similarity[truths[i].position];
    match = i;
  }
  return match;
}

void AddOutcomes(const ImagePersons& image, const AreaRange& range, Outcomes& all) {
  std::vector<Truth> truths;
  for (size_t i = 0; i < image.truths.size(); ++i) {
    const Person& person = *image.truths[i];
    const bool ignored = person.crowd || person.labelled == 0 || !range.Holds(person.area);
    truths.push_back({.position = i, .crowd = person.crowd, .ignored = ignored});
    all.truths += ignored ? 0 : 1;
  }
  std::stable_partition(truths.begin(), truths.end(), [](const Truth& truth) { return !truth.ignored; });

  for (const FoundPerson* one : image.found) all.scores.push_back(one->score);
  for (size_t t = 0; t < kThresholds; ++t) {
    std::vector<Truth> free = truths;
    for (size_t i = 0; i < image.found.size(); ++i) {
      const std::optional<size_t> match = Match(free, image.similarity[i], Threshold(t));
      Outcome outcome = range.Holds(image.found[i]->area) ? Outcome::kWrong : Outcome::kIgnored;
      if (match) {
        free[*match].matched = true;
        outcome = free[*match].ignored ? Outcome::kIgnored : Outcome::kRight;
      }
      all.at[t].push_back(outcome);
    }
  }
}

struct Curve {
  double precision = 0;  // mean over the recall points
  double recall = 0;
};

// `ranked`: positions in `outcomes`, by falling score.
Curve MeasureCurve(const std::vector<Outcome>& outcomes, const std::vector<size_t>& ranked, int64_t truths) {
  std::vector<double> precision;
  std::vector<double> recall;
  double right = 0;
  double wrong = 0;
  for (const size_t i : ranked) {
    if (outcomes[i] == Outcome::kRight) ++right;
    if (outcomes[i] == Outcome::kWrong) ++wrong;
    recall.push_back(right / static_cast<double>(truths));
    precision.push_back(right / (wrong + right + kEpsilon));
  }
  for (size_t i = precision.size(); i-- > 1;) precision[i - 1] = std::max(precision[i - 1], precision[i]);

  Curve curve;
  for (int r = 0; r < kRecallPoints; ++r) {
    const auto at = std::lower_bound(recall.begin(), recall.end(), RecallPoint(r));
    if (at != recall.end()) curve.precision += precision[static_cast<size_t>(at - recall.begin())];
  }
  curve.precision /= kRecallPoints;
  if (!recall.empty()) curve.recall = recall.back();
  return curve;
}

// One for each threshold; none where there is nobody to be found.
std::vector<Curve> MeasureCurves(const std::vector<ImagePersons>& images, const AreaRange& range) {
  Outcomes outcomes;
  for (const ImagePersons& image : images) AddOutcomes(image, range, outcomes);
  if (outcomes.truths == 0) return {};
  std::vector<size_t> ranked(outcomes.scores.size());
  std::iota(ranked.begin(), ranked.end(), size_t{0});
  std::stable_sort(ranked.begin(), ranked.end(),
                   [&](size_t a, size_t b) { return outcomes.scores[a] > outcomes.scores[b]; });
  std::vector<Curve> curves;
  for (const std::vector<Outcome>& at : outcomes.at) curves.push_back(MeasureCurve(at, ranked, outcomes.truths));
  return curves;
}

Curve Mean(const std::vector<Curve>& curves) {
  if (curves.empty()) return {.precision = -1, .recall = -1};
  Curve sum;
  for (const Curve& curve : curves) {
    sum.precision += curve.precision;
    sum.recall += curve.recall;
  }
  const double count = static_cast<double>(curves.size());
  return {.precision = sum.precision / count, .recall = sum.recall / count};
}

}  // namespace

double AreaOfKeypoints(std::span<const FoundKeypoint> keypoints) {
  if (keypoints.empty()) return 0;
  const auto [left, right] =
      std::minmax_element(keypoints.begin(), keypoints.end(), [](const auto& a, const auto& b) { return a.x < b.x; });
  const auto [top, bottom] =
      std::minmax_element(keypoints.begin(), keypoints.end(), [](const auto& a, const auto& b) { return a.y < b.y; });
  return (right->x - left->x) * (bottom->y - top->y);
}

PersonPrecision AveragePrecision(const PersonSet& truth, std::span<const FoundPerson> found,
                                 std::span<const double> sigmas) {
  const std::vector<ImagePersons> images = ByImage(truth, found, sigmas);
  const std::vector<Curve> curves = MeasureCurves(images, kAll);
  const Curve all = Mean(curves);
  const Curve medium = Mean(MeasureCurves(images, kMedium));
  const Curve large = Mean(MeasureCurves(images, kLarge));
  PersonPrecision result{.ap = all.precision,
                         .ap_medium = medium.precision,
                         .ap_large = large.precision,
                         .ar = all.recall,
                         .ar_medium = medium.recall,
                         .ar_large = large.recall};
  if (!curves.empty()) {
    result.ap50 = curves[0].precision;
    result.ap75 = curves[5].precision;
    result.ar50 = curves[0].recall;
    result.ar75 = curves[5].recall;
  }
  return result;
}

}  // namespace danas
