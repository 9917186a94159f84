// The sum of the weights' gradients over the processes of a run, taken while backward still computes others
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

  // Goes backward from `loss`, of this process's images over the whole batch's. The gradients of the last such pass,
  // with those that are there already, become the sum over the processes; one before adds to this process's gradients
  // alone. Throws as Ranks does where another process is the reason that it fails.
  void Backward(const at::Tensor& loss, bool last);

 private:
  Ranks ranks_;
  std::shared_ptr<c10d::Reducer> reducer_;
};

}  // namespace danas
