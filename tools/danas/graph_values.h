// An exported graph on torch: runs its nodes one by one, so that each value between them can be looked at.
#pragma once

#include <ATen/core/Tensor.h>

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "danas/export/plain_graph.h"

namespace danas {

class GraphValues {
 public:
  using Look = std::function<void(const std::string& name, const at::Tensor& value)>;

  // Keeps `graph`.
  explicit GraphValues(const PlainGraph& graph);

  // Shows the image and every node's result to `look`; gives the logits [N, classes]. Values are freed after their last
  // use. std::logic_error for an operator that danas does not write.
  at::Tensor Run(const at::Tensor& image_nchw, const Look& look) const;

 private:
  const PlainGraph& graph_;
  std::map<std::string, at::Tensor> constants_ = {};
  std::map<std::string, size_t> last_use_ = {};  // places of nodes
};

}  // namespace danas
