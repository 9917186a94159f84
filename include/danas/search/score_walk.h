// A walk through many networks that computes what they share from their first layer on once: depth first over the tree
// whose paths they are.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstddef>
#include <functional>
#include <vector>

namespace danas {

struct NetworkWalk {
  // What comes out of a layer's candidate for `x`; called once for each node of the tree, always in the same order.
  std::function<at::Tensor(size_t layer, size_t candidate, const at::Tensor& x)> step;
  // What comes out of the last layer of networks[network].
  std::function<void(size_t network, const at::Tensor& y)> end;
};

// `networks`: sorted, as std::ranges::sort does it, without equals, all of as many layers. `x` goes into the first
// layer. At most one tensor a layer is held, and only while a later network needs it.
void WalkNetworks(const std::vector<std::vector<size_t>>& networks, const at::Tensor& x, const NetworkWalk& walk);

}  // namespace danas
