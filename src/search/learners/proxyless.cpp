#include "proxyless.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <vector>

#include "danas/core/random.h"
#include "danas/core/softmax.h"

namespace danas {
namespace {

// What `two` draws in a layer with a choice.
struct GatePair {
  std::vector<size_t> places = {};  // ascending
  size_t active = 0;                // i, as place among these two
};

// i ~ softmax(alpha).
size_t DrawOne(const std::vector<double>& alpha_c, RandomStream& stream) {
  const std::vector<double> p = Softmax(alpha_c);
  const double at = stream.Uniform();
  double sum = 0;
  size_t last = 0;  // that may be drawn at all: rounding may leave the sum below 1
  for (size_t c = 0; c < p.size(); ++c) {
    if (!(p[c] > 0)) continue;
    sum += p[c];
    last = c;
    if (at < sum) break;
  }
  return last;
}

// The one-hot of `place`, exactly, with the gradient of p.
at::Tensor BinaryGate(const at::Tensor& p, size_t place) {
  const at::Tensor fixed = p.detach(), one_hot = at::zeros_like(fixed);
  one_hot[static_cast<int64_t>(place)] = 1;
  return one_hot + (p - fixed);  // in this order the bracket is 0 and the sum exact
}

GatePair DrawPair(const std::vector<double>& alpha_c, const DrawNumber& number, size_t layer) {
  RandomStream stream = DrawStream("proxyless", number, layer);
  const size_t first = DrawOne(alpha_c, stream);
  std::vector<double> others = alpha_c;
  others.erase(others.begin() + static_cast<std::ptrdiff_t>(first));
  const size_t place = DrawOne(others, stream), second = place < first ? place : place + 1;
  const auto [low, high] = std::minmax({first, second});
  return {.places = {low, high}, .active = DrawOne({alpha_c[low], alpha_c[high]}, stream)};
}

at::Tensor IndexOf(const GatePair& pair) {
  return at::tensor({static_cast<int64_t>(pair.places[0]), static_cast<int64_t>(pair.places[1])}, at::kLong);
}

}  // namespace

Draw FullGatesLearner::DrawFor(const ArchParameters& alpha, const DrawNumber& number, double /*temperature*/,
                               at::Device device) const {
  const std::vector<std::vector<double>> values = alpha.Values();
  Draw draw;
  for (size_t l = 0; l < alpha.layers(); ++l) {
    const at::Tensor p = at::softmax(alpha.alpha(l), 0);
    RandomStream stream = DrawStream("proxyless", number, l);
    draw.choices.push_back({.probability_c = BinaryGate(p, DrawOne(values[l], stream)).to(device)});
    draw.cost_probability_lc.push_back(p);
  }
  return draw;
}

Draw TwoGatesLearner::DrawFor(const ArchParameters& alpha, const DrawNumber& number, double /*temperature*/,
                              at::Device device) const {
  const std::vector<std::vector<double>> values = alpha.Values();
  Draw draw;
  for (size_t l = 0; l < alpha.layers(); ++l) {
    const at::Tensor& alpha_c = alpha.alpha(l);
    const at::Tensor p = at::softmax(alpha_c, 0);
    if (alpha_c.numel() < 2) {
      draw.choices.push_back({.probability_c = p.to(device)});
      draw.cost_probability_lc.push_back(p);
      continue;
    }
    const GatePair pair = DrawPair(values[l], number, l);
    const at::Tensor index = IndexOf(pair), q = at::softmax(alpha_c.index_select(0, index), 0);
    const at::Tensor gate_c = at::zeros_like(p).index_add(0, index, BinaryGate(q, pair.active));
    draw.choices.push_back({.probability_c = gate_c.to(device), .subset = pair.places});
    draw.cost_probability_lc.push_back(p.detach().index_add(0, index, q - q.detach()));
  }
  return draw;
}

void TwoGatesLearner::Step(ArchParameters& alpha, const SearchConfig& config, const DrawNumber& number) const {
  const at::NoGradGuard no_grad;
  const std::vector<std::vector<double>> values = alpha.Values();
  std::vector<std::vector<size_t>> pairs_lc(alpha.layers());
  std::vector<at::Tensor> index_l(alpha.layers()), before_l(alpha.layers());
  const auto log_sum = [&](size_t l) { return alpha.alpha(l).index_select(0, index_l[l]).logsumexp(0); };
  for (size_t l = 0; l < alpha.layers(); ++l) {
    if (values[l].size() < 2) continue;
    const GatePair pair = DrawPair(values[l], number, l);
    pairs_lc[l] = pair.places;
    index_l[l] = IndexOf(pair);
    before_l[l] = log_sum(l);
  }
  alpha.StepOf(config, pairs_lc);
  for (size_t l = 0; l < alpha.layers(); ++l) {
    if (!before_l[l].defined()) continue;
    const at::Tensor shift = before_l[l] - log_sum(l);
    alpha.alpha(l).index_add_(0, index_l[l], shift.expand({2}));
  }
}

}  // namespace danas
