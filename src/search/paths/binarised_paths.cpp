#include "binarised_paths.h"

#include "single_path.h"

namespace danas {
namespace {

size_t DrawFrom(const std::vector<double>& probability_c, RandomStream& stream) {
  double left = stream.Uniform();
  size_t chosen = 0;
  for (size_t c = 0; c < probability_c.size(); ++c) {
    if (!(probability_c[c] > 0)) continue;
    chosen = c;  // the last possible one, should rounding leave a rest
    left -= probability_c[c];
    if (left < 0) break;
  }
  return chosen;
}

}  // namespace

WeightDraw BinarisedPaths::Draw(const DrawNumber& number, const ArchParameters& alpha,
                                const RelaxationConfig& /*relaxation*/, at::Device /*device*/) const {
  RandomStream stream = PathStream(number);
  std::vector<size_t> path;
  for (const std::vector<double>& probability_c : alpha.Probabilities()) {
    path.push_back(DrawFrom(probability_c, stream));
  }
  return DrawOf({.paths = {path}});
}

}  // namespace danas
