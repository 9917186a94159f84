// The mean of the weights' gradients over the processes of a run, taken while backward still computes others
// (c10d::Reducer: buckets of parameters, each sent as soon as its gradients are there).
#pragma once

#include <ATen/core/Tensor.h>

#include <memory>
#include <vector>

#include "danas/run/ranks.h"

namespace c10d {
class Reducer;
}

namespace danas {

class GradientReducer {
 public:
  // `some_unused`: a step may leave parameters out (sampled paths). Those that no process used keep no gradient. Made
  // again where the parameters are others (after a pruning).
  GradientReducer(std::vector<at::Tensor> parameters, const Ranks& ranks, bool some_unused);
  ~GradientReducer();
  GradientReducer(const GradientReducer&) = delete;
  GradientReducer& operator=(const GradientReducer&) = delete;

  int64_t ranks() const { return ranks_.count(); }

  // The gradients of the backward pass from `loss` that comes next, with those that are there already, become the
  // mean over the processes. A backward pass without this call adds to this process's gradients alone.
  void ExpectBackward(const at::Tensor& loss);

  // Calls `backward`. Throws as Ranks does where another process is the reason that it fails.
  template <typename Backward>
  void Run(const Backward& backward) {
    ranks_.Try(backward);
  }

 private:
  Ranks ranks_;
  std::shared_ptr<c10d::Reducer> reducer_;
};

}  // namespace danas
