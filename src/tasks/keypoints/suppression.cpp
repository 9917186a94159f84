#include "danas/tasks/keypoints/suppression.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

namespace danas {

double PersonScore(double box_score, std::span<const FoundKeypoint> keypoints, double least) {
  double sum = 0;
  int64_t count = 0;
  for (const FoundKeypoint& keypoint : keypoints) {
    if (!(keypoint.score > least)) continue;
    sum += keypoint.score;
    ++count;
  }
  return count == 0 ? 0 : box_score * (sum / static_cast<double>(count));
}

double FoundSimilarity(const FoundPerson& one, const FoundPerson& other, std::span<const double> sigmas) {
  const double area = (one.box_area + other.box_area) / 2 + std::numeric_limits<double>::epsilon();
  double sum = 0;
  for (size_t i = 0; i < sigmas.size(); ++i) {
    const double dx = other.keypoints[i].x - one.keypoints[i].x;
    const double dy = other.keypoints[i].y - one.keypoints[i].y;
    sum += std::exp(-(dx * dx + dy * dy) / ((2 * sigmas[i]) * (2 * sigmas[i])) / area / 2);
  }
  return sum / static_cast<double>(sigmas.size());
}

std::vector<int64_t> SuppressDoubles(std::span<const FoundPerson> found, std::span<const double> sigmas,
                                     double threshold) {
  std::vector<int64_t> order(found.size());
  std::iota(order.begin(), order.end(), int64_t{0});
  const auto person = [&](int64_t i) -> const FoundPerson& { return found[static_cast<size_t>(i)]; };
  std::stable_sort(order.begin(), order.end(), [&](int64_t a, int64_t b) { return person(a).score > person(b).score; });
  std::vector<int64_t> kept;
  for (const int64_t i : order) {
    const bool doubled = std::any_of(
        kept.begin(), kept.end(), [&](int64_t k) { return FoundSimilarity(person(k), person(i), sigmas) > threshold; });
    if (!doubled) kept.push_back(i);
  }
  return kept;
}

}  // namespace danas
