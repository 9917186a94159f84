#include "danas/cost/step_model.h"

#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <type_traits>

#include "counts.h"
#include "danas/arch/block_graph.h"

namespace danas {
namespace {

constexpr double kFloatBytes = 4;

// Accesses of a tensor. Forward: two reads for the statistics and the result, one write, the activation in place;
// backward: the gradient of the activation, the two sums, the gradient itself.
constexpr double kNormForward = 5, kNormBackward = 8;
constexpr double kOptimizerAccesses = 5;  // of weights, gradients and momentum
// Heat maps and their targets: read, the difference written; then its gradient.
constexpr double kMapLossForward = 3, kMapLossBackward = 2;

ConvolutionWork FullyConnected(int in, int out) {
  const double weights = double{1} * in * out;
  return {.macs = weights, .weights = weights, .input_elements = double{1} * in, .output_elements = double{1} * out};
}

double Area(Size size) { return double{1} * size.height * size.width; }

// Of 1x1 or k x k at each pixel of its output.
ConvolutionWork Dense(int in, Size input, int out, int kernel, Size output, bool norm) {
  const double weights = double{1} * out * in * kernel * kernel;
  return {.macs = weights * Area(output),
          .weights = weights,
          .input_elements = in * Area(input),
          .output_elements = out * Area(output),
          .norm = norm};
}

std::vector<ConvolutionWork> WorkOf(const BlockGraph& graph) {
  std::vector<ConvolutionWork> work;
  for (const Step& step : graph.steps) {
    const MapShape& input = graph.shape(step.inputs[0]);
    ConvolutionWork of_step{.input_elements = input.elements(), .output_elements = step.output.elements()};
    const bool counts = std::visit(
        [&](const auto& operation) {
          using S = std::decay_t<decltype(operation)>;
          if constexpr (std::is_same_v<S, ConvolutionStep> || std::is_same_v<S, DeconvolutionStep>) {
            constexpr bool transposed = std::is_same_v<S, DeconvolutionStep>;
            of_step.weights =
                double{1} * operation.out * (input.channels / operation.groups) * operation.kernel * operation.kernel;
            of_step.macs = of_step.weights * Area(transposed ? input.size : step.output.size);
            if (operation.bias) of_step.weights += operation.out;
            of_step.depthwise = operation.groups > 1 && operation.groups == input.channels;
            of_step.norm = operation.norm;
            return true;
          } else {
            of_step.norm = true;
            return std::is_same_v<S, NormStep>;
          }
        },
        step.operation);
    if (counts) work.push_back(of_step);
  }
  return work;
}

std::vector<ConvolutionWork> StemAndHead(const SearchSpace& space) {
  std::vector<ConvolutionWork> work;
  const StemSpec& stem = space.stem();
  if (stem.channels > 0) {
    work.push_back(Dense(space.input_channels(), space.input(), stem.channels, stem.kernel,
                         Downsampled(space.input(), stem.stride), /*norm=*/true));
  }
  const auto add_biased = [&](ConvolutionWork layer, int out, bool bias) {
    if (bias) layer.weights += out;
    work.push_back(layer);
  };
  if (space.has_heat_maps()) {
    const Size size = space.feature_size();
    add_biased(Dense(space.feature_channels(), size, space.classes(), 1, size, /*norm=*/false), space.classes(), true);
    return work;
  }
  const HeadSpec& head = space.head();
  if (head.channels > 0) {
    const Size size = space.feature_size();
    work.push_back(Dense(space.feature_channels(), size, head.channels, 1, size, /*norm=*/true));
  }
  int features = space.pooled_features();
  for (const int width : head.hidden) {
    add_biased(FullyConnected(features, width), width, true);
    features = width;
  }
  add_biased(FullyConnected(features, space.classes()), space.classes(), head.bias);
  return work;
}

// Sum of `of(convolution)` where layer l has `candidates_l[l]` candidates: their mean stands for each.
template <typename Of>
double Total(const SpaceWork& work, const std::vector<double>& candidates_l, const Of& of) {
  double total = 0;
  for (const ConvolutionWork& c : work.stem_and_head) total += of(c);
  for (size_t l = 0; l < candidates_l.size(); ++l) {
    double layer = 0;
    for (const auto& candidate : work.layers_lc[l]) {
      for (const ConvolutionWork& c : candidate) layer += of(c);
    }
    total += candidates_l[l] / static_cast<double>(work.layers_lc[l].size()) * layer;
  }
  return total;
}

// The rates that the shares leave of a GPU's.
struct Rates {
  double vector, dense, memory, nvlink, network;

  explicit Rates(const GpuConstants& k)
      : vector(k.vector_flops * k.arithmetic_share),
        dense(k.dense_flops * k.arithmetic_share),
        memory(k.memory * k.memory_share),
        nvlink(k.nvlink * k.link_share),
        network(k.network * k.link_share) {}

  // One convolution of so many images, without its norm: a roofline.
  double Convolving(const ConvolutionWork& c, double images) const {
    const double bytes = kFloatBytes * (c.input_elements + c.output_elements) * images;
    return std::max(2 * c.macs * images / (c.depthwise ? vector : dense), c.macs > 0 ? bytes / memory : 0);
  }
  double Norm(const ConvolutionWork& c, double images, double accesses) const {
    return c.norm ? accesses * kFloatBytes * c.output_elements * images / memory : 0;
  }
};

// That the host starts for one convolution, forward and backward.
double Operations(const ConvolutionWork& c, bool wants_weights) {
  return (c.norm ? 3 : 1) + (c.norm ? 2 : 0) + (wants_weights ? 2 : 1);
}

// A ring of all GPUs: its steps, and those of them between nodes.
struct Ring {
  double nodes, steps, network_steps;

  explicit Ring(const GpuGroup& gpus)
      : nodes(std::ceil(gpus.count / gpus.gpu.gpus_per_node)),
        steps(2.0 * (gpus.count - 1)),
        network_steps(2 * (nodes - 1)) {}
};

// Some bytes between GPUs.
double SmallSeconds(const GpuGroup& gpus) {
  if (gpus.count == 1) return 0;
  const GpuConstants& k = gpus.gpu;
  const Ring ring(gpus);
  return k.nccl_small_base + (ring.steps - ring.network_steps) * k.nccl_small_step_nvlink * (ring.nodes > 1 ? 1.8 : 1) +
         ring.network_steps * k.nccl_small_step_network;
}

// Some bytes between hosts, by Gloo's ring.
double FlagSeconds(const GpuGroup& gpus) {
  if (gpus.count == 1) return 0;
  const Ring ring(gpus);
  return ring.steps * (ring.nodes > 1 ? gpus.gpu.gloo_hop_network : gpus.gpu.gloo_hop_node);
}

}  // namespace

SpaceWork WorkOf(const SearchSpace& space) {
  SpaceWork work;
  work.stem_and_head = StemAndHead(space);
  for (const LayerSpec& layer : space.layers()) {
    auto& candidates = work.layers_lc.emplace_back();
    double output = 0;
    for (const BlockSpec& block : layer.candidates) {
      const BlockGraph graph = GraphOf(block, layer.shape);
      candidates.push_back(WorkOf(graph));
      output = graph.shape(graph.result).elements();
    }
    work.outputs_l.push_back(output);
  }
  if (space.has_heat_maps()) work.heat_maps = space.heat_maps().elements();
  return work;
}

double SupernetMacs(const SpaceWork& work, const std::vector<double>& held_l) {
  return Total(work, held_l, [](const ConvolutionWork& c) { return c.macs; });
}

double NormCount(const SpaceWork& work, const std::vector<double>& held_l) {
  return Total(work, held_l, [](const ConvolutionWork& c) { return c.norm ? 1.0 : 0.0; });
}

double WeightBytes(const SpaceWork& work, const std::vector<double>& held_l) {
  return kFloatBytes * Total(work, held_l, [](const ConvolutionWork& c) { return c.weights; });
}

double AgreementSeconds(double weight_bytes, const GpuGroup& gpus) {
  return gpus.count == 1 ? 0 : weight_bytes / gpus.gpu.hash_bytes;
}

double RingSeconds(double bytes, const GpuGroup& gpus) {
  if (gpus.count == 1) return 0;
  const GpuConstants& k = gpus.gpu;
  const Rates rates(k);
  const Ring ring(gpus);
  const double link = ring.nodes > 1 ? std::min(rates.nvlink, rates.network) : rates.nvlink;
  const double latency = (k.nccl_base + (ring.steps - ring.network_steps) * k.nccl_step_nvlink +
                          ring.network_steps * k.nccl_step_network) *
                         (ring.nodes > 1 ? k.nccl_plateau : 1);
  return ring.steps / gpus.count * bytes / link + latency;
}

double ExposedSeconds(double bytes, double backward, const GpuGroup& gpus) {
  if (gpus.count == 1) return 0;
  const double first = gpus.gpu.first_bucket;
  const double further = bytes <= first ? 0 : std::ceil((bytes - first) / gpus.gpu.bucket);
  const double whole = RingSeconds(bytes, gpus) + further * RingSeconds(0, gpus);
  return std::max(whole - backward, RingSeconds(std::min(bytes, first), gpus));
}

StepSeconds PredictStep(const SpaceWork& work, const StepShape& shape, const GpuGroup& gpus) {
  const GpuConstants& k = gpus.gpu;
  const Rates rates(k);
  const double images = shape.images / gpus.count;
  if (images < 1) throw std::invalid_argument("a step of less than one image a GPU");
  const bool wants_weights = !shape.alpha;
  const double parts =
      shape.micro_batch > 0 ? std::ceil(images / std::min(static_cast<double>(shape.micro_batch), images)) : 1;
  const auto paths = static_cast<double>(shape.paths);
  double forward = Total(work, shape.live_l, [&](const ConvolutionWork& c) {
    return rates.Convolving(c, images) + rates.Norm(c, images, kNormForward);
  });
  double backward = Total(work, shape.live_l, [&](const ConvolutionWork& c) {
    return (wants_weights ? 2 : 1) * rates.Convolving(c, images) + rates.Norm(c, images, kNormBackward);
  });
  // Eq. 6: outputs read once and written once; a step of α reads them again for the gradient of p.
  double mixed = 0;
  for (size_t l = 0; l < shape.live_l.size(); ++l) {
    if (shape.live_l[l] > 1) mixed += shape.live_l[l] * work.outputs_l[l];
  }
  const auto accesses = [&](double elements, double times) {
    return times * kFloatBytes * elements * images / rates.memory;
  };
  forward += accesses(mixed, 1) + accesses(work.heat_maps, kMapLossForward);
  backward += accesses(mixed, shape.alpha ? 2 : 1) + accesses(work.heat_maps, kMapLossBackward);
  const double weight_bytes = WeightBytes(work, shape.held_l);

  StepSeconds step;
  step.gpu = paths * (forward + backward) + (wants_weights ? kOptimizerAccesses * weight_bytes / rates.memory : 0);
  step.host = paths * parts *
                  Total(work, shape.live_l, [&](const ConvolutionWork& c) { return Operations(c, wants_weights); }) *
                  k.op_seconds +
              FlagSeconds(gpus) * (shape.alpha ? 2 : 1);
  step.compute = std::max(step.gpu, step.host);
  // Only the backward pass of the last part sends.
  const double hides = step.compute * backward / (forward + backward) / (paths * parts);
  step.reduce = shape.alpha ? 0 : ExposedSeconds(weight_bytes, hides, gpus);
  step.small = SmallSeconds(gpus);
  if (shape.sync_bn) step.sync_bn = 2 * paths * parts * step.small * NormCount(work, shape.live_l);
  step.loader = images / ((work.heat_maps > 0 ? k.loader_persons : k.loader_images) * k.cores_per_gpu);
  step.total = std::max(step.compute + step.reduce + step.small + step.sync_bn, step.loader);
  return step;
}

}  // namespace danas
