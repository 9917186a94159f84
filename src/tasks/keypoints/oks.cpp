#include "danas/tasks/keypoints/oks.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "danas/core/error.h"

namespace danas {
namespace {

constexpr double kEpsilon = std::numeric_limits<double>::epsilon();

// How far `at` lies outside of [low, high].
double Outside(double at, double low, double high) { return std::max(0.0, low - at) + std::max(0.0, at - high); }

}  // namespace

std::vector<double> CocoPersonSigmas() {
  return {.026, .025, .025, .035, .035, .079, .079, .072, .072, .062, .062, .107, .107, .087, .087, .089, .089};
}

void RequireSigmas(std::span<const double> sigmas, const KeypointLayout& layout, const std::string& where) {
  if (sigmas.size() != layout.names.size()) {
    throw ConfigError(where + ": σ of another length: " + std::to_string(sigmas.size()) + " numbers for the " +
                      std::to_string(layout.names.size()) + " key-points of '" + layout.category +
                      "'; give one for each, in their order");
  }
  for (const double sigma : sigmas) {
    if (!(sigma > 0) || !std::isfinite(sigma)) {
      throw ConfigError(where + ": σ " + std::to_string(sigma) + " is not above 0");
    }
  }
}

double KeypointSimilarity(const Person& truth, std::span<const FoundKeypoint> found, std::span<const double> sigmas) {
  const bool labelled = std::any_of(truth.keypoints.begin(), truth.keypoints.end(),
                                    [](const Keypoint& keypoint) { return keypoint.visibility > 0; });
  const PersonBox& box = truth.box;
  double sum = 0;
  int64_t count = 0;
  for (size_t i = 0; i < found.size(); ++i) {
    const Keypoint& target = truth.keypoints[i];
    if (labelled && target.visibility <= 0) continue;
    const double dx =
        labelled ? found[i].x - target.x : Outside(found[i].x, box.left - box.width, box.left + 2 * box.width);
    const double dy =
        labelled ? found[i].y - target.y : Outside(found[i].y, box.top - box.height, box.top + 2 * box.height);
    const double variance = (2 * sigmas[i]) * (2 * sigmas[i]);
    sum += std::exp(-(dx * dx + dy * dy) / variance / (truth.area + kEpsilon) / 2);
    ++count;
  }
  return sum / static_cast<double>(count);
}

}  // namespace danas
