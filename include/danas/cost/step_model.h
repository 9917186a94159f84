// How long a step of a search would take on GPUs that need not be here: a roofline for every convolution, what the host
// takes to start operations, and what messages cost. docs/scaling.md has the equations, what they leave out, and how
// far they were from what was measured. These are predictions.
#pragma once

#include <cstdint>
#include <vector>

#include "danas/arch/space.h"
#include "danas/cost/gpu_constants.h"

namespace danas {

// One convolution, transposed convolution or fully connected layer, of one image. A norm without one, as a space file
// may have it, has 0 weights and MACs.
struct ConvolutionWork {
  double macs = 0;
  double weights = 0;  // of it alone: norms have none in a supernet
  double input_elements = 0, output_elements = 0;
  bool depthwise = false;  // arithmetic of vectors; else of matrices
  bool norm = false;       // norm and activation behind it
};

// What the supernet's parts are made of.
struct SpaceWork {
  std::vector<ConvolutionWork> stem_and_head;
  std::vector<std::vector<std::vector<ConvolutionWork>>> layers_lc;  // [layer][candidate]
  std::vector<double> outputs_l;                                     // elements of a layer's output
  double heat_maps = 0;                                              // elements; 0 for a classifier
};

SpaceWork WorkOf(const SearchSpace& space);

// What a step computes. A layer's mean candidate stands for each.
struct StepShape {
  double images = 0;           // over all GPUs
  int64_t micro_batch = 0;     // on one GPU; 0: not split
  std::vector<double> held_l;  // candidates of each layer that there are
  std::vector<double> live_l;  // that a path computes
  int64_t paths = 1;           // computed one after the other
  bool alpha = false;          // a step of α, which has no gradients of weights
  bool sync_bn = false;
};

// Seconds of one step.
struct StepSeconds {
  double gpu = 0, host = 0;
  double compute = 0;  // the larger of the two
  double reduce = 0;   // of the sum of gradients what backward does not hide
  double small = 0;    // small messages
  double sync_bn = 0;
  double loader = 0;  // beside the rest
  double total = 0;
};

// `gpus.count` shares the images. At least one image each; std::invalid_argument otherwise.
StepSeconds PredictStep(const SpaceWork& work, const StepShape& shape, const GpuGroup& gpus);

// Of a supernet in which layer l has `held_l[l]` candidates: multiply-accumulates of an image, norms, bytes of weights.
double SupernetMacs(const SpaceWork& work, const std::vector<double>& held_l);
double NormCount(const SpaceWork& work, const std::vector<double>& held_l);
double WeightBytes(const SpaceWork& work, const std::vector<double>& held_l);

// Ranks compare their weights once an epoch; none on one GPU.
double AgreementSeconds(double weight_bytes, const GpuGroup& gpus);

// An all-reduce of so many bytes: 2(n-1)/n of them over the slowest link, 2(n-1) steps of latency.
double RingSeconds(double bytes, const GpuGroup& gpus);

// Of the sum of so many bytes of gradients what `backward` seconds do not hide: its excess, and at the least the last
// bucket.
double ExposedSeconds(double bytes, double backward, const GpuGroup& gpus);

}  // namespace danas
