// A walk through many networks that computes what they share from their first layer on once: depth first over the tree
// whose paths they are.
//
//   NetworkWalk walk(networks, x);
//   while (walk.NextNetwork()) {
//     while (const auto step = walk.NextStep()) walk.Give(what comes out of the step's candidate);
//     (walk.output() is what comes out of the last layer of networks[walk.network()])
//   }
#pragma once

#include <ATen/core/Tensor.h>

#include <cstddef>
#include <optional>
#include <vector>

namespace danas {

// At most one tensor a layer is held, and only while a later network needs it.
class NetworkWalk {
 public:
  // `networks`: sorted, as std::ranges::sort does it, without equals, all of as many layers; must outlive this. `x`
  // goes into the first layer.
  NetworkWalk(const std::vector<std::vector<size_t>>& networks, at::Tensor x);

  // False after the last one. What it shares with the one before is computed already.
  bool NextNetwork();
  size_t network() const { return next_ - 1; }

  struct Step {
    size_t layer;
    size_t candidate;
    at::Tensor x;  // what goes into it
  };
  // Of the network at hand, in the order of its layers: each node of the tree once, always in the same order. None
  // where all of its layers are computed.
  std::optional<Step> NextStep() const;
  void Give(at::Tensor y);

  const at::Tensor& output() const { return into_.back(); }

 private:
  const std::vector<std::vector<size_t>>& networks_;
  std::vector<at::Tensor> into_;  // [layer]: what goes into it, in the network at hand; [layers]: what comes out
  size_t next_ = 0;               // network
  size_t needed_ = 0;             // the layers up to this one go on from here in the next network
};

}  // namespace danas
