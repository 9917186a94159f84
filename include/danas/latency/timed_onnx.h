// Networks of a space as ONNX Runtime computes them, each exported as it would be deployed, with the time of every
// part. See docs/adr/0024.
#pragma once

#include <string>
#include <vector>

#include "danas/arch/space.h"
#include "danas/export/onnx_runtime.h"
#include "danas/latency/check.h"
#include "danas/latency/measure.h"
#include "danas/latency/timed_supernet.h"

namespace danas {

// A pass by ONNX Runtime.
struct OnnxPass {
  struct Node {
    std::string name;
    double milliseconds = 0;
  };
  double milliseconds = 0;       // without a profile
  std::vector<Node> nodes = {};  // by one, in the order of execution
};

// Milliseconds of each part of a network of `layers` layers, [pass][part], parts as LatencyKeys::OfNetwork() lists
// them. A node's part is that of its name; one that ONNX Runtime put in belongs to the part before it. The difference
// between the median pass and the medians of its nodes - what is between nodes, less what the profile costs within
// them - is spread over the nodes, so that the parts sum to the network as it runs without a profile.
std::vector<std::vector<double>> PartsOf(const std::vector<OnnxPass>& passes, size_t layers);

// So many passes in a row of a network with random weights, by the setup's threads and batch. Throws PeerError.
std::vector<OnnxPass> TimeByOnnx(OnnxRuntime& runtime, const SearchSpace& network, const TimingSetup& setup,
                                 int64_t count, bool with_nodes);

class TimedOnnx : public TimedNetworks {
 public:
  // The setup's device is the CPU.
  TimedOnnx(OnnxRuntime& runtime, SearchSpace space, TimingSetup setup)
      : runtime_(runtime), space_(std::move(space)), setup_(std::move(setup)), reference_(setup_.device) {}

  void BeginRound() override {}  // each visit loads its network
  std::vector<std::vector<double>> Passes(const std::vector<size_t>& choice, int64_t count) override;
  double Reference() override { return reference_.Milliseconds(); }

 private:
  OnnxRuntime& runtime_;
  SearchSpace space_;
  TimingSetup setup_;
  ReferenceKernel reference_;
};

class OnnxWholes : public TimedWholes {
 public:
  OnnxWholes(OnnxRuntime& runtime, std::vector<SearchSpace> networks, TimingSetup setup)
      : runtime_(runtime), networks_(std::move(networks)), setup_(std::move(setup)), reference_(setup_.device) {}

  void Build(size_t network) override { network_ = network; }
  std::vector<double> Passes(int64_t count) override;
  double Reference() override { return reference_.Milliseconds(); }

 private:
  OnnxRuntime& runtime_;
  std::vector<SearchSpace> networks_;
  TimingSetup setup_;
  ReferenceKernel reference_;
  size_t network_ = 0;
};

}  // namespace danas
