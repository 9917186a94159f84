#include "danas/search/relaxation.h"

#include <ATen/ATen.h>

#include <cmath>

namespace danas {

RandomStream DrawStream(std::string_view name, const DrawNumber& number, size_t layer) {
  const auto seed = static_cast<uint64_t>(number.seed), draw = static_cast<uint64_t>(number.draw);
  const auto rank = static_cast<uint64_t>(number.rank), first = static_cast<uint64_t>(number.first_image);
  if (first != 0) return {seed, name, {layer, draw, rank, first}};
  if (rank != 0) return {seed, name, {layer, draw, rank}};
  return {seed, name, {layer, draw}};
}

at::Tensor GumbelNoise(const DrawNumber& number, size_t layer, int64_t candidates, at::ScalarType type) {
  RandomStream stream = DrawStream("gumbel", number, layer);
  at::Tensor noise = at::empty({candidates}, at::kDouble);
  for (int64_t c = 0; c < candidates; ++c) noise.data_ptr<double>()[c] = stream.Gumbel();
  return noise.to(type);
}

double TemperatureAt(const RelaxationConfig& config, int64_t epoch, int64_t epochs) {
  if (config.temperature_end == 0 || epochs < 2) return config.temperature;
  const double done = static_cast<double>(epoch) / static_cast<double>(epochs - 1);
  return config.temperature * std::pow(config.temperature_end / config.temperature, done);
}

at::Tensor GumbelSoftmax(const at::Tensor& alpha_c, const at::Tensor& noise_c, double temperature) {
  return at::softmax((alpha_c + noise_c) / temperature, 0);
}

at::Tensor StraightThrough(const at::Tensor& probability_c) {
  const at::Tensor p = probability_c.detach();
  const at::Tensor one_hot = at::zeros_like(p).index_fill_(0, p.argmax(), 1);
  return one_hot + (probability_c - p);  // in this order the bracket is 0 and the sum exact
}

Draw DrawChoices(const ArchParameters& alpha, const RelaxationConfig& config, Pass pass, const DrawNumber& number,
                 at::Device device) {
  const at::AutoGradMode gradient(pass == Pass::kArchitecture);
  Draw result;
  for (size_t l = 0; l < alpha.layers(); ++l) {
    const at::Tensor& alpha_c = alpha.alpha(l);
    const at::Tensor noise = GumbelNoise(number, l, alpha_c.numel(), alpha_c.scalar_type());
    at::Tensor p = GumbelSoftmax(alpha_c, noise, config.temperature);
    LayerChoice choice;
    if (config.hard) {
      const auto path = static_cast<size_t>(p.argmax().item<int64_t>());
      p = StraightThrough(p);
      if (pass == Pass::kWeights || config.hard_alpha == HardAlpha::kOne) choice.path = path;
    }
    if (pass == Pass::kArchitecture || !config.hard) choice.probability_c = p.to(device);
    result.choices.push_back(choice);
    result.cost_probability_lc.push_back(config.expected_cost == ExpectedCostOf::kSampled ? p
                                                                                          : at::softmax(alpha_c, 0));
  }
  return result;
}

}  // namespace danas
