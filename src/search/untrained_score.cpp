#include "danas/search/untrained_score.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>
#include <torch/csrc/autograd/autograd.h>

#include <cmath>
#include <stdexcept>

#include "danas/nn/graph_modules.h"
#include "danas/nn/head.h"
#include "danas/nn/norm.h"
#include "danas/run/device.h"
#include "danas/tasks/classification/class_loss.h"

namespace danas {
namespace {

// Weights of convolutions and fully connected layers, without biases and norms.
std::vector<at::Tensor> KernelsOf(Supernet& network) {
  std::vector<at::Tensor> kernels;
  for (const auto& module : network.modules()) {
    if (const auto* convolution = dynamic_cast<Convolution*>(module.get())) kernels.push_back(convolution->weight);
    if (const auto* convolution = dynamic_cast<Deconvolution*>(module.get())) kernels.push_back(convolution->weight);
    if (const auto* connected = dynamic_cast<FullyConnected*>(module.get())) kernels.push_back(connected->weight);
  }
  return kernels;
}

}  // namespace

std::shared_ptr<Supernet> MakeUntrained(const SearchSpace& network, const Config& config, at::Device device) {
  NnConfig how = config.nn;
  how.kernels = KernelChoice::kAten;
  std::shared_ptr<Supernet> made = MakeNetwork(network, how);
  InitializeWeights(*made, config.seed);
  MoveTo(*made, device, config.runtime);
  return made;
}

double NaswotScore(Supernet& network, const at::Tensor& image_nchw) {
  const at::NoGradGuard no_gradient;
  SetNormMode(network, NormMode::kBatchFrozen);
  network.eval();  // no dropout
  const int64_t images = image_nchw.size(0);
  const at::Tensor kernel = at::zeros({images, images}, image_nchw.options().dtype(at::kDouble));
  const ActivationWatch watch([&](const at::Tensor& y) {
    const at::Tensor active = y.flatten(1).gt(0).to(at::kFloat), idle = 1 - active;
    kernel.add_(active.mm(active.t())).add_(idle.mm(idle.t()));
  });
  network.forward(image_nchw);
  return std::get<1>(at::linalg_slogdet(kernel.cpu())).item<double>();
}

double ZicoScore(Supernet& network, const std::vector<Batch>& batches, int64_t classes) {
  if (batches.size() < 2) throw std::invalid_argument("ZiCo takes two batches or more");
  SetNormMode(network, NormMode::kBatchFrozen);
  network.eval();
  const std::vector<at::Tensor> kernels = KernelsOf(network);
  std::vector<std::vector<at::Tensor>> gradients;  // [batch][kernel]
  for (const Batch& batch : batches) {
    const at::AutoGradMode gradient(true);
    const at::Tensor loss = ClassLossSum(network.forward(batch.images), batch.targets, classes, /*smoothing=*/0) /
                            static_cast<double>(batch.size());
    gradients.push_back(torch::autograd::grad({loss}, kernels));
  }
  const at::NoGradGuard no_gradient;
  double score = 0;
  for (size_t k = 0; k < kernels.size(); ++k) {
    std::vector<at::Tensor> of_kernel;
    for (const auto& of_batch : gradients) of_kernel.push_back(of_batch[k].flatten().to(at::kDouble));
    const at::Tensor gradient_bw = at::stack(of_kernel);
    const at::Tensor deviation_w = gradient_bw.std(/*dim=*/0, /*unbiased=*/false);
    const at::Tensor ratio_w = gradient_bw.abs().mean(0) / deviation_w;
    const auto sum = at::where(deviation_w.gt(0), ratio_w, at::zeros_like(ratio_w)).sum().item<double>();
    if (sum > 0) score += std::log(sum);
  }
  return score;
}

}  // namespace danas
